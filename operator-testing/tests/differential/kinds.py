"""What is asked about: a table of kinds, with a maker of random specs for each.

Every choice comes from the generator that is handed in, so a seed stands for one sequence of objects.
"""

APPS = ["a", "b", "c"]


def some(dice, chance, value, otherwise=None):
    """The members of `value` now and then, otherwise none."""
    return value if dice.random() < chance else (otherwise or {})


def container(dice, name):
    made = {"name": name, "image": dice.choice(["i:1", "i:2", "i", "r.example.com/i@sha256:" + "0" * 64])}
    if dice.random() < 0.3:
        made["ports"] = [{"containerPort": dice.choice([80, 8080])}]
        made["ports"] += some(dice, 0.3, [{"containerPort": 53, "protocol": "UDP", "name": "dns"}], [])
    if dice.random() < 0.3:
        made["env"] = [{"name": "A", "value": dice.choice(["1", "2"])}, {"name": "B", "value": "b"}]
    if dice.random() < 0.1:
        made["env"] = [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    if dice.random() < 0.2:
        made["resources"] = {"requests": {"cpu": dice.choice(["100m", "0.5", "1000m"]), "memory": dice.choice(["64Mi", "1Gi"])}}
        made["resources"].update(some(dice, 0.4, {"limits": {"cpu": "1", "memory": "1Gi"}}))
    if dice.random() < 0.1:
        made[dice.choice(["livenessProbe", "readinessProbe", "startupProbe"])] = dice.choice([
            {"httpGet": {"path": "/", "port": 80}}, {"tcpSocket": {"port": "web"}, "periodSeconds": 3}, {"exec": {"command": ["true"]}}])
    if dice.random() < 0.1:
        made["imagePullPolicy"] = dice.choice(["Always", "IfNotPresent", "Sometimes"])
    if dice.random() < 0.1:
        made["securityContext"] = {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}
    return made


def pod_spec(dice):
    spec = {"containers": [container(dice, dice.choice(["main", "side"]))]}
    if dice.random() < 0.15:
        spec["containers"].append(container(dice, dice.choice(["side", "third"])))
    if dice.random() < 0.1:
        spec["initContainers"] = [container(dice, "first")]
    if dice.random() < 0.2:
        spec["volumes"] = [{"name": "v", **dice.choice([{"emptyDir": {}}, {"configMap": {"name": "a"}}, {"secret": {"secretName": "a"}},
                                                        {"persistentVolumeClaim": {"claimName": "a"}}, {"hostPath": {"path": "/x"}}])}]
        spec["containers"][0]["volumeMounts"] = [{"name": dice.choice(["v", "v", "v", "w"]), "mountPath": "/v"}]
    spec.update(some(dice, 0.1, {"serviceAccountName": "a"}))
    spec.update(some(dice, 0.1, {"terminationGracePeriodSeconds": dice.choice([0, 5])}))
    spec.update(some(dice, 0.1, {"nodeSelector": {"disk": "ssd"}}))
    spec.update(some(dice, 0.1, {"tolerations": [{"key": "k", "operator": dice.choice(["Exists", "Equal", "Nonsense"])}]}))
    spec.update(some(dice, 0.05, {"securityContext": {"fsGroup": 1, "runAsUser": dice.choice([0, 1000, -1])}}))
    spec.update(some(dice, 0.05, {"restartPolicy": dice.choice(["Always", "Never", "OnFailure", "Sometimes"])}))
    return spec


def template(dice, app, restart=None):
    spec = pod_spec(dice)
    if restart:
        spec["restartPolicy"] = restart
    return {"metadata": {"labels": {"app": app}}, "spec": spec}


def config_map(dice):
    made = {"data": {key: dice.choice(["1", "2", "x\ny"]) for key in dice.sample(["k", "l", "m"], dice.randint(0, 3))}}
    made.update(some(dice, 0.1, {"binaryData": {dice.choice(["b", "k"]): "AAE="}}))
    made.update(some(dice, 0.05, {"immutable": dice.choice([True, False])}))
    return made


def secret(dice):
    return dice.choice([
        {"stringData": {"k": dice.choice(["v", "w"])}}, {"data": {"k": "dg=="}}, {"type": "Opaque"}, {"data": {"k": "not base64"}},
        {"type": "kubernetes.io/basic-auth", "stringData": {"username": "u"}}, {"type": "kubernetes.io/tls", "data": {"tls.crt": "eA=="}},
        {"data": {"k": "dg=="}, "immutable": True}])


def service(dice):
    spec = {"selector": {"app": dice.choice(APPS)}, "ports": [{"port": dice.choice([80, 443])}]}
    if dice.random() < 0.3:
        spec["ports"][0]["name"] = "web"
        spec["ports"].append({"name": "dns", "port": 53, "protocol": "UDP", "targetPort": dice.choice([53, "dns"])})
    spec.update(some(dice, 0.3, {"clusterIP": "None"}))
    spec.update(some(dice, 0.2, {"type": dice.choice(["NodePort", "LoadBalancer", "ClusterIP", "Nonsense"])}))
    spec.update(some(dice, 0.05, {"type": "ExternalName", "externalName": "x.example.com"}))
    spec.update(some(dice, 0.1, {"sessionAffinity": dice.choice(["ClientIP", "None"])}))
    return {"spec": spec}


def deployment(dice):
    app = dice.choice(APPS)
    spec = {"selector": {"matchLabels": {"app": app}}, "template": template(dice, app)}
    spec.update(some(dice, 0.6, {"replicas": dice.randint(0, 3)}))
    spec.update(some(dice, 0.05, {"replicas": -1}))
    spec.update(some(dice, 0.2, {"strategy": dice.choice([
        {"type": "Recreate"}, {"rollingUpdate": {"maxSurge": 1}}, {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
        {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}])}))
    spec.update(some(dice, 0.1, {"paused": True}))
    spec.update(some(dice, 0.1, {"minReadySeconds": dice.choice([5, 700, -1])}))
    return {"spec": spec}


def replica_set(dice):
    app = dice.choice(APPS)
    return {"spec": {"selector": {"matchLabels": {"app": dice.choice([app, app, app, "z"])}}, "template": template(dice, app),
                     "replicas": dice.randint(0, 3)}}


def stateful_set(dice):
    app = dice.choice(APPS)
    spec = {"selector": {"matchLabels": {"app": app}}, "serviceName": "s", "template": template(dice, app), "replicas": dice.randint(0, 3)}
    spec.update(some(dice, 0.1, {"volumeClaimTemplates": [{"metadata": {"name": "data"}, **claim(dice)}]}))
    spec.update(some(dice, 0.1, {"podManagementPolicy": dice.choice(["Parallel", "OrderedReady"])}))
    spec.update(some(dice, 0.1, {"updateStrategy": dice.choice([{"type": "OnDelete"}, {"rollingUpdate": {"partition": 1}}])}))
    return {"spec": spec}


def daemon_set(dice):
    app = dice.choice(APPS)
    spec = {"selector": {"matchLabels": {"app": app}}, "template": template(dice, app)}
    spec.update(some(dice, 0.2, {"updateStrategy": dice.choice([{"type": "OnDelete"}, {"rollingUpdate": {"maxUnavailable": 2}}])}))
    return {"spec": spec}


def job(dice):
    spec = {"template": {"spec": dict(pod_spec(dice), restartPolicy=dice.choice(["Never", "OnFailure"]))},
            "suspend": True, "backoffLimit": dice.randint(0, 6)}
    spec.update(some(dice, 0.1, {"completions": 3, "parallelism": dice.choice([1, 2]), "completionMode": "Indexed"}))
    spec.update(some(dice, 0.1, {"ttlSecondsAfterFinished": dice.choice([0, 100, -1])}))
    return {"spec": spec}


def cron_job(dice):
    spec = {"schedule": dice.choice(["@daily", "*/5 * * * *", "*/5 * * * *", "every day"]), "suspend": True,
            "jobTemplate": {"spec": {"template": {"spec": dict(pod_spec(dice), restartPolicy="Never")}}}}
    spec.update(some(dice, 0.2, {"concurrencyPolicy": dice.choice(["Forbid", "Replace", "Sometimes"])}))
    spec.update(some(dice, 0.1, {"timeZone": dice.choice(["Etc/UTC", "Mars/Olympus"])}))
    return {"spec": spec}


def lease(dice):
    spec = {"holderIdentity": dice.choice(["me", "you"]), "leaseDurationSeconds": dice.choice([1, 15, 30, 0])}
    spec.update(some(dice, 0.3, {"renewTime": dice.choice(["2026-01-02T03:04:05.000006Z", "2026-01-02T03:04:05Z"]), "leaseTransitions": 2}))
    return {"spec": spec}


def ingress(dice):
    backend = {"service": {"name": "s", "port": dice.choice([{"number": 80}, {"name": "web"}])}}
    return {"spec": {"rules": [{"host": dice.choice(["a.example.com", "b.example.com", "*.example.com", "not a host"]),
                                "http": {"paths": [{"path": dice.choice(["/", "/x", "x"]), "pathType": dice.choice(["Prefix", "Exact"]),
                                                    "backend": backend}]}}]}}


def network_policy(dice):
    spec = {"podSelector": {"matchLabels": {"app": dice.choice(APPS)}}}
    spec.update(some(dice, 0.3, {"ingress": [{"from": [{"podSelector": {}}, {"ipBlock": {"cidr": dice.choice(["10.0.0.0/8", "10"])}}]}]}))
    spec.update(some(dice, 0.2, {"egress": [{"ports": [{"port": dice.choice([53, "dns"])}]}], "policyTypes": ["Egress"]}))
    return {"spec": spec}


def disruption_budget(dice):
    bound = dice.choice([{"minAvailable": 1}, {"maxUnavailable": "50%"}, {}, {"minAvailable": 1, "maxUnavailable": 1}])
    return {"spec": dict(bound, selector={"matchLabels": {"app": "a"}})}


def claim(dice):
    spec = {"accessModes": dice.choice([["ReadWriteOnce"], ["ReadWriteMany", "ReadOnlyMany"], []]),
            "resources": {"requests": {"storage": dice.choice(["1Gi", "1024Mi", "2Gi"])}}}
    spec.update(some(dice, 0.2, {"storageClassName": dice.choice(["", "fast"])}))
    return {"spec": spec}


def role(dice):
    return {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": dice.sample(["get", "list", "watch"], dice.choice([0, 2, 2, 2]))}]}


def role_binding(dice):
    subject = dice.choice([{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s", "namespace": "default"},
                           {"kind": "Robot", "name": "r"}])
    return {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": dice.choice(["a", "b"])}, "subjects": [subject]}


def autoscaler(dice):
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}, "maxReplicas": dice.choice([1, 5, 0])}
    spec.update(some(dice, 0.4, {"minReplicas": dice.choice([1, 2, 9])}))
    spec.update(some(dice, 0.4, {"metrics": [dice.choice([
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}}},
        {"type": "Pods", "pods": {"metric": {"name": "p"}, "target": {"type": "AverageValue", "averageValue": "1k"}}}])]}))
    spec.update(some(dice, 0.2, {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}}))
    return {"spec": spec}


def old_autoscaler(dice):
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}, "maxReplicas": dice.choice([1, 5])}
    spec.update(some(dice, 0.5, {"targetCPUUtilizationPercentage": dice.choice([50, 80])}))
    return {"spec": spec}


def endpoint_slice(dice):
    return {"addressType": "IPv4", "endpoints": [{"addresses": [dice.choice(["1.2.3.4", "5.6.7.8", "127.0.0.1"])]}],
            "ports": [{"port": 80, "name": dice.choice(["", "web"])}]}


def nothing(dice):
    return {}


def widget(dice):
    spec = {"size": dice.choice([1, 2, 3, 3, 0, "big"])}
    spec.update(some(dice, 0.5, {"tags": [dice.choice("xyz") for _ in range(2)]}))
    spec.update(some(dice, 0.2, {"colour": "red"}))
    spec.update(some(dice, 0.2, {"mode": dice.choice(["fast", "slow", "odd", None])}))
    return {"spec": spec}


def gadget(dice):
    spec = {"parts": [{"name": dice.choice(["p", "q"]), "count": dice.choice([1, 2, 2.5])} for _ in range(dice.randint(0, 2))],
            "port": dice.choice([80, "web", 1.5]), "low": dice.randint(0, 3), "high": dice.randint(2, 5)}
    spec.update(some(dice, 0.3, {"free": {"anything": [1, {"x": None}]}}))
    spec.update(some(dice, 0.3, {"when": dice.choice(["2026-01-02T03:04:05Z", "yesterday"])}))
    spec.update(some(dice, 0.2, {"note": dice.choice([None, "n"])}))
    return {"spec": spec}


def storage_class(dice):
    return {"provisioner": "example.com/p", "parameters": {"a": dice.choice(["1", "2"])},
            **some(dice, 0.3, {"reclaimPolicy": dice.choice(["Retain", "Delete", "Recycle"])})}


def volume(dice):
    return {"spec": {"capacity": {"storage": dice.choice(["1Gi", "2Gi"])}, "accessModes": ["ReadWriteOnce"],
                     "hostPath": {"path": "/x"}, **some(dice, 0.2, {"storageClassName": "fast"})}}


def priority_class(dice):
    return {"value": dice.choice([1, 2, 2000000000]), **some(dice, 0.2, {"description": "d"})}


# path below /apis or /api, kind, maker, subresources
KINDS = {
    "configmaps": ("api/v1", "ConfigMap", config_map, ()),
    "secrets": ("api/v1", "Secret", secret, ()),
    "services": ("api/v1", "Service", service, ("status",)),
    "serviceaccounts": ("api/v1", "ServiceAccount", nothing, ()),
    "pods": ("api/v1", "Pod", lambda dice: {"spec": pod_spec(dice)}, ("status",)),
    "persistentvolumeclaims": ("api/v1", "PersistentVolumeClaim", claim, ("status",)),
    "podtemplates": ("api/v1", "PodTemplate", lambda dice: {"template": template(dice, "a")}, ()),
    "deployments": ("apis/apps/v1", "Deployment", deployment, ("status", "scale")),
    "replicasets": ("apis/apps/v1", "ReplicaSet", replica_set, ("status", "scale")),
    "statefulsets": ("apis/apps/v1", "StatefulSet", stateful_set, ("status", "scale")),
    "daemonsets": ("apis/apps/v1", "DaemonSet", daemon_set, ("status",)),
    "jobs": ("apis/batch/v1", "Job", job, ("status",)),
    "cronjobs": ("apis/batch/v1", "CronJob", cron_job, ("status",)),
    "leases": ("apis/coordination.k8s.io/v1", "Lease", lease, ()),
    "ingresses": ("apis/networking.k8s.io/v1", "Ingress", ingress, ("status",)),
    "networkpolicies": ("apis/networking.k8s.io/v1", "NetworkPolicy", network_policy, ()),
    "poddisruptionbudgets": ("apis/policy/v1", "PodDisruptionBudget", disruption_budget, ("status",)),
    "horizontalpodautoscalers": ("apis/autoscaling/v2", "HorizontalPodAutoscaler", autoscaler, ("status",)),
    "horizontalpodautoscalers:v1": ("apis/autoscaling/v1", "HorizontalPodAutoscaler", old_autoscaler, ("status",)),
    "endpointslices": ("apis/discovery.k8s.io/v1", "EndpointSlice", endpoint_slice, ()),
    "roles": ("apis/rbac.authorization.k8s.io/v1", "Role", role, ()),
    "rolebindings": ("apis/rbac.authorization.k8s.io/v1", "RoleBinding", role_binding, ()),
    "widgets": ("apis/differential.example.com/v1", "Widget", widget, ("status", "scale")),
    "gadgets": ("apis/differential.example.com/v1", "Gadget", gadget, ()),
    "storageclasses": ("apis/storage.k8s.io/v1", "StorageClass", storage_class, ()),
    "persistentvolumes": ("api/v1", "PersistentVolume", volume, ("status",)),
    "priorityclasses": ("apis/scheduling.k8s.io/v1", "PriorityClass", priority_class, ()),
}

CLUSTER = {"storageclasses", "persistentvolumes", "priorityclasses"}


def api_version(plural):
    return KINDS[plural][0].split("/", 1)[1]


def path_of(plural, namespace):
    base, resource = KINDS[plural][0], plural.split(":")[0]
    return "/%s/%s" % (base, resource) if plural in CLUSTER else "/%s/namespaces/%s/%s" % (base, namespace, resource)


def definition(plural, kind, schema, **version):
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": plural + ".differential.example.com"},
        "spec": {
            "group": "differential.example.com", "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": kind + "List"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}],
        },
    }


DEFINITIONS = [
    definition("widgets", "Widget", {"type": "object", "properties": {
        "spec": {"type": "object", "required": ["size"], "properties": {
            "size": {"type": "integer", "minimum": 1, "maximum": 10},
            "replicas": {"type": "integer", "default": 1},
            "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"},
        }},
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"}, "phase": {"type": "string"}}},
    }}, subresources={"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
        additionalPrinterColumns=[{"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                                  {"name": "First", "type": "string", "jsonPath": ".spec.tags[0]"}],
        selectableFields=[{"jsonPath": ".spec.mode"}]),
    definition("gadgets", "Gadget", {"type": "object", "properties": {"spec": {
        "type": "object",
        "x-kubernetes-validations": [
            {"rule": "self.low <= self.high", "message": "low must not be above high"},
            {"rule": "!has(oldSelf.port) || self.port == oldSelf.port", "messageExpression": "'port must not ' + 'change'"}],
        "properties": {
            "low": {"type": "integer", "format": "int32"}, "high": {"type": "integer", "default": 3},
            "port": {"x-kubernetes-int-or-string": True},
            "when": {"type": "string", "format": "date-time"},
            "note": {"type": "string", "nullable": True},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "parts": {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                      "items": {"type": "object", "required": ["name"], "properties": {
                          "name": {"type": "string"}, "count": {"type": "integer"}, "size": {"type": "string", "default": "m"}}}},
        }}}}),
]
