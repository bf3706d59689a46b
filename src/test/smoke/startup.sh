#!/usr/bin/env bash
# How the packaged edge starts, and how it refuses to: every problem at once, nothing bound, and an exit status.
#
#   src/test/smoke/startup.sh
#
# Needs a JDK 17, curl, socat and, as root, setpriv. Exit status: 0 if every step held, 1 if one did not.
source "$(dirname "$0")/../faults/common.sh"

# What the edge is run by, so that it is another user's; empty for this one's.
user=()

# Runs the edge until it ends by itself; its output goes to $dir/edge.log.
run() { # expected exit status, arguments...
  local expected=$1 status=0
  shift
  timeout "$patience" "${user[@]}" java -Dquarkus.http.port=0 -Dedge.listen.host=127.0.0.1 "$@" >"$dir/edge.log" 2>&1 || status=$?
  ((status == expected)) || fail "exit status $status and not $expected"
}

says() { # fixed text...
  local text
  for text in "$@"; do
    grep -qF -- "$text" "$dir/edge.log" || fail "it does not say: $text"
  done
}

refuses_connections() { # port
  ! { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null
}

run 2 -jar "$jar" serve
says 'unknown argument "serve"'
step 'an unknown argument: exit status 2'

run 1 -Dedge.listen.http=0 -jar "$jar"
says 'edge.pools' 'there must be a pool'
step 'no pools: says so, exit status 1'

# A port in use, and one that is free and must stay so.
start_api backend-api-1 0
taken=$(port_of backend-api-1 'listens on port ')
start_api free 0
free=$(port_of free 'listens on port ')
stop free
run 1 -Dedge.listen.http="$free" -Dquarkus.http.port="$taken" \
  -Dedge.pools.api_pool.balance=fastest -Dedge.pools.api_pool.health.fall=0 \
  -Dedge.pools.api_pool.servers.one.address=nowhere -Dedge.pool.api_pool.balance=uri \
  -Dedge.routes.api.pool=other -Dedge.routes.api.path-prefixes=/api -jar "$jar"
says 'nothing was started' 'edge.pools.api_pool.balance' 'edge.pools.api_pool.health.fall' \
  'edge.pools.api_pool.servers.one.address' 'edge.pool.api_pool.balance' 'edge.routes.api.pool' \
  "quarkus.http.port" 'cannot be bound'
refuses_connections "$free" || fail 'the listener was bound'
step 'an invalid configuration and the management port in use: all problems, exit status 1, nothing bound'

run 1 -Dedge.listen.http="$taken" -Dedge.pools.api_pool.balance=fastest \
  -Dedge.pools.api_pool.servers.one.address=127.0.0.1:1 -jar "$jar"
says 'edge.pools.api_pool.balance' 'edge.listen.http' 'cannot be bound'
step 'an invalid key and the traffic port in use: both problems, exit status 1'

run 1 -Dedge.listen.http="$taken" -Dedge.pools.api_pool.servers.one.address=127.0.0.1:1 -jar "$jar"
says 'edge.listen.http' 'cannot be bound'
step 'the traffic port in use alone: says so, exit status 1'

run 1 -Dedge.listen.http="$free" -Dquarkus.http.port="$free" \
  -Dedge.pools.api_pool.servers.one.address=127.0.0.1:1 -jar "$jar"
says 'quarkus.http.port' 'cannot be bound'
step 'one port for traffic and management: says so, exit status 1'

run 1 -Dedge.listen.http="$free" -Dedge.admin.socket="$jar/admin.sock" \
  -Dedge.pools.api_pool.servers.one.address=127.0.0.1:1 -jar "$jar"
says 'edge.admin.socket' 'is not a folder'
step 'an admin socket that cannot be made: says so, exit status 1'

# Root may write everywhere. The default's folder is there for nobody who has just unpacked the edge.
((EUID != 0)) || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
run 1 -Dedge.listen.http="$free" -Dedge.admin.socket=/veza-edge/admin.sock \
  -Dedge.pools.api_pool.servers.one.address=127.0.0.1:1 -jar "$jar"
says 'edge.admin.socket' 'this user may not write to /; give it the folder /veza-edge, name another path'
user=()
step 'an admin socket where a user has no rights: says so and what to do, exit status 1'

start_edge -Dedge.pools.api_pool.servers.lost.address=lost.invalid:80
await 'a GET through the edge' answers_200
await 'the lost server is down' grep -q 'server=lost from=UP to=DOWN cause="dns: ' "$dir/edge.log"
for _ in 1 2 3 4; do
  answers_200 || fail 'a GET was given to the server without an address'
done
[[ $(server_state api_pool lost) == 'MAINT (resolution)' ]] || fail 'the runtime API does not tell of the lost server'
step 'a name without an address: the edge starts, says so, and serves by the others'

run_beside() {
  timeout "$patience" java -Dquarkus.http.port=0 -Dedge.listen.host=127.0.0.1 -Dedge.listen.http=0 \
    -Dedge.admin.socket="$dir/admin.sock" -Dedge.pools.api_pool.servers.one.address=127.0.0.1:1 -jar "$jar" \
    >"$dir/second.log" 2>&1
}
if run_beside; then fail 'a second edge has taken the socket of the first'; fi
grep -qF "edge.admin.socket = $dir/admin.sock: is in use" "$dir/second.log" || fail 'the live admin socket is not named'
[[ $(runtime 'show backend' | sed -n 2p) == api_pool ]] || fail 'the first edge does not answer any more'
step 'an admin socket in use: says so, exit status 1, and the first edge keeps it'

kill -9 "${pid[edge]}"
wait "${pid[edge]}" 2>/dev/null || true
unset 'pid[edge]'
[[ -S $dir/admin.sock ]] || fail 'a killed edge has removed its socket'
start_edge -Dedge.shutdown.delay=100ms -Dedge.shutdown.drain=90s
[[ $(runtime 'show backend' | sed -n 2p) == api_pool ]] || fail 'the stale socket was not replaced'
kill "${pid[edge]}"
wait "${pid[edge]}" 2>/dev/null || true
unset 'pid[edge]'
[[ ! -e $dir/admin.sock ]] || fail 'the socket is left after a clean stop'
step 'a stale admin socket is replaced, and removed at the stop'
# It said "serving for 0s": whole seconds.
says 'serving for 0.1s, then draining for at most 1m30s'
step 'the stop says how long it may take'

step 'passed'
