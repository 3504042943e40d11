"""Makes the requests of one seed.

A step is a request as data: method, path, query, headers and body, in which `${ns}` is the run's namespace and
`${configmaps/a rv}`, `... uid}` and `... continue}` are what the server said of that object before.
"""
import random

import kinds
import objects

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadata%s;v=v1;g=meta.k8s.io,application/json"
PATCHES = {"merge": "merge-patch+json", "json": "json-patch+json", "strategic": "strategic-merge-patch+json", "apply": "apply-patch+yaml"}
WEIGHTS = {
    "create": 20, "get": 5, "list": 8, "page": 5, "replace": 12, "merge": 8, "json": 7, "strategic": 8, "apply": 10, "delete": 9,
    "collection": 1, "status": 6, "scale": 5, "unreadable": 3, "odd": 1,
}
WRITES = {"create", "replace", "merge", "json", "strategic", "apply", "status", "scale", "unreadable"}


class Run:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        # a run keeps to some kinds, so that its requests meet the same objects
        self.kinds = self.dice.sample(sorted(kinds.KINDS), 6)
        # what becomes of a field that its manager wrote in another version is not simulated
        if {"horizontalpodautoscalers", "horizontalpodautoscalers:v1"} <= set(self.kinds):
            self.kinds.remove("horizontalpodautoscalers:v1")

    def next(self):
        dice = self.dice
        plural = dice.choice(self.kinds)
        name = dice.choice(objects.NAMES)
        shown = "${ns}-" + name if plural in kinds.CLUSTER else name
        where = kinds.path_of(plural, "${ns}")
        kind = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        step = {"key": "%s/%s" % (plural.split(":")[0], name), "method": "GET", "path": where + "/" + shown, "query": {}, "headers": {}, "body": None}
        if kind in WRITES:
            self.options(step, kind)
        getattr(self, kind)(step, plural, shown, where)
        if step["body"] is not None and plural in kinds.CLUSTER and isinstance(step["body"], dict):
            metadata = step["body"].get("metadata")
            if isinstance(metadata, dict) and kind in ("create", "replace", "apply"):
                metadata["labels"] = dict(metadata.get("labels") or {}, run="${ns}")
        return step

    def options(self, step, kind):
        dice, query = self.dice, step["query"]
        if dice.random() < 0.12:
            query["dryRun"] = dice.choice(["All", "All", "All", "Some"])
        if dice.random() < 0.25:
            query["fieldValidation"] = dice.choice(["Strict", "Warn", "Ignore", "Other"])
        if dice.random() < 0.2:
            query["fieldManager"] = dice.choice(["one", "two", "x" * 129])

    def create(self, step, plural, name, where):
        step.update(method="POST", path=where, body=objects.make(self.dice, plural, name))
        if self.dice.random() < 0.03:
            del step["body"]["metadata"]["name"]

    def unreadable(self, step, plural, name, where):
        body, content_type = objects.unreadable(self.dice, objects.make(self.dice, plural, name))
        step["headers"]["Content-Type"] = content_type
        step["body"] = body
        kind = self.dice.choice(["POST", "PUT", "PATCH", "DELETE"])
        step["method"] = kind
        if kind == "POST":
            step["path"] = where
        elif kind == "PATCH":
            step["headers"]["Content-Type"] = "application/" + self.dice.choice(list(PATCHES.values()))
            step["query"].setdefault("fieldManager", "one")

    def get(self, step, plural, name, where):
        accept = ["application/json", TABLE, METADATA % "", "application/yaml;q=0.1,application/json", "text/plain", "*/*", ""]
        step["headers"] = {"Accept": self.dice.choice(accept)}

    def list(self, step, plural, name, where):
        step["key"], step["path"] = plural.split(":")[0], where
        self.selectors(step["query"], plural)
        step["headers"] = {"Accept": self.dice.choice(["application/json"] * 3 + [TABLE, METADATA % "List"])}
        if self.dice.random() < 0.2:
            step["query"].update(self.dice.choice([
                {"resourceVersion": "0"}, {"resourceVersionMatch": "Exact"}, {"resourceVersion": "x"}, {"limit": "-1"}, {"limit": "x"},
                {"resourceVersion": "${%s seen}" % step["key"], "resourceVersionMatch": self.dice.choice(["Exact", "NotOlderThan", "Other"])},
                {"continue": "nonsense"}, {"timeoutSeconds": "x"}, {"watch": "false"}, {"allowWatchBookmarks": "true"}, {"unknown": "1"}]))

    def page(self, step, plural, name, where):
        if plural in kinds.CLUSTER:
            # whether there is more depends on what other runs have written just now
            return self.list(step, plural, name, where)
        step["key"], step["path"] = plural.split(":")[0], where
        step["query"]["limit"] = str(self.dice.randint(1, 2))
        if self.dice.random() < 0.6:
            step["query"]["continue"] = "${%s continue}" % step["key"]

    def replace(self, step, plural, name, where):
        dice, body = self.dice, objects.make(self.dice, plural, name)
        version = dice.choice(["", "${%s rv}" % step["key"], "${%s rv}" % step["key"], "1", "x"])
        if version:
            body["metadata"]["resourceVersion"] = version
        if dice.random() < 0.1:
            body["metadata"]["uid"] = dice.choice(["${%s uid}" % step["key"], "00000000-0000-4000-8000-000000000000"])
        step.update(method="PUT", body=body)

    def patch(self, step, kind, body):
        step.update(method="PATCH", body=body)
        step["headers"]["Content-Type"] = "application/" + PATCHES[kind]

    def merge(self, step, plural, name, where):
        body = objects.merge_patch(self.dice, plural)
        if self.dice.random() < 0.1:
            version = self.dice.choice(["1", "${%s rv}" % step["key"]])
            body = dict(body, metadata=dict(body.get("metadata") or {}, resourceVersion=version))
        if self.dice.random() < 0.05:
            body = dict(body, **objects.misstated(self.dice, kinds.api_version(plural)))
        self.patch(step, "merge", body)

    def json(self, step, plural, name, where):
        self.patch(step, "json", objects.json_patch(self.dice, plural))

    def strategic(self, step, plural, name, where):
        self.patch(step, "strategic", objects.strategic_patch(self.dice, plural))

    def apply(self, step, plural, name, where):
        self.patch(step, "apply", objects.applied(self.dice, plural, name))
        step["query"]["fieldManager"] = self.dice.choice(["one", "two"])
        if self.dice.random() < 0.5:
            step["query"]["force"] = "true"

    def delete(self, step, plural, name, where):
        dice, key = self.dice, step["key"]
        step["method"] = "DELETE"
        options = {}
        if dice.random() < 0.5:
            options["propagationPolicy"] = dice.choice(["Foreground", "Orphan", "Background", "Background", "Nonsense"])
        elif dice.random() < 0.1:
            options["orphanDependents"] = dice.choice([True, False])
        if dice.random() < 0.2:
            options["gracePeriodSeconds"] = dice.choice([0, 5, -1])
        if dice.random() < 0.1:
            options["dryRun"] = [dice.choice(["All", "All", "Some"])]
        if dice.random() < 0.3:
            step["query"] = {name: value[0] if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
                             for name, value in options.items()}
        elif options or dice.random() < 0.2:
            if dice.random() < 0.2:
                options["preconditions"] = dice.choice([{"uid": "${%s uid}" % key}, {"resourceVersion": "${%s rv}" % key}, {"uid": "x"}])
            step["body"] = options
            if dice.random() < 0.1:
                options.update(dice.choice([
                    {"kind": "DeleteOptions", "apiVersion": "v1"}, {"kind": "Pod"}, {"unknown": 1}, {"gracePeriodSeconds": "x"},
                    {"propagationPolicy": 3}, {"propagationPolicy": ""}, {"dryRun": "All"}, {"dryRun": ["All", "x"]}, {"preconditions": []},
                    {"orphanDependents": "x"}, objects.misstated(dice, "v1")]))

    def collection(self, step, plural, name, where):
        step.update(method="DELETE", path=where, key=plural.split(":")[0])
        self.selectors(step["query"], plural)
        if self.dice.random() < 0.3:
            step["body"] = {"propagationPolicy": self.dice.choice(["Foreground", "Orphan", "Background"])}

    def status(self, step, plural, name, where):
        dice = self.dice
        if "status" not in kinds.KINDS[plural][3]:
            return
        step["path"] += "/status"
        kind = dice.choice(["merge", "merge", "get", "put", "apply", "strategic"])
        status = {"status": objects.status(dice, plural)}
        if kind == "get":
            step["query"] = {}
        elif kind == "put":
            step.update(method="PUT", body=dict(objects.make(dice, plural, name), **status))
        elif kind == "apply":
            named = {"apiVersion": kinds.api_version(plural), "kind": kinds.KINDS[plural][1], "metadata": {"name": name}}
            self.patch(step, kind, dict(named, **status))
            step["query"].update(fieldManager="status", force="true")
        else:
            if dice.random() < 0.2:
                status["metadata"] = objects.metadata_change(dice)
            if dice.random() < 0.1:
                status["spec"] = {"replicas": 2}
            self.patch(step, kind, status)

    def scale(self, step, plural, name, where):
        dice = self.dice
        if "scale" not in kinds.KINDS[plural][3]:
            return
        step["path"] += "/scale"
        kind = dice.choice(["get", "merge", "merge", "put", "apply", "json"])
        spec = {"spec": {"replicas": dice.choice([-1, 0, 1, 2, 3, "x"])}}
        named = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": name}}
        if kind == "get":
            step["query"] = {}
        elif kind == "put":
            if dice.random() < 0.5:
                named["metadata"]["resourceVersion"] = dice.choice(["${%s rv}" % step["key"], "1"])
            step.update(method="PUT", body=dict(named, **spec))
        elif kind == "apply":
            self.patch(step, kind, dict(named, **spec))
            step["query"].update(fieldManager="scaler")
        elif kind == "json":
            self.patch(step, kind, [{"op": "replace", "path": "/spec/replicas", "value": dice.randint(0, 3)}])
        else:
            self.patch(step, kind, spec)

    def odd(self, step, plural, name, where):
        """Requests that have no answer of their own."""
        dice = self.dice
        step.update(dice.choice([
            {"method": "POST"}, {"method": "PUT", "path": where}, {"method": "PATCH", "path": where}, {"path": where + "/a/nonsense"},
            {"path": where + "/" + name + "/scale"}, {"path": where + "s"}, {"method": "OPTIONS"}, {"method": "POST", "path": where + "/" + name + "/status"},
            {"path": where.replace("/v1/", "/v9/")}, {"method": "DELETE", "path": where + "/" + name + "/status"}, {"path": where + "/A_B"}]))

    def selectors(self, query, plural):
        dice, chosen = self.dice, []
        if plural in kinds.CLUSTER:
            chosen.append("run=${ns}")
        if dice.random() < 0.6:
            chosen.append(dice.choice(["app=a", "app!=a", "app in (a,b)", "app notin (a)", "tier", "!tier", "app=a,tier=x", "a=b=c", "app in ()",
                                       "app==b", "tier in (x", "x y", "app>1", "-a=b", "app=-"]))
        if chosen:
            query["labelSelector"] = ",".join(chosen)
        if dice.random() < 0.3:
            query["fieldSelector"] = dice.choice([
                "metadata.name=a", "metadata.name!=a", "spec.nothing=a", "status.phase=Pending", "type=Opaque", "metadata.namespace=${ns}",
                "spec.nodeName=", "a", "metadata.name=a,metadata.name=b", "spec.mode=fast", "status.successful=0", "metadata.name in (a)"])

    def watches(self):
        """Watches that are open during the run, and such that look back on it when it is over."""
        dice, live, later = self.dice, [], []
        for opened in (live, later):
            for plural in dice.sample(self.kinds, 2):
                resource = plural.split(":")[0]
                query = {"watch": "true"}
                if plural in kinds.CLUSTER:
                    query["labelSelector"] = "run=${ns}" + dice.choice(["", ",app=a"])
                elif dice.random() < 0.5:
                    query["labelSelector"] = dice.choice(["app=a", "app!=a", "tier", "!tier"])
                if dice.random() < 0.2:
                    query["fieldSelector"] = dice.choice(["metadata.name=a", "metadata.name!=b"])
                if opened is later:
                    query["timeoutSeconds"] = "1"
                    query.update(dice.choice([
                        {"resourceVersion": "${%s watch rv}" % resource}, {"resourceVersion": "${%s watch rv}" % resource},
                        {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"},
                        {}, {"resourceVersion": "0"}, {"sendInitialEvents": "true"}, {"resourceVersionMatch": "Exact"}]))
                elif dice.random() < 0.7:
                    query["resourceVersion"] = "${%s watch rv}" % resource
                accept = dice.choice(["application/json"] * 3 + [TABLE, METADATA % ""])
                opened.append({"method": "GET", "path": kinds.path_of(plural, "${ns}"), "query": query, "headers": {"Accept": accept},
                               "key": resource})
        return live, later
