"""Random objects of a dozen kinds, and random changes to them.

Every choice comes from the generator that is handed in, so a seed stands for one sequence of objects.
"""

LABELS = {"app": ["a", "b", "c"], "tier": ["x", "y"]}
NAMES = ["a", "b", "c", "d"]


def pod_spec(dice):
    container = {"name": dice.choice(["main", "side"]), "image": dice.choice(["i:1", "i:2", "i"])}
    if dice.random() < 0.3:
        container["ports"] = [{"containerPort": dice.choice([80, 8080])}]
    if dice.random() < 0.3:
        container["env"] = [{"name": "A", "value": dice.choice(["1", "2"])}, {"name": "B", "value": "b"}]
    if dice.random() < 0.2:
        container["resources"] = {"requests": {"cpu": dice.choice(["100m", "0.5", "1000m"]), "memory": "64Mi"}}
    spec = {"containers": [container]}
    if dice.random() < 0.2:
        spec["volumes"] = [{"name": "v", "emptyDir": {}}]
        container["volumeMounts"] = [{"name": "v", "mountPath": "/v"}]
    return spec


def template(dice, app, restart=None):
    spec = pod_spec(dice)
    if restart:
        spec["restartPolicy"] = restart
    return {"metadata": {"labels": {"app": app}}, "spec": spec}


def config_map(dice):
    return {"data": {key: dice.choice(["1", "2", "x\ny"]) for key in dice.sample(["k", "l", "m"], dice.randint(0, 3))}}


def secret(dice):
    return dice.choice([{"stringData": {"k": dice.choice(["v", "w"])}}, {"data": {"k": "dg=="}}, {"type": "Opaque"}])


def service(dice):
    spec = {"selector": {"app": dice.choice(LABELS["app"])}, "ports": [{"port": dice.choice([80, 443])}]}
    if dice.random() < 0.3:
        spec["ports"][0]["name"] = "web"
        spec["ports"].append({"name": "dns", "port": 53, "protocol": "UDP", "targetPort": dice.choice([53, "dns"])})
    if dice.random() < 0.3:
        spec["clusterIP"] = "None"
    return {"spec": spec}


def deployment(dice):
    app = dice.choice(LABELS["app"])
    spec = {"selector": {"matchLabels": {"app": app}}, "template": template(dice, app)}
    if dice.random() < 0.6:
        spec["replicas"] = dice.randint(0, 3)
    if dice.random() < 0.2:
        spec["strategy"] = dice.choice([{"type": "Recreate"}, {"rollingUpdate": {"maxSurge": 1}}])
    return {"spec": spec}


def stateful_set(dice):
    app = dice.choice(LABELS["app"])
    return {"spec": {"selector": {"matchLabels": {"app": app}}, "serviceName": "s", "template": template(dice, app),
                     "replicas": dice.randint(0, 3)}}


def job(dice):
    return {"spec": {"template": {"spec": dict(pod_spec(dice), restartPolicy=dice.choice(["Never", "OnFailure"]))},
                     "suspend": True, "backoffLimit": dice.randint(0, 6)}}


def cron_job(dice):
    return {"spec": {"schedule": dice.choice(["@daily", "*/5 * * * *"]), "suspend": True,
                     "jobTemplate": {"spec": {"template": {"spec": dict(pod_spec(dice), restartPolicy="Never")}}}}}


def lease(dice):
    return {"spec": {"holderIdentity": dice.choice(["me", "you"]), "leaseDurationSeconds": dice.randint(1, 30)}}


def ingress(dice):
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    return {"spec": {"rules": [{"host": dice.choice(["a.example.com", "b.example.com"]),
                                "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}}


def network_policy(dice):
    return {"spec": {"podSelector": {"matchLabels": {"app": dice.choice(LABELS["app"])}}}}


def disruption_budget(dice):
    bound = dice.choice([{"minAvailable": 1}, {"maxUnavailable": "50%"}, {}])
    return {"spec": dict(bound, selector={"matchLabels": {"app": "a"}})}


def claim(dice):
    return {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": dice.choice(["1Gi", "1024Mi"])}}}}


def role(dice):
    return {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": dice.sample(["get", "list", "watch"], 2)}]}


def widget(dice):
    spec = {"size": dice.choice([1, 2, 3, 3, 0, "big"])}
    if dice.random() < 0.5:
        spec["tags"] = dice.sample(["x", "y", "z"], 2)
    if dice.random() < 0.2:
        spec["colour"] = "red"
    return {"spec": spec}


# path below /apis or /api, kind, maker, whether it has a status and a scale
KINDS = {
    "configmaps": ("api/v1", "ConfigMap", config_map, ()),
    "secrets": ("api/v1", "Secret", secret, ()),
    "services": ("api/v1", "Service", service, ("status",)),
    "serviceaccounts": ("api/v1", "ServiceAccount", lambda dice: {}, ()),
    "pods": ("api/v1", "Pod", lambda dice: {"spec": pod_spec(dice)}, ("status",)),
    "persistentvolumeclaims": ("api/v1", "PersistentVolumeClaim", claim, ("status",)),
    "deployments": ("apis/apps/v1", "Deployment", deployment, ("status", "scale")),
    "statefulsets": ("apis/apps/v1", "StatefulSet", stateful_set, ("status", "scale")),
    "jobs": ("apis/batch/v1", "Job", job, ("status",)),
    "cronjobs": ("apis/batch/v1", "CronJob", cron_job, ("status",)),
    "leases": ("apis/coordination.k8s.io/v1", "Lease", lease, ()),
    "ingresses": ("apis/networking.k8s.io/v1", "Ingress", ingress, ("status",)),
    "networkpolicies": ("apis/networking.k8s.io/v1", "NetworkPolicy", network_policy, ()),
    "poddisruptionbudgets": ("apis/policy/v1", "PodDisruptionBudget", disruption_budget, ("status",)),
    "roles": ("apis/rbac.authorization.k8s.io/v1", "Role", role, ()),
    "widgets": ("apis/differential.example.com/v1", "Widget", widget, ("status", "scale")),
}

DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.differential.example.com"},
    "spec": {
        "group": "differential.example.com", "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
        "versions": [{
            "name": "v1", "served": True, "storage": True,
            "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas",
                                                     "statusReplicasPath": ".status.replicas"}},
            "additionalPrinterColumns": [
                {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                {"name": "First", "type": "string", "jsonPath": ".spec.tags[0]"},
            ],
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "required": ["size"], "properties": {
                    "size": {"type": "integer", "minimum": 1, "maximum": 10},
                    "replicas": {"type": "integer", "default": 1},
                    "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                    "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"},
                }},
                "status": {"type": "object", "properties": {"replicas": {"type": "integer"}, "phase": {"type": "string"}}},
            }}},
        }],
    },
}


def path_of(plural, namespace, name=None, subresource=None):
    path = "/%s/namespaces/%s/%s" % (KINDS[plural][0], namespace, plural)
    for part in (name, subresource):
        if part:
            path += "/" + part
    return path


def api_version(plural):
    base = KINDS[plural][0]
    return base.split("/", 1)[1]


def labels(dice):
    return {key: dice.choice(LABELS[key]) for key in dice.sample(sorted(LABELS), dice.randint(0, 2))}


def make(dice, plural, name):
    """A whole object; now and then something about it is wrong."""
    made = {"apiVersion": api_version(plural), "kind": KINDS[plural][1], "metadata": {"name": name}}
    if dice.random() < 0.6:
        made["metadata"]["labels"] = labels(dice)
    if dice.random() < 0.15:
        made["metadata"]["annotations"] = {"note": dice.choice(["one", "two"])}
    if dice.random() < 0.1:
        made["metadata"]["finalizers"] = ["example.com/hold"]
    made.update(KINDS[plural][2](dice))
    if dice.random() < 0.12:
        spoil(dice, made)
    return made


def spoil(dice, made):
    metadata = made["metadata"]
    wrong = dice.randrange(8)
    if wrong == 0:
        metadata["name"] = dice.choice(["A_b", "-a", "a" * 254, ""])
    elif wrong == 1:
        metadata["labels"] = {"-bad": "x"}
    elif wrong == 2:
        metadata["labels"] = {"app": "not valid!"}
    elif wrong == 3:
        made["nonsense"] = {"a": 1}
    elif wrong == 4:
        metadata["namespace"] = "elsewhere"
    elif wrong == 5:
        made["kind"] = "Nonsense"
    elif wrong == 6:
        made["apiVersion"] = "v9"
    else:
        made["spec"] = dice.choice([None, {}, [], "text"])


def merge_patch(dice, plural):
    """A change as a merge patch."""
    changes = [
        {"metadata": {"labels": labels(dice)}},
        {"metadata": {"labels": {"app": None}}},
        {"metadata": {"annotations": {"note": dice.choice(["one", "two", None])}}},
        {"metadata": {"finalizers": dice.choice([None, [], ["example.com/hold"], ["unqualified"]])}},
        {"metadata": {"name": "other"}},
        {"unknown": 1},
        {},
    ]
    changes += [KINDS[plural][2](dice)] * 4
    return dice.choice(changes)


def json_patch(dice):
    operations = [
        {"op": "add", "path": "/metadata/labels", "value": labels(dice)},
        {"op": "add", "path": "/metadata/annotations", "value": {"note": "three"}},
        {"op": "remove", "path": "/metadata/labels/app"},
        {"op": "test", "path": "/metadata/name", "value": dice.choice(NAMES)},
        {"op": "replace", "path": "/spec/replicas", "value": dice.randint(0, 4)},
        {"op": "replace", "path": "/nothing/here", "value": 1},
        {"op": "copy", "from": "/metadata/name", "path": "/metadata/annotations/copied"},
    ]
    return dice.sample(operations, dice.randint(1, 2))
