#!/usr/bin/env bash
# A server's name changes its address, loses it, and comes up late: it is followed within the interval of look-ups, the last
# good address is kept, and a name that was missing at the start is used soon after it appears.
#
#   src/test/faults/names.sh
#
# The names are those of a hosts file that only this edge reads. Needs a JDK 17 and curl. Exit status: 0 if every step
# held, 1 if one did not.
source "$(dirname "$0")/common.sh"

name() { # address of api.test, or nothing for none; further lines
  { echo '127.0.0.1 localhost'; [[ -z $1 ]] || echo "$1 api.test"; shift; printf '%s\n' "$@"; } >"$dir/hosts.new"
  mv "$dir/hosts.new" "$dir/hosts"
}

answered_by() { # name of a server
  curl --silent --max-time 3 --output /dev/null --dump-header - "http://127.0.0.1:$edge_port/api/v1/whoami" |
    grep -qiE "^x-served-by: $1"
}

late_is_up() {
  grep -q 'server=late from=DOWN to=UP' "$dir/edge.log"
}

# Two servers on one port of two addresses.
start_api one 0
port=$(port_of one 'listens on port ')
java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" lab api --name two --host 127.0.0.2 --port "$port" >"$dir/two.log" 2>&1 &
two=$!
pid[two]=$two
await 'two listens' port_of two 'listens on port ' >/dev/null
one=${pid[one]}
unset "pid[one]" "pid[two]"     # the edge is to know them by the name alone

name 127.0.0.1
start_edge -Djdk.net.hosts.file="$dir/hosts" \
  -Dedge.pools.api_pool.servers.named.address="api.test:$port" \
  -Dedge.pools.late_pool.servers.late.address="late.test:$port" \
  -Dedge.pools.late_pool.health.path=/api/v1/health -Dedge.pools.late_pool.health.interval=300ms
pid[one]=$one
pid[two]=$two
await 'a GET at the first address' answered_by one
step 'the name is used'

name 127.0.0.2
changed=$SECONDS
await 'a GET at the second address' answered_by two
took=$((SECONDS - changed))
# Looked up every 5 s, give or take a twentieth, in a cache of 1 s. The JDK's own cache would hold it for 30 s.
((took <= 12)) || fail "the new address was used after $took s only"
step "the name was followed to its new address within $took s"

name '' '127.0.0.1 late.test'
appeared=$SECONDS
await 'the late name is used' late_is_up
took=$((SECONDS - appeared))
# It is asked for every second; the JDK may remember for 10 s that there was none.
((took <= 13)) || fail "a name that appeared was used after $took s only"
step "a name that was missing at the start was used within $took s"

sleep $((8 - took > 0 ? 8 - took : 0))
answered_by two || fail 'the last good address was not kept'
step 'a name that lost its address keeps the last good one'
step 'passed'
