#!/usr/bin/env python3
"""Replays recorded Kubernetes API conversations against a server and reports where its answers differ.

Each scenario file (*.json) is a list of scenarios; a scenario is a list of steps; a step is one HTTP
request, a watch, or a wait. Its `expect` block is what a real kube-apiserver (see the file's "server") answered to
the same request, normalised. The same normalisation is applied to the server under test, so uids, resource versions,
times and random name suffixes never matter, while their relations (same uid, rising version) do.

    conformance.py replay --server http://127.0.0.1:8001 [--token T] [*.json]
    conformance.py replay --server ... --json out.json        # machine readable
    conformance.py replay --server ... -k apply -v            # only scenarios whose name has 'apply', with diffs
    conformance.py record --server https://... --token T FILE # rewrites the expect blocks (needs a real API server)

A step's keys: do "METHOD /path" with headers, body, save {variable: path.in.body}, relate {path: variable} (same, newer
or older than the saved value), only / ignore [dotted paths], keep ["managedFields"], statusOnly, headersToCompare,
sortItemsBy, retry N + until STATUS; watch "/path" with seconds, bookmarks; watchStart NAME + path, watchEnd NAME with
count, bookmarks; sleep S. ${ns} and ${id} are unique to the run; `setup` steps are not compared.

Exit status: 0 every step agrees, 1 some step differs, 2 unusable arguments.
Standard library only.
"""
import argparse
import copy
import glob
import http.client
import json
import os
import re
import socket
import ssl
import sys
import threading
import time
import urllib.parse

UID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\b")
RV_KEYS = {"resourceVersion"}
RV_IN_TEXT = re.compile(r"\b(resourceVersion|resource version|requested|current|latest)[:=]? ?\(?(\d+)\)?")


class Client:
    """One API server address; every request opens its own connection, as independent clients would."""

    def __init__(self, server, token=None, timeout=20):
        url = urllib.parse.urlparse(server)
        self.host, self.port, self.tls = url.hostname, url.port or (443 if url.scheme == "https" else 80), url.scheme == "https"
        self.prefix = url.path.rstrip("/")
        self.token, self.timeout = token, timeout

    def connect(self, timeout=None):
        timeout = timeout or self.timeout
        if self.tls:
            ctx = ssl.create_default_context()
            ctx.check_hostname = False
            ctx.verify_mode = ssl.CERT_NONE
            return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=ctx)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def headers(self, extra):
        base = {"Accept": "application/json", "User-Agent": "conformance/1"}
        if self.token:
            base["Authorization"] = "Bearer " + self.token
        base.update(extra or {})
        return base

    def request(self, method, path, headers=None, body=None):
        conn = self.connect()
        data = None
        headers = self.headers(headers)
        if body is not None:
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        conn.request(method, self.prefix + path, body=data, headers=headers)
        resp = conn.getresponse()
        raw = resp.read()
        out = (resp.status, {k.lower(): v for k, v in resp.getheaders()}, resp.headers.get_all("Warning") or [], raw)
        conn.close()
        return out

    def stream(self, path, headers, seconds, sink, opened=None):
        """Reads a watch until the server ends it or `seconds` pass; appends each decoded line to `sink`."""
        conn = self.connect(timeout=seconds)
        end = time.monotonic() + seconds
        try:
            conn.request("GET", self.prefix + path, headers=self.headers(headers))
            resp = conn.getresponse()
            if opened:
                opened.set()
            if resp.status != 200:
                sink.append({"status": resp.status, "body": decode(resp.read())})
                return
            while time.monotonic() < end:
                conn.sock and conn.sock.settimeout(max(0.05, end - time.monotonic()))
                line = resp.readline()
                if not line:
                    break
                if line.strip():
                    sink.append(decode(line))
        except (socket.timeout, TimeoutError, OSError):
            pass
        finally:
            if opened:
                opened.set()
            conn.close()


def decode(raw):
    try:
        return json.loads(raw)
    except ValueError:
        return {"$text": raw.decode("utf-8", "replace")[:4000]}


class Names:
    """Stable symbols for values that differ from server to server, in order of first appearance in one scenario."""

    def __init__(self):
        self.uids, self.generated, self.tokens = {}, {}, {}

    def symbol(self, table, prefix, value):
        return "<%s%d>" % (prefix, table.setdefault(value, len(table) + 1))


def normalise(value, names, variables, keep, key=None):
    if isinstance(value, dict):
        out = {}
        for k, v in value.items():
            if k == "managedFields" and "managedFields" not in keep:
                continue
            if k == "continue" and isinstance(v, str) and v:
                out[k] = "<token>"
                continue
            if k == "remainingItemCount" or k not in ("resourceVersion",):
                out[k] = normalise(v, names, variables, keep, k)
            else:
                out[k] = "<rv>" if v not in ("", "0", None) else v
        return out
    if isinstance(value, list):
        return [normalise(v, names, variables, keep, key) for v in value]
    if isinstance(value, str):
        value = UID.sub(lambda m: names.symbol(names.uids, "uid", m.group(0)), value)
        value = TIME.sub("<time>", value)
        value = re.sub(r'in scheme "[^"]*"', 'in scheme "<source file>"', value)
        for name, generated in names.generated.items():
            value = value.replace(name, generated)
        if "resource" in value or "too old" in value:
            value = RV_IN_TEXT.sub(lambda m: m.group(1) + " <rv>", value)
            value = re.sub(r"too old resource version: \d+ \(\d+\)", "too old resource version: <rv> (<rv>)", value)
        return value
    return value


def lookup(path, value):
    """A minimal path: a.b[0].c"""
    for part in re.findall(r"[^.\[\]]+|\[\d+\]", path):
        if part.startswith("["):
            value = value[int(part[1:-1])]
        else:
            value = value[part.replace("~1", ".")]
    return value


def substitute(value, variables):
    if isinstance(value, dict):
        return {substitute(k, variables): substitute(v, variables) for k, v in value.items()}
    if isinstance(value, list):
        return [substitute(v, variables) for v in value]
    if isinstance(value, str):
        for k, v in variables.items():
            if value == "${%s}" % k:
                return v
            value = value.replace("${%s}" % k, str(v))
        return value
    return value


def prune(value, only):
    """Keeps the listed dotted paths of a body; a path through a list applies to every element."""
    def keep(node, parts):
        if not parts:
            return copy.deepcopy(node)
        if isinstance(node, list):
            return [keep(n, parts) for n in node]
        if isinstance(node, dict) and parts[0] in node:
            return {parts[0]: keep(node[parts[0]], parts[1:])}
        return {} if isinstance(node, dict) else node

    def merge(a, b):
        if isinstance(a, dict) and isinstance(b, dict):
            for k, v in b.items():
                a[k] = merge(a[k], v) if k in a else v
            return a
        if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            return [merge(x, y) for x, y in zip(a, b)]
        return b
    out = {}
    for path in only:
        out = merge(out, keep(value, path.split(".")))
    return out


def drop(value, paths):
    value = copy.deepcopy(value)

    def remove(node, parts):
        if isinstance(node, list):
            for n in node:
                remove(n, parts)
        elif isinstance(node, dict) and parts[0] in node:
            if len(parts) == 1:
                del node[parts[0]]
            else:
                remove(node[parts[0]], parts[1:])
    for path in paths:
        remove(value, path.split("."))
    return value


def shape(body, step, names, variables):
    keep = step.get("keep", [])
    body = normalise(body, names, variables, keep)
    if isinstance(body, dict):
        if "only" in step:
            body = prune(body, step["only"])
        if "ignore" in step:
            body = drop(body, step["ignore"])
        if step.get("sortItemsBy") and isinstance(body.get("items"), list):
            body["items"].sort(key=lambda i: json.dumps(i.get(step["sortItemsBy"]), sort_keys=True))
    return body


def relation(body, where, saved):
    """How a value (a resource version, a uid, a number) stands to one saved earlier."""
    try:
        value = lookup(where, body)
    except (KeyError, IndexError, TypeError):
        return "absent"
    if value == saved:
        return "same"
    try:
        return "newer" if int(value) > int(saved) else "older"
    except (TypeError, ValueError):
        return "different"


def run_step(client, step, state):
    """Returns the step's normalised answer."""
    variables, names, watches = state["vars"], state["names"], state["watches"]
    if "sleep" in step:
        time.sleep(step["sleep"])
        return None
    if "watchStart" in step:
        sink, opened = [], threading.Event()
        path = substitute(step["path"], variables)
        thread = threading.Thread(target=client.stream, daemon=True,
                                  args=(path, substitute(step.get("headers"), variables), step.get("seconds", 6), sink, opened))
        thread.start()
        opened.wait(5)
        watches[step["watchStart"]] = (thread, sink)
        time.sleep(step.get("settle", 0.3))
        return None
    if "watchEnd" in step:
        thread, sink = watches.pop(step["watchEnd"])
        deadline = time.monotonic() + step.get("wait", 4)
        want = step.get("count")
        while time.monotonic() < deadline and not (want is not None and len(sink) >= want):
            if not thread.is_alive():
                break
            time.sleep(0.05)
        time.sleep(step.get("settle", 0.3))
        events = [e for e in list(sink)]
        if not step.get("bookmarks"):
            events = [e for e in events if e.get("type") != "BOOKMARK"]
        return {"events": [shape(e, step, names, variables) for e in events]}
    if "watch" in step:
        sink = []
        client.stream(substitute(step["watch"], variables), substitute(step.get("headers"), variables), step.get("seconds", 4), sink)
        events = sink if step.get("bookmarks") else [e for e in sink if e.get("type") != "BOOKMARK"]
        return {"events": [shape(e, step, names, variables) for e in events]}
    method, path = substitute(step["do"], variables).split(" ", 1)
    attempts = 1 + int(step.get("retry", 0))
    for attempt in range(attempts):
        status, headers, warnings, raw = client.request(method, path, substitute(step.get("headers"), variables), substitute(step.get("body"), variables))
        if status == step.get("until", status):
            break
        time.sleep(0.25)
    body = decode(raw) if raw else None
    if isinstance(body, dict):
        meta = body.get("metadata") or {}
        if isinstance(meta, dict) and meta.get("generateName") and meta.get("name", "").startswith(meta["generateName"]):
            names.generated.setdefault(meta["name"], "<generated%d>" % (len(names.generated) + 1))
    for var, where in (step.get("save") or {}).items():
        try:
            variables[var] = lookup(where, body)
        except (KeyError, IndexError, TypeError):
            variables[var] = "unsaved-" + var
    answer = {"status": status}
    if not step.get("statusOnly"):
        answer["body"] = shape(body, step, names, variables)
    for where, var in (step.get("relate") or {}).items():
        answer.setdefault("relations", {})[where + " to " + var] = relation(body, where, variables.get(var))
    if warnings:
        answer["warnings"] = [normalise(w, names, variables, []) for w in warnings]
    for h in step.get("headersToCompare", []):
        answer.setdefault("headers", {})[h] = headers.get(h.lower())
    return answer


def differences(want, got, path="", out=None):
    out = [] if out is None else out
    if isinstance(want, dict) and isinstance(got, dict):
        for k in sorted(set(want) | set(got)):
            if k not in got:
                out.append("%s.%s: missing, want %s" % (path, k, brief(want[k])))
            elif k not in want:
                out.append("%s.%s: unexpected %s" % (path, k, brief(got[k])))
            else:
                differences(want[k], got[k], path + "." + k, out)
    elif isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            out.append("%s: %d elements, want %d" % (path, len(got), len(want)))
        for i, (a, b) in enumerate(zip(want, got)):
            differences(a, b, "%s[%d]" % (path, i), out)
    elif want != got or type(want) is not type(got):
        out.append("%s: got %s, want %s" % (path, brief(got), brief(want)))
    return out


def canonical(value):
    """Sorts what the real server itself orders by chance (map iteration, racing controllers): causes, the bracketed
    list of errors in a message, and conditions. Applied to both sides before comparing."""
    if isinstance(value, dict):
        out = {k: canonical(v) for k, v in value.items()}
        if isinstance(out.get("causes"), list):
            out["causes"] = sorted(out["causes"], key=lambda c: json.dumps(c, sort_keys=True))
        conditions = out.get("conditions")
        if isinstance(conditions, list) and all(isinstance(c, dict) and "type" in c for c in conditions):
            out["conditions"] = sorted(conditions, key=lambda c: c["type"])
        message = out.get("message")
        if isinstance(message, str) and "[" in message and message.endswith("]"):
            start = message.index("[")
            out["message"] = message[:start] + "[" + ", ".join(sorted(message[start + 1:-1].split(", "))) + "]"
        return out
    if isinstance(value, list):
        return [canonical(v) for v in value]
    return value


def brief(v):
    s = json.dumps(v, sort_keys=True)
    return s if len(s) <= 200 else s[:200] + "…"


def run_scenario(client, scenario, serial, recording):
    ns = "c%s-%d" % (format(int(time.time() * 1000) % 46656000, "x"), serial)
    state = {"vars": {"ns": ns, "id": ns}, "names": Names(), "watches": {}}
    results = []
    for index, step in enumerate(scenario.get("setup", []) + scenario["steps"]):
        is_setup = index < len(scenario.get("setup", []))
        try:
            answer = run_step(client, step, state)
        except Exception as e:  # a refused or broken connection is an answer too
            answer = {"error": "%s: %s" % (type(e).__name__, e)}
        if answer is None or is_setup:
            continue
        answer = json.loads(json.dumps(answer).replace(ns, "<id>"))
        if recording:
            if "error" in answer:
                raise SystemExit("%s step %d: %s" % (scenario["name"], index, answer["error"]))
            step["expect"] = answer
        elif "expect" in step:
            results.append((index, step, differences(canonical(step["expect"]), canonical(answer))))
    for step in scenario.get("cleanup", []):
        try:
            run_step(client, step, state)
        except Exception:
            pass
    try:
        client.request("DELETE", "/api/v1/namespaces/" + ns)
    except Exception:
        pass
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("command", choices=["replay", "record"])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--server", required=True)
    parser.add_argument("--token")
    parser.add_argument("-k", default="", help="only scenarios whose name contains this")
    parser.add_argument("-v", action="store_true", help="print every difference")
    parser.add_argument("--json", help="write the result of every step here")
    args = parser.parse_intermixed_args()
    here = os.path.dirname(os.path.abspath(__file__))
    files = args.files or sorted(glob.glob(os.path.join(here, "*.json")))
    if not files:
        parser.error("no scenario files")
    client = Client(args.server, args.token)
    total = agree = serial = 0
    report, groups = [], {}
    for file in files:
        with open(file) as f:
            document = json.load(f)
        for scenario in document["scenarios"]:
            if args.k and args.k not in scenario["name"]:
                continue
            serial += 1
            results = run_scenario(client, scenario, serial, args.command == "record")
            bad = [r for r in results if r[2]]
            group = groups.setdefault(document["group"], [0, 0])
            total += len(results)
            agree += len(results) - len(bad)
            group[0] += len(results) - len(bad)
            group[1] += len(results)
            report += [{"group": document["group"], "scenario": scenario["name"], "step": i, "do": s.get("do") or s.get("watch") or s.get("watchEnd"), "differences": d} for i, s, d in results]
            for i, s, d in bad:
                print("DIFFERS %s / %s step %d: %s" % (document["group"], scenario["name"], i, s.get("do") or s.get("watch") or "events of " + s.get("watchEnd", "")))
                for line in d if args.v else d[:2]:
                    print("    " + line)
        if args.command == "record":
            with open(file, "w") as f:
                json.dump(document, f, indent=1, ensure_ascii=False)
                f.write("\n")
            print("recorded", os.path.basename(file))
    if args.json:
        with open(args.json, "w") as f:
            json.dump(report, f, indent=1)
    if args.command == "replay":
        for name, (ok, n) in sorted(groups.items()):
            print("%-24s %4d of %4d steps agree" % (name, ok, n))
        print("conformance: %d of %d steps agree (%.1f%%)" % (agree, total, 100.0 * agree / max(total, 1)))
        sys.exit(0 if agree == total and total else 1)


if __name__ == "__main__":
    main()
