"""Waiting for what happens after an answer: the garbage collector works at its own pace."""
import time

import kinds

PENDING = {"orphan", "foregroundDeletion"}
PATIENCE = 20


def is_needed(step, answers):
    """Whether a request sets the collector to work."""
    for status, body, _ in answers:
        if status >= 300 or not isinstance(body, dict) or step["method"] == "GET" or "dryRun" in step["query"]:
            continue
        metadata = body.get("metadata") or {}
        if step["method"] == "DELETE" or metadata.get("ownerReferences") or PENDING & set(metadata.get("finalizers") or []):
            return True
    return False


def survey(server, plurals, namespace):
    """Every object of the run with what the collector changes, and whether anything waits for it."""
    found, pending = {}, False
    for plural in plurals:
        path = kinds.path_of(plural, namespace)
        if plural in kinds.CLUSTER:
            path += "?labelSelector=run=" + namespace
        for item in (server.get(path)[1] or {}).get("items") or []:
            metadata = item["metadata"]
            finalizers, owners = metadata.get("finalizers"), metadata.get("ownerReferences")
            pending = pending or bool(owners) or bool(PENDING & set(finalizers or []))
            found[plural, metadata["name"]] = (finalizers, owners and len(owners), "deletionTimestamp" in metadata)
    return found, pending


def settle(servers, plurals, namespace):
    """Waits until the servers agree about what there is; says what they disagree about if they never do."""
    deadline, since = time.monotonic() + PATIENCE, None
    time.sleep(0.03)
    while True:
        (first, waiting), (second, also) = [survey(server, plurals, namespace) for server in servers]
        now = time.monotonic()
        if first == second:
            since = since or now
            # where there is nothing left to collect, there is nothing to wait for
            if not (waiting or also) or now - since > 0.6:
                return []
        else:
            since = None
        if now > deadline:
            return ["%s/%s: %s, want %s" % (*key, second.get(key), first.get(key))
                    for key in sorted(set(first) | set(second)) if first.get(key) != second.get(key)]
        time.sleep(0.05)
