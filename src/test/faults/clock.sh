#!/usr/bin/env bash
# The wall clock jumps: an hour forward, then two back, while GETs run, connections stay open and a server ramps. Nothing
# of it may show: timers, checks and slow start count by the monotonic clock.
#
#   src/test/faults/clock.sh
#
# Needs a JDK 17, curl and libfaketime (Debian package faketime). Exit status: 0 if every step held, 1 if one did not.
source "$(dirname "$0")/common.sh"

library=$(find /usr/lib /usr/local/lib -name 'libfaketimeMT.so.1' 2>/dev/null | head -n 1)
[[ -n $library ]] || { echo 'no libfaketime: apt-get install faketime' >&2; exit 1; }

slow_start=30       # seconds

# The hour by which the edge's wall clock is off, to the nearest.
clock_off_by() {
  local said
  said=$(jcmd "${pid[edge]}" Thread.print | grep -m 1 -E '^[0-9]{4}-[0-9]{2}-[0-9]{2} ')
  echo $((($(date -d "$said" +%s) - $(date +%s) + 1800 + 86400) / 3600 - 24))
}

jump() { # offset of the wall clock from the real one, hours
  printf '%+dh\n' "$1" >"$dir/offset.new"
  mv "$dir/offset.new" "$dir/offset"
  [[ $(clock_off_by) == "$1" ]] || fail "the edge's clock is off by $(clock_off_by) h and not $1 h"
}

share_of_2() { # number of requests: how many of them backend-api-2 answered
  curl --silent --max-time 10 --output /dev/null --dump-header - "http://127.0.0.1:$edge_port/api/v1/whoami?n=[1-$1]" |
    grep -ciE '^x-served-by: backend-api-2' || true
}

full_share() {
  (($(share_of_2 40) >= 19))
}

is_transition() { # name, state
  grep -qE " server=$1 from=[A-Z]+ to=$2 " "$dir/edge.log"
}

# One GET over the kept connection; true if it is answered 200. The answer is left to be thrown away with the next.
get_on_kept() {
  printf 'GET /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n' >&"$kept"
  timeout 3 grep -m 1 -aq '^HTTP/1.1 200' <&"$kept"
}

# A ping in the tunnel; true if its pong comes back.
ping_in_tunnel() {
  printf '\x89\x80\0\0\0\0' >&"$tunnel"
  { timeout 1 cat <&"$tunnel" || true; } | od -An -v -tx1 | tr -d '\n' | grep -q '8a 00'
}

connections_live() { # when
  get_on_kept || fail "$1: the kept connection does not answer"
  ping_in_tunnel || fail "$1: the WebSocket does not answer"
}

gets() { # until the file is gone; writes what was not answered 200
  while [[ -e $dir/gets ]]; do
    local status
    status=$(status_of /api/v1/whoami)
    [[ $status == 200 ]] || echo "$status"
    sleep 0.02
  done >"$dir/failed"
}

start_api backend-api-1 0
start_api backend-api-2 0
port_2=$(port_of backend-api-2 'listens on port ')
echo '+0h' >"$dir/offset"
# Only what tells the time of day is faked: the monotonic clock does not jump when somebody sets the other.
edge_prefix=(env LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$dir/offset" FAKETIME_NO_CACHE=1
  FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1)
start_edge -Dedge.pools.api_pool.slow-start=${slow_start}s
await 'a GET through the edge' answers_200
step "the edge listens on $edge_port, its clock is off by $(clock_off_by) h"

exec {kept}<>"/dev/tcp/127.0.0.1/$edge_port"
exec {tunnel}<>"/dev/tcp/127.0.0.1/$edge_port"
# The tunnel must not be on the server that is killed below: the first that answers 101 from backend-api-1.
until [[ ${on:-} == backend-api-1 ]]; do
  exec {tunnel}>&-
  exec {tunnel}<>"/dev/tcp/127.0.0.1/$edge_port"
  printf 'GET /api/v1/ws/presence HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n%s' \
    $'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n' >&"$tunnel"
  on=
  while IFS= read -r -t 5 line <&"$tunnel" && [[ $line != $'\r' ]]; do
    [[ ${line,,} =~ ^x-served-by:\ (backend-api-[12]) ]] && on=${BASH_REMATCH[1]}
  done
done
connections_live 'before'
step 'a kept connection and a WebSocket are open'

stop backend-api-2
await 'backend-api-2 is DOWN' is_transition backend-api-2 DOWN
start_api backend-api-2 "$port_2"
await 'backend-api-2 is UP' is_transition backend-api-2 UP
ramp_began=$SECONDS
seen=$(transitions)
early=$(share_of_2 40)
((early <= 10)) || fail "no slow start: backend-api-2 answered $early of the first 40 requests"
step "backend-api-2 came back and ramps: $early of 40 requests"

touch "$dir/gets"
gets &
pid[gets]=$!
sleep 1
jump 1
share=$(share_of_2 40)
((share <= 14)) || fail "the ramp jumped with the clock: backend-api-2 answered $share of 40 requests"
connections_live 'an hour forward'
step "an hour forward: backend-api-2 answered $share of 40 requests, both connections live"

jump -1
connections_live 'two hours back'
step 'two hours back: both connections live'

patience=$((slow_start * 2))
await 'the ramp goes on to its end' full_share
took=$((SECONDS - ramp_began))
# A full share counts as 18 of 40, which a weight of 82 % comes to; the rest is the time the steps before this took.
((took >= slow_start * 2 / 3)) || fail "the ramp of $slow_start s took $took s only"
step "the ramp went on: backend-api-2 has its full share $took s after its return"

rm "$dir/gets"
wait "${pid[gets]}"
unset "pid[gets]"
[[ ! -s $dir/failed ]] || fail "GETs failed: $(sort "$dir/failed" | uniq -c | tr '\n' ' ')"
[[ $(transitions) == "$seen" ]] || fail 'there was a transition'
connections_live 'at the end'
step 'no GET failed, there was no transition, both connections live'
step 'passed'
