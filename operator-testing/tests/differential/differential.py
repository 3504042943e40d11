#!/usr/bin/env python3
"""Sends the same random requests to two servers and prints every difference between their answers.

    differential.py --reference URL --server URL [--seed N] [--runs N] [--requests N] [--save FOLDER]

A run has a seed, a namespace of its own, and a number of requests. What a request refers to (resource versions, uids, continue
tokens) is taken from what its own server answered before. Uids, versions, times, ages and addresses are compared by their
places only. A difference is printed with the command that repeats its run up to that request; `--save` also writes the run as a
conversation that `conformance.py record` fills in from the reference.

Exit status: 0 no difference, 1 differences. Standard library only.
"""
import argparse
import copy
import http.client
import json
import os
import random
import re
import ssl
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import conformance  # noqa: E402
import objects  # noqa: E402

AGE = re.compile(r"^(\d+[smhdy])+$")
SYMBOL = re.compile(r"<uid\d+>")
ADDRESS = re.compile(r"\b10\.0\.0\.\d+\b")
# What stands for something that no answer has named yet.
UNKNOWN = {"rv": "1", "uid": "00000000-0000-4000-8000-000000000000", "continue": ""}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadata%s;v=v1;g=meta.k8s.io,application/json"


class Server:
    """One server over one connection, with what it said before."""

    def __init__(self, url):
        self.url = urllib.parse.urlparse(url)
        self.connection = None
        self.forget()

    def forget(self):
        self.names, self.memory = conformance.Names(), {}

    def connect(self):
        if self.url.scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=30, context=context)
        return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)

    def send(self, method, path, body=None, headers=None, query=None):
        """Status, body and warnings."""
        body = self.fill(body)
        if query:
            path += "?" + urllib.parse.urlencode(self.fill(query))
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        sent = {"Authorization": "Bearer admin-token", "User-Agent": "differential/1", "Accept": "application/json"}
        if data is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        for attempt in range(2):
            try:
                self.connection = self.connection or self.connect()
                self.connection.request(method, path, body=data, headers=sent)
                response = self.connection.getresponse()
                raw = response.read()
                return response.status, conformance.decode(raw) if raw else None, response.headers.get_all("Warning") or []
            except (http.client.HTTPException, OSError):
                self.connection = None
                if attempt:
                    raise

    def fill(self, value):
        """Puts what this server said in place of ${...}."""
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"\$\{([^}]*)\}", lambda found: self.memory.get(found.group(1), UNKNOWN[found.group(1).split()[-1]]), value)
        return value

    def remember(self, key, body):
        metadata = body.get("metadata") if isinstance(body, dict) else None
        if not isinstance(metadata, dict):
            return
        for field, suffix in (("resourceVersion", "rv"), ("uid", "uid"), ("continue", "continue")):
            if metadata.get(field):
                self.memory["%s %s" % (key, suffix)] = metadata[field]


def shape(server, body):
    """The answer with everything that differs from server to server made alike."""
    body = conformance.normalise(copy.deepcopy(body), server.names, {}, [])

    def walk(value, key=None):
        if isinstance(value, dict):
            if isinstance(value.get("causes"), list):
                value["causes"].sort(key=lambda cause: json.dumps(cause, sort_keys=True))
            return {name: walk(item, name) for name, item in value.items() if name not in ("description", "nodePort")}
        if isinstance(value, list):
            return [walk(item, key) for item in value]
        if isinstance(value, str):
            if key == "cells" and AGE.match(value):
                return "<age>"
            return ADDRESS.sub("<address>", SYMBOL.sub("<uid>", value))
        return value
    return walk(body)


class Run:
    """Makes the requests of one seed."""

    def __init__(self, seed, namespace):
        self.dice, self.namespace, self.known = random.Random(seed), namespace, {}

    def next(self):
        dice = self.dice
        plural = dice.choice(sorted(objects.KINDS))
        name = dice.choice(objects.NAMES)
        where = objects.path_of(plural, self.namespace)
        one = where + "/" + name
        key = plural + "/" + name
        subresources = objects.KINDS[plural][3]
        kind = dice.choices(
            ["create", "get", "list", "replace", "merge", "json", "strategic", "apply", "delete", "collection", "status", "scale", "page"],
            [22, 6, 10, 12, 10, 6, 5, 8, 9, 1, 4, 3, 4])[0]
        query, headers, body, method, path = {}, {}, None, "GET", one
        if kind in ("create", "replace", "merge", "json", "strategic", "apply") and dice.random() < 0.15:
            query["dryRun"] = dice.choice(["All", "All", "Some"])
        if kind in ("create", "replace", "merge", "apply") and dice.random() < 0.3:
            query["fieldValidation"] = dice.choice(["Strict", "Warn", "Ignore", "Other"])
        if kind == "create":
            method, path, body = "POST", where, objects.make(dice, plural, name)
        elif kind == "get":
            headers = {"Accept": dice.choice(["application/json", TABLE, METADATA % "", "application/yaml;q=0.1,application/json", "text/plain"])}
        elif kind == "list":
            path = where
            self.selectors(query)
            headers = {"Accept": dice.choice(["application/json"] * 3 + [TABLE, METADATA % "List"])}
        elif kind == "page":
            path = where
            query["limit"] = str(dice.randint(1, 2))
            if dice.random() < 0.6:
                query["continue"] = "${%s continue}" % plural
            key = plural
        elif kind == "replace":
            method, body = "PUT", objects.make(dice, plural, name)
            version = dice.choice(["", "${%s rv}" % key, "${%s rv}" % key, "1", "x"])
            if version:
                body["metadata"]["resourceVersion"] = version
            if dice.random() < 0.1:
                body["metadata"]["uid"] = dice.choice(["${%s uid}" % key, "00000000-0000-4000-8000-000000000000"])
        elif kind in ("merge", "strategic"):
            method, body = "PATCH", objects.merge_patch(dice, plural)
            headers = {"Content-Type": "application/%s-patch+json" % {"merge": "merge", "strategic": "strategic-merge"}[kind]}
            if dice.random() < 0.1:
                body = dict(body, metadata=dict(body.get("metadata", {}), resourceVersion=dice.choice(["1", "${%s rv}" % key])))
        elif kind == "json":
            method, body = "PATCH", objects.json_patch(dice)
            headers = {"Content-Type": "application/json-patch+json"}
        elif kind == "apply":
            method, body = "PATCH", objects.make(dice, plural, name)
            headers = {"Content-Type": "application/apply-patch+yaml"}
            query["fieldManager"] = dice.choice(["one", "two"])
            if dice.random() < 0.5:
                query["force"] = "true"
        elif kind == "delete":
            method = "DELETE"
            if dice.random() < 0.3:
                body = {"preconditions": dice.choice([{"uid": "${%s uid}" % key}, {"resourceVersion": "${%s rv}" % key}, {"uid": "x"}])}
            elif dice.random() < 0.2:
                query["dryRun"] = "All"
        elif kind == "collection":
            method, path = "DELETE", where
            self.selectors(query)
        elif kind == "status" and "status" in subresources:
            method, path = "PATCH", one + "/status"
            body = {"status": {"replicas": dice.randint(0, 3)}} if plural == "widgets" else {"metadata": {"labels": {"s": "t"}}}
            headers = {"Content-Type": "application/merge-patch+json"}
        elif kind == "scale" and "scale" in subresources:
            path = one + "/scale"
            if dice.random() < 0.6:
                method, body = "PATCH", {"spec": {"replicas": dice.randint(-1, 4)}}
                headers = {"Content-Type": "application/merge-patch+json"}
        return key, method, path, query, body, headers

    def selectors(self, query):
        dice = self.dice
        if dice.random() < 0.6:
            query["labelSelector"] = dice.choice(["app=a", "app!=a", "app in (a,b)", "app notin (a)", "tier", "!tier", "app=a,tier=x", "a=b=c"])
        if dice.random() < 0.3:
            query["fieldSelector"] = dice.choice(["metadata.name=a", "metadata.name!=a", "spec.nothing=a", "status.phase=Pending", "type=Opaque"])


def prepare(server):
    """Installs the custom resource."""
    server.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", objects.DEFINITION)
    path = "/apis/differential.example.com/v1/widgets"
    for _ in range(200):
        if server.send("GET", path)[0] == 200:
            return
    raise SystemExit("the custom resource is not served by %s" % server.url.geturl())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reference", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--save")
    args = parser.parse_args()
    reference, server = Server(args.reference), Server(args.server)
    prepare(reference)
    prepare(server)
    sent = different = 0
    for seed in range(args.seed, args.seed + args.runs):
        namespace = "d-%d-%d" % (seed, os.getpid())
        run, steps = Run(seed, namespace), []
        for each in (reference, server):
            each.forget()
            each.send("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        for number in range(1, args.requests + 1):
            key, method, path, query, body, headers = run.next()
            answers = []
            for each in (reference, server):
                status, answer, warnings = each.send(method, path, body, headers, query)
                each.remember(key, answer)
                answers.append({"status": status, "body": shape(each, answer), "warnings": warnings})
            sent += 1
            shown = path + ("?" + urllib.parse.urlencode(query, safe="${} ") if query else "")
            steps.append({"do": "%s %s" % (method, shown.replace(namespace, "${ns}")), "headers": headers, "body": body})
            found = conformance.differences(*answers)
            if found:
                different += 1
                print("DIFFERS %s %s %s" % (method, shown, json.dumps(body) if body is not None else ""))
                for line in found:
                    print("    " + line)
                print("    repeat: --seed %d --runs 1 --requests %d" % (seed, number))
                if args.save:
                    save(args.save, seed, number, steps)
        for each in (reference, server):
            each.send("DELETE", "/api/v1/namespaces/" + namespace)
    print("%d requests, %d answered differently" % (sent, different))
    return 1 if different else 0


def save(folder, seed, number, steps):
    """Writes the run so far as a conversation without answers."""
    setup = [{"do": "POST /api/v1/namespaces", "body": {"metadata": {"name": "${ns}"}}}]
    scenario = {"name": "differential %d" % seed, "setup": setup, "steps": steps}
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "seed-%d-%d.json" % (seed, number)), "w") as file:
        json.dump({"group": "differential", "scenarios": [scenario]}, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
