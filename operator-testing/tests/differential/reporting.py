"""From the differences of many runs to a report: each kind once, and at the end how many there were."""
import json
import multiprocessing
import re
import urllib.parse


def signature(difference):
    """What makes two differences one of a kind."""
    step = difference["steps"][-1]
    texts = [re.sub(r"\d+|\[[^\]]*\]|[a-z]-\d+-\d+", "", line) for line in difference["found"][:3]]
    return "%s %s %s" % (step["method"], "watch" if "watch" in difference else "", [text[:90] for text in texts])


def shown(step):
    """A request in one line."""
    query = "?" + urllib.parse.urlencode(step["query"], safe="${} ,=") if step["query"] else ""
    headers = " ".join("%s: %s" % item for item in step["headers"].items())
    body = "" if step["body"] is None else json.dumps(step["body"])
    return " ".join(part for part in (step["method"], step["path"] + query, headers, body) if part)


def show(difference, steps):
    """Prints one difference with the requests that lead to it."""
    print("DIFFERS", signature(difference))
    for step in steps:
        print("    " + (shown(step) if "body" in step else json.dumps(step)))
    for line in difference["found"][:12]:
        print("      - " + line)
    print("    repeat: %s" % difference["repeat"], flush=True)


def tally(work, tasks, workers, report):
    """Does the tasks, reports the first difference of each kind, and counts all of them; the exit status.

    `work` gives the number of requests of a task and their differences, `report` prints one."""
    sent = unexplained = 0
    reasons, seen = {}, {}
    with multiprocessing.Pool(workers) as pool:
        for number, (count, differences) in enumerate(pool.imap_unordered(work, tasks), 1):
            sent += count
            for difference in differences:
                if difference["why"]:
                    reasons[difference["why"]] = reasons.get(difference["why"], 0) + 1
                    continue
                unexplained += 1
                kind = signature(difference)
                seen[kind] = seen.get(kind, 0) + 1
                if seen[kind] == 1:
                    report(difference)
            if number % 50 == 0:
                print("... %d requests, %d unexplained differences" % (sent, unexplained), flush=True)
    for kind, count in sorted(seen.items(), key=lambda item: -item[1])[:40]:
        if count > 1:
            print("%5d times  %s" % (count, kind))
    for why, count in sorted(reasons.items()):
        print("explained: %5d  %s" % (count, why))
    print("%d requests, %d answered differently without an explanation (%d kinds)" % (sent, unexplained, len(seen)))
    return 1 if unexplained else 0
