"""Built-in objects with parts left out or wrong. Most are only tried (`dryRun`), so that one has nothing to do with the next; some
are made in earnest and then changed, which not every field allows."""
import copy

import whole
from drawing import at, places

PATCHES = {"merge": {"Content-Type": "application/merge-patch+json"}, "strategic": {"Content-Type": "application/strategic-merge-patch+json"},
           "apply": {"Content-Type": "application/apply-patch+yaml"}}
# Kinds that change what is asked at the same time are only tried, and one whose data the reference compares byte by byte.
SHY = {"controllerrevisions", "priorityclasses", "validatingwebhookconfigurations", "mutatingwebhookconfigurations"}
TEXTS = ["", "a", "Not Valid", "-a", "a" * 64, "a.b", "A", "a/b", "1", "*", "Always", "None", "10.0.0.1", "é", "../x", "/abs", "UPPER_case", "a" * 254, " "]
NUMBERS = [0, 1, -1, 2, 70000, 65535, 100, 101, 2 ** 31, 2 ** 63, 1.5, -5]
QUANTITIES = ["1", "1Gi", "-1", "100m", "1.5", "x", "0", "1e3", "1Ki", 2, 0.5]
OTHERS = [None, {}, [], "text", 7, True, ["a"], {"a": "b"}, {"name": "x"}]


def alike(dice, value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return dice.choice(NUMBERS)
    if isinstance(value, str):
        if value[:1].isdigit() and dice.random() < 0.7:
            return dice.choice(QUANTITIES)
        if "${" in value:
            return dice.choice(TEXTS)
        return dice.choice([dice.choice(TEXTS), value.lower(), value.upper(), value + "x", value + "-", value[1:]])
    if isinstance(value, list):
        return dice.choice([[], value[:1] + value, value[::-1], value + [copy.deepcopy(dice.choice(value))] if value else [None]])
    if isinstance(value, dict):
        return {}
    return dice.choice(OTHERS)


def spoil(dice, body):
    """Changes one place of an object; says whether there was one."""
    every = [path for path in places(body) if path[0] not in ("apiVersion", "kind") and path != ("metadata",) and path[:2] != ("metadata", "name")]
    if not every:
        return
    # what is deep down would otherwise be most of what is drawn
    depth = dice.randint(1, max(map(len, every)))
    path = dice.choice([path for path in every if len(path) <= depth] or every)
    holder, name = at(body, path[:-1]), path[-1]
    kind = dice.random()
    if kind < 0.35:
        del holder[name]
    elif kind < 0.75:
        holder[name] = alike(dice, holder[name])
    elif kind < 0.83:
        holder[name] = copy.deepcopy(dice.choice(OTHERS))
    elif kind < 0.9 and isinstance(holder, dict):
        holder[dice.choice(["nonsense", "name", "Name", "value", "type"])] = dice.choice(["x", 1, {}])
    elif kind < 0.95 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[name]))
    else:
        # a value from elsewhere in the object
        holder[name] = copy.deepcopy(at(body, dice.choice(every[:200])) if holder is not body else holder[name])


def spoiled(dice, body, most):
    for _ in range(dice.choice([0, 1, 1, 1, 1, 2, 2, 3][:most + 5] if most else [0])):
        spoil(dice, body)
    return body


def query(dice, dry):
    made = {"dryRun": "All"} if dry else {}
    if dice.random() < 0.4:
        made["fieldValidation"] = dice.choice(["Strict", "Strict", "Warn", "Ignore"])
    return made


def tried(dice, where, make):
    """An object that is only tried."""
    yield {"method": "POST", "path": where, "query": query(dice, True), "body": spoiled(dice, make(dice), 3)}


def changed(dice, where, make):
    """An object that is made and then changed."""
    body = make(dice)
    key, one = "/" + body["metadata"]["name"], where + "/" + body["metadata"]["name"]
    yield {"method": "POST", "path": where, "key": key, "body": body}
    for _ in range(dice.randint(4, 10)):
        now, draws = spoiled(dice, copy.deepcopy(body), 3), dice.random()
        now.setdefault("metadata", {})
        step = {"key": key, "path": one, "query": query(dice, dice.random() < 0.7), "body": now}
        if draws < 0.4:
            yield {**step, "method": "PUT"}
        elif draws < 0.9:
            kind = dice.choice(sorted(PATCHES))
            if kind == "apply":
                step["query"].update(fieldManager="one", force="true")
            else:
                # a field that is gone is taken away by name
                for name in set(body) - set(now):
                    now[name] = None
                for name in set(body.get("spec") or {}) - set(now.get("spec") or {}) if isinstance(now.get("spec"), dict) else ():
                    now["spec"][name] = None
            yield {**step, "method": "PATCH", "headers": PATCHES[kind]}
        else:
            yield {**step, "method": "POST", "path": where, "query": query(dice, True)}
    yield {"method": "GET", "path": one, "key": key}
    yield {"method": "DELETE", "path": one, "query": {"gracePeriodSeconds": "0"}, "quiet": True, "last": True}
    # what the collector has yet to let go is there for the next object of this name
    yield {"method": "WAIT", "path": one, "until": 404, "last": True}


def steps(dice):
    yield {"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": "${ns}"}}, "quiet": True}
    for _ in range(8):
        base, plural, make, namespaced = dice.choice(whole.KINDS)
        where = "/%s/%s%s" % (base, "namespaces/${ns}/" if namespaced else "", plural)
        if plural in SHY or dice.random() < 0.7:
            for _ in range(6):
                yield from tried(dice, where, make)
        else:
            yield from changed(dice, where, make)
    yield {"method": "DELETE", "path": "/api/v1/namespaces/${ns}", "quiet": True, "last": True}
