"""Random structural schemas with rules, some of them wrong, and objects that fit them more or less.

Schemas are mostly only tried (`dryRun`); a few are made in earnest, and objects are created, replaced and patched under them. Strings
and lists have limits everywhere, so that rules stay within their budget of cost.
"""
import copy

DEFINITIONS_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
RULES = {
    "integer": ["self > 0", "self % 2 == 0", "self == oldSelf", "self in [1, 2, 3]", "self * 2 < 10", "self >= oldSelf", "string(self) != '3'"],
    "number": ["self >= 0.5", "self < 10.0", "double(self) != 2.5"],
    "string": ["self.startsWith('a')", "self.size() < 4", "self.matches('^[a-c]+$')", "self != 'bad'", "self == oldSelf", "self.contains('b') || self == ''",
               "self.lowerAscii() == self", "self.split('b').size() < 3", "self.find('[0-9]+') == ''", "!format.dns1123Label().validate(self).hasValue()"],
    "boolean": ["self", "!self || oldSelf"],
    "array": ["self.size() < 3", "self.all(x, x == x)", "self.exists(x, true)", "self.size() >= oldSelf.size()", "self.isSorted() || true"],
    "object": ["has(self.a)", "!has(self.b) || has(self.a)", "self.a == self.b", "has(self.a) == has(oldSelf.a)"],
    "map": ["self.size() < 2", "self.all(k, k != 'bad')", "self.all(k, k in oldSelf)", "!('bad' in self)"],
}
WRONG_RULES = ["self.", "self.nope > 1", "1 + 1", "self == 'a' && ", "oldSelf == self", "has(self)", "self.a.b.c", "'x'", ""]
MESSAGES = ["must do better", "", "two\nlines", " "]
REASONS = ["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate", "Nonsense"]
FORMATS = ["date-time", "uuid", "uuid4", "ipv4", "ipv6", "ip", "cidr", "email", "duration", "byte", "date", "uri", "hostname", "mac", "password", "isbn", "creditcard",
           "hexcolor", "ssn", "rgbcolor", "bsonobjectid", "nonsense"]
VALUES = ["a", "b", "ab", "abc", "", "abcde", "x", "2024-01-01T00:00:00Z", "2024-01-01", "10.0.0.1", "1h", "::1", "10.0.0.0/8", "a@b.example", "AAE=", "#fff",
          "http://h.example/p", "00:11:22:33:44:55", "123e4567-e89b-12d3-a456-426614174000", "B", "a-b", "3"]
LEAVES = ["integer", "number", "string", "boolean"]


def schema(dice, depth=0):
    kind = dice.choice(LEAVES if depth > 2 else LEAVES + ["array", "object", "object", "map", "intstr", "free", "resource"])
    made = globals()["of_" + kind](dice, depth) if "of_" + kind in globals() else {"type": kind}
    if depth and dice.random() < 0.1:
        made[dice.choice(["allOf", "anyOf", "oneOf"])] = [junctor(dice, made, kind) for _ in range(dice.randint(1, 2))]
    if depth and dice.random() < 0.04:
        made["not"] = junctor(dice, made, kind)
    if dice.random() < 0.3:
        rules(dice, made, kind)
    if depth and dice.random() < 0.12:
        made["nullable"] = True
    if depth and dice.random() < 0.2 and kind != "resource":
        made["default"] = instance(dice, made, 0.02)
    if dice.random() < 0.05:
        made["description"] = "d"
    return made


def limits(dice, made, known, chance=0.2):
    for name, *values in known:
        if dice.random() < chance:
            made[name] = dice.choice(values)


def of_integer(dice, depth):
    made = {"type": "integer"}
    limits(dice, made, [("minimum", 0, 1), ("maximum", 5), ("multipleOf", 2, 3)])
    limits(dice, made, [("format", "int32", "int64"), ("exclusiveMinimum", True), ("exclusiveMaximum", True), ("enum", [1, 2, 3])], 0.08)
    return made


def of_number(dice, depth):
    made = {"type": "number"}
    limits(dice, made, [("minimum", 0.5), ("maximum", 5), ("multipleOf", 0.5), ("format", "double", "float")])
    return made


def of_string(dice, depth):
    made = {"type": "string", "maxLength": dice.choice([4, 40, 40])}
    limits(dice, made, [("minLength", 1), ("pattern", "^[a-c]*$", "^\\d+$")])
    limits(dice, made, [("enum", ["a", "b", "ab"]), ("format", *FORMATS)], 0.15)
    return made


def of_array(dice, depth):
    made = {"type": "array", "items": schema(dice, depth + 1), "maxItems": dice.choice([3, 5])}
    limits(dice, made, [("minItems", 1), ("uniqueItems", False)], 0.1)
    inner = made["items"]
    if dice.random() < 0.25 and inner.get("type") in LEAVES:
        made["x-kubernetes-list-type"] = "set"
    elif inner.get("type") == "object" and "properties" in inner and dice.random() < 0.5:
        inner["properties"]["k"] = {"type": "string", "maxLength": 10}
        if dice.random() < 0.3:
            inner["properties"]["k"]["default"] = "a"
        inner["required"] = sorted(set(inner.get("required", []) + ["k"]))
        made["x-kubernetes-list-type"], made["x-kubernetes-list-map-keys"] = "map", ["k"]
    elif dice.random() < 0.2:
        made["x-kubernetes-list-type"] = "atomic"
    return made


def of_map(dice, depth):
    made = {"type": "object", "additionalProperties": schema(dice, depth + 1), "maxProperties": 3}
    limits(dice, made, [("minProperties", 1)])
    return made


def of_intstr(dice, depth):
    made = {"x-kubernetes-int-or-string": True}
    limits(dice, made, [("maxLength", 3), ("maximum", 5), ("pattern", "^[0-9]+%?$")])
    return made


def of_free(dice, depth):
    return dice.choice([{"x-kubernetes-preserve-unknown-fields": True}, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}])


def of_resource(dice, depth):
    made = {"type": "object", "x-kubernetes-embedded-resource": True}
    if dice.random() < 0.5:
        made["x-kubernetes-preserve-unknown-fields"] = True
    else:
        made["properties"] = {"spec": schema(dice, depth + 1)}
    return made


def of_object(dice, depth):
    names = dice.sample("abc", dice.randint(1, 3))
    made = {"type": "object", "properties": {name: schema(dice, depth + 1) for name in names}}
    if dice.random() < 0.4:
        made["required"] = sorted(dice.sample(names, dice.randint(1, len(names))))
    limits(dice, made, [("x-kubernetes-preserve-unknown-fields", True), ("x-kubernetes-map-type", "atomic", "granular"), ("minProperties", 1), ("maxProperties", 2)], 0.1)
    return made


def junctor(dice, made, kind):
    """A part of a junctor: only checks, no types."""
    if kind == "string":
        return dice.choice([{"maxLength": 2}, {"pattern": "^a"}, {"enum": ["a", "b"]}, {"minLength": 1}])
    if kind in ("integer", "number", "intstr"):
        return dice.choice([{"minimum": 2}, {"maximum": 3}, {"multipleOf": 2}])
    if kind == "array":
        return dice.choice([{"maxItems": 1}, {"minItems": 1}])
    if "properties" in made:
        name = dice.choice(sorted(made["properties"]))
        return dice.choice([{"required": [name]}, {"properties": {name: {}}}, {"minProperties": 1}])
    return {"minProperties": 1}


def rules(dice, made, kind):
    fitting = RULES.get(kind, [])
    if kind == "object":
        inner = made["properties"]
        fitting = [rule for rule in fitting if all(name in inner for name in "ab" if "elf." + name in rule)
                   and (rule != "self.a == self.b" or inner["a"].get("type") == inner["b"].get("type"))]
    if not fitting:
        return
    made["x-kubernetes-validations"] = []
    for _ in range(dice.choice([1, 1, 2])):
        rule = {"rule": dice.choice(fitting)}
        limits(dice, rule, [("message", *MESSAGES[:1] * 6 + MESSAGES), ("reason", *REASONS[:4] * 3 + REASONS)], 0.3)
        limits(dice, rule, [("messageExpression", "'no: ' + string(1)", "'x' + self.nope", "self", "'a\\nb'", "1"), ("fieldPath", ".a", ".nope", "a", ".a.b")], 0.12)
        if "oldSelf" in rule["rule"] and dice.random() < 0.4:
            rule["optionalOldSelf"] = True
            if dice.random() < 0.8:
                rule["rule"] = dice.choice(["!oldSelf.hasValue() || self == oldSelf.value()", "oldSelf.orValue(self) == self", "oldSelf.hasValue()"])
        made["x-kubernetes-validations"].append(rule)


def spoil(dice, made):
    """Makes a schema wrong, or nearly."""
    every = [made]
    for one in every:
        every += list((one.get("properties") or {}).values()) + [one[name] for name in ("items", "additionalProperties") if isinstance(one.get(name), dict)]
    one = dice.choice(every)
    dice.choice([
        lambda: one.pop("type", None), lambda: one.update(type=dice.choice(["string", "object", "array", "integer", "nonsense", "null"])),
        lambda: one.update({"x-kubernetes-list-type": dice.choice(["set", "map", "atomic", "nonsense"])}), lambda: one.update({"x-kubernetes-list-map-keys": dice.choice([["k"], ["a", "a"], []])}),
        lambda: one.update({"x-kubernetes-map-type": dice.choice(["atomic", "granular", "nonsense"])}), lambda: one.update({"x-kubernetes-int-or-string": True}),
        lambda: one.update({"x-kubernetes-preserve-unknown-fields": dice.choice([True, False])}), lambda: one.update({"x-kubernetes-embedded-resource": True}),
        lambda: one.update(default=dice.choice([1, "a", None, [], {}, {"a": "wrong"}, True])), lambda: one.update(enum=dice.choice([[], ["a", "a"], [1, "a"], [None]])),
        lambda: one.update(pattern="("), lambda: one.update(required=dice.choice([["nope"], [], ["a", "a"]])), lambda: one.update(uniqueItems=True),
        lambda: one.update(additionalProperties=dice.choice([True, False, {"type": "string"}])), lambda: one.update(properties={"metadata": {"type": "object"}}),
        lambda: one.update({"$ref": "#/x"}), lambda: one.update(maxLength=-1), lambda: one.update(minimum=5, maximum=1), lambda: one.update(multipleOf=dice.choice([0, -1])),
        lambda: one.update(anyOf=[{"type": "string"}]), lambda: one.update({"not": {"default": 1}}), lambda: one.update(allOf=[{"description": "x"}]),
        lambda: one.update(exclusiveMinimum=True), lambda: one.update(title=dice.choice(["t", 1])), lambda: one.update(nullable=dice.choice([True, "x"])),
        lambda: one.update({"x-kubernetes-validations": [{"rule": dice.choice(WRONG_RULES)}]}), lambda: one.update({"x-kubernetes-validations": [{"rule": "true", "fieldPath": "["}]}),
        lambda: one.update(items=dice.choice([[{"type": "string"}], {"type": "string"}])), lambda: one.update(definitions={"a": {}}), lambda: one.update(dependencies={"a": ["b"]}),
        lambda: one.update(format=dice.choice(["int32", "nonsense"])), lambda: one.update(id="x"), lambda: one.update(unknown=1),
    ])()
    return made


def instance(dice, schema, wrong):
    """A value of the schema; `wrong` is how often it is of another type."""
    if dice.random() < wrong:
        return dice.choice([None, 1, -1, 2.5, "a", "bad", True, [], ["a"], {}, {"a": 1}, {"z": {}}])
    if schema.get("x-kubernetes-int-or-string"):
        return dice.choice([1, 7, "a", "50%"])
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return dice.choice(schema.get("enum") or ([0, 1, 2, 3, 4, 6, -2] if kind == "integer" else [0.5, 1, 2.25, 4.5, 7]))
    if kind == "boolean":
        return dice.random() < 0.5
    if kind == "string":
        return dice.choice(schema.get("enum") or VALUES)
    if kind == "array":
        return [instance(dice, schema["items"], wrong) for _ in range(dice.randint(0, 3))] if isinstance(schema.get("items"), dict) else []
    if schema.get("x-kubernetes-embedded-resource"):
        made = {"apiVersion": dice.choice(["v1", "g.example.com/v1", "a/b/c"]), "kind": dice.choice(["K", "k!"]), "metadata": dice.choice([
            {}, {"name": "n"}, {"name": "N_"}, {"labels": {"a": "b"}, "nonsense": 1}, {"labels": {"a": 1}}, {"annotations": {"a": "b"}, "finalizers": ["x"]}])}
        for name in ("apiVersion", "kind", "metadata"):
            if dice.random() < 0.1:
                del made[name]
        if "properties" in schema:
            made["spec"] = instance(dice, schema["properties"]["spec"], wrong)
        return made
    if isinstance(schema.get("additionalProperties"), dict):
        return {key: instance(dice, schema["additionalProperties"], wrong) for key in dice.sample(["x", "y", "bad"], dice.randint(0, 3))}
    if "properties" not in schema:
        return dice.choice([{"anything": [1, {"x": None}]}, {}, {"a": {"b": 1}}])
    made = {name: instance(dice, inner, wrong) for name, inner in schema["properties"].items() if dice.random() < 0.75}
    if dice.random() < wrong + 0.03:
        made["unknown"] = dice.choice([1, {"a": 1}])
    return made


def definition(dice, spec, group):
    """A definition with a random schema at `spec`, and sometimes at `status`."""
    status = schema(dice, 1) if dice.random() < 0.3 else {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    whole = {"type": "object", "properties": {"spec": spec, "status": status}}
    if dice.random() < 0.1:
        rules(dice, whole, "object")
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": whole}}
    if dice.random() < 0.5:
        version["subresources"] = {"status": {}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "foos." + group},
            "spec": {"group": group, "scope": "Namespaced", "names": {"plural": "foos", "kind": "Foo"}, "versions": [version]}}


def drawn(dice):
    made = schema(dice)
    while made.get("type") != "object" or "properties" not in made or "x-kubernetes-embedded-resource" in made:
        made = schema(dice)
    return made


def changed(dice, value):
    """A value with one place of it changed: what was wrong before and stays as it is may stay."""
    value = copy.deepcopy(value)
    holder, place = value, None
    while isinstance(holder, (dict, list)) and holder:
        place = (holder, dice.choice(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        holder = place[0][place[1]]
        if dice.random() < 0.3:
            break
    if place:
        place[0][place[1]] = dice.choice([1, 2, "a", "b", "bad", None, True, [], {}, 4.5])
    return value


class Objects:
    """Requests about objects of one definition."""

    def __init__(self, dice, made, group):
        self.dice, self.group = dice, group
        self.schemas = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        self.path = "/apis/%s/v1/namespaces/${ns}/foos" % group
        self.known = {}
        self.wrong = dice.choice([0.0, 0.03, 0.1])

    def body(self, name):
        made = {"apiVersion": self.group + "/v1", "kind": "Foo", "metadata": {"name": name}, "spec": instance(self.dice, self.schemas["spec"], self.wrong)}
        if name in self.known and self.dice.random() < 0.4:
            made["spec"] = changed(self.dice, self.known[name])
        if self.dice.random() < 0.05:
            made.pop("spec")
        if self.dice.random() < 0.3:
            made["status"] = instance(self.dice, self.schemas["status"], self.wrong)
        return made

    def next(self):
        dice, name = self.dice, "o%d" % self.dice.randint(0, 3)
        query = dice.choice([{}, {}, {"fieldValidation": "Strict"}, {"fieldValidation": "Ignore"}])
        if dice.random() < 0.1:
            query = {**query, "dryRun": "All"}
        body, one, draws = self.body(name), {"key": "/" + name, "path": self.path + "/" + name}, dice.random()
        part = "/status" if dice.random() < 0.1 else ""
        if draws < 0.4:
            self.known.setdefault(name, body.get("spec"))
            return {"key": "/" + name, "method": "POST", "path": self.path, "query": query, "body": body}
        one["path"] += part
        if draws < 0.58:
            body["metadata"]["resourceVersion"] = "${/%s rv}" % name
            return {**one, "method": "PUT", "query": query, "body": body}
        if draws < 0.75:
            return {**one, "method": "PATCH", "query": {"fieldManager": dice.choice("ab"), "force": "true", **query},
                    "headers": {"Content-Type": "application/apply-patch+yaml"}, "body": body}
        if draws < 0.9:
            return {**one, "method": "PATCH", "query": query, "headers": {"Content-Type": "application/merge-patch+json"},
                    "body": {field: body[field] for field in ("spec", "status") if field in body}}
        if draws < 0.95:
            return {**one, "method": "PATCH", "query": query, "headers": {"Content-Type": "application/json-patch+json"},
                    "body": [{"op": dice.choice(["add", "replace", "remove"]), "path": "/spec/" + dice.choice("abc"), "value": dice.choice([1, "a", {}, [], None])}]}
        return {**one, "method": dice.choice(["GET", "GET", "DELETE"]), "path": self.path + "/" + name}


def steps(dice):
    yield {"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": "${ns}"}}, "quiet": True}
    for _ in range(25):
        made = definition(dice, drawn(dice), "tried.${ns}.example.com")
        if dice.random() < 0.6:
            spoil(dice, made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"])
        yield {"method": "POST", "path": DEFINITIONS_PATH, "query": {"dryRun": "All", **dice.choice([{}, {"fieldValidation": "Strict"}])}, "body": made}
    group = "${ns}.example.com"
    made = definition(dice, drawn(dice), group)
    yield {"method": "POST", "path": DEFINITIONS_PATH, "body": made, "makes": True}
    objects = Objects(dice, made, group)
    yield {"method": "WAIT", "path": objects.path, "needs": True}
    for _ in range(90):
        yield {**objects.next(), "needs": True}
    yield {"method": "DELETE", "path": DEFINITIONS_PATH + "/foos." + group, "quiet": True, "last": True}
    yield {"method": "DELETE", "path": "/api/v1/namespaces/${ns}", "quiet": True, "last": True}
