#!/usr/bin/env python3
"""Sends random requests about one area after the other to two servers and prints every difference between their answers.

    run.py --reference URL --server URL [--seed N] [--runs N] [--workers N] [--save FILE] [AREA...]

Areas, all of them by default: owners (applies, updates and patches by several managers), schemas (custom resources under random
schemas), mistakes (built-in objects with parts left out or wrong), access (RBAC roles and requests under them), expressions (what
expressions of rules give). A run has an area, a seed and a namespace of its own; `--seed N --runs 1 AREA` repeats it. `--server` has
to know the tokens of the reference (`--token-auth-file`), since roles are of no effect without. `../run --areas` starts both servers
and runs everything. An area is a generator of steps; it is told whether both servers agreed to each.

Uids, versions and times are compared by their places only, managers without their order, which hangs on the second of each write.
Each kind of difference is printed once. `--save` looks for the fewest requests that show it and adds them to a file of
conversations. What cannot be equal is counted apart (explained.py).

Exit status: 0 no unexplained difference, 1 differences. Standard library only.
"""
import argparse
import copy
import http.client
import importlib
import os
import random
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import exchange  # noqa: E402
import explained  # noqa: E402
import reporting  # noqa: E402
import shrinking  # noqa: E402
from servers import Server, conformance  # noqa: E402

AREAS = ["owners", "schemas", "mistakes", "access", "expressions"]
# What a message that shows a whole object says of its version and of the ports it was given.
SHOWN_NUMBER = re.compile(r"((?:resourceVersion|nodePort)\W+(?:Duplicate value: )?)\d+")
# The same where the field stands beside the message.
SHOWN_PORT = re.compile(r"(Duplicate value: )\d+")
# The name that compiling a rule gives to the type of its object.
SHOWN_TYPE = re.compile(r"selfType\d+")
PATIENCE = 20


def canonical(answer):
    """An answer without the order that is left to chance: that of managers, of rules and of the errors of a typed patch."""
    message = answer["body"].get("message") if isinstance(answer["body"], dict) else None
    if isinstance(message, str) and "errors:\n" in message:
        first, *others = message.split("\n")
        answer["body"]["message"] = "\n".join([first, *sorted(others)])
    details = answer["body"].get("details") if isinstance(answer["body"], dict) else None
    for cause in (details or {}).get("causes") or [] if isinstance(details, dict) else []:
        if str(cause.get("field")).endswith(".nodePort"):
            cause["message"] = SHOWN_PORT.sub(r"\1<port>", cause["message"])
    managers = ((answer["body"] or {}).get("metadata") or {}).get("managedFields") if isinstance(answer["body"], dict) else None
    if isinstance(managers, list):
        managers.sort(key=lambda entry: [str(entry.get(field)) for field in ("manager", "operation", "subresource", "apiVersion")])
    status = answer["body"].get("status") if isinstance(answer["body"], dict) else None
    for rules in ("resourceRules", "nonResourceRules"):
        if isinstance(status, dict) and isinstance(status.get(rules), list):
            status[rules].sort(key=str)

    def masked(value):
        if isinstance(value, dict):
            return {name: masked(item) for name, item in value.items()}
        if isinstance(value, list):
            return [masked(item) for item in value]
        return SHOWN_TYPE.sub("selfType", SHOWN_NUMBER.sub(r"\1<number>", value)) if isinstance(value, str) else value
    return masked(conformance.canonical(answer))


def completed(step):
    """A step with everything that a request may have."""
    return {"key": "", "path": "", "query": {}, "headers": {}, "body": None, **step}


def prepare(servers, definitions):
    """Installs the custom resources of an area."""
    for definition in definitions:
        spec = definition["spec"]
        for server in servers:
            server.ask({"method": "POST", "path": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "body": definition}, "")
        for version in spec["versions"]:
            wait(servers, {"path": "/apis/%s/%s/%s" % (spec["group"], version["name"], spec["names"]["plural"])}, "")


def wait(servers, step, namespace):
    """Until both servers answer with the code that the step waits for, or for a while."""
    time.sleep(step.get("pause", 0))
    for server in servers:
        deadline = time.monotonic() + PATIENCE
        while step["path"] and server.get(server.fill(step["path"], namespace))[0] != step.get("until", 200) and time.monotonic() < deadline:
            time.sleep(0.1)


def ask(servers, step, namespace):
    """Where the answers to a step differ, and the answers; nothing for what is not compared."""
    if step["method"] == "WAIT":
        wait(servers, step, namespace)
        return [], []
    found, shown, _ = exchange.ask(servers, step, namespace, canonical)
    if step.get("quiet"):
        return [], shown
    if step.get("only") == "status" and shown[0]["status"] < 400:
        found = [line for line in found if line.startswith(".status")]
    return found, shown


def run(servers, name, seed):
    """Sends the requests of one area and seed; how many, and their differences."""
    namespace = "%s-%d-%d" % (name[0], seed, os.getpid())
    area, sent, steps, differences = importlib.import_module(name), 0, [], []
    refused = False
    for server in servers:
        server.forget()
    drawn, agreed = area.steps(random.Random(seed)), None
    while True:
        try:
            step = completed(drawn.send(agreed))
        except StopIteration:
            break
        agreed = None
        if differences and not step.get("last") and differences[-1].get("ends") or step.get("needs") and refused:
            continue
        sent += step["method"] != "WAIT"
        steps.append(step)
        # what only one of the servers names in a dry run is not to count as named
        names = [copy.deepcopy(server.names) for server in servers] if step["query"].get("dryRun") == "All" else []
        try:
            found, shown = ask(servers, step, namespace)
        except ConnectionRefusedError:
            # nobody is there: nothing can be said of any request
            raise
        except (http.client.HTTPException, OSError):
            # some requests end in a panic of the reference; the other server has to answer even so
            servers[1].connection = None
            servers[1].ask(step, namespace)
            differences.append({"seed": seed, "area": name, "steps": list(steps), "found": ["no answer"], "why": explained.UNANSWERED,
                                "ends": True, "repeat": "--seed %d --runs 1 %s" % (seed, name)})
            continue
        agreed = bool(shown) and all(answer["status"] < 300 for answer in shown)
        # what needs an object that was refused need not be asked
        refused = refused or step.get("makes", False) and shown[0]["status"] >= 300
        if found:
            for server, before in zip(servers, names):
                server.names = before
            why = explained.reason(step, *shown)
            # what follows from a difference is none of its own
            ends = why is None and explained.states_differ(found) and step["method"] != "GET" and step["query"].get("dryRun") != "All"
            differences.append({"seed": seed, "area": name, "steps": list(steps), "found": found, "why": why, "ends": ends,
                                "repeat": "--seed %d --runs 1 %s" % (seed, name)})
    return sent, differences


def smallest(servers, difference):
    """The fewest steps that show a difference of the same kind."""
    attempt, kind = iter(range(10 ** 6)), reporting.signature(difference)

    def differs(steps):
        namespace = "s-%d-%d" % (difference["seed"], os.getpid() + next(attempt) * 10 ** 6)
        for server in servers:
            server.forget()
        setup = [step for step in difference["steps"] if step.get("quiet") or step["method"] == "WAIT"]
        found = []
        for step in setup + [step for step in steps if step not in setup]:
            found, _ = ask(servers, step, namespace)
        for server in servers:
            server.ask({"method": "DELETE", "path": "/api/v1/namespaces/" + namespace}, namespace)
        return bool(found) and reporting.signature({"steps": steps, "found": found}) == kind
    return shrinking.shrunk(difference["steps"], differs)


def report(servers, difference, save):
    steps = difference["steps"]
    if save:
        steps = smallest(servers, difference)
        shrinking.save(save, "%s %s" % (difference["repeat"], steps[-1]["path"]), [step for step in steps if step["method"] != "WAIT"])
    reporting.show(difference, steps if save else steps[-1:])


def work(task):
    global SERVERS
    name, seed, args = task
    if SERVERS is None:
        SERVERS = [Server(args.reference), Server(args.server)]
    return run(SERVERS, name, seed)


SERVERS = None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--save")
    parser.add_argument("areas", nargs="*", metavar="AREA")
    args = parser.parse_args()
    wrong = set(args.areas) - set(AREAS)
    if wrong:
        parser.error("no such area: %s" % ", ".join(sorted(wrong)))
    servers = [Server(args.reference), Server(args.server)]
    for name in args.areas or AREAS:
        prepare(servers, getattr(importlib.import_module(name), "DEFINITIONS", []))
    tasks = [(name, seed, args) for seed in range(args.seed, args.seed + args.runs) for name in args.areas or AREAS]
    return reporting.tally(work, tasks, args.workers, lambda difference: report(servers, difference, args.save))


if __name__ == "__main__":
    sys.exit(main())
