"""Random objects, now and then with something wrong about them, and random changes to them."""
import json

import kinds

LABELS = {"app": ["a", "b", "c"], "tier": ["x", "y"]}
NAMES = ["a", "b", "c", "d"]
# Objects that others belong to.
OWNERS = ["configmaps", "secrets", "widgets", "deployments", "pods"]


def labels(dice):
    return {key: dice.choice(LABELS[key]) for key in dice.sample(sorted(LABELS), dice.randint(0, 2))}


def owner(dice):
    """A reference to an object of this run; its uid is what the server gave it."""
    plural, name = dice.choice(OWNERS), dice.choice(NAMES)
    made = {"apiVersion": kinds.api_version(plural), "kind": kinds.KINDS[plural][1], "name": name, "uid": "${%s/%s uid}" % (plural, name)}
    if dice.random() < 0.5:
        made["controller"] = True
    if dice.random() < 0.5:
        made["blockOwnerDeletion"] = True
    return made


def make(dice, plural, name):
    """A whole object."""
    made = {"apiVersion": kinds.api_version(plural), "kind": kinds.KINDS[plural][1], "metadata": {"name": name}}
    if dice.random() < 0.6:
        made["metadata"]["labels"] = labels(dice)
    if dice.random() < 0.15:
        made["metadata"]["annotations"] = {"note": dice.choice(["one", "two"])}
    if dice.random() < 0.1:
        made["metadata"]["finalizers"] = [dice.choice(["example.com/hold", "example.com/hold", "unqualified"])]
    if dice.random() < 0.08 and plural not in kinds.CLUSTER:
        made["metadata"]["ownerReferences"] = [owner(dice) for _ in range(dice.choice([1, 1, 2]))]
    made.update(kinds.KINDS[plural][2](dice))
    if dice.random() < 0.1:
        spoil(dice, made)
    return made


def spoil(dice, made):
    metadata = made["metadata"]
    wrong = dice.randrange(14)
    if wrong == 0:
        metadata["name"] = dice.choice(["A_b", "-a", "a" * 254, "", 7])
    elif wrong == 1:
        metadata["labels"] = {"-bad": "x"}
    elif wrong == 2:
        metadata["labels"] = {"app": "not valid!"}
    elif wrong == 3:
        made["nonsense"] = {"a": 1}
    elif wrong == 4:
        metadata["namespace"] = "elsewhere"
    elif wrong == 5:
        made["kind"] = dice.choice(["Nonsense", "Pod", "Secret", ""])
    elif wrong == 6:
        made["apiVersion"] = dice.choice(["v9", "apps/v9", "example.com/v1", "v1", "a/b/c", ""])
    elif wrong == 7:
        made["spec"] = dice.choice([None, {}, [], "text", 5, True])
    elif wrong == 8:
        made["status"] = dice.choice([{"phase": "odd"}, None, {}, "text"])
    elif wrong == 9:
        metadata["annotations"] = {"Bad Key": "x"}
    elif wrong == 10:
        metadata["creationTimestamp"] = dice.choice([None, "2020-01-01T00:00:00Z", "then"])
    elif wrong == 11:
        metadata["generation"] = dice.choice([7, "7"])
        metadata["selfLink"] = "/x"
    elif wrong == 12:
        metadata["managedFields"] = dice.choice([[], [{}], [{"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
                                                             "fieldsV1": {"f:metadata": {}}}]])
    else:
        metadata["deletionTimestamp"] = "2030-01-01T00:00:00Z"
        metadata["uid"] = "u"


def metadata_change(dice):
    return dice.choice([
        {"labels": labels(dice)}, {"labels": {"app": None}}, {"annotations": {"note": dice.choice(["one", "two", None])}},
        {"finalizers": dice.choice([None, [], ["example.com/hold"], ["unqualified"], ["example.com/hold", "example.com/second"]])},
        {"name": "other"}, {"labels": None, "annotations": None}, {"ownerReferences": dice.choice([None, [owner(dice)]])},
        {"namespace": "elsewhere"}, {"uid": "u"}, {"deletionTimestamp": None}, {"managedFields": [{}]}])


def merge_patch(dice, plural):
    """A change as a merge patch."""
    if dice.random() < 0.45:
        return dice.choice([{"metadata": metadata_change(dice)}, {"metadata": metadata_change(dice)}, {"unknown": 1}, {}, {"kind": "Nonsense"},
                            {"apiVersion": "v9"}, {"metadata": None}, {"spec": None}, {"status": {"phase": "x"}}, {"spec": {"replicas": "three"}}])
    return kinds.KINDS[plural][2](dice)


def template_path(plural):
    """Where the containers of a kind are."""
    return {"pods": ["spec"], "podtemplates": ["template", "spec"], "cronjobs": ["spec", "jobTemplate", "spec", "template", "spec"]}.get(
        plural, ["spec", "template", "spec"])


def within(path, value):
    for part in reversed(path):
        value = {part: value}
    return value


WORKLOADS = {"pods", "podtemplates", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs"}


def strategic_patch(dice, plural):
    """A change as a strategic merge patch."""
    if plural in WORKLOADS and dice.random() < 0.5:
        name = dice.choice(["main", "side"])
        change = dice.choice([
            {"containers": [{"name": name, "image": dice.choice(["i:3", "i:4"])}]},
            {"containers": [{"name": name, "$patch": "delete"}]},
            {"containers": [{"name": "extra", "image": "e"}], "$setElementOrder/containers": [{"name": "extra"}, {"name": "main"}]},
            {"containers": [{"name": name, "env": [{"name": "A", "value": "9"}], "$setElementOrder/env": [{"name": "B"}, {"name": "A"}]}]},
            {"containers": [{"name": name, "ports": [{"containerPort": 80, "$patch": "delete"}]}]},
            {"containers": [{"$patch": "replace"}, {"name": "only", "image": "o"}]},
            {"containers": [{"image": "nameless"}]},
            {"volumes": [{"name": "v", "$retainKeys": ["name", "emptyDir"], "emptyDir": {}}]},
            {"tolerations": [{"key": "z", "operator": "Exists"}]},
            {"terminationGracePeriodSeconds": 9}, {"$patch": "nonsense"},
        ])
        return within(template_path(plural), change)
    if dice.random() < 0.3:
        return dice.choice([
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/hold"]}},
            {"metadata": {"finalizers": ["example.com/second"], "$setElementOrder/finalizers": ["example.com/second", "example.com/hold"]}},
            {"metadata": {"labels": {"$patch": "replace", "new": "n"}}}, {"data": {"$patch": "delete"}}, {"$patch": "delete"},
            {"metadata": {"$retainKeys": ["name"]}},
            {"spec": {"ports": [{"port": 80, "name": "renamed"}]}}])
    return merge_patch(dice, plural)


def json_patch(dice, plural):
    """A change as a JSON patch."""
    containers = "/" + "/".join(template_path(plural)) + "/containers"
    operations = [
        {"op": "add", "path": "/metadata/labels", "value": labels(dice)},
        {"op": "add", "path": "/metadata/annotations", "value": {"note": "three"}},
        {"op": "remove", "path": "/metadata/labels/app"},
        {"op": "test", "path": "/metadata/name", "value": dice.choice(NAMES)},
        {"op": "replace", "path": "/spec/replicas", "value": dice.choice([0, 1, 2, 3, "x", None])},
        {"op": "replace", "path": "/nothing/here", "value": 1},
        {"op": "copy", "from": "/metadata/name", "path": "/metadata/annotations/copied"},
        {"op": "move", "from": "/metadata/labels/app", "path": "/metadata/labels/moved"},
        {"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/second"},
        {"op": "add", "path": "/metadata/finalizers", "value": ["example.com/hold"]},
        {"op": "remove", "path": "/metadata/finalizers"},
        {"op": "remove", "path": "/metadata/finalizers/0"},
        {"op": "test", "path": "/spec", "value": None},
        {"op": "add", "path": "/data/k~1l", "value": "v"},
        {"op": "replace", "path": "/data", "value": {"k": dice.choice(["5", 5])}},
        {"op": "remove", "path": "/metadata"},
        {"op": "replace", "path": "", "value": {}},
        {"op": "add", "path": "noslash", "value": 1},
        {"op": "nonsense", "path": "/x"},
        {"op": "add", "path": "/metadata/labels"},
    ]
    if plural in WORKLOADS:
        operations += [
            {"op": "replace", "path": containers + "/0/image", "value": dice.choice(["i:7", "i:8"])},
            {"op": "add", "path": containers + "/-", "value": {"name": "extra", "image": "e"}},
            {"op": "remove", "path": containers + "/5"},
            {"op": "add", "path": containers + "/0/env", "value": [{"name": "J", "value": "j"}]},
        ]
    return dice.sample(operations, dice.choice([1, 1, 2, 3]))


def applied(dice, plural, name):
    """A configuration for server-side apply: a whole object or a part of one."""
    made = make(dice, plural, name)
    if dice.random() < 0.3:
        for field in set(made) - {"apiVersion", "kind", "metadata"}:
            if dice.random() < 0.6:
                del made[field]
    return made


CONDITION = {"type": "Ready", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}


def status(dice, plural):
    """A status as a controller would write it, or nearly."""
    number = dice.randint(0, 3)
    condition = dict(CONDITION, status=dice.choice(["True", "False", "Unknown", "Maybe"]))
    counted = {"replicas": number, "readyReplicas": dice.randint(0, 3), "observedGeneration": dice.choice([1, 2, -1])}
    made = {
        "deployments": [counted, {"replicas": number, "conditions": [dict(condition, type="Available")]}],
        "replicasets": [counted, {"replicas": 3, "availableReplicas": number}],
        "statefulsets": [counted, {"replicas": number, "currentRevision": "r"}],
        "daemonsets": [{"currentNumberScheduled": 1, "numberMisscheduled": 0, "desiredNumberScheduled": 1, "numberReady": number}],
        "jobs": [{"active": 1, "startTime": "2026-01-01T00:00:00Z"}, {"conditions": [dict(condition, type="Complete")]}, {"succeeded": number}],
        "cronjobs": [{"lastScheduleTime": dice.choice(["2026-01-01T00:00:00Z", "then"])}],
        "pods": [{"phase": dice.choice(["Running", "Succeeded", "Odd"]), "podIP": dice.choice(["1.2.3.4", "x"])},
                 {"conditions": [condition]},
                 {"phase": "Running", "containerStatuses": [{"name": "main", "image": "i", "imageID": "", "ready": True, "restartCount": number}]}],
        "services": [{"loadBalancer": {"ingress": [{"ip": dice.choice(["1.2.3.4", "x"])}]}}, {"conditions": [condition]}],
        "ingresses": [{"loadBalancer": {"ingress": [{"hostname": dice.choice(["h.example.com", "-"])}]}}],
        "poddisruptionbudgets": [{"currentHealthy": number, "desiredHealthy": 1, "disruptionsAllowed": dice.choice([0, 1, -1]), "expectedPods": 1},
                                 {"conditions": [condition]}],
        "persistentvolumeclaims": [{"phase": dice.choice(["Bound", "Odd"]), "capacity": {"storage": "1Gi"}}],
        "persistentvolumes": [{"phase": dice.choice(["Bound", "Available"])}],
        "horizontalpodautoscalers": [{"currentReplicas": number, "desiredReplicas": number}, {"currentReplicas": -1, "desiredReplicas": 1}],
        "horizontalpodautoscalers:v1": [{"currentReplicas": number, "desiredReplicas": number, "currentCPUUtilizationPercentage": 5}],
        "widgets": [{"replicas": number}, {"phase": dice.choice(["p", 1])}, {"unknown": 1}],
    }
    return dice.choice(made[plural])


def misstated(dice, api_version):
    """What a body may state to be, other than what it is."""
    group = api_version.rpartition("/")[0]
    return dice.choice([{"kind": dice.choice([3, None, "", "ConfigMap", "Gadget", "Nonsense", "Status"])},
                        {"apiVersion": dice.choice([3, None, "", "v1", "apps/v1", "a/b/c", "a/b", group + "/v9"])},
                        {"apiVersion": dice.choice(["v1", "apps/v1", "a/b"]), "kind": dice.choice(["ConfigMap", "Deployment", "Widget"])}])


def unreadable(dice, made):
    """A body that is wrong as text, and its content type."""
    text = json.dumps(made)
    yaml = "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n" % (made["apiVersion"], made["kind"], made["metadata"]["name"])
    other = json.dumps(dict(made, **misstated(dice, made["apiVersion"])))
    return dice.choice([
        (other, "application/json"), (other, "application/json"), (other, "application/yaml"),
        (text[:-1], "application/json"), (text[:dice.randrange(len(text))], "application/json"), ("", "application/json"),
        ("null", "application/json"), ("[]", "application/json"), ("7", "application/json"), (text + "x", "application/json"),
        ('{"kind": "%s", ' % made["kind"] + text[1:], "application/json"),
        (text.replace('"metadata": {', '"metadata": {"labels": {"d": "1", "d": "2"}, ', 1), "application/json"),
        (text.replace('"name"', '"Name"', 1), "application/json"),
        (yaml, "application/yaml"), (yaml + "  labels: {d: 1}\n", "application/yaml"), (yaml + "kind: %s\n" % made["kind"], "application/yaml"),
        (yaml + "  labels:\n    d: '1'\n    d: '2'\n", "application/yaml"), (yaml + "nonsense: [1\n", "application/yaml"),
        (text, "application/yaml"), (text, "text/plain"), (text, "application/json; charset=utf-8"), (text, "application/xml"), (text, "json"),
    ])
