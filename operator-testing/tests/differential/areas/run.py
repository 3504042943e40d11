#!/usr/bin/env python3
"""Sends random requests about one area to two servers and prints every difference between their answers.

    run.py --reference URL --server URL [--seed N] [--runs N] [--seconds N] AREA...

Areas: owners (applies by several managers), schemas (custom resources under random schemas), access (RBAC roles and requests
under them). A run has a seed and a namespace of its own; `--seed N --runs 1` repeats it. Uids, versions and times are compared by
their places only.

Exit status: 0 no difference, 1 differences. Standard library only.
"""
import argparse
import importlib
import json
import os
import random
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
from servers import Server  # noqa: E402


SHOWN_REVISION = re.compile(r'(resourceVersion\W+)\d+')


def answer(server, step, namespace):
    status, body, warnings = server.ask(step, namespace)
    if isinstance(body, dict) and body.get("metadata"):
        server.remember("/" + str(body["metadata"].get("name")), status, body)
    if step.get("only") == "status" and status < 400:
        body = None
    # a message may show a whole object
    shaped = json.loads(SHOWN_REVISION.sub(r"\1<rv>", json.dumps(server.shape(canonical(body)))))
    return {"status": status, "body": shaped, "warnings": sorted(warnings)}


def canonical(body):
    """An answer without what has no order, the causes of an error, and without the order of managers, which hangs on the second of
    each write."""
    managers = (body.get("metadata") or {}).get("managedFields") if isinstance(body, dict) else None
    if managers:
        managers.sort(key=lambda entry: [str(entry.get(field)) for field in ("manager", "operation", "subresource", "apiVersion")])
    if isinstance(body, dict) and body.get("kind") == "Status":
        causes = (body.get("details") or {}).get("causes") or []
        # an object in a message has its members in an order of its own
        for part in [body, *causes]:
            if "Invalid value: \"{" in part.get("message", "") or (part is body and len(causes) > 1):
                part["message"] = "".join(sorted(part["message"]))
        causes.sort(key=lambda cause: json.dumps(cause, sort_keys=True))
    return body


def differences(want, got, path=""):
    if isinstance(want, dict) and isinstance(got, dict):
        for name in sorted(set(want) | set(got)):
            yield from differences(want.get(name), got.get(name), "%s.%s" % (path, name))
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for index, pair in enumerate(zip(want, got)):
            yield from differences(*pair, "%s[%d]" % (path, index))
    elif want != got:
        yield "%s: reference %s, server %s" % (path, json.dumps(want), json.dumps(got))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("areas", nargs="+", choices=["owners", "schemas", "access"])
    options = parser.parse_args()
    servers = [Server(options.reference), Server(options.server)]
    requests, found = 0, 0
    end = time.monotonic() + options.seconds
    for seed in range(options.seed, options.seed + options.runs):
        for name in options.areas:
            if time.monotonic() > end:
                break
            area = importlib.import_module(name)
            namespace = "areas-%s-%d-%d" % (name, seed, os.getpid())
            for server in servers:
                server.forget()
            for step in area.steps(random.Random(seed), namespace):
                if "wait" in step:
                    time.sleep(step.get("pause", 0))
                    wait(servers, step["wait"], namespace)
                    continue
                want, got = (answer(server, step, namespace) for server in servers)
                requests += 1
                lines = list(differences(want, got))
                if lines and not step.get("quiet"):
                    found += 1
                    print("%s seed %d: %s" % (name, seed, json.dumps(step)), *lines[:12], sep="\n  ", flush=True)
    print("%d requests, %d answers differ" % (requests, found))
    return 1 if found else 0


def wait(servers, step, namespace):
    """Until both servers answer with the same code, or for a while."""
    for server in servers:
        deadline = time.monotonic() + 20
        while server.ask(step, namespace)[0] != step["until"] and time.monotonic() < deadline:
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
