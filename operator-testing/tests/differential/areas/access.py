"""Random roles and bindings, and requests of users under them."""

# Their own in each run, since runs go on at once.
USERS = ["ada-${ns}", "ben-${ns}", "system:serviceaccount:${ns}:bot"]
GROUPS = ["devs-${ns}", "ops-${ns}"]
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*"]
GROUPED = [("", "configmaps"), ("", "secrets"), ("", "pods"), ("", "pods/status"), ("", "services"), ("", "serviceaccounts"), ("", "events"),
           ("apps", "deployments"), ("apps", "deployments/scale"), ("apps", "statefulsets"), ("batch", "jobs"), ("batch", "jobs/status"),
           ("coordination.k8s.io", "leases"), ("networking.k8s.io", "ingresses")]
RBAC = "rbac.authorization.k8s.io"
URLS = ["/healthz", "/version", "/metrics", "/api/*", "/api", "/apis/*", "*", "/livez"]


def rule(random, cluster):
    if cluster and random.random() < 0.2:
        return {"nonResourceURLs": random.sample(URLS, random.randint(1, 2)), "verbs": random.sample(["get", "*", "post", "head"], 1)}
    if random.random() < 0.2:
        # what may be done with roles themselves
        return {"apiGroups": [RBAC], "resources": random.sample(["roles", "clusterroles", "rolebindings", "clusterrolebindings"], 2),
                "verbs": random.sample(["get", "list", "create", "update", "patch", "delete", "bind", "escalate", "*"], random.randint(2, 5)),
                **({"resourceNames": ["${ns}-0"]} if random.random() < 0.2 else {})}
    if random.random() < 0.1:
        return {"apiGroups": [""], "resources": random.sample(["users", "groups", "serviceaccounts"], 2), "verbs": ["impersonate"],
                **({"resourceNames": ["ben-${ns}"]} if random.random() < 0.4 else {})}
    chosen = random.sample(GROUPED, random.randint(1, 2))
    made = {"apiGroups": sorted({group for group, _ in chosen}), "resources": sorted({resource for _, resource in chosen}),
            "verbs": random.sample(VERBS, random.randint(1, 3))}
    if random.random() < 0.1:
        made["apiGroups"] = ["*"]
    if random.random() < 0.1:
        made["resources"] = random.choice([["*"], ["*/scale"], ["deployments/*"], ["*/status"], ["pods/*"]])
    if random.random() < 0.25:
        made["resourceNames"] = random.sample(["a", "b"], random.randint(1, 2))
    return made


def subject(random, everywhere=False):
    draw = random.random()
    if draw < 0.4:
        return {"kind": "User", "name": random.choice(USERS[:2]), "apiGroup": "rbac.authorization.k8s.io"}
    if draw < 0.7:
        return {"kind": "Group", "name": random.choice(GROUPS + ["system:serviceaccounts:${ns}"] + ["system:authenticated"] * (not everywhere)),
                "apiGroup": "rbac.authorization.k8s.io"}
    return {"kind": "ServiceAccount", "name": "bot", "namespace": "${ns}"}


def grant(random, base, headers):
    """A user who makes or changes a role or a binding: allowed to those who hold all of it, or may escalate or bind."""
    cluster = random.random() < 0.4
    inside = "" if cluster else "/namespaces/${ns}"
    query = {"dryRun": "All"}
    name = random.choice(["${ns}-0", "${ns}-1", "${ns}-new"])
    rules = [rule(random, cluster) for _ in range(random.randint(0, 2))]
    roles, bindings = ("clusterroles", "clusterrolebindings") if cluster else ("roles", "rolebindings")
    if random.random() < 0.5:
        body = {"metadata": {"name": name}, "rules": rules}
        if random.random() < 0.5:
            return {"method": "POST", "path": "%s%s/%s" % (base, inside, roles), "headers": headers, "query": query, "body": body}
        if random.random() < 0.5:
            return {"method": "PUT", "path": "%s%s/%s/%s" % (base, inside, roles, name), "headers": headers, "query": query, "body": body}
        return {"method": "PATCH", "path": "%s%s/%s/%s" % (base, inside, roles, name), "query": query, "body": {"rules": rules},
                "headers": {**headers, "Content-Type": "application/merge-patch+json"}}
    kind = "ClusterRole" if cluster or random.random() < 0.5 else "Role"
    body = {"metadata": {"name": "${ns}-new"}, "subjects": [subject(random)],
            "roleRef": {"apiGroup": RBAC, "kind": kind, "name": random.choice(["${ns}-0", "${ns}-1", "cluster-admin", "view"])}}
    return {"method": "POST", "path": "%s%s/%s" % (base, inside, bindings), "headers": headers, "query": query, "body": body}


def steps(random):
    base = "/apis/rbac.authorization.k8s.io/v1"
    yield {"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": "${ns}"}}, "quiet": True}
    names = []
    for index in range(random.randint(1, 4)):
        cluster = random.random() < 0.5
        name = "${ns}-%d" % index
        names.append((name, cluster))
        roles, bindings = ("clusterroles", "clusterrolebindings") if cluster else ("roles", "rolebindings")
        inside = "" if cluster else "/namespaces/${ns}"
        yield {"method": "POST", "path": "%s%s/%s" % (base, inside, roles),
               "body": {"metadata": {"name": name}, "rules": [rule(random, cluster) for _ in range(random.randint(0, 3))]}}
        everywhere = cluster and random.random() < 0.5
        inside, bindings = ("", "clusterrolebindings") if everywhere else ("/namespaces/${ns}", "rolebindings")
        yield {"method": "POST", "path": "%s%s/%s" % (base, inside, bindings),
               "body": {"metadata": {"name": name}, "subjects": [subject(random, everywhere) for _ in range(random.randint(1, 2))],
                        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole" if cluster else "Role", "name": name}}}
    # the reference hears of roles through watches
    yield {"method": "WAIT", "pause": 1.0}
    for _ in range(60):
        headers = {"Impersonate-User": random.choice(USERS)}
        if random.random() < 0.4:
            headers["Impersonate-Group"] = random.choice(GROUPS)
        group, resource = random.choice(GROUPED)
        resource, _, subresource = resource.partition("/")
        prefix = "/api/v1" if not group else "/apis/%s/v1" % group
        inside = random.choice(["/namespaces/${ns}", "/namespaces/${ns}", "/namespaces/default", ""])
        path = "%s%s/%s" % (prefix, inside, resource)
        name = random.choice("ab")
        draw = random.random()
        if draw < 0.12:
            yield grant(random, base, headers)
        elif draw < 0.2:
            yield {"method": "GET", "path": random.choice(["/healthz", "/version", "/api/v1", "/apis/nope/v1", "/nope", "/logs", "/livez", "/api", "/apis", "/openapi/v2"]),
                   "headers": headers, "only": "status"}
        elif draw < 0.3:
            yield {"method": "GET", "path": path, "headers": headers, "query": random.choice([{}, {"fieldSelector": "metadata.name=a"}, {"limit": "1"}]), "only": "status"}
        elif draw < 0.45 and inside:
            yield {"method": "GET", "path": path + "/" + name + ("/" + subresource if subresource else ""), "headers": headers}
        elif draw < 0.55 and inside:
            yield {"method": "DELETE", "path": path + "/" + name, "headers": headers, "query": {"dryRun": "All"}}
        elif draw < 0.6 and inside:
            yield {"method": "DELETE", "path": path, "headers": headers, "query": {"dryRun": "All"}, "only": "status"}
        elif draw < 0.7 and inside:
            yield {"method": "POST", "path": path, "headers": headers, "query": {"dryRun": "All"}, "body": {"metadata": {"name": name}}}
        elif draw < 0.8 and inside:
            yield {"method": "PATCH", "path": path + "/" + name, "query": {"dryRun": "All", "fieldManager": "x"}, "body": {"metadata": {"labels": {"a": "b"}}},
                   "headers": {**headers, "Content-Type": random.choice(["application/merge-patch+json", "application/apply-patch+yaml"])}}
        elif draw < 0.9:
            review = {"spec": {"resourceAttributes": {"verb": random.choice(VERBS), "group": group, "resource": resource, "subresource": subresource,
                                                      "namespace": random.choice(["${ns}", "default", ""]), "name": random.choice(["", "a"])}}}
            yield {"method": "POST", "path": "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "headers": headers, "body": review}
        else:
            yield {"method": "POST", "path": "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "headers": headers,
                   "body": {"spec": {"namespace": "${ns}"}}}
    for name, cluster in names:
        if cluster:
            for what in ("clusterrolebindings", "clusterroles"):
                yield {"method": "DELETE", "path": "%s/%s/%s" % (base, what, name), "quiet": True, "last": True}
    yield {"method": "DELETE", "path": "/api/v1/namespaces/${ns}", "quiet": True, "last": True}
