"""Applies, updates and patches by several managers of the same objects; their managedFields are compared with the rest."""
from drawing import One, Some, draw

APPLY = {"Content-Type": "application/apply-patch+yaml"}
MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
JSON = {"Content-Type": "application/json-patch+json"}
MANAGERS = ["ann", "bob", "cem"]

TEXT, NUMBER = One("1", "2"), One(0, 1, 2)
PORT = {"name": One("p", "q"), "containerPort!": One(80, 81), "protocol": One("TCP", "UDP"), "hostPort": One(80, 81)}


def container(name):
    return {
        "name!": name, "image!": One("i:1", "i:2"), "args": Some("-a", "-b"), "command": Some("c"),
        "env": Some({"name!": "A", "value": TEXT}, {"name!": "B", "value": TEXT},
                    {"name!": "C", "valueFrom!": {"fieldRef!": {"fieldPath!": One("metadata.name", "metadata.uid")}}}),
        "ports": Some(PORT, {"containerPort!": 443}), "resources": {"limits": {"cpu": One("1", "1000m", "500m")}, "requests": {"cpu": "100m"}},
        "volumeMounts": Some({"name!": "v", "mountPath!": One("/v", "/w")}, {"name!": "v", "mountPath!": "/x", "readOnly": True}),
        "livenessProbe": {"httpGet!": {"path": One("/", "/z"), "port!": One(80, "p")}, "periodSeconds": One(3, 4)},
        "securityContext": {"capabilities": {"drop": Some("ALL", "KILL"), "add": Some("KILL")}, "runAsNonRoot": True},
    }


POD = {
    "containers!": One(Some(container("c"), container("d")), [container("c")]), "initContainers": Some(container("init")),
    "nodeSelector": {"p": TEXT, "q": TEXT}, "tolerations": Some({"key!": "r", "operator!": "Exists"}, {"key!": "s", "operator!": "Exists", "effect": "NoSchedule"}),
    "volumes!": One([{"name!": "v", "emptyDir!": {}}], [{"name!": "v", "configMap!": {"name!": TEXT, "items": Some({"key!": "k", "path!": TEXT})}}]),
    "imagePullSecrets": Some({"name": "s"}, {"name": "t"}), "hostAliases": Some({"ip!": "1.2.3.4", "hostnames!": ["a", One("b", "c")]}),
    "securityContext": {"runAsUser": One(1, 2), "sysctls": Some({"name!": "kernel.shm_rmid_forced", "value!": TEXT})},
    "topologySpreadConstraints": Some({"maxSkew!": One(1, 2), "topologyKey!": "zone", "whenUnsatisfiable!": One("DoNotSchedule", "ScheduleAnyway")}),
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms!": [
        {"matchExpressions!": [{"key!": "k", "operator!": "In", "values!": [TEXT]}]}]}}},
    "terminationGracePeriodSeconds": NUMBER, "serviceAccountName": One("s", "default"), "readinessGates": Some({"conditionType!": "example.com/x"}),
}
TEMPLATE = {"metadata!": {"labels!": {"app!": "o", "extra": TEXT}, "annotations": {"n": TEXT}}, "spec!": POD}
SELECTOR = {"matchLabels!": {"app!": "o"}}
CONDITION = {"type!": One("Ready", "Done"), "status!": One("True", "False"), "reason!": "R", "message!": TEXT, "lastTransitionTime!": "2026-01-01T00:00:00Z"}
LIST_MAP = {"name!": One("a", "b", "c"), "value": TEXT, "ports": Some({"port!": 80, "protocol": "TCP", "note": TEXT}, {"port!": One(80, 81), "protocol": "UDP"}),
            "tags": Some("t", "u"), "atomic": {"x": TEXT, "y": TEXT}}
OWNED = {
    "replicas": NUMBER, "granular": {"a": TEXT, "b": TEXT, "deep": {"x": NUMBER, "y": TEXT}}, "atomic": {"a": TEXT, "b": TEXT, "deep": {"x": NUMBER}},
    "map": {"k": TEXT, "l": TEXT}, "structs": {"k": {"a": TEXT, "b": TEXT}, "l": {"a": TEXT}}, "list": Some("x", "y"), "set": Some("x", "y", "z"),
    "numbers": Some(1, 2, 3), "keyed": Some(LIST_MAP, LIST_MAP), "either": One(1, "1", "50%"), "free": {"a": TEXT, "b": [1, {"c": TEXT}], "d": {"e": TEXT}},
    "nothing": One(None, "n"), "defaulted": {"mode": One("x", "y")}, "embedded": {"apiVersion!": "v1", "kind!": "Pod", "metadata": {"labels": {"a": TEXT}}},
    "unknown": TEXT,
}
# path below the group, apiVersion, kind, the rest of an object, subresources
KINDS = [
    ("api/v1", "configmaps", "ConfigMap", {"data": {"a": TEXT, "b": TEXT, "c": One("x", "y")}, "binaryData": {"d": One("AAE=", "AAI=")}}, ()),
    ("api/v1", "secrets", "Secret", {"data": {"a": One("AAE=", "AAI=")}, "stringData": {"a": TEXT, "b": TEXT}, "type": "Opaque"}, ()),
    ("api/v1", "services", "Service", {"spec!": {
        "ports!": One(Some({"name!": "p", "port!": One(80, 81), "protocol": One("TCP", "UDP"), "targetPort": One(80, "t")},
                           {"name!": "q", "port!": One(80, 443), "protocol!": "UDP"}), [{"port!": 80}]),
        "selector": {"s": TEXT, "t": TEXT}, "sessionAffinity": One("ClientIP", "None"), "externalIPs": Some("1.2.3.4", "1.2.3.5"), "type": One("ClusterIP", "NodePort")}},
        ("status",)),
    ("api/v1", "serviceaccounts", "ServiceAccount", {"secrets": Some({"name": "a"}, {"name": "b"}), "imagePullSecrets": Some({"name": "a"}, {"name": "b"})}, ()),
    ("api/v1", "pods", "Pod", {"spec!": POD}, ("status",)),
    ("api/v1", "persistentvolumeclaims", "PersistentVolumeClaim", {"spec!": {
        "accessModes!": ["ReadWriteOnce"], "resources!": {"requests!": {"storage!": "1Gi"}}, "selector": {"matchLabels": {"a": "1"}}, "storageClassName": "s"}},
        ("status",)),
    ("apis/apps/v1", "deployments", "Deployment", {"spec!": {
        "replicas": NUMBER, "selector!": SELECTOR, "template!": TEMPLATE, "paused": One(True, False), "minReadySeconds": NUMBER,
        "strategy": One({"type!": "Recreate"}, {"rollingUpdate!": {"maxSurge": One(1, "25%"), "maxUnavailable": One(1, "10%")}})}}, ("status", "scale")),
    ("apis/apps/v1", "statefulsets", "StatefulSet", {"spec!": {
        "replicas": NUMBER, "selector!": SELECTOR, "template!": TEMPLATE, "serviceName": "s", "volumeClaimTemplates": Some(
            {"metadata!": {"name!": "v"}, "spec!": {"accessModes!": ["ReadWriteOnce"], "resources!": {"requests!": {"storage!": "1Gi"}}}}, twice=0)}}, ("status", "scale")),
    ("apis/apps/v1", "daemonsets", "DaemonSet", {"spec!": {"selector!": SELECTOR, "template!": TEMPLATE}}, ("status",)),
    ("apis/batch/v1", "cronjobs", "CronJob", {"spec!": {
        "schedule!": One("@daily", "@hourly"), "suspend": True, "jobTemplate!": {"metadata": {"labels": {"a": TEXT}}, "spec!": {
            "template!": {"spec!": {**POD, "restartPolicy!": "Never"}}, "backoffLimit": NUMBER}}}}, ("status",)),
    ("apis/networking.k8s.io/v1", "ingresses", "Ingress", {"spec!": {
        "ingressClassName": TEXT, "tls": Some({"hosts": Some("a.example.com", "b.example.com"), "secretName": TEXT}), "defaultBackend!": {
            "service!": {"name!": TEXT, "port!": {"number!": One(80, 81)}}}, "rules": Some({"host!": "a.example.com", "http!": {"paths!": [
                {"path!": One("/", "/a"), "pathType!": "Prefix", "backend!": {"service!": {"name!": TEXT, "port!": {"name!": "n"}}}}]}})}}, ("status",)),
    ("apis/networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", {"spec!": {
        "podSelector!": {"matchLabels": {"a": TEXT}}, "ingress": Some({"from": Some({"podSelector!": {}}), "ports": Some({"port": One(80, "n")})}),
        "policyTypes": Some("Ingress")}}, ()),
    ("apis/rbac.authorization.k8s.io/v1", "roles", "Role", {"rules": Some({"apiGroups!": [""], "resources!": ["pods"], "verbs!": [One("get", "list")]})}, ()),
    ("apis/autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", {"spec!": {
        "scaleTargetRef!": {"kind!": "Deployment", "name!": TEXT, "apiVersion": "apps/v1"}, "minReplicas": One(1, 2), "maxReplicas!": One(3, 4),
        "metrics": Some({"type!": "Resource", "resource!": {"name!": "cpu", "target!": {"type!": "Utilization", "averageUtilization!": One(50, 60)}}})}}, ("status",)),
    ("apis/policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", {"spec!": {"minAvailable": One(1, "50%"), "selector": SELECTOR}}, ("status",)),
    ("apis/coordination.k8s.io/v1", "leases", "Lease", {"spec": {"holderIdentity": TEXT, "leaseDurationSeconds": One(1, 2)}}, ()),
    ("apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice", {
        "addressType!": "IPv4", "endpoints!": Some({"addresses!": Some("1.2.3.4", "1.2.3.5"), "conditions": {"ready": True}}), "ports": Some({"port": 80, "name": TEXT})}, ()),
    ("apis/areas.example.com/v1", "owned", "Owned", {"spec": OWNED, "status": {"conditions": Some(CONDITION, CONDITION), "replicas": NUMBER}}, ("status", "scale")),
    ("apis/areas.example.com/v2", "owned", "Owned", {"spec": OWNED, "status": {"conditions": Some(CONDITION, CONDITION), "replicas": NUMBER}}, ("status", "scale")),
    ("apis/areas.example.com/v1", "free", "Free", {"spec": OWNED, "other": {"a": TEXT}, "list": Some(1, 2)}, ()),
]
STATUS = {
    "services": {"conditions": Some(CONDITION, CONDITION), "loadBalancer": {"ingress": Some({"ip!": "1.2.3.4"})}},
    "pods": {"phase": One("Running", "Failed"), "conditions": Some(CONDITION, CONDITION), "podIPs": Some({"ip": "1.2.3.4"}), "message": TEXT},
    "persistentvolumeclaims": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "conditions": Some(CONDITION)},
    "deployments": {"replicas": NUMBER, "conditions": Some(CONDITION, CONDITION), "observedGeneration": 1},
    "statefulsets": {"replicas!": NUMBER, "conditions": Some(CONDITION, CONDITION), "currentRevision": TEXT},
    "daemonsets": {"currentNumberScheduled!": 1, "numberMisscheduled!": NUMBER, "desiredNumberScheduled!": 1, "numberReady!": 1, "conditions": Some(CONDITION)},
    "cronjobs": {"lastScheduleTime": One("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")},
    "ingresses": {"loadBalancer": {"ingress": Some({"hostname!": "a.example.com"}, {"ip": "1.2.3.4"})}},
    "horizontalpodautoscalers": {"currentReplicas": NUMBER, "desiredReplicas!": NUMBER, "conditions": Some(CONDITION)},
    "poddisruptionbudgets": {"currentHealthy!": 1, "desiredHealthy!": 1, "disruptionsAllowed!": 0, "expectedPods!": 1, "conditions": Some(CONDITION)},
    "owned": {"conditions": Some(CONDITION, CONDITION), "replicas": NUMBER, "phase": TEXT},
}


def properties(**members):
    return {"type": "object", "properties": members}


STRING, INTEGER = {"type": "string"}, {"type": "integer"}
STRUCT = properties(a=STRING, b=STRING, deep=properties(x=INTEGER, y=STRING))
SCHEMA = properties(
    spec=properties(
        replicas=INTEGER, granular=STRUCT, atomic={**STRUCT, "x-kubernetes-map-type": "atomic"}, map={"type": "object", "additionalProperties": STRING},
        structs={"type": "object", "additionalProperties": properties(a=STRING, b=STRING)}, list={"type": "array", "items": STRING},
        set={"type": "array", "items": STRING, "x-kubernetes-list-type": "set"}, numbers={"type": "array", "items": INTEGER, "x-kubernetes-list-type": "set"},
        keyed={"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {"required": ["name"], **properties(
            name=STRING, value=STRING, tags={"type": "array", "items": STRING, "x-kubernetes-list-type": "set"},
            ports={"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
                   "items": {"required": ["port"], **properties(port=INTEGER, protocol={"type": "string", "default": "TCP"}, note=STRING)}},
            atomic={"x-kubernetes-map-type": "atomic", **properties(x=STRING, y=STRING)})}},
        either={"x-kubernetes-int-or-string": True}, free={"type": "object", "x-kubernetes-preserve-unknown-fields": True}, nothing={"type": "string", "nullable": True},
        defaulted={"default": {}, **properties(mode={"type": "string", "default": "x"}, other={"type": "integer", "default": 3})},
        embedded={"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}),
    status=properties(replicas=INTEGER, phase=STRING, conditions={
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"], "items": {"required": ["type"], **properties(
            type=STRING, status=STRING, reason=STRING, message=STRING, lastTransitionTime={"type": "string", "format": "date-time"})}}))
SUBRESOURCES = {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}}


def definition(plural, kind, versions):
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": plural + ".areas.example.com"},
            "spec": {"group": "areas.example.com", "scope": "Namespaced", "names": {"plural": plural, "kind": kind}, "versions": versions}}


DEFINITIONS = [
    definition("owned", "Owned", [{"name": name, "served": True, "storage": name == "v1", "schema": {"openAPIV3Schema": SCHEMA}, "subresources": SUBRESOURCES}
                                  for name in ("v1", "v2")]),
    definition("free", "Free", [{"name": "v1", "served": True, "storage": True, "schema": {
        "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]),
]

# Objects that are there for the others to belong to: what has no owner left would be collected.
OWNERS = ["owner-1", "owner-2"]
METADATA = {"name!": "o", "labels": {"l": TEXT, "m": TEXT}, "annotations": {"note": TEXT}, "finalizers": Some("example.com/a", "example.com/b"),
            "ownerReferences": Some(*({
                "apiVersion!": "v1", "kind!": "ConfigMap", "name!": name, "uid!": "${/%s uid}" % name, "controller": One(True, False)} for name in OWNERS))}


class Run:
    """The requests about one object."""

    def __init__(self, dice):
        self.dice = dice
        self.kinds = [dice.choice(KINDS)]
        if self.kinds[0][1] == "owned":
            self.kinds = [kind for kind in KINDS if kind[1] == "owned"]
        # how much of an object is told at once
        self.keep = dice.choice([0.2, 0.4, 0.7])

    def body(self, rest=None):
        api_version = self.base.split("/", 1)[1]
        metadata = draw(self.dice, METADATA, self.keep * 0.4)
        if self.dice.random() < 0.04:
            metadata["managedFields"] = self.dice.choice([[], [{}], [{"manager": "x"}], None])
        return {"apiVersion": api_version, "kind": self.kind, "metadata": metadata,
                **(draw(self.dice, self.rest, self.keep) if rest is None else rest)}

    def next(self):
        dice = self.dice
        self.base, self.plural, self.kind, self.rest, subresources = dice.choice(self.kinds)
        path = "/%s/namespaces/${ns}/%s" % (self.base, self.plural)
        step = {"key": "/o", "path": path + "/o", "query": {}}
        if dice.random() < 0.95:
            step["query"]["fieldManager"] = dice.choice(MANAGERS)
        if dice.random() < 0.05:
            step["query"]["dryRun"] = "All"
        if dice.random() < 0.1:
            step["query"]["fieldValidation"] = dice.choice(["Strict", "Ignore"])
        verb = dice.choices(["apply", "merge", "strategic", "replace", "create", "json", "delete", "get", "part", "scale"],
                            [60, 7, 6, 8, 6, 4, 1, 1, 12 if "status" in subresources else 0, 6 if "scale" in subresources else 0])[0]
        return getattr(self, verb)(step, path)

    def force(self, step, chance=0.4):
        if self.dice.random() < chance:
            step["query"]["force"] = self.dice.choice(["true", "true", "true", "false"])
        return step

    def apply(self, step, path):
        return {**self.force(step), "method": "PATCH", "headers": APPLY, "body": self.body()}

    def changes(self):
        """What a patch changes: some members, some of them taken away."""
        body = self.body()
        for name in ("apiVersion", "kind"):
            if self.dice.random() < 0.8:
                del body[name]
        if self.dice.random() < 0.5:
            body["metadata"] = {key: self.dice.choice([value, value, None]) for key, value in body["metadata"].items() if key != "name"}
        for part in body.values():
            if isinstance(part, dict) and part and self.dice.random() < 0.2:
                part[self.dice.choice(sorted(part))] = None
        return body

    def merge(self, step, path):
        return {**step, "method": "PATCH", "headers": MERGE, "body": self.changes()}

    def strategic(self, step, path):
        return {**step, "method": "PATCH", "headers": STRATEGIC, "body": self.changes()}

    def replace(self, step, path):
        body = self.body()
        if self.dice.random() < 0.5:
            body["metadata"]["resourceVersion"] = "${/o rv}"
        return {**step, "method": "PUT", "body": body}

    def create(self, step, path):
        return {**step, "method": "POST", "path": path, "body": self.body()}

    def json(self, step, path):
        places = ["/metadata/labels", "/metadata/labels/l", "/metadata/managedFields", "/metadata/annotations", "/metadata/managedFields/0"]
        if isinstance(self.rest.get("spec!", self.rest.get("spec")), dict):
            places += ["/spec/" + name.rstrip("!") for name in self.rest.get("spec!", self.rest.get("spec"))]
        operations = [{"op": self.dice.choice(["remove", "add", "replace"]), "path": self.dice.choice(places), "value": self.dice.choice([{}, "x", [], 1])}
                      for _ in range(self.dice.randint(1, 2))]
        return {**step, "method": "PATCH", "headers": JSON, "body": operations}

    def delete(self, step, path):
        return {"key": "/o", "path": step["path"], "method": "DELETE"}

    def get(self, step, path):
        return {"key": "/o", "path": step["path"], "method": "GET"}

    def part(self, step, path):
        """A write of the status."""
        status = draw(self.dice, STATUS[self.plural], self.keep + 0.2)
        step = {**step, "path": step["path"] + "/status"}
        body = self.body({"status": status})
        if self.dice.random() < 0.2:
            body["spec"] = draw(self.dice, self.rest.get("spec!", self.rest.get("spec")), self.keep)
        draws = self.dice.random()
        if draws < 0.6:
            return {**self.force(step), "method": "PATCH", "headers": APPLY, "body": body}
        if draws < 0.8 or "spec" not in body:
            return {**step, "method": "PATCH", "headers": self.dice.choice([MERGE, STRATEGIC]), "body": {"status": status}}
        return {**step, "method": "PUT", "body": body}

    def scale(self, step, path):
        body = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "o"}, "spec": {"replicas": self.dice.randint(0, 3)}}
        headers = self.dice.choice([MERGE, APPLY, APPLY, None])
        step = {**step, "path": step["path"] + "/scale", "body": body, "key": "/o scale"}
        if headers is None:
            return {**step, "method": "PUT"}
        return {**(self.force(step) if headers is APPLY else step), "method": "PATCH", "headers": headers}


def steps(dice):
    yield {"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": "${ns}"}}, "quiet": True}
    for name in OWNERS:
        yield {"key": "/" + name, "method": "POST", "path": "/api/v1/namespaces/${ns}/configmaps", "body": {"metadata": {"name": name}}, "quiet": True}
    made = Run(dice)
    for _ in range(dice.randint(15, 40)):
        yield made.next()
    yield made.get({"path": "/%s/namespaces/${ns}/%s/o" % (made.base, made.plural)}, "")
    last = {"method": "PATCH", "path": "/%s/namespaces/${ns}/%s/o" % (made.base, made.plural), "headers": MERGE}
    yield {**last, "body": {"metadata": {"finalizers": None}}, "quiet": True, "last": True}
    yield {"method": "DELETE", "path": "/api/v1/namespaces/${ns}", "quiet": True, "last": True}
