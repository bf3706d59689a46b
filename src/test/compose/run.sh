#!/usr/bin/env bash
# Brings up the lab of docker-compose.yml and looks whether it is what it says: everything turns healthy, Prometheus reaches
# its targets and evaluates its rules, the failover holds, a server that comes back with a new address is found, a chaos
# round passes, and every container runs without rights on a read-only root. Then takes it down, also when a step failed.
#
#   src/test/compose/run.sh
#
# Nothing is pulled: ../image/engine.sh makes stand-ins for base images that are not present, and starts an engine if none
# answers. Grafana alone has none and is left out. Ports are free ones, the project has a name of its own. Needs root,
# docker.io, docker-compose (or Docker's own), debootstrap, prometheus, prometheus-alertmanager, curl, jq, iptables, a JDK 25
# and Maven Central. Exit status: 0 if every step held. Takes some five minutes.
test_name=compose
# shellcheck source=../image/engine.sh
source "$(dirname "$0")/../image/engine.sh"
# shellcheck source=compose.sh
source "$(dirname "$0")/compose.sh"

export COMPOSE_PROJECT_NAME=veza-edge-lab-$$
export EDGE_ADMIN_TOKEN=a-token-of-the-compose-test
export TRAFFIC_PORT MANAGEMENT_PORT PROMETHEUS_PORT ALERTMANAGER_PORT
export SLOW_START_SECONDS=6 CHAOS_PERIOD=5
default=(edge backend-api-1 backend-api-2 stream-srv-1 stream-srv-2 prometheus)
fillers=()
ours=

clean() {
    local status=$?
    if [ $status != 0 ] && [ -n "$ours" ]; then
        compose ps >&2 || true
        compose logs --tail 15 >&2 || true
    fi
    [ ${#fillers[@]} = 0 ] || docker rm -f "${fillers[@]}" >/dev/null 2>&1 || true
    [ -z "$ours" ] || compose --profile load --profile chaos --profile alerts down --volumes --remove-orphans --timeout 5 \
        >"$tmp/down.log" 2>&1 || cat "$tmp/down.log" >&2
    [ -z "${made_image:-}" ] || docker rmi -f veza-edge >/dev/null 2>&1 || true
    clean_engine
}
trap clean EXIT
trap 'exit 130' INT TERM

for tool in jq prometheus prometheus-alertmanager; do
    command -v "$tool" >/dev/null || fail "needs $tool (apt-get install jq prometheus prometheus-alertmanager)"
done

# Ports that are free now, none of them ephemeral.
next_port=$((20000 + RANDOM % 8000))
for name in TRAFFIC_PORT MANAGEMENT_PORT PROMETHEUS_PORT ALERTMANAGER_PORT; do
    while next_port=$((next_port + 1)); (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do :; done
    printf -v "$name" %s "$next_port"
done
management=http://127.0.0.1:$MANAGEMENT_PORT
prometheus=http://127.0.0.1:$PROMETHEUS_PORT

id() { # service: its one container, running or not
    docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter "label=com.docker.compose.service=$1"
}

healthy() { # service
    [ "$(docker inspect -f '{{.State.Health.Status}}' "$(id "$1")")" = healthy ]
}

await_healthy() { # service...
    local service
    for service in "$@"; do
        await healthy "$service" ||
            fail "$service is not healthy: $(docker inspect -f '{{json .State.Health.Log}}' "$(id "$service")" | tail -c 600)"
    done
}

ask_prometheus() { # path, jq filter...
    local path=$1
    shift
    curl -fsS -m 5 "$prometheus/api/v1/$path" | jq -r "$@"
}

# As the management address sees a server.
server() { # pool server jq-filter
    curl -fsS -m 5 "$management/api/pools/$1/servers/$2" | jq -r "$3"
}

address_of() { # service: of its container in the network of the fleets
    docker inspect -f "{{(index .NetworkSettings.Networks \"${COMPOSE_PROJECT_NAME}_back\").IPAddress}}" "$(id "$1")"
}

served_by() { # server: by one of four requests
    curl -s -m 5 -o /dev/null -D - "http://127.0.0.1:$TRAFFIC_PORT/api/v1/whoami?n=[1-4]" | grep -qi "^x-served-by: $1"
}

start_engine
stand_in_java "$root/Dockerfile"
stand_in_binary "$(sed -n 's/^ *image: \(prom\/prometheus:.*\)/\1/p' "$root/docker-compose.yml")" prometheus /bin/prometheus /prometheus
stand_in_binary "$(sed -n 's/^ *image: \(prom\/alertmanager:.*\)/\1/p' "$root/docker-compose.yml")" prometheus-alertmanager /bin/alertmanager /alertmanager \
    /usr/share/prometheus/alertmanager

compose config >/dev/null
say "the file is valid: $(docker compose version 2>/dev/null || docker-compose version --short)"
! absent veza-edge || made_image=yes
compose build edge >"$tmp/build.log" 2>&1 || { tail -n 60 "$tmp/build.log" >&2; fail "the build"; }
say "built after $SECONDS s"

# The edge first and alone: it starts without its servers.
ours=yes
up() { # options and services...
    compose up -d --build "$@" >"$tmp/up.log" 2>&1 || { cat "$tmp/up.log" >&2; fail "compose up $*"; }
}
up edge
await_healthy edge
[ "$(server api_pool backend-api-1 .health)" = down ] || fail "a server that is not there is not down"
say "the edge starts without its servers"
up "${default[@]}"
compose --profile load --profile alerts up -d --no-recreate load alertmanager >"$tmp/up.log" 2>&1 || { cat "$tmp/up.log" >&2; fail "the profiles"; }
await_healthy "${default[@]}" alertmanager
say "all are healthy after $SECONDS s"
for pair in 'api_pool backend-api-1' 'api_pool backend-api-2' 'stream_pool stream-srv-1' 'stream_pool stream-srv-2'; do
    # shellcheck disable=SC2086 # two words
    is_up() { [ "$(server $pair .health)" = up ]; }
    await is_up || fail "$pair is not up"
done
say "all servers are up"

# Rights. What the file says is one thing, what the kernel does another.
memory_is_limited=yes
for service in "${default[@]}" load alertmanager; do
    container=$(id "$service")
    pid=$(docker inspect -f '{{.State.Pid}}' "$container")
    status=$(cat "/proc/$pid/status")
    [ "$(awk '/^Uid:/ { print $2 }' <<<"$status")" != 0 ] || fail "$service runs as root"
    [ "$(awk '/^CapBnd:/ { print $2 }' <<<"$status")" = 0000000000000000 ] || fail "$service has capabilities"
    [ "$(awk '/^NoNewPrivs:/ { print $2 }' <<<"$status")" = 1 ] || fail "$service may gain privileges"
    ! docker exec "$container" sh -c 'echo x >/x' 2>/dev/null || fail "$service has a root that can be written"
    [ "$(docker inspect -f '{{.HostConfig.PidsLimit}}' "$container")" -gt 0 ] || fail "$service may start any number of processes"
    limit=$(docker inspect -f '{{.HostConfig.Memory}}' "$container")
    [ "$limit" -gt 0 ] || fail "$service may take all memory"
    real=$(docker exec "$container" sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max' 2>/dev/null) || real=
    [ "$real" = "$limit" ] || memory_is_limited=no
done
say "no root, no capabilities, no new privileges, read-only, limited"
[ $memory_is_limited = yes ] || say "NOTE: this engine does not enforce the memory limits (no such cgroup here); they were set, not tried"
[ "$(docker network inspect -f '{{.Internal}}' "${COMPOSE_PROJECT_NAME}_back")" = true ] || fail "the fleets' network is not internal"
for port in "$TRAFFIC_PORT" "$MANAGEMENT_PORT" "$PROMETHEUS_PORT" "$ALERTMANAGER_PORT"; do
    ! ss -Hltn "sport = :$port" | awk '{ print $4 }' | grep -v '^127\.0\.0\.1:' || fail "port $port is open beyond 127.0.0.1"
done
say "published on 127.0.0.1 only"
[ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' -X PUT -H 'X-Veza-Edge: 1' -H 'Content-Type: application/json' -d '{"state": "drain"}' \
    "$management/api/pools/api_pool/servers/backend-api-1/state")" = 401 ] || fail "a write without the token is not refused"
say "a write without the token: 401"

# Prometheus.
all_targets_are_up() {
    [ "$(ask_prometheus targets '[.data.activeTargets[] | select(.health == "up")] | length')" = 6 ] &&
        [ "$(ask_prometheus targets '.data.activeTargets | length')" = 6 ]
}
await all_targets_are_up || fail "Prometheus' targets: $(ask_prometheus targets -c '.data.activeTargets[] | [.labels.job, .labels.instance, .health, .lastError]')"
say "Prometheus: all 6 targets are up"
rules_are_ok() {
    [ "$(ask_prometheus rules '[.data.groups[].rules[] | select(.health != "ok")] | length')" = 0 ] &&
        [ "$(ask_prometheus rules '[.data.groups[].rules[]] | length')" -gt 0 ]
}
await rules_are_ok || fail "rules: $(ask_prometheus rules -c '.data.groups[].rules[] | select(.health != "ok") | [.name, .health, .lastError]')"
say "Prometheus: $(ask_prometheus rules '[.data.groups[].rules[]] | length') rules without an error"
alertmanager_is_found() {
    [ "$(ask_prometheus alertmanagers '.data.activeAlertmanagers | length')" = 1 ]
}
await alertmanager_is_found || fail "Prometheus has not found Alertmanager"
traffic_is_seen() {
    [ "$(curl -fsS -m 5 -G --data-urlencode 'query=sum(edge_pool_requests_total) > 100' "$prometheus/api/v1/query" | jq '.data.result | length')" = 1 ]
}
await traffic_is_seen || fail "Prometheus sees no traffic"
say "Prometheus: Alertmanager is found, the load is seen"

# A server that comes back at another address, its old one taken by somebody else.
before=$(address_of backend-api-2)
compose stop -t 1 backend-api-2 >/dev/null 2>&1
for ((i = 0; i < 20; i++)); do
    fillers+=("$(docker run -d --network "${COMPOSE_PROJECT_NAME}_back" --entrypoint sleep veza-edge 600)")
    [ "$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "${fillers[-1]}")" != "$before" ] || break
done
compose start backend-api-2 >/dev/null 2>&1
after=$(address_of backend-api-2)
[ "$before" != "$after" ] || fail "backend-api-2 has got its old address $before again"
begin=$SECONDS
follows() { [[ $(server api_pool backend-api-2 .resolved) == "$after:"* ]]; }
await follows || fail "the edge has not followed backend-api-2 from $before to $after: $(server api_pool backend-api-2 -c '{resolved, detail}')"
await served_by backend-api-2 || fail "backend-api-2 does not answer at its new address"
say "backend-api-2 went from $before to $after: followed within $((SECONDS - begin)) s"

# Two containers of one name, then the one that was there first is gone.
up --no-recreate --scale backend-api-1=2 backend-api-1
first=$(docker ps -q --filter "name=${COMPOSE_PROJECT_NAME}_backend-api-1_1" --filter "name=${COMPOSE_PROJECT_NAME}-backend-api-1-1")
gone=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$first")
docker rm -f "$first" >/dev/null
begin=$SECONDS
is_elsewhere() {
    local resolved
    resolved=$(server api_pool backend-api-1 .resolved)
    [[ $resolved != "$gone:"* && $(server api_pool backend-api-1 .health) == up ]]
}
await is_elsewhere || fail "the edge still goes to $gone, which is gone"
await served_by backend-api-1 || fail "backend-api-1 does not answer"
say "scaled to two, the first of them removed: the other is used within $((SECONDS - begin)) s"
up --no-recreate --scale backend-api-1=1 backend-api-1
await_healthy backend-api-1 backend-api-2
all_up() {
    [ "$(curl -fsS -m 5 "$management/api/pools/api_pool" | jq '[.servers[] | select(.health == "up" and .slowStart == null)] | length')" = 2 ]
}
await all_up || fail "the API servers are not up"

"$root/src/test/smoke/failover.sh" --compose || fail "the failover"
say "the failover holds, after $SECONDS s"

# One round of chaos: a fault that is seen, and a server that is killed and comes back by its restart policy.
compose --profile chaos up -d --no-recreate chaos >"$tmp/up.log" 2>&1 || { cat "$tmp/up.log" >&2; fail "the profile chaos"; }
chaos_killed() { [ "$(docker inspect -f '{{.RestartCount}}' "$(id backend-api-2)")" -gt 0 ]; }
await chaos_killed || fail "chaos has killed nobody: $(compose logs chaos)"
compose --profile chaos stop -t 5 chaos >/dev/null 2>&1
await all_up || fail "a server that chaos killed is not back"
say "chaos: $(compose --profile chaos logs --no-color chaos | sed -n 's/.*[0-9] \(backend-api-.*\)/\1/p' | head -n 3 | paste -sd ';')"

compose stop -t 60 edge >/dev/null 2>&1
code=$(docker inspect -f '{{.State.ExitCode}}' "$(id edge)")
[ "$code" = 0 ] || fail "the edge ended with $code after SIGTERM"
say "SIGTERM under load ends the edge, with 0"
say "OK, after $SECONDS s"
