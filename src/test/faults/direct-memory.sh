#!/usr/bin/env bash
# The memory for buffers runs short: readers that stop reading make an edge with 32 MB of it hold more than that. It must
# neither die nor lose its timers: new requests get 503 (overloaded), and 200 again once the readers are gone.
#
#   src/test/faults/direct-memory.sh
#
# Needs a JDK 17 and curl. Exit status: 0 if every step held, 1 if one did not.
source "$(dirname "$0")/common.sh"

readers=300

answers_503() {
  [[ $(status_of /api/v1/whoami) == 503 ]]
}

metric() { # name and labels, as in a scrape
  curl --silent "http://127.0.0.1:$management_port/metrics" | awk -v name="$1" '$1 == name { print $2 }'
}

start_api backend-api-1 0
# Readers are cut off in time by the client timeout alone.
start_edge -Xms128m -Xmx128m -XX:MaxDirectMemorySize=32m -Dedge.timeouts.client=20s -Dedge.limits.body-rate=off
management_port=$(port_of edge ' Listening on: http:\/\/127\.0\.0\.1:')
await 'a GET through the edge' answers_200
step 'the edge answers, with 32 MB for buffers'

# Each asks for more than any socket holds, and reads nothing.
stalled=()
for ((i = 0; i < readers; i++)); do
  exec {reader}<>"/dev/tcp/127.0.0.1/$edge_port"
  printf 'GET /api/v1/bytes/%d HTTP/1.1\r\nHost: a\r\n\r\n' $((100 * 1000 * 1000)) >&"$reader" 2>/dev/null || true
  stalled+=("$reader")
done
await 'a new request is refused with 503' answers_503
refused=$(metric 'edge_listener_refusals_total{listener="http",reason="overloaded"}')
step "$readers readers stall: new requests get 503, ${refused%.*} of them as overloaded"
[[ ${refused%.*} -ge 1 ]] || fail 'the refusals are not counted as overloaded'

for _ in 1 2 3 4 5 6; do
  kill -0 "${pid[edge]}" || fail 'the edge died'
  [[ $(curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' \
    "http://127.0.0.1:$management_port/q/health/live") == 200 ]] || fail 'the edge is not alive by its own word'
  sleep 0.5
done
step 'it lives, and its event loops turn'

for reader in "${stalled[@]}"; do
  exec {reader}>&-
done
patience=30
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
