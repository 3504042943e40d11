#!/usr/bin/env python3
"""Writes objects.jsonl: what a fresh kube-apiserver holds before any controller has run.

    record.py https://127.0.0.1:6443 TOKEN > objects.jsonl

The server must be fresh and without kube-controller-manager. One object a line, in order of creation, in compact JSON; what
differs from start to start (uid, resource version, times) and managed fields are left out, and so is the Lease of the server
itself. Standard library only.
"""
import json
import ssl
import sys
import urllib.request

# the roles and bindings have a table of their own
LEFT_OUT_GROUPS = {"coordination.k8s.io", "events.k8s.io", "rbac.authorization.k8s.io"}
LEFT_OUT = {"events", "componentstatuses"}
PER_OBJECT = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
TIMES = ("lastTransitionTime", "lastUpdateTime")


def get(server, token, path):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = urllib.request.Request(server + path, headers={"Authorization": "Bearer " + token, "Accept": "application/json"})
    with urllib.request.urlopen(request, context=context) as answer:
        return json.load(answer)


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [without_times(inner) for inner in value]
    return value


def main(server, token):
    paths = ["/api/v1"]
    for group in get(server, token, "/apis")["groups"]:
        if group["name"] not in LEFT_OUT_GROUPS:
            paths.append("/apis/" + group["preferredVersion"]["groupVersion"])
    found = []
    for path in paths:
        for resource in get(server, token, path)["resources"]:
            if "/" in resource["name"] or "list" not in resource["verbs"] or resource["name"] in LEFT_OUT:
                continue
            listing = get(server, token, f"{path}/{resource['name']}")
            for item in listing["items"] or []:
                metadata = item["metadata"]
                revision = int(metadata["resourceVersion"])
                for field in PER_OBJECT:
                    metadata.pop(field, None)
                order = {"apiVersion": listing["apiVersion"], "kind": resource["kind"], "metadata": metadata}
                found.append((revision, resource["name"], {**order, **without_times(item)}))
    for _, plural, item in sorted(found, key=lambda entry: entry[:2]):
        print(json.dumps({"resource": plural, "object": item}, separators=(",", ":"), ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
