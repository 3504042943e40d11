"""One request to both servers, and how their answers differ."""
from servers import conformance


def ask(servers, step, namespace, canonical=conformance.canonical):
    """Sends a request to both servers at once: the differences between the answers, what was compared, and what came."""
    for server in servers:
        server.begin(step, namespace)
    answers, shown = [server.end() for server in servers], []
    for server, (status, body, warnings) in zip(servers, answers):
        relation = server.remember(step["key"], status, body)
        shown.append({"status": status, "body": server.shape(body), "warnings": [server.shape(text) for text in warnings], "version": relation})
    step["succeeds"] = answers[0][0] < 300
    shown = list(map(canonical, shown))
    return conformance.differences(*shown), shown, answers
