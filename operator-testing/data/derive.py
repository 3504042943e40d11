#!/usr/bin/env python3
"""Makes the tables of this folder from facts read off a running kube-apiserver.

    derive.py SOURCE FIELDS [OUTPUT]

SOURCE holds `aggregated-discovery.json`, `table-columns.json` and `openapi-v3/GROUP_VERSION.json`, FIELDS is what fields.go
printed; README.md tells how each was read. Writes `resources.json` (what is served, in discovery order) and
`definitions.tsv` (one schema per line, sorted by name). The output depends on the input alone.
Standard library only.
"""
import base64
import glob
import hashlib
import json
import os
import sys

# Kinds that are stored in another group or version than the one they are served in.
STORED_AS = {("events.k8s.io", "Event"): ("", "v1"), ("autoscaling", "HorizontalPodAutoscaler"): ("autoscaling", "v2"),
             ("apiextensions.k8s.io", "CustomResourceDefinition"): ("apiextensions.k8s.io", "v1beta1"),
             ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): ("admissionregistration.k8s.io", "v1beta1"),
             ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"): ("admissionregistration.k8s.io", "v1beta1")}


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def load_definitions(source):
    definitions, documents = {}, {}
    for path in sorted(glob.glob(os.path.join(source, "openapi-v3", "*.json"))):
        name = os.path.basename(path)[: -len(".json")]
        schemas = json.load(open(path))["schemas"]
        documents[name.replace("_", "/")] = schemas
        for key, schema in schemas.items():
            known = definitions.setdefault(key, schema)
            if known != schema:
                # DeleteOptions and WatchEvent list the group versions of the document they stand in.
                kinds = "x-kubernetes-group-version-kind"
                merged = {compact(k): k for k in known.get(kinds, []) + schema.get(kinds, [])}
                definitions[key] = {**known, kinds: [merged[k] for k in sorted(merged)]}
    return definitions, documents


def by_kind(definitions):
    found = {}
    for name, schema in definitions.items():
        for kind in schema.get("x-kubernetes-group-version-kind", []):
            found.setdefault((kind["group"], kind["version"], kind["kind"]), name)
    return found


def version_hash(group, version, kind):
    digest = hashlib.sha256(f"{group}/{version}/{kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def resource(entry, group, version, kinds, columns):
    kind = entry["responseKind"]["kind"]
    root = "/apis/%s/%s" % (group, version) if group else "/api/" + version
    out = {
        "plural": entry["resource"],
        "singular": entry["singularResource"],
        "kind": kind,
        "namespaced": entry["scope"] == "Namespaced",
        "verbs": entry["verbs"],
    }
    for key in ("shortNames", "categories"):
        if entry.get(key):
            out[key] = entry[key]
    if (group, version, kind) in kinds:
        out["definition"] = kinds[group, version, kind]
    if "watch" in entry["verbs"]:
        out["hash"] = version_hash(*STORED_AS.get((group, kind), (group, version)), kind)
    table = columns.get("%s/%s" % (root, entry["resource"]))
    if table:
        out["columns"] = [[c["name"], c["type"], c["format"], c["priority"]] for c in table]
    subresources = []
    for sub in entry.get("subresources", []):
        answer = sub["responseKind"]
        item = {"name": sub["subresource"], "verbs": sub["verbs"]}
        if answer["kind"] != kind:
            item["kind"] = [answer["group"], answer["version"], answer["kind"]]
        subresources.append(item)
    if subresources:
        out["subresources"] = subresources
    return out


def main(source, fields, output):
    shapes = dict(line.rstrip("\n").split("\t", 1) for line in open(fields))
    definitions, documents = load_definitions(source)
    kinds = by_kind(definitions)
    columns = json.load(open(os.path.join(source, "table-columns.json")))
    discovery = json.load(open(os.path.join(source, "aggregated-discovery.json")))
    names = sorted(definitions)
    groups = []
    for root in ("/api", "/apis"):
        for item in discovery[root]["items"]:
            group = item["metadata"].get("name", "")
            versions = []
            for version in item["versions"]:
                path = "apis/%s/%s" % (group, version["version"]) if group else "api/" + version["version"]
                versions.append({
                    "version": version["version"],
                    "resources": [resource(r, group, version["version"], kinds, columns) for r in version["resources"]],
                    "schemas": sorted(names.index(n) for n in documents.get(path, {})),
                })
            groups.append({"group": group, "versions": versions})
    with open(os.path.join(output, "resources.json"), "w") as file:
        file.write(compact({"groups": groups}) + "\n")
    with open(os.path.join(output, "definitions.tsv"), "w") as file:
        for name in names:
            file.write("\t".join([name, compact(definitions[name])] + shapes.get(name, "").split("\t")).rstrip("\t") + "\n")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) == 4 else os.path.dirname(os.path.abspath(__file__)))
