#!/usr/bin/env bash
# The memory for buffers runs short: readers that stop reading make an edge with 32 MB of it want more than that. Those who take
# nothing are let go, so that the edge and its management address answer again while they are still there; it does not die,
# and its timers go on.
#
#   src/test/faults/direct-memory.sh
#
# Needs a JDK 17 and curl. Exit status: 0 if every step held, 1 if one did not.
source "$(dirname "$0")/common.sh"

readers=300

let_go() {
  (($(curl --silent --max-time 5 "http://127.0.0.1:$management_port/metrics" \
    | awk '/^edge_pool_failures_total/ && /stopped_reading/ { n += $2 } END { print n + 0 }') > 0))
}

alive() {
  [[ $(curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' \
    "http://127.0.0.1:$management_port/q/health/live") == 200 ]]
}

start_api backend-api-1 0
# Neither the client timeout nor the least rate lets anybody go while this lasts.
start_edge -Xms128m -Xmx128m -XX:MaxDirectMemorySize=32m -Dedge.timeouts.client=60s -Dedge.limits.body-rate=off
await 'the management address is there' port_of edge 'Listening on: [^ ]*:' >/dev/null
management_port=$(port_of edge 'Listening on: [^ ]*:')
await 'a GET through the edge' answers_200
step 'the edge answers, with 32 MB for buffers'

# Each asks for more than any socket holds, and reads nothing.
stalled=()
for ((i = 0; i < readers; i++)); do
  exec {reader}<>"/dev/tcp/127.0.0.1/$edge_port"
  printf 'GET /api/v1/bytes/%d HTTP/1.1\r\nHost: a\r\n\r\n' $((100 * 1000 * 1000)) >&"$reader" 2>/dev/null || true
  stalled+=("$reader")
done
await 'readers that take nothing are let go' let_go
step "$readers readers stall: those who take nothing are let go"
for _ in 1 2 3 4 5; do
  await 'the edge is alive by its own word' alive
  await 'a GET while readers stall' answers_200
  sleep 0.5
done
kill -0 "${pid[edge]}" || fail 'the edge died'
step 'it lives, and answers while they are still there'

for reader in "${stalled[@]}"; do
  exec {reader}>&-
done
patience=20
await 'a GET after the readers left' answers_200
step 'the readers left: a GET is answered 200'

# The timers still run: a head that does not end is answered in time.
exec {slow}<>"/dev/tcp/127.0.0.1/$edge_port"
printf 'GET / HTTP/1.1\r\nHost:' >&"$slow"
IFS= read -r -t 20 line <&"$slow" || fail 'a head that does not end got no answer'
[[ $line == 'HTTP/1.1 408'* ]] || fail "a head that does not end got $line"
exec {slow}>&-
step 'a head that does not end gets 408: the timers run'
step 'passed'
