#!/usr/bin/env bash
# SIGTERM under load (fault 32): two edges behind a third one carry logins, requests, downloads and WebSockets; one of the
# two is told to stop. It must say at once that it is not ready, lose nothing, close its WebSockets with 1001 spread over
# the drain time, and exit with status 0. A second signal must end it at once.
#
#   src/test/smoke/shutdown.sh [target/quarkus-app/quarkus-run.jar]
#
# Needs a JDK 17 and curl. Takes no fixed port, binds the loopback address only, ends what it started. Exit status: 0 if
# every step held, 1 if one did not.
[[ $# == 0 ]] || EDGE_JAR=$1
# shellcheck source=../faults/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../faults/common.sh"

delay=2             # seconds
drain=8             # seconds

lab() { # kind, name
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" lab "$1" --name "$2" --port 0 >"$dir/$2.log" 2>&1 &
  pid[$2]=$!
  await "$2 listens" port_of "$2" 'listens on port ' >/dev/null
}

named_edge() { # name, settings...
  local name=$1
  shift
  java -Dquarkus.http.port=0 -Dedge.listen.host=127.0.0.1 -Dedge.listen.http=0 -Dedge.admin.socket="$dir/$name.sock" \
    -Dedge.shutdown.delay=${delay}s -Dedge.shutdown.drain=${drain}s "$@" -jar "$jar" >"$dir/$name.log" 2>&1 &
  pid[$name]=$!
  await "$name listens" port_of "$name" ' http on [^ ]*:' >/dev/null
  # The line with the management port comes last.
  await "$name has started" port_of "$name" 'Listening on: [^ ]*:' >/dev/null
}

inner_edge() { # name
  named_edge "$1" \
    -Dedge.routes.api.pool=api_pool -Dedge.routes.api.path-prefixes=/api \
    -Dedge.routes.hls.pool=stream_pool -Dedge.routes.hls.path-prefixes=/hls \
    -Dedge.pools.api_pool.health.path=/api/v1/health \
    -Dedge.pools.api_pool.servers.api.address="127.0.0.1:$(port_of api 'listens on port ')" \
    -Dedge.pools.stream_pool.servers.stream.address="127.0.0.1:$(port_of stream 'listens on port ')"
}

readiness() { # name: the status of its readiness
  curl --silent --max-time 3 --output /dev/null --write-out '%{http_code}' \
    "http://127.0.0.1:$(port_of "$1" 'Listening on: [^ ]*:')/q/health/ready" || true
}

is_ready() { # name
  [[ $(readiness "$1") == 200 ]]
}

# Starts the load; its report goes to load.log. One in ten connections is a WebSocket: enough for some to be on each edge.
load() { # seconds
  java -XX:TieredStopAtLevel=1 -jar "$jar" lab load --target "http://127.0.0.1:$(port_of front ' http on [^ ]*:')" \
    --duration "$1s" --connections 200 --rate 600 --max-errors 0 >"$dir/load.log" 2>&1 &
  pid[load]=$!
}

lab api api
lab stream stream
inner_edge one
inner_edge two
# The front must not cut what still runs on an edge that takes nobody in any more.
named_edge front -Dedge.default-pool=edges -Dedge.pools.edges.on-marked-down=none \
  -Dedge.pools.edges.sticky-cookie.enabled=true -Dedge.pools.edges.sticky-cookie.name=EDGE \
  -Dedge.pools.edges.health.path=/api/v1/health -Dedge.pools.edges.health.interval=300ms -Dedge.pools.edges.health.timeout=5s \
  -Dedge.pools.edges.servers.one.address="127.0.0.1:$(port_of one ' http on [^ ]*:')" \
  -Dedge.pools.edges.servers.two.address="127.0.0.1:$(port_of two ' http on [^ ]*:')"
await 'one is ready' is_ready one
step 'one and two carry what the front gets'

load 24
# Time for every user to have logged in or opened a WebSocket.
sleep 4
kill -TERM "${pid[one]}"
stopped=$(date +%s%N)
await 'one says that it is not ready' eval '[[ $(readiness one) == 503 ]]'
((($(date +%s%N) - stopped) / 1000000 < delay * 1000)) || fail 'not ready came after the delay'
step 'SIGTERM: not ready, serving on'

status=0
wait "${pid[one]}" || status=$?
took=$((($(date +%s%N) - stopped) / 1000000))
unset "pid[one]"
((status == 0)) || fail "one ended with status $status"
((took >= delay * 1000)) || fail "one ended $took ms after the signal, before its delay was over"
((took < (delay + drain + 3) * 1000)) || fail "one took $took ms to end"
grep -q 'drained, 0 connections left' "$dir/one.log" || fail 'one cut connections off'
step "one drained and ended with status 0, $took ms after the signal"

wait "${pid[load]}" || { cat "$dir/load.log" >&2; fail 'requests were lost'; }
unset "pid[load]"
step "nothing lost: $(grep -E '^(requests|errors|chat) ' "$dir/load.log" | tr -s ' \n' ' ')"
grep -qE '^chat .* [1-9][0-9]* reconnects' "$dir/load.log" || fail 'no WebSocket was on the edge that ended'

load 20
sleep 3
kill -TERM "${pid[two]}"
sleep 1
kill -TERM "${pid[two]}"
again=$(date +%s%N)
status=0
wait "${pid[two]}" || status=$?
took=$((($(date +%s%N) - again) / 1000000))
unset "pid[two]"
((status == 143)) || fail "after a second signal two ended with status $status"
((took < 1000)) || fail "after a second signal two took $took ms"
step "a second signal: ended at once ($took ms), status 143"
