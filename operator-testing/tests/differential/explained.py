"""Differences that cannot be taken away, each with its reason. docs/fidelity.md tells of all of them."""

GO_DIFF = "messages that show Go's own rendering of a difference between two objects, which changes from build to build"


def reason(step, reference, server):
    """Why the two answers to a request may differ; None if there is no reason."""
    if reference["status"] != server["status"] or reference["warnings"] != server["warnings"]:
        return None
    message = reference["body"].get("message", "") if isinstance(reference["body"], dict) else ""
    if "pod updates may not change fields other than" in message and "core.PodSpec{" in message:
        return GO_DIFF
    return None


def states_differ(found):
    """Whether the servers may have kept different states after this difference."""
    return any(line.startswith((".status", ".body.metadata", ".body.spec", ".version")) or not line.startswith(".") for line in found)
