#!/usr/bin/env bash
# prometheus/ by the tools that read it: configuration, rules, and the rules' own tests by promtool; Alertmanager's
# configuration and where each severity goes by amtool; then a real Alertmanager, which must tell a webhook of a page and
# inhibit what follows from it.
#
#   src/test/observability/rules.sh
#
# Needs promtool, amtool and prometheus-alertmanager (Debian: prometheus, prometheus-alertmanager), curl, jq, python3. Takes no
# fixed port, binds the loopback address only, ends what it started. Exit status: 0 if all is well, 1 if not.
set -euo pipefail

prometheus=$(dirname "$0")/../../../prometheus
dir=$(mktemp -d)
pids=()
cleanup() {
  local status=$? pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  ((status == 0)) || cat "$dir"/*.log >&2
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

await() { # description, command...
  local what=$1 until=$((SECONDS + 30))
  shift
  until "$@"; do
    ((SECONDS < until)) || fail "$what: not within 30 s"
    sleep 0.1
  done
}

promtool check config "$prometheus/prometheus.yml"
promtool check rules "$prometheus"/rules/*.yml
promtool test rules "$prometheus"/tests/*.yml
amtool check-config "$prometheus/alertmanager.yml"
for severity in page ticket info; do
  receiver=$(amtool config routes test --config.file="$prometheus/alertmanager.yml" severity=$severity 2>/dev/null)
  [[ $receiver == "$severity" ]] || fail "alerts of severity $severity go to $receiver"
done
echo 'ok: each severity has its receiver'

# A test that cannot fail would be none: with other thresholds in the rules, they must.
mkdir "$dir/rules" "$dir/tests"
cp "$prometheus"/tests/*.yml "$dir/tests"
sed 's/ > 0\.05/ > 0.5/; s/ > 14\.4 / > 144 /; s/ == 0/ == 2/' "$prometheus/rules/edge-alerts.yml" >"$dir/rules/edge-alerts.yml"
cp "$prometheus/rules/edge-recording.yml" "$dir/rules"
! promtool test rules "$dir/tests/pools.yml" >"$dir/pools.out" 2>&1 || fail 'tests of pools let wrong thresholds through'
! promtool test rules "$dir/tests/objective.yml" >"$dir/objective.out" 2>&1 || fail 'tests of the objective let wrong thresholds through'
echo 'ok: wrong thresholds are noticed'

# Receivers as the configuration's comment says to set them, and less patience.
python3 - "$dir" <<'END' &
import http.server, pathlib, sys
folder = pathlib.Path(sys.argv[1])
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(folder / (self.path.strip("/") + ".json"), "ab") as out:
            out.write(body + b"\n")
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
(folder / "hook.port").write_text(str(server.server_port))
server.serve_forever()
END
pids+=($!)
await 'the webhook listens' test -s "$dir/hook.port"
sed "s#^  - name: \(page\|ticket\)\$#&\n    webhook_configs:\n      - url: http://127.0.0.1:$(cat "$dir/hook.port")/\1#; s/group_wait: .*/group_wait: 2s/" \
  "$prometheus/alertmanager.yml" >"$dir/alertmanager.yml"
amtool check-config "$dir/alertmanager.yml" >/dev/null
prometheus-alertmanager --config.file="$dir/alertmanager.yml" --storage.path="$dir/data" --cluster.listen-address= \
  --web.listen-address=127.0.0.1:0 >"$dir/alertmanager.log" 2>&1 &
pids+=($!)
port_of_alertmanager() {
  sed -nE 's/.*Listening on" address=127.0.0.1:([0-9]+).*/\1/p' "$dir/alertmanager.log" 2>/dev/null | grep .
}
await 'Alertmanager listens' port_of_alertmanager >/dev/null
url=http://127.0.0.1:$(port_of_alertmanager)

# What a pool without servers brings with it, and a server of another pool.
edge='"job":"edge","instance":"edge:9100"'
curl -sf -H 'Content-Type: application/json' "$url/api/v2/alerts" -d "[
  {\"labels\":{\"alertname\":\"EdgePoolDown\",$edge,\"pool\":\"api_pool\",\"severity\":\"page\"}},
  {\"labels\":{\"alertname\":\"EdgeServerDown\",$edge,\"pool\":\"api_pool\",\"server\":\"backend-api-1\",\"severity\":\"ticket\"}},
  {\"labels\":{\"alertname\":\"EdgeServerDown\",$edge,\"pool\":\"api_pool\",\"server\":\"backend-api-2\",\"severity\":\"ticket\"}},
  {\"labels\":{\"alertname\":\"EdgeServerDown\",$edge,\"pool\":\"stream_pool\",\"server\":\"stream-srv-1\",\"severity\":\"ticket\"}},
  {\"labels\":{\"alertname\":\"EdgeServerDown\",$edge,\"pool\":\"stream_pool\",\"server\":\"stream-srv-2\",\"severity\":\"ticket\"}},
  {\"labels\":{\"alertname\":\"ScrapeDown\",\"job\":\"lab\",\"instance\":\"stream-srv-1:8082\",\"server\":\"stream-srv-1\",\"severity\":\"ticket\"}},
  {\"labels\":{\"alertname\":\"EdgeConfigChanged\",$edge,\"severity\":\"info\"}}]"
has_told() { # receiver
  [[ -s $dir/$1.json ]]
}
await 'the page is told' has_told page
await 'the tickets are told' has_told ticket
told() { # receiver: alerts by message
  jq -rs 'map([.alerts[].labels | .alertname + " " + (.server // .pool // "")] | sort | join(", ")) | sort | .[]' "$dir/$1.json"
}
diff <(told page) - <<<'EdgePoolDown api_pool' || fail 'the page is another'
diff <(told ticket) - <<<'EdgeServerDown stream-srv-1, EdgeServerDown stream-srv-2' || fail 'the ticket is another'
inhibited=$(curl -sf "$url/api/v2/alerts?inhibited=true&active=false" | jq -r '.[].labels | .alertname + " " + .server' | sort)
diff <(echo "$inhibited") - <<'END' || fail 'other alerts are inhibited'
EdgeServerDown backend-api-1
EdgeServerDown backend-api-2
ScrapeDown stream-srv-1
END
echo 'ok: Alertmanager told of the page and of one ticket for two servers, and inhibited what follows from others'
