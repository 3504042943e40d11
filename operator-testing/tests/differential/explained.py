"""Differences that cannot be taken away, each with its reason. docs/fidelity.md tells of all of them."""

import re

GO_DIFF = "messages that show Go's own rendering of a difference between two objects, which changes from build to build"


# Where such a rendering begins: a unified diff, or the printed form of an internal type.
RENDERED = re.compile(r"\n@@ -|\n? *core\.\w+\{|\{\"Volumes\":|\{\\\"Volumes\\\":")


def reason(step, reference, server):
    """Why the two answers to a request may differ; None if there is no reason."""
    if any(reference[part] != server[part] for part in ("status", "warnings", "version")):
        return None
    want, got = reference["body"], server["body"]
    if not isinstance(want, dict) or not isinstance(got, dict) or want.get("kind") != "Status" or want.get("reason") != "Invalid":
        return None
    causes = [sorted(((cause["field"], cut(cause["message"])) for cause in body["details"].get("causes", []))) for body in (want, got)]
    if causes[0] == causes[1] and RENDERED.search(want["message"]):
        return GO_DIFF
    return None


def cut(message):
    """A message up to such a rendering."""
    found = RENDERED.search(message)
    return message[:found.start()].rstrip() if found else message.rstrip()


def states_differ(found):
    """Whether the servers may have kept different states after this difference."""
    return any(line.startswith((".status", ".body.metadata", ".body.spec", ".version")) or not line.startswith(".") for line in found)
