"""Draws what Grafana's boards show of a Prometheus, as SVG: the same panels with the same queries at the same places, but not
Grafana's own drawing of them.

    python3 pictures.py http://127.0.0.1:9090 <start, seconds since 1970> grafana/dashboards <folder for the pictures>

To be called by live.sh: LIVE_PICTURES=src/docs/img src/test/observability/live.sh
"""

import html
import pathlib
import re
import sys
import time

from live import Board, Prometheus

# Which boards, and how many units of their grid from the top.
BOARDS = {"overview": 22, "health": 33, "tunnels": 30}

COLUMN, UNIT, GAP = 50, 30, 8
WIDTH = 24 * COLUMN
INK, PALE, GRID, PAPER, PANEL = "#24292e", "#6a737d", "#e4e7ea", "#f4f5f5", "#ffffff"

COLORS = {
    "green": "#73bf69", "dark-green": "#37872d", "red": "#f2495c", "dark-red": "#c4162a", "yellow": "#f2cc0c",
    "orange": "#ff9830", "dark-orange": "#fa6400", "blue": "#5794f2", "dark-blue": "#1f60c4", "purple": "#b877d9",
    "dark-purple": "#8f3bb8", "gray": "#9fa7b3", "text": INK, "transparent": "none",
}
PALETTE = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642", "#cca300"]


def color(name):
    return COLORS.get(name, name)


def number(value, unit, decimals=None):
    """As short as it can be read."""
    if unit == "percentunit":
        return f"{value * 100:.{2 if decimals is None else decimals}f} %"
    if unit == "s":
        return f"{value * 1000:.3g} ms" if 0 < abs(value) < 1 else f"{value:.3g} s"
    prefix = ""
    if unit in ("Bps", "bytes"):
        for prefix in ("", "k", "M", "G"):
            if abs(value) < 1000:
                break
            value /= 1000
    text = f"{value:.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"
    suffix = {"reqps": " req/s", "cps": "/s", "Bps": f" {prefix}B/s", "bytes": f" {prefix}B"}.get(unit, "")
    return text + suffix


def threshold(value, steps):
    chosen = steps[0]["color"]
    for step in steps[1:]:
        chosen = step["color"] if value >= step["value"] else chosen
    return color(chosen)


def mapped(value, mappings):
    """The text and the colour that stand for a value, if any do."""
    for mapping in mappings:
        found = mapping.get("options", {}).get(f"{value:g}") if mapping["type"] == "value" else None
        if found:
            return found["text"], color(found["color"])
    return None


def legend(target, labels):
    text = re.sub(r"\{\{(\w+)\}\}", lambda m: labels.get(m[1], ""), target.get("legendFormat", ""))
    return text or ", ".join(labels.values()) or "value"


def overrides(panel, name):
    """What a panel sets for one of its fields."""
    found = dict(panel["fieldConfig"]["defaults"])
    for override in panel["fieldConfig"]["overrides"]:
        kind, options = override["matcher"]["id"], override["matcher"]["options"]
        if options == name if kind == "byName" else re.search(options.strip("/"), name):
            found.update({each["id"]: each["value"] for each in override["properties"]})
    return found


class Picture:
    def __init__(self, prometheus):
        self.prometheus = prometheus
        self.parts = []
        self.colors = {}

    def text(self, x, y, text, size=12, fill=INK, anchor="start", weight=400):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{html.escape(text)}</text>')

    def box(self, x, y, w, h, fill, radius=0, opacity=1):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(w, 0):.1f}" height="{max(h, 0):.1f}" rx="{radius}" fill="{fill}"'
            + (f' fill-opacity="{opacity}"' if opacity < 1 else "") + "/>")

    def line(self, x1, y1, x2, y2, stroke, dash=""):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"'
            + (f' stroke-dasharray="{dash}"' if dash else "") + "/>")

    def color_of(self, panel, name):
        fixed = overrides(panel, name).get("color", {})
        if fixed.get("mode") == "fixed":
            return color(fixed["fixedColor"])
        return self.colors.setdefault(name, PALETTE[len(self.colors) % len(PALETTE)])

    def when(self, moment, x, w):
        return x + w * (moment - self.prometheus.start) / (self.prometheus.end - self.prometheus.start)

    def times(self, x, y, w):
        span = self.prometheus.end - self.prometheus.start
        step = next(each for each in (15, 30, 60, 120, 300, 900, 3600) if w * each / span > 64 or each == 3600)
        for moment in range(self.prometheus.start // step * step + step, self.prometheus.end, step):
            at = self.when(moment, x, w)
            if x + 10 < at < x + w - 14:
                self.text(at, y, time.strftime("%H:%M:%S", time.gmtime(moment)), 10, PALE, "middle")

    def svg(self, title, height):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
                f'font-family="Inter, Helvetica, Arial, sans-serif" role="img"><title>{html.escape(title)}</title>'
                f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>' + "\n".join(self.parts) + "</svg>\n")


def draw_stat(picture, board, panel, x, y, w, h):
    (_, query, instant, step), = board.targets(panel)
    defaults = panel["fieldConfig"]["defaults"]
    found = picture.prometheus.series(query, instant, step)
    values = [numbers[-1][1] for _, numbers in found if numbers]
    shown = defaults.get("noValue", "") if not values else number(values[0], defaults.get("unit"), defaults.get("decimals"))
    fill = threshold(values[0], defaults["thresholds"]["steps"]) if values else PALE
    if panel["options"]["colorMode"].startswith("background"):
        picture.box(x, y - 24, w, h + 24, fill, 3)
        picture.text(x + 8, y - 7, panel["title"], 12, "#ffffff", weight=600)
        fill = "#ffffff"
    picture.text(x + w / 2, y + h / 2 + 6, shown, 26, fill, "middle", 600)


def draw_timeline(picture, board, panel, x, y, w, h):
    (target, query, instant, step), = board.targets(panel)
    rows = sorted((legend(target, labels), numbers) for labels, numbers in picture.prometheus.series(query, instant, step))
    left, height = 190, (h - 46) / max(len(rows), 1)
    mappings = panel["fieldConfig"]["defaults"]["mappings"]
    seen = {}
    for row, (name, numbers) in enumerate(rows):
        top = y + row * height
        picture.text(x + left - 8, top + height / 2 + 4, name, 11, INK, "end")
        begin = 0
        for at in range(1, len(numbers) + 1):
            ends = at == len(numbers)
            gap = not ends and numbers[at][0] - numbers[at - 1][0] > 4 * step
            if ends or gap or numbers[at][1] != numbers[begin][1]:
                word, fill = mapped(numbers[begin][1], mappings)
                seen[word] = fill
                until = numbers[at - 1][0] if gap else numbers[min(at, len(numbers) - 1)][0]
                x1 = picture.when(numbers[begin][0], x + left, w - left - 10)
                x2 = picture.when(until, x + left, w - left - 10)
                picture.box(x1, top + 2, x2 - x1, height - 4, fill)
                if x2 - x1 > 40:
                    picture.text(x1 + 5, top + height / 2 + 4, word, 11)
                begin = at
    picture.times(x + left, y + h - 32, w - left - 10)
    for index, (word, fill) in enumerate(seen.items()):
        picture.box(x + 12 + index * 80, y + h - 18, 12, 4, fill)
        picture.text(x + 28 + index * 80, y + h - 12, word, 11)


def draw_table(picture, board, panel, x, y, w, h):
    organize = next(each["options"] for each in panel["transformations"] if each["id"] == "organize")
    fields = sorted(organize["indexByName"], key=organize["indexByName"].get)
    rows = {}
    for target, query, _, _ in board.targets(panel):
        for labels, numbers in picture.prometheus.series(query, True):
            row = rows.setdefault((labels["pool"], labels["server"]), dict(labels))
            if numbers:
                row[f"Value #{target['refId']}"] = numbers[-1][1]
    # As wide as what stands in them.
    names = [organize["renameByName"].get(field, field) for field in fields]
    signs = [2 + max([len(name), 8] + [len(str(row.get(field, ""))) for row in rows.values() if isinstance(row.get(field), str)])
             for name, field in zip(names, fields)]
    sign = (w - 20) / sum(signs)
    columns = [x + 10 + sum(signs[:i]) * sign for i in range(len(fields))]
    for at, name in zip(columns, names):
        picture.text(at, y + 14, name, 11, PALE, weight=600)
    for index, key in enumerate(sorted(rows)):
        top = y + 22 + index * 27
        picture.line(x + 10, top, x + w - 10, top, GRID)
        for at, field, name, wide in zip(columns, fields, names, signs):
            value = rows[key].get(field)
            sets = overrides(panel, name)
            if isinstance(value, str):
                picture.text(at, top + 18, value, 12)
            elif value is None:
                picture.text(at, top + 18, sets.get("noValue", ""), 12, PALE)
            elif mapped(value, sets.get("mappings", [])):
                word, fill = mapped(value, sets["mappings"])
                picture.box(at - 4, top + 3, wide * sign - 8, 21, fill)
                picture.text(at, top + 18, word, 12)
            else:
                picture.text(at, top + 18, number(value, sets.get("unit"), None), 12)


def draw_lines(picture, board, panel, x, y, w, h):
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults["custom"]
    lines = []
    for target, query, instant, step in board.targets(panel):
        for labels, numbers in picture.prometheus.series(query, instant, step):
            if numbers:
                name = legend(target, labels)
                turned = overrides(panel, name).get("custom.transform") == "negative-Y"
                lines.append((name, [(t, -v if turned else v) for t, v in numbers]))
    lines.sort(key=lambda one: one[0])
    bars, stacked = custom["drawStyle"] == "bars", custom["stacking"]["mode"] == "normal"
    # Each line's numbers with what they stand on.
    below, drawn = {}, []
    for name, numbers in lines:
        drawn.append((name, [(t, below.get(t, 0) if stacked else 0, v) for t, v in numbers]))
        if stacked:
            for t, v in numbers:
                below[t] = below.get(t, 0) + v
    above_zero = {name for name, numbers in lines if any(v for _, v in numbers)}
    top = max([base + v for _, numbers in drawn for _, base, v in numbers] + [custom.get("axisSoftMax", 0), 1e-9])
    top = defaults.get("max", top * 1.05)
    low = min([v for _, numbers in lines for _, v in numbers] + [0]) * 1.05
    left, bottom = 62, 54 if len(lines) > 3 else 38
    px, pw, py, ph = x + left, w - left - 12, y + 4, h - bottom - 8

    def height(value):
        return py + ph * (top - value) / (top - low)

    for value in (0, top / 2, top):
        at = height(value)
        picture.line(px, at, px + pw, at, GRID)
        picture.text(px - 6, at + 4, number(value, defaults.get("unit")), 10, PALE, "end")
    for annotation, query in board.annotations():
        for _, numbers in picture.prometheus.series(query):
            # An event is in several windows: it is drawn where it is first seen.
            starts = [t for i, (t, _) in enumerate(numbers) if i == 0 or t - numbers[i - 1][0] > 10]
            for moment in starts:
                at = picture.when(moment, px, pw)
                picture.line(at, py, at, py + ph, color(annotation["iconColor"]), "3 3")
    if custom.get("thresholdsStyle", {}).get("mode") == "dashed":
        for step_ in defaults["thresholds"]["steps"][1:]:
            if step_["value"] <= top:
                at = height(step_["value"])
                picture.line(px, at, px + pw, at, color(step_["color"]), "6 4")
    for name, numbers in drawn:
        if stacked and name not in above_zero:
            continue  # it would lie on the line below it and hide its colour
        stroke = picture.color_of(panel, name)
        points = [(picture.when(t, px, pw), height(base + v), height(base)) for t, base, v in numbers]
        if bars:
            for at, high, low in points:
                picture.box(at - 4, high, 8, low - high, stroke, 0, 0.8)
        else:
            runs = [[]]
            for (t, _, _), point in zip(numbers, points):
                if runs[-1] and t - runs[-1][-1][0] > 15:
                    runs.append([])
                runs[-1].append((t, point))
            for run in runs:
                path = " ".join(f"{at:.1f},{high:.1f}" for _, (at, high, _) in run)
                if custom["fillOpacity"] >= 20:
                    back = " ".join(f"{at:.1f},{low:.1f}" for _, (at, _, low) in reversed(run))
                    picture.parts.append(f'<polygon points="{path} {back}" fill="{stroke}" fill-opacity="0.35"/>')
                picture.parts.append(f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="1.5"/>')
    picture.times(px, py + ph + 14, pw)
    at, line = x + 12, y + h - bottom + 28
    if not lines:
        picture.text(x + w / 2, y + h / 2, defaults.get("noValue", "no data"), 12, PALE, "middle")
    # The room may not do for all: those that are not 0 come first.
    entries = sorted((name for name, _ in lines), key=lambda name: name not in above_zero)
    for index, name in enumerate(entries):
        width = 24 + 6.2 * len(name)
        if at + width > x + w - 60 and line + 15 > y + h and index < len(entries) - 1:
            picture.text(at, line, f"and {len(entries) - index} more", 11, PALE)
            break
        if at + width > x + w and at > x + 12:
            at, line = x + 12, line + 15
        picture.box(at, line - 5, 12, 4, picture.color_of(panel, name))
        picture.text(at + 16, line, name, 11)
        at += width


DRAW = {"stat": draw_stat, "state-timeline": draw_timeline, "table": draw_table, "timeseries": draw_lines}


def draw(board, prometheus, units):
    picture = Picture(prometheus)
    for panel in board.panels():
        place = panel["gridPos"]
        if place["y"] + place["h"] > units:
            continue
        x, y = place["x"] * COLUMN + GAP / 2, place["y"] * UNIT + GAP / 2
        w, h = place["w"] * COLUMN - GAP, place["h"] * UNIT - GAP
        if panel["type"] == "row":
            picture.text(x + 6, y + 17, panel["title"], 14, INK, weight=600)
            continue
        picture.box(x, y, w, h, PANEL, 3)
        picture.text(x + 8, y + 17, panel["title"], 12, INK, weight=600)
        DRAW[panel["type"]](picture, board, panel, x, y + 24, w, h - 24)
    return picture.svg(board.title, units * UNIT)


def main():
    base, start, boards, folder = sys.argv[1:]
    prometheus = Prometheus(base, int(start))
    prometheus.start = int(prometheus.series("edge_process_info")[0][1][0][0])  # before the first scrape is nothing
    for name, units in BOARDS.items():
        board = Board(pathlib.Path(boards) / f"{name}.json", prometheus)
        path = pathlib.Path(folder) / f"board-{name}.svg"
        path.write_text(draw(board, prometheus, units))
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
