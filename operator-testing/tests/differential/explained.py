"""Differences that cannot be taken away, each with its reason. docs/fidelity.md tells of all of them."""

import json
import re

GO_DIFF = "messages that show Go's own rendering of a difference between two objects, which changes from build to build"


# Where such a rendering begins: a unified diff, or the printed form of an internal type.
RENDERED = re.compile(r"\n@@ -|\n? *core\.\w+\{|\{\"Volumes\":|\{\\\"Volumes\\\":")


ORDER = "messages that quote JSON: the members of objects come in another order"
FIELDS = "what is wrong with the fields of a configuration comes in no particular order"
YAML = "what is wrong with YAML is told in other words"
EMPTY = "messages that quote a field: what is empty is shown as not there"
GO_TYPE = "messages that quote a part of an object: shown as Go's own type has it, with its internal names"
UNANSWERED = "requests that make the real server's handler panic: it answers nothing"
FIRST = "of several mistakes in the objects inside a custom resource the one that is met first is told, and their order is chance"
FORMATS = "warnings of several formats that nobody knows: they come in no particular order"
BINDINGS = "of several bindings that allow a request one is named, and which is chance"
NAMELESS = "a Service without a name is refused for its address, not for its name"
PANIC = "rules that panic over a list that is none (distinct() of a field that is not there): here the error is one like any other"
# JSON with the names of a Go type.
INTERNAL = re.compile(r'Invalid value: \{.*"[A-Z]\w*":', re.S)


DELETED = "deletions of several objects: the collector works beside the requests, and they come in another order"
STALE = "refused writes that the real server tried on an older state that it had cached: the warnings of that attempt stay"
# What is stored of such a Service and hidden.
HIDDEN = ("clusterIPs", "internalTrafficPolicy")
ADDRESS = "a Service that takes no address: its stored clusterIPs and internalTrafficPolicy show, and have owners, in some answers only"


def reason(step, reference, server):
    """Why the two answers to a request may differ; None if there is no reason."""
    if reference["body"] != server["body"] and stored_form(reference["body"]) == stored_form(server["body"]) and same(reference, server):
        return ADDRESS
    if is_second_attempt(reference, server):
        return STALE
    if is_reordered(reference, server):
        return FORMATS
    if not same(reference, server):
        return None
    want, got = reference["body"], server["body"]
    if is_allowed_by_another(want, got):
        return BINDINGS
    if not isinstance(want, dict) or not isinstance(got, dict) or want.get("kind") != "Status" or want.get("reason") != got.get("reason"):
        return None
    message, other = want["message"], got["message"]
    if "internal error: interface conversion: " in message:
        return PANIC
    if "yaml: " in message and "yaml: " in other and message.split("yaml: ")[0] == other.split("yaml: ")[0]:
        return YAML
    if "failed to allocate IP: IPAddress" in message and "spec.parentRef.name: Required" in message:
        return NAMELESS
    if message != other and all(is_mistake(text, step.get("body")) for text in (message, other)):
        return FIRST
    if message != other and is_shuffled(message, other):
        return FIELDS
    if is_met_elsewhere(want, got):
        return FIRST
    causes = [sorted(((cause["field"], cause["message"]) for cause in (body.get("details") or {}).get("causes", []))) for body in (want, got)]
    if [field for field, _ in causes[0]] != [field for field, _ in causes[1]]:
        return None
    pairs = [(first, second) for (_, first), (_, second) in zip(*causes) if first != second]
    reasons = [reworded(first, second) for first, second in pairs]
    return reasons[0] if reasons and all(reasons) else None


def same(reference, server):
    """Whether two answers are alike but for their bodies."""
    return all(reference[part] == server[part] for part in ("status", "warnings", "version"))


def reworded(first, second):
    """Why two messages about one field may differ; None if there is no reason."""
    if RENDERED.search(first) and second.startswith(cut(first)):
        return GO_DIFF
    if INTERNAL.match(first) and unquoted(first) == unquoted(second):
        return GO_TYPE
    if letters(first) == letters(second):
        return ORDER
    if emptied(first) == emptied(second):
        return EMPTY
    return None


def reason_of_events(reference, server):
    """Why the events of two watches may differ: each object tells the same story, and what comes in another order is objects on
    their way out."""
    def metadata_of(event):
        shown = event.get("object") or {}
        if shown.get("kind") == "Table":
            # one row is one object; the first table names the columns
            shown = (shown.get("rows") or [{}])[0].get("object") or {}
        return shown.get("metadata") or {}

    def stories(events):
        told = {}
        for event in events:
            told.setdefault(metadata_of(event).get("uid"), []).append(event)
        return told

    def leaving(event):
        return event.get("type") == "DELETED" or "deletionTimestamp" in metadata_of(event)
    if stored_form(reference) == stored_form(server):
        return ADDRESS
    if stories(reference) != stories(server) or None in stories(reference):
        return None
    others = [[event for event in events if not leaving(event)] for events in (reference, server)]
    return DELETED if others[0] == others[1] else None


def is_second_attempt(reference, server):
    """Whether nothing but more warnings of the reference tell apart two conflicts."""
    same = all(reference[part] == server[part] for part in ("status", "body", "version"))
    return same and server["status"] == 409 and set(server["warnings"]) < set(reference["warnings"])


def is_allowed_by_another(want, got):
    """Whether two reviews differ in nothing but the binding that they name."""
    statuses = [body.get("status") if isinstance(body, dict) else None for body in (want, got)]
    if not all(isinstance(status, dict) and str(status.get("reason")).startswith("RBAC: allowed by ") for status in statuses):
        return False
    first, second = (dict(body, status=dict(status, reason="")) for body, status in zip((want, got), statuses))
    return first == second


def is_reordered(reference, server):
    """Whether two answers differ in nothing but the order of their warnings of formats."""
    warnings = reference["warnings"]
    return (warnings != server["warnings"] and sorted(warnings) == sorted(server["warnings"])
            and all(warning.startswith('299 - "unrecognized format ') for warning in warnings)
            and all(reference[part] == server[part] for part in ("status", "body", "version")))


def is_shuffled(message, other):
    """Whether two messages about the fields of a configuration differ by chance: a field that the schema does not declare ends
    the walk over a map, which has no order."""
    if sorted(message.split("\n")) == sorted(other.split("\n")):
        return True
    begin = "failed to create typed patch object ("
    return all(text.startswith(begin) and "field not declared in schema" in text for text in (message, other))


# What is wrong with an object inside a custom resource, in the words of the decoder.
MISTAKE = re.compile(r'cannot be handled as a \w+: ([\w.\[\]]+): Invalid value: (.*): (must be a string|json: cannot unmarshal .*)$', re.S)


def is_mistake(message, body):
    """Whether a message is about an object inside the one that was sent, and quotes what stands there."""
    found = MISTAKE.search(message)
    if not found:
        return False
    place = body
    for name in re.findall(r"[\w-]+", found.group(1)):
        if isinstance(place, list) and name.isdigit() and int(name) < len(place):
            place = place[int(name)]
        elif isinstance(place, dict) and name in place:
            place = place[name]
        else:
            return False
    try:
        return json.loads(found.group(2)) == place
    except ValueError:
        return False


def is_met_elsewhere(want, got):
    """Whether two lists of causes differ in nothing but the entries of a map in which mistakes of one kind were met."""
    def kinds(body):
        causes = (body.get("details") or {}).get("causes") or []
        return sorted((re.sub(r"default\[[^\]]*\]", "default[]", cause["field"]), cause["reason"]) for cause in causes)

    def elsewhere(body):
        causes = (body.get("details") or {}).get("causes") or []
        return {(cause["field"], cause["message"]) for cause in causes}
    differing = elsewhere(want) ^ elsewhere(got)
    return bool(differing) and kinds(want) == kinds(got) and all(".default[" in field and field.endswith(".metadata") for field, _ in differing)


def stored_form(body):
    """A body without what a real server stores of a Service that takes no address, but shows in some answers only."""
    if isinstance(body, list):
        return [stored_form(item) for item in body]
    if not isinstance(body, dict):
        return body
    spec = body.get("spec")
    if isinstance(spec, dict) and spec.get("type") == "ExternalName":
        body = dict(body, spec={name: value for name, value in spec.items() if name not in HIDDEN})
    if isinstance(spec, dict) and body.get("kind") == "Service":
        body = dict(body, metadata=with_owned_alike(body["metadata"]))
    return {name: stored_form(value) if name in ("items", "object") else value for name, value in body.items()}


def with_owned_alike(metadata):
    """The metadata of a Service with its fields of that kind owned by nobody, but named once. Who set one first owns it as long as it
    is stored, which it may have been all along."""
    owned, managers = set(), []
    for entry in metadata.get("managedFields") or []:
        fields = entry.get("fieldsV1") or {}
        inside = fields.get("f:spec") or {}
        owned |= {name for name in HIDDEN if "f:" + name in inside}
        inside = {name: value for name, value in inside.items() if name[2:] not in HIDDEN}
        managers.append(dict(entry, fieldsV1=dict(fields, **{"f:spec": inside})))
    return dict(metadata, managedFields=managers, owned=sorted(owned))


def letters(message):
    """What a message is made of, without what differs from server to server in an object that it quotes."""
    return sorted(re.sub(r"<uid\d+>|((?:resourceVersion|nodePort)\W+)\d+", r"\1", message))


def cut(message):
    """A message up to such a rendering."""
    found = RENDERED.search(message)
    return message[:found.start()].rstrip() if found else message.rstrip()


def unquoted(message):
    """A message without the JSON that it quotes."""
    return re.sub(r"(?s)value: \{.*\}: ", "value: ", message)


def emptied(message):
    """A message in which an empty value is none."""
    return re.sub(r"(value: )(\{\}|\[\])", r"\1null", message)


def states_differ(found):
    """Whether the servers may have kept different states after this difference."""
    return any(line.startswith((".status", ".body.metadata", ".body.spec", ".version")) or not line.startswith(".") for line in found)
