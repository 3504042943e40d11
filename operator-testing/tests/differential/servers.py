"""One server: what is asked of it, what it answered before, and its answers in a form that two servers can share."""
import http.client
import json
import os
import re
import socket
import ssl
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import conformance  # noqa: E402

AGE = re.compile(r"^(\d+[smhdy])+$")
ADDRESS = re.compile(r"\b10\.0\.0\.\d+\b")
# The revisions in what is said of a precondition, and in a body that a message quotes.
REVISION = re.compile(r'(?<=in the precondition \()\d+|(?<=ResourceVersion in record \()\d+|(?<="resourceVersion": ")\d+')
VARIABLE = re.compile(r"\$\{([^}]*)\}")
# What stands for something that no answer has named yet.
UNKNOWN = {"rv": "1", "seen": "0", "uid": "00000000-0000-4000-8000-000000000000", "continue": ""}
TOKEN = "admin-token"
# What tells one manager of an object from another.
MANAGER = ("manager", "operation", "subresource", "apiVersion")


class Server:
    """A server over one connection."""

    def __init__(self, url):
        self.url = urllib.parse.urlparse(url)
        self.connection = None
        self.forget()

    def forget(self):
        self.names, self.memory, self.versions = conformance.Names(), {}, {}

    def connect(self, timeout=60):
        if self.url.scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=timeout, context=context)
        return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=timeout)

    def begin(self, step, namespace):
        """Sends a request, whose answer `end` reads."""
        path, data, headers = self.request_of(step, namespace)
        self.pending = (step["method"], path, data, headers)
        try:
            self.connection = self.connection or self.connect()
            self.connection.request(step["method"], path, body=data, headers=headers)
        except (http.client.HTTPException, OSError):
            self.connection = None

    def end(self):
        """Status, body and warnings of the request that `begin` sent; sends it again if the connection was closed meanwhile."""
        for attempt in range(3):
            try:
                if self.connection is None:
                    method, path, data, headers = self.pending
                    self.connection = self.connect()
                    self.connection.request(method, path, body=data, headers=headers)
                response = self.connection.getresponse()
                raw = response.read()
                return response.status, conformance.decode(raw) if raw else None, response.headers.get_all("Warning") or []
            except (http.client.HTTPException, OSError):
                self.connection = None
                if attempt == 2:
                    raise

    def request_of(self, step, namespace):
        path = self.fill(step["path"], namespace)
        if step.get("query"):
            path += "?" + urllib.parse.urlencode(self.fill(step["query"], namespace))
        body = self.fill(step.get("body"), namespace)
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        headers = {"Authorization": "Bearer " + TOKEN, "User-Agent": "conformance/1", "Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        headers.update(self.fill(step.get("headers") or {}, namespace))
        return path, data, headers

    def ask(self, step, namespace):
        self.begin(step, namespace)
        return self.end()

    def get(self, path, namespace=""):
        return self.ask({"method": "GET", "path": path}, namespace)

    def fill(self, value, namespace):
        """Puts what this server said in place of ${...}."""
        if isinstance(value, dict):
            return {key: self.fill(item, namespace) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, namespace) for item in value]
        if isinstance(value, str) and "${" in value:
            def known(found):
                name = found.group(1)
                return namespace if name == "ns" else self.memory.get(name, UNKNOWN[name.split()[-1]])
            return VARIABLE.sub(known, value)
        return value

    def remember(self, key, status, body):
        """Keeps what later requests refer to; says how the object's version stands to the one before."""
        metadata = body.get("metadata") if isinstance(body, dict) else None
        if not isinstance(metadata, dict):
            return None
        for field, suffix in (("resourceVersion", "rv"), ("resourceVersion", "seen"), ("uid", "uid"), ("continue", "continue")):
            if metadata.get(field):
                self.memory["%s %s" % (key, suffix)] = metadata[field]
        version = metadata.get("resourceVersion")
        if not version or status >= 300 or "/" not in key:
            return None
        before = self.versions.get(key)
        self.versions[key] = version
        return "same" if before == version else "other"

    def shape(self, body):
        """An answer with everything that differs from server to server made alike: uids by the order of their appearance, versions,
        times, ages, addresses and ports."""
        def text(value, key=None):
            value = conformance.normalise(value, self.names, {}, [])
            if key == "cells":
                if AGE.match(value):
                    return "<age>"
                value = re.sub(r":\d{5}/", ":<port>/", value)
            value = REVISION.sub("<rv>", value)
            return ADDRESS.sub("<address>", value)

        def walk(value, key=None):
            if isinstance(value, dict):
                return {text(name): member(name, value[name], key) for name in sorted(value)}
            if isinstance(value, list):
                return [walk(item, key) for item in value]
            return text(value, key) if isinstance(value, str) else value

        def member(name, value, parent):
            if name == "resourceVersion" and value not in ("", "0", None):
                return "<rv>"
            if name == "continue" and value:
                return "<token>"
            if name == "managedFields" and isinstance(value, list):
                # their order hangs on the second of each write
                return sorted(walk(value, name), key=lambda entry: [str(entry.get(field)) for field in MANAGER])
            if name in ("nodePort", "healthCheckNodePort") and isinstance(value, int):
                return "<port>"
            # the descriptions of columns are left out by the embedded server
            if name == "description" and parent == "columnDefinitions":
                return ""
            return walk(value, name)
        return walk(body)


class Watch:
    """A watch on a connection of its own; what it brings waits there until it is read."""

    def __init__(self, server, step, namespace):
        self.server = server
        path, _, headers = server.request_of(step, namespace)
        self.connection = server.connect(timeout=15)
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()

    def events(self, quiet):
        """What came, until nothing has come for some time; without bookmarks other than that which ends the initial events."""
        found = []
        if self.response.status != 200:
            found.append({"status": self.response.status, "body": self.server.shape(conformance.decode(self.response.read()))})
        else:
            try:
                if quiet:
                    self.connection.sock.settimeout(quiet)
                while line := self.response.readline():
                    event = conformance.decode(line)
                    if event.get("type") != "BOOKMARK" or "initial-events-end" in line.decode():
                        found.append(self.server.shape(event))
            except (socket.timeout, TimeoutError, OSError):
                pass
        self.connection.close()
        return found
