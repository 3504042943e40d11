"""Built-in objects with as many fields as a kind can have at once."""
from drawing import One, draw

TIME = "2026-01-02T03:04:05Z"
SELECTOR = {"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["x", "y"]}]}
LABELS = {"app": "a", "tier": "x"}
PROBE = {"initialDelaySeconds": 1, "periodSeconds": 5, "timeoutSeconds": 2, "successThreshold": 1, "failureThreshold": 3}
HANDLER = One({"httpGet": {"path": "/", "port": One(80, "web"), "scheme": "HTTP", "host": "h", "httpHeaders": [{"name": "X-A", "value": "1"}]}},
              {"tcpSocket": {"port": 80}}, {"exec": {"command": ["true"]}}, {"grpc": {"port": 80, "service": "s"}})
VOLUMES = [
    {"emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}, {"configMap": {"name": "c", "optional": True, "defaultMode": 420, "items": [{"key": "k", "path": "p/q", "mode": 256}]}},
    {"secret": {"secretName": "s", "defaultMode": 256, "items": [{"key": "k", "path": "p"}]}}, {"hostPath": {"path": "/h", "type": "DirectoryOrCreate"}},
    {"persistentVolumeClaim": {"claimName": "c", "readOnly": True}}, {"downwardAPI": {"items": [
        {"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}, {"path": "m", "resourceFieldRef": {"containerName": "main", "resource": "limits.cpu", "divisor": "1m"}}]}},
    {"projected": {"defaultMode": 420, "sources": [
        {"configMap": {"name": "c", "items": [{"key": "k", "path": "a"}]}}, {"secret": {"name": "s", "items": [{"key": "k", "path": "b"}]}},
        {"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.name"}}]}},
        {"serviceAccountToken": {"audience": "a", "expirationSeconds": 3600, "path": "token"}}]}},
    {"nfs": {"server": "n", "path": "/e"}}, {"csi": {"driver": "d.example.com", "volumeAttributes": {"a": "b"}}},
    {"ephemeral": {"volumeClaimTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}}, {"iscsi": {"targetPortal": "1.2.3.4", "iqn": "iqn.2001-04.com.example:x", "lun": 0}},
]


def container(name):
    return {
        "name": name, "image": "i:1", "command": ["c"], "args": ["-a"], "workingDir": "/w", "imagePullPolicy": One("Always", "IfNotPresent", "Never"),
        "ports": [{"name": "web", "containerPort": 80, "protocol": "TCP"}, {"name": "dns", "containerPort": 53, "hostPort": 53, "protocol": "UDP", "hostIP": "1.2.3.4"}],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.labels['a']"}}},
                {"name": "C", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}}, {"name": "D", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
                {"name": "E", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}}}],
        "envFrom": [{"prefix": "P_", "configMapRef": {"name": "c", "optional": True}}, {"secretRef": {"name": "s"}}],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi", "example.com/gpu": "1"}, "requests": {"cpu": "500m", "memory": "64Mi", "example.com/gpu": "1"}},
        "volumeMounts": [{"name": "v0", "mountPath": "/v", "subPath": "s", "readOnly": True}, {"name": "v1", "mountPath": "/x", "mountPropagation": "None"}],
        "livenessProbe": {**PROBE, "*": HANDLER, "terminationGracePeriodSeconds": 9}, "readinessProbe": {**PROBE, "*": HANDLER},
        "startupProbe": {**PROBE, "*": HANDLER}, "lifecycle": {"postStart": {"*": One({"exec": {"command": ["t"]}}, {"sleep": {"seconds": 2}})}, "preStop": {
            "httpGet": {"port": 80}}},
        "securityContext": {"runAsUser": 1000, "runAsGroup": 1000, "runAsNonRoot": True, "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
                            "procMount": "Default", "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationMessagePath": "/t", "terminationMessagePolicy": "File", "stdin": True, "stdinOnce": True, "tty": True,
    }


TERM = {"labelSelector": SELECTOR, "topologyKey": "zone", "namespaces": ["n"], "namespaceSelector": SELECTOR}
EXPRESSION = {"key": "k", "operator": One("In", "NotIn"), "values": ["v"]}
POD = {
    "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": One("ClusterFirst", "None"), "serviceAccountName": "a", "automountServiceAccountToken": False,
    "nodeSelector": {"disk": "ssd"}, "nodeName": "n", "hostname": "h", "subdomain": "s", "setHostnameAsFQDN": True, "shareProcessNamespace": True, "priorityClassName": "",
    "schedulerName": "s", "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority", "activeDeadlineSeconds": 100, "os": {"name": "linux"},
    "securityContext": {"runAsUser": 1000, "runAsGroup": 1000, "runAsNonRoot": True, "fsGroup": 1, "fsGroupChangePolicy": "OnRootMismatch", "supplementalGroups": [1, 2],
                        "sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}], "seccompProfile": {"type": "Localhost", "localhostProfile": "p"}},
    "imagePullSecrets": [{"name": "s"}], "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a.example.com"]}],
    "dnsConfig": {"nameservers": ["1.2.3.4"], "searches": ["example.com"], "options": [{"name": "ndots", "value": "2"}]},
    "readinessGates": [{"conditionType": "example.com/ready"}],
    "tolerations": [{"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute", "tolerationSeconds": 5}, {"key": "l", "operator": "Exists"}],
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": SELECTOR, "minDomains": 2,
                                   "nodeAffinityPolicy": "Honor", "nodeTaintsPolicy": "Ignore", "matchLabelKeys": ["rev"]}],
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                    {"matchExpressions": [EXPRESSION, {"key": "g", "operator": "Gt", "values": ["1"]}], "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}]},
                    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [{"key": "e", "operator": "Exists"}]}}]},
                 "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]},
                 "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": TERM}]}},
}


def pod_spec(dice, restart=None):
    """Some of what a Pod may have: all of it would hide one mistake behind another."""
    keep = dice.choice([0.1, 0.3])
    spec = {name: value for name, value in POD.items() if dice.random() < keep}

    def made(name):
        return {key: value for key, value in container(name).items() if key in ("name", "image") or dice.random() < keep + 0.1}
    spec["containers"] = [made("main")] + [made("side")] * (dice.random() < 0.2)
    if dice.random() < 0.2:
        spec["initContainers"] = [{**made("first"), **({"restartPolicy": "Always"} if dice.random() < 0.3 else {})}]
        for name in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if "restartPolicy" not in spec["initContainers"][0]:
                spec["initContainers"][0].pop(name, None)
    for extra in spec["containers"][1:] + spec.get("initContainers", []):
        extra.pop("ports", None)
    spec = draw(dice, spec)
    if any("volumeMounts" in each for each in spec["containers"] + spec.get("initContainers", [])) or dice.random() < keep:
        spec["volumes"] = [{"name": "v%d" % number, **draw(dice, source)} for number, source in enumerate(dice.sample(VOLUMES, 2))]
    if spec.get("dnsPolicy") == "None":
        spec["dnsConfig"] = {"nameservers": ["1.2.3.4"]}
    if restart:
        spec["restartPolicy"] = restart
        spec.pop("activeDeadlineSeconds", None)
    return spec


def template(dice, restart="Always"):
    return {"metadata": {"labels": LABELS, "annotations": {"a": "b"}}, "spec": pod_spec(dice, restart)}


def of(api_version, kind, rest, name="a"):
    """A maker of objects: their fields come from a template or from a function of the dice."""
    def make(dice):
        metadata = {"name": name, "labels": {"app": "a"}, "annotations": {"note": "x"}} if dice.random() < 0.3 else {"name": name}
        made = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **(rest(dice) if callable(rest) else draw(dice, rest))}
        return made
    return make


def chosen(required, optional):
    """A spec with what it must have, and some of what it may have."""
    def make(dice):
        spec = {name: value(dice) if callable(value) else draw(dice, value) for name, value in required.items()}
        keep = dice.choice([0.2, 0.6])
        spec.update({name: value(dice) if callable(value) else draw(dice, value) for name, value in optional.items() if dice.random() < keep})
        return {"spec": spec}
    return make


CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}, "limits": {"storage": "2Gi"}}, "storageClassName": "s", "volumeMode": "Filesystem",
         "selector": SELECTOR}
JOB = chosen({"template": lambda dice: template(dice, dice.choice(["Never", "OnFailure"]))}, {
    "parallelism": 2, "completions": 3, "activeDeadlineSeconds": 10, "backoffLimit": 4, "completionMode": "Indexed", "suspend": True, "ttlSecondsAfterFinished": 5,
    "podReplacementPolicy": One("TerminatingOrFailed", "Failed"), "managedBy": "example.com/m"})
FAILURES = {"rules": [{"action": "Ignore", "onExitCodes": {"containerName": "main", "operator": "In", "values": [1, 2]}},
                      {"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]}


def job(dice):
    spec = JOB(dice)["spec"]
    if dice.random() < 0.3:
        spec["podFailurePolicy"], spec["template"]["spec"]["restartPolicy"] = draw(dice, FAILURES), "Never"
    if dice.random() < 0.2:
        spec.update(completionMode="Indexed", completions=3, backoffLimitPerIndex=1, maxFailedIndexes=2)
        spec["template"]["spec"]["restartPolicy"] = "Never"
        if dice.random() < 0.5:
            spec["successPolicy"] = {"rules": [{"succeededIndexes": "0-1", "succeededCount": 1}]}
    return {"spec": spec}


PATH = {"path": "/a", "pathType": One("Prefix", "Exact", "ImplementationSpecific"), "backend": {"service": {"name": "s", "port": One({"number": 80}, {"name": "web"})}}}
METRIC = One(
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
    {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "main", "target": {"type": "AverageValue", "averageValue": "1"}}},
    {"type": "Pods", "pods": {"metric": {"name": "m", "selector": SELECTOR}, "target": {"type": "AverageValue", "averageValue": "1k"}}},
    {"type": "Object", "object": {"metric": {"name": "m"}, "describedObject": {"apiVersion": "v1", "kind": "Service", "name": "s"}, "target": {"type": "Value", "value": "10"}}},
    {"type": "External", "external": {"metric": {"name": "m", "selector": SELECTOR}, "target": {"type": "Value", "value": "10"}}})
SCALING = {"stabilizationWindowSeconds": 60, "selectPolicy": "Max", "policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}, {"type": "Percent", "value": 10, "periodSeconds": 60}]}
SERVICE_PORTS = [{"name": "web", "port": 80, "targetPort": One(8080, "web"), "protocol": "TCP", "appProtocol": "http"}, {"name": "dns", "port": 53, "protocol": "UDP"}]
PEER = One({"podSelector": SELECTOR}, {"namespaceSelector": SELECTOR, "podSelector": {}}, {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}})
RULES = [{"apiGroups": ["apps", ""], "resources": ["pods", "deployments/scale"], "verbs": ["get", "list"], "resourceNames": ["a"]}]
WEBHOOK = {"name": "w.example.com", "clientConfig": One({"service": {"namespace": "n", "name": "s", "path": "/p", "port": 443}}, {"url": "https://h.example.com/p"}),
           "rules": [{"operations": ["CREATE"], "apiGroups": ["nope.example.com"], "apiVersions": ["v1"], "resources": ["none"], "scope": "Namespaced"}], "failurePolicy": "Fail",
           "matchPolicy": "Exact", "sideEffects": "None", "timeoutSeconds": 5, "admissionReviewVersions": ["v1"], "namespaceSelector": SELECTOR, "objectSelector": {},
           "matchConditions": [{"name": "c", "expression": "true"}]}
VOLUME_SOURCES = One({"hostPath": {"path": "/x", "type": "Directory"}}, {"nfs": {"server": "s", "path": "/p"}}, {"csi": {"driver": "d.example.com", "volumeHandle": "h", "fsType": "ext4"}},
                     {"local": {"path": "/l"}, "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [EXPRESSION]}]}}})


def volume(dice):
    made = chosen({"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce", "ReadOnlyMany"]}, {
        "storageClassName": "s", "persistentVolumeReclaimPolicy": One("Retain", "Delete"), "volumeMode": "Filesystem", "mountOptions": ["ro"],
        "claimRef": {"namespace": "n", "name": "c"}})(dice)
    made["spec"].update(draw(dice, VOLUME_SOURCES))
    return made


CORE, APPS, BATCH = "v1", "apps/v1", "batch/v1"
# path, plural, maker, whether in a namespace
KINDS = [
    ("api/v1", "configmaps", of(CORE, "ConfigMap", {"data": {"k": "v", "l": "w"}, "binaryData": {"b": "AAE="}, "immutable": One(True, False)}), True),
    ("api/v1", "secrets", of(CORE, "Secret", One(
        {"data": {"k": "dg=="}, "stringData": {"l": "w"}, "type": "Opaque", "immutable": False}, {"type": "kubernetes.io/tls", "data": {"tls.crt": "eA==", "tls.key": "eA=="}},
        {"type": "kubernetes.io/basic-auth", "stringData": {"username": "u", "password": "p"}}, {"type": "kubernetes.io/ssh-auth", "stringData": {"ssh-privatekey": "p"}},
        {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{}"}}, {"type": "kubernetes.io/dockercfg", "stringData": {".dockercfg": "{}"}})), True),
    ("api/v1", "services", of(CORE, "Service", chosen({"ports": SERVICE_PORTS}, {
        "selector": {"app": "a"}, "type": One("ClusterIP", "NodePort", "LoadBalancer"), "sessionAffinity": "ClientIP", "externalIPs": ["1.2.3.4"],
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 5}}, "publishNotReadyAddresses": True, "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Local", "externalTrafficPolicy": "Local", "loadBalancerSourceRanges": ["10.0.0.0/8"], "loadBalancerClass": "example.com/c",
        "allocateLoadBalancerNodePorts": False, "clusterIP": "None", "externalName": "x.example.com", "trafficDistribution": "PreferClose"}), "svc"), True),
    ("api/v1", "serviceaccounts", of(CORE, "ServiceAccount", {"secrets": [{"name": "s"}], "imagePullSecrets": [{"name": "i"}], "automountServiceAccountToken": True}), True),
    ("api/v1", "pods", of(CORE, "Pod", lambda dice: {"spec": pod_spec(dice)}), True),
    ("api/v1", "pods", of(CORE, "Pod", lambda dice: {"spec": pod_spec(dice)}), True),
    ("api/v1", "persistentvolumeclaims", of(CORE, "PersistentVolumeClaim", chosen({"accessModes": ["ReadWriteOnce"], "resources": CLAIM["resources"]}, {
        **CLAIM, "volumeName": "v", "dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}})), True),
    ("api/v1", "persistentvolumes", of(CORE, "PersistentVolume", volume, "${ns}"), False),
    ("api/v1", "podtemplates", of(CORE, "PodTemplate", lambda dice: {"template": template(dice)}), True),
    ("api/v1", "replicationcontrollers", of(CORE, "ReplicationController", chosen({"selector": LABELS, "template": template}, {"replicas": 1, "minReadySeconds": 3})), True),
    ("api/v1", "endpoints", of(CORE, "Endpoints", {"subsets": [{"addresses": [{"ip": "1.2.3.4", "hostname": "h", "targetRef": {"kind": "Pod", "name": "p"}}],
                                                               "notReadyAddresses": [{"ip": "1.2.3.5"}], "ports": [{"name": "web", "port": 80, "protocol": "TCP"}]}]}), True),
    ("apis/apps/v1", "deployments", of(APPS, "Deployment", chosen({"selector": SELECTOR, "template": template}, {
        "replicas": 2, "minReadySeconds": 5, "revisionHistoryLimit": 3, "paused": True, "progressDeadlineSeconds": 600,
        "strategy": One({"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": One(1, "25%"), "maxUnavailable": One(0, "10%")}})})), True),
    ("apis/apps/v1", "replicasets", of(APPS, "ReplicaSet", chosen({"selector": SELECTOR, "template": template}, {"replicas": 2, "minReadySeconds": 5})), True),
    ("apis/apps/v1", "statefulsets", of(APPS, "StatefulSet", chosen({"selector": SELECTOR, "template": template, "serviceName": "s"}, {
        "replicas": 2, "minReadySeconds": 5, "podManagementPolicy": "Parallel", "revisionHistoryLimit": 3, "ordinals": {"start": 1},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM}],
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"}})), True),
    ("apis/apps/v1", "daemonsets", of(APPS, "DaemonSet", chosen({"selector": SELECTOR, "template": template}, {
        "minReadySeconds": 5, "revisionHistoryLimit": 3, "updateStrategy": One({"type": "OnDelete"}, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": One(1, "10%")}})})), True),
    ("apis/apps/v1", "controllerrevisions", of(APPS, "ControllerRevision", {"data": {"a": 1}, "revision": 3}), True),
    ("apis/batch/v1", "jobs", of(BATCH, "Job", job), True),
    ("apis/batch/v1", "jobs", of(BATCH, "Job", job), True),
    ("apis/batch/v1", "cronjobs", of(BATCH, "CronJob", chosen({"schedule": "*/5 * * * *", "jobTemplate": lambda dice: {"metadata": {"labels": {"a": "b"}}, **job(dice)}}, {
        "timeZone": "Etc/UTC", "startingDeadlineSeconds": 5, "concurrencyPolicy": "Forbid", "suspend": True, "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1})), True),
    ("apis/coordination.k8s.io/v1", "leases", of("coordination.k8s.io/v1", "Lease", {"spec": {
        "holderIdentity": "h", "leaseDurationSeconds": 15, "acquireTime": "2026-01-02T03:04:05.000006Z", "renewTime": "2026-01-02T03:04:05.000006Z", "leaseTransitions": 1}}), True),
    ("apis/networking.k8s.io/v1", "ingresses", of("networking.k8s.io/v1", "Ingress", chosen({"rules": [{"host": One("a.example.com", "*.example.com"), "http": {"paths": [PATH]}}]}, {
        "ingressClassName": "c", "defaultBackend": One(PATH["backend"], {"resource": {"apiGroup": "g.example.com", "kind": "K", "name": "n"}}),
        "tls": [{"hosts": ["a.example.com"], "secretName": "s"}]})), True),
    ("apis/networking.k8s.io/v1", "ingressclasses", of("networking.k8s.io/v1", "IngressClass", {"spec": {
        "controller": "example.com/c", "parameters": {"apiGroup": "g.example.com", "kind": "K", "name": "n", "scope": "Namespace", "namespace": "x"}}}, "${ns}"), False),
    ("apis/networking.k8s.io/v1", "networkpolicies", of("networking.k8s.io/v1", "NetworkPolicy", chosen({"podSelector": SELECTOR}, {
        "policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [PEER], "ports": [{"port": 80, "endPort": 90, "protocol": "TCP"}, {"port": "web"}]}],
        "egress": [{"to": [PEER], "ports": [{"port": 53, "protocol": "UDP"}]}]})), True),
    ("apis/policy/v1", "poddisruptionbudgets", of("policy/v1", "PodDisruptionBudget", chosen({"selector": SELECTOR}, {
        "minAvailable": One(1, "50%"), "unhealthyPodEvictionPolicy": "AlwaysAllow"})), True),
    ("apis/autoscaling/v2", "horizontalpodautoscalers", of("autoscaling/v2", "HorizontalPodAutoscaler", chosen({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}, "maxReplicas": 5}, {
            "minReplicas": 2, "metrics": [METRIC, METRIC], "behavior": {"scaleUp": SCALING, "scaleDown": SCALING}})), True),
    ("apis/autoscaling/v1", "horizontalpodautoscalers", of("autoscaling/v1", "HorizontalPodAutoscaler", chosen({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}, "maxReplicas": 5}, {"minReplicas": 2, "targetCPUUtilizationPercentage": 50}), "old"), True),
    ("apis/discovery.k8s.io/v1", "endpointslices", of("discovery.k8s.io/v1", "EndpointSlice", {
        "addressType": "IPv4", "endpoints": [{"addresses": ["1.2.3.4"], "conditions": {"ready": True, "serving": True, "terminating": False}, "hostname": "h", "nodeName": "n",
                                              "zone": "z", "hints": {"forZones": [{"name": "z"}]}, "targetRef": {"kind": "Pod", "name": "p"}}],
        "ports": [{"name": "web", "port": 80, "protocol": "TCP", "appProtocol": "http"}, {"name": "dns", "port": 53, "protocol": "UDP"}]}), True),
    ("apis/rbac.authorization.k8s.io/v1", "roles", of("rbac.authorization.k8s.io/v1", "Role", {"rules": RULES}), True),
    ("apis/rbac.authorization.k8s.io/v1", "clusterroles", of("rbac.authorization.k8s.io/v1", "ClusterRole", {
        "rules": RULES + [{"nonResourceURLs": ["/healthz", "/api/*"], "verbs": ["get"]}], "aggregationRule": One(None, {"clusterRoleSelectors": [{"matchLabels": {"x": "y"}}]})}, "${ns}"), False),
    ("apis/rbac.authorization.k8s.io/v1", "rolebindings", of("rbac.authorization.k8s.io/v1", "RoleBinding", {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": One("Role", "ClusterRole"), "name": "view"}, "subjects": [
            {"kind": "User", "name": "u", "apiGroup": "rbac.authorization.k8s.io"}, {"kind": "ServiceAccount", "name": "s", "namespace": "n"}, {"kind": "Group", "name": "g"}]}), True),
    ("apis/storage.k8s.io/v1", "storageclasses", of("storage.k8s.io/v1", "StorageClass", {
        "provisioner": "example.com/p", "parameters": {"a": "b"}, "reclaimPolicy": "Retain", "mountOptions": ["ro"], "allowVolumeExpansion": True, "volumeBindingMode": "Immediate",
        "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a", "b"]}]}]}, "${ns}"), False),
    ("apis/scheduling.k8s.io/v1", "priorityclasses", of("scheduling.k8s.io/v1", "PriorityClass", {
        "value": 10, "globalDefault": False, "description": "d", "preemptionPolicy": "Never"}, "${ns}"), False),
    ("apis/node.k8s.io/v1", "runtimeclasses", of("node.k8s.io/v1", "RuntimeClass", {
        "handler": "h", "overhead": {"podFixed": {"cpu": "1"}}, "scheduling": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "k", "operator": "Exists"}]}}, "${ns}"), False),
    ("apis/admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", of(
        "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", {"webhooks": [WEBHOOK]}, "${ns}"), False),
    ("apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", of(
        "admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", {"webhooks": [{**WEBHOOK, "reinvocationPolicy": "IfNeeded"}]}, "${ns}"), False),
    ("api/v1", "events", of(CORE, "Event", {"involvedObject": {"kind": "Pod", "namespace": "${ns}", "name": "p"}, "reason": "R", "message": "m", "type": "Normal", "count": 1,
                                            "firstTimestamp": TIME, "lastTimestamp": TIME, "source": {"component": "c"}}), True),
]
