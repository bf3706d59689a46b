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

SCRAPE = 5  # seconds: the scrape interval, and the least step of the boards' data source


class Prometheus:
    def __init__(self, base, start):
        self.base = base
        self.start = start
        self.end = int(time.time())

    def get(self, path, **parameters):
        url = f"{self.base}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.load(answer)["data"]

    def series(self, query, instant=False, step=SCRAPE):
        """Of each series its labels and its numbers, as (time, value); what is no number is left out."""
        if instant:
            found = self.get("query", query=query, time=self.end)["result"]
            found = [(one["metric"], [one["value"]]) for one in found]
        else:
            found = self.get("query_range", query=query, start=self.start, end=self.end, step=step)["result"]
            found = [(one["metric"], one["values"]) for one in found]
        return [(labels, [(t, float(v)) for t, v in values if math.isfinite(float(v))]) for labels, values in found]

    def count(self, query, instant=False, step=SCRAPE):
        """How many series have a number, and how many have none."""
        found = [bool(numbers) for _, numbers in self.series(query, instant, step)]
        return sum(found), len(found) - sum(found)

    def label_values(self, query):
        metric, label = re.fullmatch(r"label_values\((?:(.*), *)?(\w+)\)", query, re.DOTALL).groups()
        selection = {"match[]": metric} if metric else {}
        return self.get(f"label/{label}/values", start=self.start, end=self.end, **selection)


def fill(query, variables, span, step=SCRAPE):
    """The query with Grafana's variables filled in; a variable that allows several values becomes an alternative."""
    known = {
        "__rate_interval": f"{max(step + SCRAPE, 4 * SCRAPE)}s",
        "__interval": f"{step}s",
        "__range": f"{span}s",
        **{name: "(" + "|".join(map(re.escape, values)) + ")" for name, values in variables.items()},
    }
    # A backslash within a string of PromQL is written twice.
    known = {name: value.replace("\\", "\\\\") for name, value in known.items()}
    return re.sub(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", lambda m: known[m[1] or m[2]], query)


class Board:
    """One board with the values of its variables in a Prometheus."""

    def __init__(self, path, prometheus):
        self.json = json.loads(pathlib.Path(path).read_text())
        self.title = self.json["title"]
        self.span = prometheus.end - prometheus.start
        self.variables = {}
        for variable in self.json["templating"]["list"]:
            if variable["type"] == "query":
                query = fill(variable["query"]["query"], self.variables, self.span)
                self.variables[variable["name"]] = prometheus.label_values(query)

    def annotations(self):
        """Of each: itself, and its query."""
        for annotation in self.json["annotations"]["list"]:
            if "target" in annotation:
                yield annotation, fill(annotation["target"]["expr"], self.variables, self.span)

    def panels(self):
        def walk(panels):
            for panel in panels:
                yield panel
                yield from walk(panel.get("panels", []))

        return walk(self.json["panels"])

    def targets(self, panel):
        """Of each: itself, its query, whether for one moment only, and its step."""
        step = max(SCRAPE, int(panel.get("interval", "0s").removesuffix("s")))
        for target in panel.get("targets", []):
            yield target, fill(target["expr"], self.variables, self.span, step), bool(target.get("instant")), step


def judge_boards(prometheus, folder):
    missing = []

    def line(count, name, rest=""):
        print(f"  {count:4}  {name}  {rest}".rstrip())
        if count == 0:
            missing.append(f"{board.title}: {name}")

    def ask(name, query, instant=False, step=SCRAPE):
        count, empty = prometheus.count(query, instant, step)
        line(count, name, f"and {empty} without a number" if empty else "")

    paths = sorted(pathlib.Path(folder).glob("*.json"))
    for path in paths:
        board = Board(path, prometheus)
        print(f"\n{board.title}")
        for name, values in board.variables.items():
            line(len(values), f"variable {name}", ", ".join(values))
        for annotation, query in board.annotations():
            ask(f"annotation {annotation['name']}", query)
        for panel in board.panels():
            for target, query, instant, step in board.targets(panel):
                ask(f"{panel['title']} {target['refId']}", query, instant, step)
    if not paths:
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
                count, _ = prometheus.count(rule["name"])
                print(f"  {count:4}  {rule['name']}")
                if count == 0:
                    missing.append(f"recording rule {rule['name']}")
    failures = prometheus.series("prometheus_rule_evaluation_failures_total > 0")
    missing += [f"evaluations failed: {labels}" for labels, _ in failures]
    print("\nAlerts seen")
    seen = [labels for labels, _ in prometheus.series("ALERTS")]
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
