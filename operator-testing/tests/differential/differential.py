#!/usr/bin/env python3
"""Sends the same random requests to two servers and prints every difference between their answers.

    differential.py --reference URL --server URL [--seed N] [--runs N] [--requests N] [--workers N] [--save FILE]

A run has a seed, a namespace of its own, some kinds of objects, some watches, and a number of requests. What a request refers to
(resource versions, uids, continue tokens) is taken from what its own server answered before. Uids are compared by the order of
their appearance; resource versions by whether they moved; times, ages, addresses and ports by their places. Where a request sets
the garbage collector to work, both servers are left alone until they agree about what is left.

Each kind of difference is printed once. `--save` looks for the fewest requests that show it and adds them to a file, as a
conversation that `conformance.py record` fills in from the reference. What cannot be equal is counted apart (explained.py).

Exit status: 0 no unexplained difference, 1 differences. Standard library only.
"""
import argparse
import os
import sys
import time

import asking
import collector
import exchange
import explained
import kinds
import reporting
import shrinking
from servers import Server, Watch, conformance


def prepare(servers):
    """Installs the custom resources."""
    for server in servers:
        for definition in kinds.DEFINITIONS:
            server.ask({"method": "POST", "path": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "body": definition}, "")
            path = "/apis/differential.example.com/v1/" + definition["spec"]["names"]["plural"]
            deadline = time.monotonic() + 30
            while server.get(path)[0] != 200:
                if time.monotonic() > deadline:
                    raise SystemExit("%s is not served by %s" % (path, server.url.geturl()))
                time.sleep(0.1)


def open_namespace(servers, namespace):
    for server in servers:
        server.forget()
        server.ask({"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": namespace}}}, namespace)


def close_namespace(servers, namespace, plurals):
    """Deletes what a run made, and lets go of what it held: namespaces that cannot end keep the reference busy for ever."""
    for server in servers:
        server.ask({"method": "DELETE", "path": "/api/v1/namespaces/" + namespace}, namespace)
        for plural in plurals:
            where = kinds.path_of(plural, namespace)
            selector = "?labelSelector=run=" + namespace if plural in kinds.CLUSTER else ""
            for item in (server.get(where + selector)[1] or {}).get("items") or []:
                one = where + "/" + item["metadata"]["name"]
                if item["metadata"].get("finalizers"):
                    server.ask({"method": "PATCH", "path": one, "headers": {"Content-Type": "application/merge-patch+json"},
                                "body": {"metadata": {"finalizers": None}}}, namespace)
                if plural in kinds.CLUSTER:
                    server.ask({"method": "DELETE", "path": one}, namespace)


def ask(servers, step, namespace, plurals):
    """Where the answers to one request, and what follows from it, differ."""
    found, shown, answers = exchange.ask(servers, step, namespace)
    if collector.is_needed(step, answers):
        found += collector.settle(servers, plurals, namespace)
    return found, shown


def open_watches(servers, plans, namespace):
    return [[Watch(server, plan, namespace) for server in servers] for plan in plans]


def compare_watches(opened, plans, quiet):
    for pair, plan in zip(opened, plans):
        first, second = [conformance.canonical(watch.events(quiet)) for watch in pair]
        found = conformance.differences(first, second)
        if found:
            yield plan, found, explained.reason_of_events(first, second)


def run(servers, seed, requests):
    """Sends the requests of one seed; a list of differences."""
    namespace = "d-%d-%d" % (seed, os.getpid())
    made, steps, differences = asking.Run(seed), [], []
    repeat = "--seed %d --runs 1" % seed
    open_namespace(servers, namespace)
    for server in servers:
        for plural in made.kinds:
            listed = server.get(kinds.path_of(plural, namespace) + "?limit=1")[1]
            server.memory["%s watch rv" % plural.split(":")[0]] = listed["metadata"]["resourceVersion"]
    live, later = made.watches()
    opened = open_watches(servers, live, namespace)
    for _ in range(requests):
        step = made.next()
        steps.append(step)
        found, answers = ask(servers, step, namespace, made.kinds)
        if found:
            why = explained.reason(step, *answers)
            differences.append({"seed": seed, "steps": list(steps), "found": found, "why": why, "plurals": made.kinds, "repeat": repeat})
            if why is None and explained.states_differ(found):
                break  # what follows from a difference is none of its own
    else:
        for pairs, plans, quiet in ((opened, live, 0.3), (open_watches(servers, later, namespace), later, None)):
            for plan, found, why in compare_watches(pairs, plans, quiet):
                differences.append({"seed": seed, "steps": [plan], "found": found, "why": why, "watch": True, "repeat": repeat})
    close_namespace(servers, namespace, made.kinds)
    return len(steps) + len(live) + len(later), differences


def smallest(servers, difference):
    """The fewest steps that show a difference of the same kind."""
    attempt = iter(range(10 ** 6))
    kind = reporting.signature(difference)

    def differs(steps):
        namespace = "s-%d-%d-%d" % (difference["seed"], os.getpid(), next(attempt))
        open_namespace(servers, namespace)
        try:
            found = []
            for step in steps:
                found, _ = ask(servers, step, namespace, difference["plurals"])
            return bool(found) and reporting.signature({"steps": steps, "found": found}) == kind
        finally:
            close_namespace(servers, namespace, difference["plurals"])
    return shrinking.shrunk(difference["steps"], differs)


def report(servers, difference, save):
    steps = difference["steps"]
    if save and "watch" not in difference:
        steps = smallest(servers, difference)
        shrinking.save(save, "seed %d, %s %s" % (difference["seed"], steps[-1]["method"], steps[-1]["key"]), steps)
    reporting.show(difference, steps if save else steps[-1:])


def work(task):
    global SERVERS
    seed, args = task
    if SERVERS is None:
        SERVERS = [Server(args.reference), Server(args.server)]
    return run(SERVERS, seed, args.requests)


SERVERS = None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reference", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--save")
    args = parser.parse_args()
    servers = [Server(args.reference), Server(args.server)]
    prepare(servers)
    tasks = [(seed, args) for seed in range(args.seed, args.seed + args.runs)]
    return reporting.tally(work, tasks, args.workers, lambda difference: report(servers, difference, args.save))


if __name__ == "__main__":
    sys.exit(main())
