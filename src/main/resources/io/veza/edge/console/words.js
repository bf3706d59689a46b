"use strict";
// What the console's script builds on: text that is only written when it changes, words for numbers and states, sparklines.

const byId = id => document.getElementById(id);

// Where a value is shown: remembers the text, so that what did not change costs no work in the page.
class Text {
  constructor(node) { this.node = node; this.now = null; }
  set(text) {
    if (text !== this.now) { this.now = text; this.node.textContent = text; }
  }
}

const attribute = (node, name, value) => {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
};

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// ---- words for numbers

const count = n => n < 10_000 ? String(n) : n < 1e6 ? (n / 1e3).toFixed(1) + "k" : (n / 1e6).toFixed(1) + "M";
const share = x => (x * 100).toFixed(1) + " %";
const weight = w => Number.isInteger(w) ? String(w) : w.toFixed(2);

function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + s % 60 + " s";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
}

const roughly = seconds => span(seconds).replace(/(min|h|d) .*/, "$1");

function millis(seconds) {
  const ms = seconds * 1000;
  return ms === 0 ? "0" : ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : Math.round(ms).toString();
}

const latency = (l, any) => any ? `${millis(l.p50)} · ${millis(l.p95)} · ${millis(l.p99)} ms` : "–";
const clock = iso => new Date(iso).toLocaleTimeString([], { hour12: false });
const last = list => list.length ? list[list.length - 1] : 0;

// ---- what a server's state looks like; the word never depends on the colour

function look(server) {
  if (server.state === "maint") return "maint";
  if (server.health === "down") return "down";
  if (server.state === "drain" || server.health === "stopping") return "drain";
  return server.slowStart ? "ramp" : "up";
}

function word(server) {
  if (server.state === "maint") return "MAINT";
  const health = server.health.toUpperCase();
  if (server.state === "drain") return server.health === "up" ? "DRAIN" : health + ", DRAIN";
  return server.slowStart ? "UP, slow start" : health;
}

function why(server) {
  if (server.drain) {
    const left = server.drain.remaining > 0 ? span(server.drain.remaining) + " left" : "deadline has come";
    const then = server.drain.then === "maint" ? ", then maint" : "";
    return left + then + (server.drain.holders === "move" ? ", holders move" : ", holders stay");
  }
  return server.state === "ready" || server.health !== "up" ? server.reason + ": " + server.detail : "by an operator";
}

function check(server) {
  const last = server.lastCheck;
  if (!last) return [server.checked ? "none yet" : "not checked", ""];
  const verdict = last.status === null ? last.outcome : String(last.status);
  return [verdict + " in " + millis(last.duration) + " ms",
          roughly(last.age) + " ago" + (server.checked ? "" : ", stopped")];
}

// ---- certificates: what they are for, how long they hold, and why a file is not used

const SOON = 14 * 86_400;

function certificate(c, now) {
  const end = c.notAfter || c.nextUpdate;
  const left = end ? (new Date(end) - now) / 1000 : null;
  const holds = left === null ? "" : left < 0 ? `ended ${roughly(-left)} ago` : `ends in ${roughly(left)}`;
  return {
    names: c.names ? c.names.join(", ") : "nextUpdate" in c ? "revocation lists" : "not in use",
    holds, problem: c.refused ? "changed file refused: " + c.refused : "",
    look: left !== null && left < 0 ? "down" : c.refused || left !== null && left < ("nextUpdate" in c ? 86_400 : SOON) ? "drain" : "up",
  };
}

const certificateRows = new Map();

function showCertificates(list) {
  byId("certificates").hidden = list.length === 0;
  const seen = new Set();
  for (const c of list) {
    const key = c.listener + " " + c.file;
    seen.add(key);
    let row = certificateRows.get(key);
    if (!row) {
      const texts = ["names", "file", "holds", "problem"].map(name => [name, new Text(element("span", { class: name === "holds" ? "to" : "" }))]);
      row = { line: element("li", {}, ...texts.map(([, text]) => text.node)), ...Object.fromEntries(texts) };
      certificateRows.set(key, row);
      byId("certificate-list").append(row.line);
    }
    const words = certificate(c, Date.now());
    attribute(row.line, "data-look", words.look);
    row.names.set(words.names);
    row.file.set(c.file);
    row.holds.set(words.holds);
    row.problem.set(words.problem);
  }
  for (const [key, row] of certificateRows) if (!seen.has(key)) { row.line.remove(); certificateRows.delete(key); }
}

// ---- sparklines: requests as a line, errors as red bars, each second one step

const SVG = "http://www.w3.org/2000/svg";
const SECONDS = 60, HEIGHT = 22;

class Spark {
  constructor(label) {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${SECONDS} ${HEIGHT}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("class", "spark");
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("aria-label", label);
    this.paths = ["area", "line", "error"].map(kind => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", kind);
      this.svg.append(path);
      return path;
    });
    this.drawn = "";
  }

  draw(recent) {
    const key = recent.requests.join() + "/" + recent.errors.join();
    if (key === this.drawn) return;
    this.drawn = key;
    const top = Math.max(1, ...recent.requests);
    const y = n => (HEIGHT - 1 - (HEIGHT - 3) * Math.min(n, top) / top).toFixed(1);
    const first = SECONDS - recent.requests.length;
    const line = recent.requests.map((n, i) => `${first + i + .5} ${y(n)}`).join("L");
    const errors = recent.errors.map((n, i) => n ? `M${first + i + .5} ${HEIGHT}V${y(n)}` : "").join("");
    this.paths[0].setAttribute("d", line ? `M${first + .5} ${HEIGHT}L${line}L${SECONDS - .5} ${HEIGHT}Z` : "");
    this.paths[1].setAttribute("d", line ? "M" + line : "");
    this.paths[2].setAttribute("d", errors);
  }
}
