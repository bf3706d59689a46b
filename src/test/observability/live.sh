#!/usr/bin/env bash
# A real Prometheus with the rules of prometheus/ reads a real edge with its lab under load, while servers are killed, drained
# and slowed; then every panel of grafana/dashboards must have shown something. Takes three minutes.
#
#   src/test/observability/live.sh [target/quarkus-app/quarkus-run.jar]
#
# Needs a JDK 17, curl, socat, python3, and Debian's prometheus and prometheus-alertmanager. Takes no fixed port, binds the
# loopback address only, ends what it started. LIVE_PICTURES=<folder> has what the boards showed drawn into it, LIVE_KEEP=1
# prints Prometheus' address at the end and waits for Enter. Exit status: 0 if everything was seen, 1 if not.
[[ $# == 0 ]] || EDGE_JAR=$1
# shellcheck source=../faults/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../faults/common.sh"
here=$(dirname "${BASH_SOURCE[0]}")
root=$here/../../..

slow_start=15       # seconds
down_for=75         # seconds: the edge must have run for one minute, then the alert is pending for half a one

# Starts a lab streamer and waits for it.
start_stream() { # name
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" lab stream --name "$1" --port 0 >"$dir/$1.log" 2>&1 &
  pid[$1]=$!
  await "$1 listens" port_of "$1" 'listens on port ' >/dev/null
}

lab_port() { # name
  port_of "$1" 'listens on port '
}

# Starts the edge with the lab's profile, as docker-compose.yml does, and quick checks.
start_lab_edge() { # port of the listener, port of the management address; 0 for free ones
  java -Dquarkus.profile=lab -Dquarkus.http.port="$2" -Dedge.listen.host=127.0.0.1 -Dedge.listen.http="$1" \
    -Dedge.admin.socket="$dir/admin.sock" -Dedge.shutdown.drain=5s \
    -Dedge.pools.api_pool.servers.backend-api-1.address="127.0.0.1:$(lab_port backend-api-1)" \
    -Dedge.pools.api_pool.servers.backend-api-2.address="127.0.0.1:$(lab_port backend-api-2)" \
    -Dedge.pools.stream_pool.servers.stream-srv-1.address="127.0.0.1:$(lab_port stream-srv-1)" \
    -Dedge.pools.stream_pool.servers.stream-srv-2.address="127.0.0.1:$(lab_port stream-srv-2)" \
    -Dedge.pools.api_pool.slow-start=${slow_start}s -Dedge.pools.stream_pool.slow-start=${slow_start}s \
    -Dedge.pools.api_pool.health.interval=500ms -Dedge.pools.api_pool.health.timeout=3s \
    -Dedge.pools.stream_pool.health.interval=500ms -Dedge.pools.stream_pool.health.timeout=3s \
    -jar "$jar" >"$dir/edge.log" 2>&1 &
  pid[edge]=$!
  await 'the edge has started' port_of edge 'Listening on: http:..[^ ]*:' >/dev/null
  edge_port=$(port_of edge ' http on [^ ]*:')
  management=$(port_of edge 'Listening on: http:..[^ ]*:')
}

# prometheus/ as it is in the repository, but for addresses.
configure() {
  cp -r "$root/prometheus" "$dir/"
  sed -i -e "s/edge:9100/127.0.0.1:$management/" \
    -e "s/backend-api-1:8080/127.0.0.1:$(lab_port backend-api-1)/" -e "s/backend-api-2:8080/127.0.0.1:$(lab_port backend-api-2)/" \
    -e "s/stream-srv-1:8082/127.0.0.1:$(lab_port stream-srv-1)/" -e "s/stream-srv-2:8082/127.0.0.1:$(lab_port stream-srv-2)/" \
    "$dir/prometheus/prometheus.yml"
}

# Its own address, and that of Alertmanager in the place of its name, are known once they listen.
configure_late() {
  sed -i -e "s/localhost:9090/127.0.0.1:$prometheus_port/" \
    -e "/dns_sd_configs:/,/refresh_interval:/c\\    - static_configs: [{targets: ['127.0.0.1:$alertmanager_port']}]" \
    "$dir/prometheus/prometheus.yml"
  kill -HUP "${pid[prometheus]}"
}

query() { # PromQL: whether it has a value now
  curl --silent --fail --data-urlencode "query=$1" "http://127.0.0.1:$prometheus_port/api/v1/query" | grep -q '"value":'
}

has_no_alerts() {
  curl --silent --fail "http://127.0.0.1:$prometheus_port/api/v1/alerts" | grep -q '"alerts":\[\]'
}

alertmanager_has() { # alert, server
  curl --silent --fail "http://127.0.0.1:$alertmanager_port/api/v2/alerts" | grep -o '"labels":{[^}]*}' |
    grep "\"alertname\":\"$1\"" | grep -q "\"server\":\"$2\""
}

is_in() { # pool server state
  [[ $(server_state "$1" "$2") == "$3" ]]
}

fault() { # server, method, query
  curl --silent --fail --output /dev/null --max-time 5 -X "$2" "http://127.0.0.1:$(lab_port "$1")/fault$3"
}

through_the_edge() { # path, curl options...: whatever the answer
  local path=$1
  shift
  curl --silent --output /dev/null --max-time 8 "$@" "http://127.0.0.1:$edge_port$path" || true
}

start_api backend-api-1 0
start_api backend-api-2 0
start_stream stream-srv-1
start_stream stream-srv-2
start_lab_edge 0 0
configure
first=$(date +%s)
prometheus --config.file="$dir/prometheus/prometheus.yml" --storage.tsdb.path="$dir/data" \
  --web.listen-address=127.0.0.1:0 >"$dir/prometheus.log" 2>&1 &
pid[prometheus]=$!
await 'Prometheus listens' port_of prometheus 'Listening on" address=127.0.0.1:' >/dev/null
prometheus_port=$(port_of prometheus 'Listening on" address=127.0.0.1:')
prometheus-alertmanager --config.file="$root/prometheus/alertmanager.yml" --storage.path="$dir/alertmanager" \
  --cluster.listen-address= --web.listen-address=127.0.0.1:0 >"$dir/alertmanager.log" 2>&1 &
pid[alertmanager]=$!
await 'Alertmanager listens' port_of alertmanager 'Listening on" address=127.0.0.1:' >/dev/null
alertmanager_port=$(port_of alertmanager 'Listening on" address=127.0.0.1:')
step "four lab servers, the edge on $edge_port, its metrics on $management, Prometheus on $prometheus_port"

await 'the edge is read' query 'up{job="edge"} == 1'
! grep -E 'level=(warn|error)' "$dir/prometheus.log" || fail 'Prometheus complains, without an Alertmanager to be found'
configure_late
await 'every target is read' query 'count(up == 1) == 6'
step 'every target is up; no complaint about the Alertmanager that was not there'

kill -TERM "${pid[edge]}"
wait "${pid[edge]}" || fail "the edge ended with status $?"
mv "$dir/edge.log" "$dir/edge-1.log"
start_lab_edge "$edge_port" "$management"
started=$SECONDS
await 'the edge is read again' query 'changes(edge_process_start_time_seconds[1m]) == 1 and edge_process_start_time_seconds'
step 'the edge was started anew'

java -XX:TieredStopAtLevel=1 -jar "$jar" lab load --target "http://127.0.0.1:$edge_port" --duration 170s --connections 30 --rate 80 \
  >"$dir/load.log" 2>&1 &
pid[load]=$!
through_the_edge /api/v1/echo -d abc -H 'Content-Length: 3' -H 'Transfer-Encoding: chunked'
through_the_edge /nowhere
runtime 'set server stream_pool/stream-srv-2 weight 2' >/dev/null
await 'errors are counted' query 'sum(edge_listener_refusals_total) >= 2'
step 'load; a malformed request, one without a route; a weight was changed'

fault backend-api-2 POST '?kind=reset'
for _ in 1 2 3 4 5 6 7 8; do
  through_the_edge /api/v1/echo -d abc
done
stop backend-api-2
await 'backend-api-2 is down' is_in api_pool backend-api-2 DOWN
killed=$SECONDS
step 'backend-api-2 reset its connections, and was killed'

# The one that is left becomes slow and may serve seven at once, three of which are tunnels: others wait.
fault backend-api-1 POST '?kind=slow&ms=300'
runtime 'set maxconn server api_pool/backend-api-1 7' >/dev/null
await 'requests wait' query 'increase(edge_pool_queue_duration_seconds_count{pool="api_pool"}[1m]) > 0 and edge_pool_queue_length > 0'
fault backend-api-1 DELETE ''
runtime 'set maxconn server api_pool/backend-api-1 0' >/dev/null
step 'a queue built up'

patience=$((down_for + 60)) await 'the alert fires' query 'ALERTS{alertname="EdgeServerDown",server="backend-api-2",alertstate="firing"}'
await 'Alertmanager has it' alertmanager_has EdgeServerDown backend-api-2
step "EdgeServerDown fires $((SECONDS - killed)) s after the server was down, $((SECONDS - started)) s after the edge started, and is in Alertmanager"

start_api backend-api-2 "$(lab_port backend-api-2)"
await 'backend-api-2 is up' is_in api_pool backend-api-2 UP
await 'its slow start shows' query 'edge_server_slow_start_ratio{server="backend-api-2"} < 1'
step 'backend-api-2 is back, in slow start'
await 'the alert is over' query 'absent(ALERTS{alertname="EdgeServerDown"})'

runtime 'set server api_pool/backend-api-1 state drain 15s stay' >/dev/null
await 'the drain shows' query 'edge_server_drain_remaining_seconds > 0'
await 'the drain is over' query 'edge_server_drain_remaining_seconds == 0 and on (server) edge_server_state{state="drain"} == 1'
await 'no tunnel is left' query 'edge_server_tunnels_open{server="backend-api-1"} == 0'
runtime 'set server api_pool/backend-api-1 state ready' >/dev/null
await 'backend-api-1 is up' query 'min_over_time(edge_server_state{server="backend-api-1",state="up"}[15s]) == 1'
step 'backend-api-1 was drained by a deadline, and is back'

await 'no alert but of the changes' query 'absent(ALERTS{alertstate="firing",alertname!~"EdgeConfigChanged|EdgeErrorBudget.*"})'
! grep -E 'level=(warn|error)' "$dir/prometheus.log" || fail 'Prometheus complains'
python3 "$here/live.py" "http://127.0.0.1:$prometheus_port" "$first" "$root/grafana/dashboards" || fail 'see above'

# A board that asks for what is not there must not pass.
mkdir "$dir/broken"
sed 's/edge_pool_requests_total/edge_pool_request_total/' "$root/grafana/dashboards/overview.json" >"$dir/broken/overview.json"
if python3 "$here/live.py" "http://127.0.0.1:$prometheus_port" "$first" "$dir/broken" >"$dir/verdict"; then
  fail 'a board with a metric that does not exist went through'
fi
grep -q '^  veza-edge / Overview: Requests A$' "$dir/verdict" || fail "another verdict was due: $(tail -n 5 "$dir/verdict")"
step 'a board with a metric that does not exist was refused'
if [[ -n ${LIVE_PICTURES:-} ]]; then
  python3 "$here/pictures.py" "http://127.0.0.1:$prometheus_port" "$first" "$root/grafana/dashboards" "$LIVE_PICTURES"
fi

# The runbooks' commands, as they stand there. What changes something answers nothing, what shows something answers no refusal,
# and a reload says that it was taken.
accepted() { # command
  local answer
  answer=$(runtime "$1" | grep -v '^$' || true)
  [[ -z $answer || ($1 == show* && $answer != Unknown* && $answer != 'No such'* && $answer != "Can't find"*)
    || ($1 == reload && $answer == Success=1*) ]]
}
for refused in 'show nothing' 'show stat no_pool 4 -1' 'set server api_pool/nobody state drain'; do
  ! accepted "$refused" || fail "$refused was not refused"
done
grep -oE 'edge "[^"]+"' "$root/src/docs/runbooks.md" | sort -u >"$dir/commands"
while IFS= read -r line; do
  command=${line#edge \"}
  accepted "${command%\"}" || fail "$line is refused"
done <"$dir/commands"
step "the edge knows the $(wc -l <"$dir/commands") commands of the runbooks"

if [[ -n ${LIVE_KEEP:-} ]]; then
  echo "Prometheus: http://127.0.0.1:$prometheus_port, since $first; Enter ends it"
  read -r _
fi
step 'passed'
