"""Random structural schemas with rules, and objects that fit them more or less."""
import json

RULES = {
    "integer": ["self > 0", "self % 2 == 0", "self == oldSelf", "self in [1, 2, 3]", "self * 2 < 10"],
    "number": ["self >= 0.5", "self < 10.0"],
    "string": ["self.startsWith('a')", "self.size() < 4", "self.matches('^[a-c]+$')", "self != 'bad'", "self == oldSelf", "self.contains('b') || self == ''"],
    "boolean": ["self", "!self || oldSelf"],
    "array": ["self.size() < 3", "self.all(x, x == x)", "self.exists(x, true)"],
    "object": ["has(self.a)", "!has(self.b) || has(self.a)", "self.a == self.b"],
}
LEAVES = ["integer", "number", "string", "boolean"]


def schema(random, depth=0):
    kind = random.choice(LEAVES if depth > 2 else LEAVES + ["array", "object", "object", "map", "intstr"])
    made = {"type": kind}
    if kind == "integer":
        limits(random, made, [("minimum", 0), ("maximum", 5), ("multipleOf", 2)])
        if random.random() < 0.1:
            made["format"] = random.choice(["int32", "int64"])
        if random.random() < 0.1:
            made["exclusiveMinimum"], made["minimum"] = True, 0
    elif kind == "number":
        limits(random, made, [("minimum", 0.5), ("maximum", 5)])
    elif kind == "string":
        limits(random, made, [("minLength", 1), ("maxLength", 4), ("pattern", "^[a-c]*$")])
        if random.random() < 0.1:
            made["enum"] = ["a", "b", "ab"]
        if random.random() < 0.15:
            made["format"] = random.choice(["date-time", "uuid", "ipv4", "email", "duration", "byte", "date", "uri", "hostname"])
    elif kind == "array":
        made["items"] = schema(random, depth + 1)
        limits(random, made, [("minItems", 1), ("maxItems", 3)])
        if random.random() < 0.2 and made["items"].get("type") in LEAVES:
            made["x-kubernetes-list-type"] = "set"
        if made["items"].get("type") == "object" and "properties" in made["items"] and random.random() < 0.4:
            made["items"]["properties"]["k"] = {"type": "string"}
            made["items"]["required"] = sorted(set(made["items"].get("required", []) + ["k"]))
            made["x-kubernetes-list-type"], made["x-kubernetes-list-map-keys"] = "map", ["k"]
    elif kind == "map":
        made = {"type": "object", "additionalProperties": schema(random, depth + 1)}
        limits(random, made, [("minProperties", 1), ("maxProperties", 2)])
    elif kind == "intstr":
        made = {"x-kubernetes-int-or-string": True}
        limits(random, made, [("maxLength", 3), ("maximum", 5)])
    elif kind == "object":
        names = random.sample("abc", random.randint(1, 3))
        made["properties"] = {name: schema(random, depth + 1) for name in names}
        if random.random() < 0.4:
            made["required"] = sorted(random.sample(names, random.randint(1, len(names))))
        if random.random() < 0.15:
            made["x-kubernetes-preserve-unknown-fields"] = True
        if random.random() < 0.15:
            made["anyOf"] = [{"required": [name]} for name in names]
    rules = RULES.get(made.get("type"), [])
    if made.get("type") == "object" and "additionalProperties" in made:
        rules = ["self.size() < 2", "self.all(k, k != 'bad')"]
    elif made.get("type") == "object":
        rules = [rule for rule in rules if all(name in made["properties"] for name in "ab" if "self." + name in rule)
                 and (rule != "self.a == self.b" or made["properties"]["a"].get("type") == made["properties"]["b"].get("type"))]
    if rules and random.random() < 0.3:
        rule = {"rule": random.choice(rules)}
        if random.random() < 0.4:
            rule["message"] = "must do better"
        if random.random() < 0.2:
            rule["reason"] = random.choice(["FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"])
        if "oldSelf" in rule["rule"] and random.random() < 0.3:
            rule["optionalOldSelf"] = True
            rule["rule"] = "!oldSelf.hasValue() || self == oldSelf.value()"
        made["x-kubernetes-validations"] = [rule]
    if depth and random.random() < 0.12:
        made["nullable"] = True
    if depth and random.random() < 0.2:
        made["default"] = fitting(random, made)
    return made


def limits(random, made, known):
    for name, value in known:
        if random.random() < 0.2:
            made[name] = value


def fitting(random, schema):
    return instance(random, schema, 0.0)


def instance(random, schema, wrong):
    """A value of the schema; `wrong` is how often it is of another type."""
    if random.random() < wrong:
        return random.choice([None, 1, -1, 2.5, "a", "bad", True, [], ["a"], {}, {"a": 1}, {"z": {}}])
    if schema.get("x-kubernetes-int-or-string"):
        return random.choice([1, 7, "a", "50%"])
    kind = schema.get("type")
    if kind == "integer":
        return random.choice([0, 1, 2, 3, 4, 6, -2])
    if kind == "number":
        return random.choice([0.5, 1, 2.25, 4.5, 7])
    if kind == "boolean":
        return random.random() < 0.5
    if kind == "string":
        return random.choice(schema.get("enum") or ["a", "b", "ab", "abc", "", "abcde", "x", "2024-01-01T00:00:00Z", "10.0.0.1", "1h"])
    if kind == "array":
        return [instance(random, schema["items"], wrong) for _ in range(random.randint(0, 3))]
    if "additionalProperties" in schema:
        return {key: instance(random, schema["additionalProperties"], wrong) for key in random.sample(["x", "y", "bad"], random.randint(0, 3))}
    made = {name: instance(random, inner, wrong) for name, inner in schema.get("properties", {}).items() if random.random() < 0.75}
    if random.random() < wrong:
        made["unknown"] = random.choice([1, {"a": 1}])
    return made


def steps(random):
    group = "${ns}.example.com"
    spec = schema(random, 0)
    while spec.get("type") != "object" or "properties" not in spec:
        spec = schema(random, 0)
    whole = {"type": "object", "properties": {"spec": spec, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "foos." + group},
                  "spec": {"group": group, "scope": "Namespaced", "names": {"plural": "foos", "kind": "Foo"},
                           "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": whole},
                                         **({"subresources": {"status": {}}} if random.random() < 0.5 else {})}]}}
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    path = "/apis/%s/v1/namespaces/${ns}/foos" % group
    yield {"method": "POST", "path": definitions, "body": definition}
    yield {"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": "${ns}"}}, "quiet": True}
    yield {"method": "WAIT", "path": path}
    wrong = random.choice([0.0, 0.03, 0.1])
    for index in range(30):
        name = "o%d" % random.randint(0, 3)
        body = {"apiVersion": group + "/v1", "kind": "Foo", "metadata": {"name": name}, "spec": instance(random, spec, wrong)}
        if random.random() < 0.05:
            body.pop("spec")
        validation = random.choice([{}, {}, {"fieldValidation": "Strict"}, {"fieldValidation": "Ignore"}])
        draw = random.random()
        if draw < 0.45:
            yield {"method": "POST", "path": path, "key": "/" + name, "query": validation, "body": body}
        elif draw < 0.6:
            body["metadata"]["resourceVersion"] = "${/%s rv}" % name
            yield {"method": "PUT", "path": path + "/" + name, "key": "/" + name, "query": validation, "body": body}
        elif draw < 0.8:
            yield {"method": "PATCH", "path": path + "/" + name, "key": "/" + name, "query": {"fieldManager": random.choice("ab"), "force": "true", **validation},
                   "headers": {"Content-Type": "application/apply-patch+yaml"}, "body": body}
        elif draw < 0.95:
            yield {"method": "PATCH", "path": path + "/" + name, "key": "/" + name, "query": validation, "headers": {"Content-Type": "application/merge-patch+json"},
                   "body": {"spec": body.get("spec")}}
        else:
            yield {"method": "DELETE", "path": path + "/" + name}
        if draw < 0.45 or draw > 0.9:
            yield {"method": "GET", "key": "/" + name, "path": path + "/" + name}
    yield {"method": "DELETE", "path": definitions + "/foos." + group, "quiet": True, "last": True}
    yield {"method": "DELETE", "path": "/api/v1/namespaces/${ns}", "quiet": True, "last": True}
