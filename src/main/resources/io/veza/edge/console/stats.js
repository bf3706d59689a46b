"use strict";
// The console: shows each snapshot of /stats/live by changing the text of cells that are there already, so that focus,
// selection and a screen reader's place survive, and sends what an operator confirms to the JSON API.

// ---- one server: a row that lives as long as the server does

const visible = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const row = entry.target.row;
    row.onScreen = entry.isIntersecting;
    if (row.onScreen && row.server) row.spark.draw(row.server.recent);
  }
}, { rootMargin: "100px" });

class ServerRow {
  constructor(pool, server) {
    this.server = null;
    this.onScreen = false;
    this.text = {};
    this.spark = new Spark(`Requests and errors of ${server.name} in the last minute`);
    this.gauge = element("span");
    const say = (name, tag = "span", attributes = {}) => {
      const node = element(tag, attributes);
      this.text[name] = new Text(node);
      return node;
    };
    const under = name => say(name, "span", { class: "under" });
    const cell = (label, ...children) => element("td", { role: "cell", "data-label": label }, ...children);
    const number = (label, ...children) => {
      const td = cell(label, ...children);
      td.className = "number";
      return td;
    };
    const button = (name, wanted) => {
      const b = element("button", { type: "button", "data-wanted": wanted, "aria-label": `${name} ${server.name}` }, name);
      b.addEventListener("click", () => ask(this.server, wanted));
      return b;
    };
    this.buttons = [button("Ready", "ready"), button("Drain…", "drain"), button("Maint…", "maint")];
    const actions = cell("Actions", ...this.buttons);
    actions.className = "actions";
    this.row = element("tr", { role: "row", "data-server": server.name },
      element("th", { role: "rowheader", scope: "row" }, say("name", "span", { class: "name" }), under("address")),
      cell("State", say("state", "span", { class: "state" }), " ", say("since", "span", { class: "quiet" }), under("why")),
      ...(pool.balance.algorithm === "uri" ? [cell("Keys", say("keys"), under("heirs"))] : []),
      cell("Weight", say("weight"), element("span", { class: "gauge", "aria-hidden": "true" }, this.gauge), under("ramp")),
      number("In flight", say("inFlight"), under("most")),
      number("Tunnels", say("tunnels")),
      cell("Requests, errors", this.spark.svg, say("rate", "span"), " ", say("errors", "span", { class: "quiet" })),
      number("p50 · p95 · p99", say("latency")),
      cell("Last check", say("check"), under("age")),
      actions);
    this.row.row = this;
    visible.observe(this.row);
  }

  show(server, writable) {
    this.server = server;
    const text = this.text;
    const shape = look(server);
    attribute(this.row, "data-look", shape);
    text.name.set(server.name);
    text.address.set((server.resolved || server.address) + (server.backup ? ", backup" : ""));
    text.state.set(word(server));
    text.why.set(why(server));
    text.since.set("for " + roughly(server.sinceSeconds));
    this.showWeight(server);
    text.inFlight.set(count(server.inFlight) + (server.maxConnections ? " of " + count(server.maxConnections) : ""));
    text.most.set("most " + count(server.mostInFlight));
    text.tunnels.set(count(server.tunnels));
    const errors = last(server.recent.errors);
    text.rate.set(count(server.requestRate) + "/s");
    text.errors.set(count(errors) + " err/s");
    attribute(text.errors.node, "class", errors ? "alarm" : "quiet");
    text.latency.set(latency(server.latency, server.latency.p99 > 0));
    const [verdict, age] = check(server);
    text.check.set(verdict);
    text.age.set(age);
    attribute(text.check.node, "class", server.lastCheck && !server.lastCheck.passed ? "alarm" : "");
    if (text.keys && server.keys) this.showKeys(server.keys);
    if (this.onScreen) this.spark.draw(server.recent);
    for (const button of this.buttons) {
      // Not "disabled", which would take the focus away from whoever has just used it.
      const idle = button.dataset.wanted === "ready" && server.state === "ready"
        || button.dataset.wanted === "maint" && server.state === "maint";
      attribute(button, "aria-disabled", String(idle || !writable));
    }
  }

  showWeight(server) {
    const w = server.weight;
    const full = w.set || 1;
    this.text.weight.set(weight(w.effective) + " of " + w.set + (w.set === w.configured ? "" : ` (configured ${w.configured})`));
    this.text.ramp.set(server.slowStart ? "full in " + span(server.slowStart.remaining) : "");
    const scale = `scaleX(${Math.min(1, w.effective / full).toFixed(3)})`;
    if (this.scale !== scale) { this.scale = scale; this.gauge.style.transform = scale; }
  }

  showKeys(keys) {
    this.text.keys.set(share(keys.share));
    const heirs = keys.greatestHeirs;
    const to = heirs.length === 0 ? "no other server"
      : keys.heirs === 1 ? heirs[0].server : `${keys.heirs} servers, at most ${share(heirs[0].share)} each`;
    this.text.heirs.set(keys.share > 0 ? "removed: to " + to : "");
  }

  matches(words) {
    const text = this.text;
    const all = [this.server.pool, text.name.now, text.address.now, text.state.now, text.why.now].join(" ").toLowerCase();
    return words.every(word => all.includes(word));
  }

  remove() {
    visible.unobserve(this.row);
    this.row.remove();
  }
}

// ---- one pool

const COLUMNS = ["Server", "State", "Keys", "Weight", "In flight", "Tunnels", "Requests, errors", "p50 · p95 · p99", "Last check", "Actions"];
const NUMBERS = new Set(["In flight", "Tunnels", "p50 · p95 · p99"]);

class PoolSection {
  constructor(pool) {
    this.algorithm = pool.balance.algorithm;
    this.rows = new Map();
    this.facts = new Map();
    this.spark = new Spark(`Requests and errors of ${pool.name} in the last minute`);
    const title = element("h2", { id: "pool-" + pool.name }, pool.name);
    this.state = new Text(element("span", { class: "state" }));
    this.kind = new Text(element("span", { class: "kind" }));
    this.list = element("dl", { "aria-label": "Pool " + pool.name });
    const columns = COLUMNS.filter(name => name !== "Keys" || pool.balance.algorithm === "uri");
    this.body = element("tbody", { role: "rowgroup" });
    this.header = element("header", {}, title, this.state.node, this.kind.node, this.spark.svg, this.list);
    this.section = element("section", { class: "pool", "aria-labelledby": title.id }, this.header,
      element("table", { role: "table" },
        element("caption", { class: "unseen" }, "Servers of " + pool.name),
        element("thead", { role: "rowgroup" }, element("tr", { role: "row" },
          ...columns.map(name => element("th", { role: "columnheader", scope: "col", "data-column": name, ...(NUMBERS.has(name) ? { class: "number" } : {}) }, name)))),
        this.body));
  }

  fact(name, value) {
    let text = this.facts.get(name);
    if (!text) {
      text = new Text(element("dd"));
      this.facts.set(name, text);
      this.list.append(element("div", {}, element("dt", {}, name), text.node));
    }
    text.set(value);
  }

  show(pool, writable) {
    attribute(this.header, "data-look", pool.up ? (pool.serversUp < pool.servers.length ? "ramp" : "up") : "down");
    this.state.set(`${pool.up ? "UP" : "DOWN"}, ${pool.serversUp} of ${pool.servers.length} usable`);
    this.kind.set((pool.balance.algorithm === "uri" ? "consistent hash" : pool.balance.algorithm) + (pool.balance.boundedLoad ? " bounded by " + pool.balance.boundedLoad : "")
      + (pool.stickyCookie ? ", sticky cookie" : ""));
    this.fact("In flight", count(pool.inFlight));
    this.fact("Tunnels", count(pool.tunnels));
    this.fact("Queue", `${count(pool.queued)} of ${count(pool.maxQueue)}`);
    this.fact("Requests", count(pool.requestRate) + "/s");
    this.fact("Errors", count(last(pool.recent.errors)) + "/s");
    this.fact("p50 · p95 · p99", latency(pool.latency, pool.latency.p99 > 0));
    this.spark.draw(pool.recent);
    const gone = new Set(this.rows.keys());
    for (const server of pool.servers) {
      gone.delete(server.name);
      let row = this.rows.get(server.name);
      if (!row) {
        row = new ServerRow(pool, server);
        this.rows.set(server.name, row);
        this.body.append(row.row);
      }
      row.show(server, writable);
    }
    for (const name of gone) {
      this.rows.get(name).remove();
      this.rows.delete(name);
    }
  }
}

// ---- the page as a whole

const pools = new Map();
const facts = Object.fromEntries(["version", "uptime", "connections", "servers", "shown", "notice"].map(id => [id, new Text(byId(id))]));
let info = { writable: true, tokenWanted: false };
const READ_ONLY = "Read only: others reach this address, and edge.admin.token is not set.";

function show(snapshot) {
  info = snapshot.info;
  facts.version.set(info.version);
  facts.uptime.set(roughly(info.uptime));
  facts.connections.set(`${count(info.connections)} of ${count(info.maxConnections)}`);
  const servers = snapshot.pools.flatMap(pool => pool.servers);
  facts.servers.set(`${servers.filter(s => s.health === "up" && s.state === "ready").length} of ${servers.length}`);
  const notices = [
    info.stopping ? "This edge is stopping: it drains what is under way and takes nothing new." : "",
    info.configuration.lastTaken ? "" : "The last reload of the configuration was refused, nothing has changed: the log says why.",
    info.writable ? "" : READ_ONLY].filter(Boolean).join(" ");
  facts.notice.set(notices);
  byId("notice").hidden = !notices;
  const gone = new Set(pools.keys());
  for (const pool of snapshot.pools) {
    gone.delete(pool.name);
    let section = pools.get(pool.name);
    if (section && section.algorithm !== pool.balance.algorithm) {
      // A reload has changed it, and with it which columns there are.
      section.section.remove();
      section = undefined;
    }
    if (!section) {
      section = new PoolSection(pool);
      pools.set(pool.name, section);
      byId("pools").append(section.section);
    }
    section.show(pool, info.writable);
  }
  for (const name of gone) {
    pools.get(name).section.remove();
    pools.delete(name);
  }
  filter();
  showCertificates(snapshot.certificates);
  showHistory(snapshot.transitions);
}

function filter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let all = 0, shown = 0;
  for (const section of pools.values()) {
    let any = false;
    for (const row of section.rows.values()) {
      const matches = row.matches(words);
      if (row.row.hidden === matches) row.row.hidden = !matches;
      all++;
      if (matches) { shown++; any = true; }
    }
    const hide = words.length > 0 && !any;
    if (section.section.hidden !== hide) section.section.hidden = hide;
  }
  facts.shown.set(words.length ? `${shown} of ${all}` : "");
}

// ---- transitions: the newest on top, and the new ones read out

const lookOf = label => label.endsWith("/MAINT") ? "maint" : label.startsWith("DOWN") ? "down" : label === "UP" ? "up" : "drain";
const idOf = t => [t.at, t.pool, t.server, t.to].join(" ");
let known = null;

function showHistory(transitions) {
  const list = byId("history");
  const fresh = known === null ? transitions : transitions.filter(t => !known.has(idOf(t)));
  if (known !== null && fresh.length) announce(fresh);
  known = new Set(transitions.map(idOf));
  for (const t of fresh) {
    list.prepend(element("li", { "data-look": lookOf(t.to) },
      element("time", { datetime: t.at }, clock(t.at)),
      element("span", {}, `${t.pool} / ${t.server}`),
      element("span", {}, `${t.from} → `, element("span", { class: "to" }, t.to)),
      element("span", { class: "quiet" }, t.cause)));
  }
  while (list.children.length > 200) list.lastElementChild.remove();
  byId("no-history").hidden = list.children.length > 0;
  // What scrolls must be reachable by keyboard.
  if (list.children.length && !list.hasAttribute("tabindex")) attribute(list, "tabindex", "0");
}

function announce(fresh) {
  const text = t => `${t.server} in ${t.pool} went from ${t.from} to ${t.to}, ${t.cause}.`;
  byId("announce").textContent = fresh.length <= 3
    ? fresh.map(text).join(" ")
    : `${fresh.length} transitions. The last: ${text(fresh[fresh.length - 1])}`;
}

// ---- commands

let token = "";
let asked = null;

const TITLES = { ready: "Put back to work", drain: "Drain", maint: "Take into maintenance" };

function ask(server, wanted) {
  const button = pools.get(server.pool).rows.get(server.name).buttons.find(b => b.dataset.wanted === wanted);
  if (button.getAttribute("aria-disabled") === "true") {
    say(info.writable ? `${server.name} is in ${server.state} already.` : READ_ONLY, "problem");
    return;
  }
  asked = { server, wanted };
  byId("ask-title").textContent = `${TITLES[wanted]}: ${server.name}`;
  byId("ask-text").textContent = wanted === "maint"
    ? `It takes nothing any more, and what runs on it is cut: now ${server.inFlight} in flight, ${server.tunnels} of them tunnels.`
    : wanted === "drain"
      ? `It takes no new sessions. Now ${server.inFlight} in flight, ${server.tunnels} of them tunnels.`
      : `It takes new sessions again${server.state === "maint" ? ", ramping up by slow start" : ""}.`;
  byId("ask-drain").hidden = wanted !== "drain";
  byId("ask-ending").hidden = !byId("ask-deadline").value;
  byId("ask-token-row").hidden = !info.tokenWanted || token !== "";
  byId("ask-go").textContent = { ready: "Ready", drain: "Drain", maint: "Maintenance" }[wanted];
  attribute(byId("ask-go"), "data-look", wanted);
  byId("ask").showModal();
}

byId("ask-deadline").addEventListener("change", event => { byId("ask-ending").hidden = !event.target.value; });
byId("ask-cancel").addEventListener("click", () => byId("ask").close());
byId("result-close").addEventListener("click", () => { byId("result").hidden = true; });

byId("ask-form").addEventListener("submit", event => {
  event.preventDefault();
  byId("ask").close();
  if (!byId("ask-token-row").hidden) token = byId("ask-token").value.trim();
  byId("ask-token").value = "";
  const body = { state: asked.wanted };
  const deadline = byId("ask-deadline").value;
  if (asked.wanted === "drain" && deadline) {
    body.deadline = deadline;
    body.holders = byId("ask-holders").value;
    body.then = byId("ask-then").checked ? "maint" : "drain";
  }
  command(asked.server, body);
});

async function command(server, body) {
  const path = `/api/pools/${encodeURIComponent(server.pool)}/servers/${encodeURIComponent(server.name)}/state`;
  const headers = { "Content-Type": "application/json", "X-Veza-Edge": "1" };
  if (token) headers.Authorization = "Bearer " + token;
  try {
    const response = await fetch(path, { method: "PUT", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) });
    const answer = await response.json();
    if (response.ok) {
      const section = pools.get(answer.pool);
      const row = section && section.rows.get(answer.name);
      if (row) row.show(answer, info.writable);
      say(`${answer.name} is in ${answer.state.toUpperCase()} now: ${why(answer)}. ${answer.inFlight} in flight, ${answer.tunnels} of them tunnels.`, "done");
    } else {
      if (response.status === 401) token = "";
      say(`Nothing was changed: ${answer.detail}`, "problem");
    }
  } catch (e) {
    say(`It is not known whether ${server.name} was changed: the edge did not answer (${e.name}).`, "problem");
  }
}

function say(text, kind) {
  const result = byId("result");
  attribute(result, "data-kind", kind);
  result.hidden = false;
  byId("result-text").textContent = text;
}

// ---- the feed

const PATIENCE = 3_000, LONGEST_PAUSE = 15_000;
const feed = new Text(byId("feed"));
let socket = null, heard = 0, pause = 500, retryAt = 0, retry = 0;

function connect() {
  clearTimeout(retry);
  if (socket || document.hidden) return;
  socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/stats/live");
  socket.onmessage = event => {
    const begin = performance.now();
    heard = Date.now();
    pause = 500;
    show(JSON.parse(event.data));
    performance.clearMeasures("update");
    performance.measure("update", { start: begin });
    tell();
  };
  socket.onclose = lost;
}

function lost() {
  socket = null;
  if (document.hidden) return;
  const wait = pause * (.75 + Math.random() / 2);
  pause = Math.min(LONGEST_PAUSE, pause * 2);
  retryAt = Date.now() + wait;
  retry = setTimeout(connect, wait);
  tell();
}

function tell() {
  const silence = Date.now() - heard;
  const state = !heard ? (socket ? "connecting" : "lost") : socket && silence < PATIENCE ? "live" : "stale";
  attribute(byId("feed"), "data-state", state);
  document.documentElement.classList.toggle("stale", state === "stale");
  const next = socket ? "" : `, trying again in ${Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))} s`;
  feed.set(state === "live" ? "live" : state === "connecting" ? "connecting"
    : state === "lost" ? "no connection" + next : `stale for ${span(silence / 1000)}${next}`);
}

document.addEventListener("visibilitychange", () => {
  // Nobody looks: the edge need not make snapshots for it.
  if (document.hidden) { if (socket) socket.close(); } else { pause = 500; connect(); }
});
addEventListener("online", () => { pause = 500; connect(); });
byId("filter").addEventListener("input", filter);
document.addEventListener("keydown", event => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("filter").focus();
  }
});
setInterval(tell, 1000);
connect();
