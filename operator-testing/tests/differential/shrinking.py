"""From a run that ends with a difference to the few requests that are needed for it, and from those to a conversation."""
import json
import os
import re
import urllib.parse

from servers import UNKNOWN, VARIABLE


def shrunk(steps, differs):
    """The steps without those that the difference between the answers to the last one does not need."""
    last = steps[-1]
    if differs([last]):
        return [last]
    for same in (lambda step: step["key"] == last["key"], lambda step: step["key"].split("/")[0] == last["key"].split("/")[0], lambda _: True):
        kept = [step for step in steps if same(step)]
        if differs(kept):
            break
    else:
        return steps
    size = len(kept) // 2
    while size:
        start = 0
        while start < len(kept) - 1:
            without = kept[:start] + kept[min(start + size, len(kept) - 1):]
            if differs(without):
                kept = without
            else:
                start += size
        size //= 2
    return kept


def conversation(name, steps):
    """The steps in the form that conformance.py reads, without answers."""
    wanted, out = {found for step in steps for found in VARIABLE.findall(json.dumps(step))} - {"ns"}, []
    saved, fields = set(), {"rv": "metadata.resourceVersion", "uid": "metadata.uid", "continue": "metadata.continue"}

    def plain(text):
        # what nobody saved before is what the tester sends in its place
        return VARIABLE.sub(lambda found: found.group(0) if found.group(1) == "ns" else
                            "${%s}" % variable(found.group(1)) if found.group(1) in saved else UNKNOWN[found.group(1).split()[-1]], text)

    for step in steps:
        query = "&".join("%s=%s" % (key, quoted(value)) for key, value in step["query"].items())
        made = {"do": plain("%s %s%s" % (step["method"], step["path"], "?" + query if query else "")), "keep": ["managedFields"]}
        if step["headers"]:
            made["headers"] = step["headers"]
        if step["body"] is not None:
            made["body"] = json.loads(plain(json.dumps(step["body"])))
        keep = {field: variable for field, variable in ((name.split()[-1], name) for name in wanted) if variable.rsplit(" ", 1)[0] == step["key"]}
        if keep and step["succeeds"]:
            made["save"] = {variable(name): fields[field] for field, name in keep.items()}
            saved.update(keep.values())
        out.append(made)
    return {"name": name, "setup": [{"do": "POST /api/v1/namespaces", "body": {"metadata": {"name": "${ns}"}}}], "steps": out}


def variable(name):
    return re.sub(r"[^a-z]+", "-", name)


def quoted(value):
    return "".join(part if part.startswith("${") else urllib.parse.quote(part, safe="") for part in re.split(r"(\$\{[^}]*\})", value))


def save(file, name, steps):
    """Adds a conversation to a file."""
    document = {"group": "found", "server": "kube-apiserver 1.36, etcd, RBAC, ServiceAccount admission off", "scenarios": []}
    if os.path.exists(file):
        with open(file) as opened:
            document = json.load(opened)
    document["scenarios"].append(conversation(name, steps))
    with open(file, "w") as opened:
        json.dump(document, opened, indent=1, ensure_ascii=False)
        opened.write("\n")
