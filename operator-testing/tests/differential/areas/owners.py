"""Applies, updates and patches by several managers of the same objects; their managedFields are compared with the rest."""

APPLY = {"Content-Type": "application/apply-patch+yaml"}
MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
JSON = {"Content-Type": "application/json-patch+json"}


def config_map(random):
    data = {key: random.choice("xyz") for key in "abc" if random.random() < 0.5}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "o"}}
    if data or random.random() < 0.5:
        body["data"] = data
    return metadata(random, body)


def metadata(random, body):
    if random.random() < 0.5:
        body["metadata"]["labels"] = {key: random.choice("12") for key in "lmn" if random.random() < 0.5}
    if random.random() < 0.2:
        body["metadata"]["annotations"] = {"note": random.choice("12")}
    if random.random() < 0.2:
        body["metadata"]["finalizers"] = random.sample(["example.com/a", "example.com/b"], random.randint(0, 2))
    return body


def deployment(random):
    def container(name):
        made = {"name": name}
        if random.random() < 0.9:
            made["image"] = random.choice(["i:1", "i:2"])
        if random.random() < 0.4:
            made["env"] = [{"name": key, "value": random.choice("12")} for key in random.sample("ABC", random.randint(0, 3))]
        if random.random() < 0.4:
            made["ports"] = [{"containerPort": port} for port in random.sample([80, 81, 443], random.randint(0, 2))]
        if random.random() < 0.3:
            made["args"] = random.sample(["-a", "-b"], random.randint(0, 2))
        if random.random() < 0.2:
            made["resources"] = {"limits": {"cpu": random.choice(["1", "1000m", "500m"])}}
        return made
    spec = {}
    if random.random() < 0.6:
        spec["replicas"] = random.randint(0, 2)
    if random.random() < 0.8:
        spec["selector"] = {"matchLabels": {"app": "o"}}
    pods = {"containers": [container(name) for name in random.sample(["c", "d"], random.randint(1, 2))]}
    if random.random() < 0.3:
        pods["nodeSelector"] = {key: "1" for key in random.sample("pq", random.randint(0, 2))}
    if random.random() < 0.3:
        pods["tolerations"] = [{"key": key, "operator": "Exists"} for key in random.sample("rs", random.randint(0, 2))]
    spec["template"] = {"metadata": {"labels": {"app": "o"}}, "spec": pods}
    return metadata(random, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "o"}, "spec": spec})


def service(random):
    ports = [{"name": "p%d" % port, "port": port, **({"protocol": random.choice(["TCP", "UDP"])} if random.random() < 0.5 else {})}
             for port in random.sample([80, 81, 443], random.randint(1, 3))]
    spec = {"ports": ports}
    if random.random() < 0.5:
        spec["selector"] = {key: random.choice("12") for key in random.sample("st", random.randint(0, 2))}
    return metadata(random, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "o"}, "spec": spec})


KINDS = {"/api/v1/namespaces/${ns}/configmaps": config_map, "/apis/apps/v1/namespaces/${ns}/deployments": deployment,
         "/api/v1/namespaces/${ns}/services": service}


def steps(random, namespace):
    yield {"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": namespace}}, "quiet": True}
    path, make = random.choice(sorted(KINDS.items()))
    one = path + "/o"
    for _ in range(random.randint(8, 25)):
        manager = random.choice(["ann", "bob", "cem"])
        query = {"fieldManager": manager}
        body = make(random)
        draw = random.random()
        if draw < 0.65:
            if random.random() < 0.4:
                query["force"] = "true"
            if random.random() < 0.05:
                body["metadata"]["managedFields"] = random.choice([[], [{"manager": "x"}]])
            yield {"method": "PATCH", "path": one, "query": query, "headers": APPLY, "body": body}
        elif draw < 0.75:
            if random.random() < 0.1:
                body["metadata"]["managedFields"] = random.choice([[], [{}]])
            yield {"method": "PATCH", "path": one, "query": query, "headers": random.choice([MERGE, STRATEGIC]), "body": body}
        elif draw < 0.83:
            yield {"method": "PUT", "path": one, "query": query, "body": body}
        elif draw < 0.88:
            yield {"method": "POST", "path": path, "query": query, "body": body}
        elif draw < 0.92 and "deployments" in path:
            scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": random.randint(0, 3)}}
            yield {"method": "PATCH", "path": one + "/scale", "query": query, "headers": random.choice([MERGE, APPLY]),
                   "body": {**scale, "metadata": {"name": "o"}}}
        elif draw < 0.95:
            operations = [{"op": random.choice(["remove", "add", "replace"]), "path": random.choice(["/metadata/labels", "/metadata/labels/l", "/metadata/managedFields"]),
                           "value": random.choice([{}, "x", []])}]
            yield {"method": "PATCH", "path": one, "query": query, "headers": JSON, "body": operations}
        elif draw < 0.97:
            yield {"method": "PATCH", "path": one, "headers": MERGE, "body": {"metadata": {"finalizers": None}}}
            yield {"method": "DELETE", "path": one}
        else:
            yield {"method": "GET", "path": one}
    yield {"method": "GET", "path": one}
    yield {"method": "PATCH", "path": one, "headers": MERGE, "body": {"metadata": {"finalizers": None}}, "quiet": True}
    yield {"method": "DELETE", "path": "/api/v1/namespaces/${ns}", "quiet": True}
