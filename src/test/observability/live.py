"""Asks a Prometheus every query of Grafana's boards, as Grafana would fill it in, and says what came back.

    python3 live.py http://127.0.0.1:9090 <start, seconds since 1970> grafana/dashboards

Every panel, annotation and variable must have at least one value that is a number between the start and now, every recording
rule one series, and no rule may have failed. Exit status: 0 if so, 1 if not. To be called by live.sh.
"""

import json
import math
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request

STEP = 5  # seconds: the scrape interval, the least step of the boards' data source
RATE_INTERVAL = 4 * STEP  # as Grafana's $__rate_interval: never below four scrapes


class Prometheus:
    def __init__(self, base, start):
        self.base = base
        self.start = start
        self.end = int(time.time())

    def get(self, path, **parameters):
        url = f"{self.base}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.load(answer)["data"]

    def series(self, query, instant=False):
        """The labels of each series that has at least one number, and how many series came without."""
        if instant:
            found = self.get("query", query=query, time=self.end)["result"]
            values = [(one["metric"], [one["value"]]) for one in found]
        else:
            found = self.get("query_range", query=query, start=self.start, end=self.end, step=STEP)["result"]
            values = [(one["metric"], one["values"]) for one in found]
        good = [labels for labels, samples in values if any(math.isfinite(float(v)) for _, v in samples)]
        return good, len(values) - len(good)

    def label_values(self, query):
        metric, label = re.fullmatch(r"label_values\((?:(.*), *)?(\w+)\)", query, re.DOTALL).groups()
        selection = {"match[]": metric} if metric else {}
        return self.get(f"label/{label}/values", start=self.start, end=self.end, **selection)


def fill(query, variables, span):
    """The query with Grafana's variables filled in; a variable that allows several values becomes an alternative."""
    known = {
        "__rate_interval": f"{RATE_INTERVAL}s",
        "__interval": f"{STEP}s",
        "__range": f"{span}s",
        **{name: "(" + "|".join(map(re.escape, values)) + ")" for name, values in variables.items()},
    }
    # A backslash within a string of PromQL is written twice.
    known = {name: value.replace("\\", "\\\\") for name, value in known.items()}
    return re.sub(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", lambda m: known[m[1] or m[2]], query)


def panels(of):
    for panel in of:
        yield panel
        yield from panels(panel.get("panels", []))


def questions(board, prometheus):
    """Of one board: what is asked, the query, whether for one moment only."""
    span = prometheus.end - prometheus.start
    variables = {}
    for variable in board["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = fill(variable["query"]["query"], variables, span)
        variables[variable["name"]] = prometheus.label_values(query)
        yield f"variable {variable['name']}", None, variables[variable["name"]]
    for annotation in board["annotations"]["list"]:
        if "target" in annotation:
            yield f"annotation {annotation['name']}", fill(annotation["target"]["expr"], variables, span), False
    for panel in panels(board["panels"]):
        for target in panel.get("targets", []):
            name = f"{panel['title']} {target['refId']}"
            yield name, fill(target["expr"], variables, span), bool(target.get("instant"))


def judge_boards(prometheus, folder):
    missing = []
    boards = sorted(pathlib.Path(folder).glob("*.json"))
    for path in boards:
        board = json.loads(path.read_text())
        print(f"\n{board['title']}")
        for name, query, extra in questions(board, prometheus):
            if query is None:
                count, rest = len(extra), ", ".join(extra)
            else:
                good, empty = prometheus.series(query, extra)
                count, rest = len(good), f"and {empty} without a number" if empty else ""
            print(f"  {count:4}  {name}  {rest}".rstrip())
            if count == 0:
                missing.append(f"{board['title']}: {name}: {query}")
    if len(boards) == 0:
        missing.append(f"no boards in {folder}")
    return missing


def judge_rules(prometheus):
    missing = []
    print("\nRecording rules")
    for group in prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok":
                missing.append(f"rule {rule['name']}: {rule['health']} {rule.get('lastError', '')}")
            if rule["type"] == "recording":
                good, _ = prometheus.series(rule["name"])
                print(f"  {len(good):4}  {rule['name']}")
                if not good:
                    missing.append(f"recording rule {rule['name']}")
    failures, _ = prometheus.series("prometheus_rule_evaluation_failures_total > 0")
    missing += [f"evaluations failed: {labels}" for labels in failures]
    print("\nAlerts seen")
    seen, _ = prometheus.series('ALERTS')
    for labels in sorted(seen, key=lambda one: (one["alertname"], one["alertstate"])):
        of = " ".join(v for k, v in labels.items() if k in ("pool", "server", "job"))
        print(f"  {labels['alertstate']:8} {labels['alertname']} {of}")
    return missing


def main():
    base, start, folder = sys.argv[1:]
    prometheus = Prometheus(base, int(start))
    missing = judge_boards(prometheus, folder) + judge_rules(prometheus)
    for target in prometheus.get("targets")["activeTargets"]:
        if target["health"] != "up":
            missing.append(f"target {target['scrapeUrl']}: {target['lastError']}")
    print(f"\n{len(missing)} missing" if missing else "\nnothing is missing")
    for line in missing:
        print(f"  {line}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
