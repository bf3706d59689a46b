#!/usr/bin/env bash
# The memory for buffers runs short: readers that stop reading make an edge with 32 MB of it want more than that. New requests
# get 503 (overloaded) while a download that had begun goes on. Those who take nothing are let go, so that the edge and its
# management address answer again while they are still there; it does not die, and its timers go on.
#
#   src/test/faults/direct-memory.sh
#
# Needs a JDK 17, Python 3 and curl. Exit status: 0 if every step held, 1 if one did not.
source "$(dirname "$0")/common.sh"

readers=1000
download=60000000       # bytes, of one who takes them at 6 MB/s meanwhile: in steps of what its system holds

let_go() {
  (($(metric edge_pool_failures_total stopped_reading) > 0))
}

alive() {
  [[ $(curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' \
    "http://127.0.0.1:$management_port/q/health/live") == 200 ]]
}

metric() { # name, text of its labels
  curl --silent --max-time 5 "http://127.0.0.1:$management_port/metrics" \
    | awk -v name="$1" -v text="$2" 'index($1, name "{") == 1 && index($1, text) { n += $2 } END { printf "%d", n }'
}

# A GET on the connection that was there before all others; sets status and retry_after.
ask_again() {
  local line length=0 body
  status='' retry_after=''
  printf 'GET /api/v1/whoami HTTP/1.1\r\nHost: a\r\n\r\n' >&"$old"
  IFS= read -r -t 10 line <&"$old" || fail 'the connection that was there before got no answer'
  status=${line:9:3}
  while IFS= read -r -t 10 line <&"$old" && [[ $line != $'\r' ]]; do
    case ${line,,} in
      content-length:*) length=${line//[^0-9]/} ;;
      retry-after:*) retry_after=${line//[^0-9]/} ;;
    esac
  done
  IFS= read -r -N "$length" -t 10 body <&"$old" || fail 'the body of an answer was cut'
}

refused() {
  ask_again
  [[ $status == 503 || $status == 200 ]] || fail "a request got $status"
  [[ $status == 503 ]]
}

ulimit -n 4096 2>/dev/null || true   # two of the edge for each reader
start_api backend-api-1 0
# Neither the client timeout nor the least rate lets anybody go while this lasts.
start_edge -Xms128m -Xmx128m -XX:MaxDirectMemorySize=32m -Dedge.timeouts.client=60s -Dedge.limits.body-rate=off
await 'the management address is there' port_of edge 'Listening on: [^ ]*:' >/dev/null
management_port=$(port_of edge 'Listening on: [^ ]*:')
await 'a GET through the edge' answers_200
step 'the edge answers, with 32 MB for buffers'

exec {old}<>"/dev/tcp/127.0.0.1/$edge_port"
ask_again
[[ $status == 200 ]] || fail "the first request of a connection got $status"
curl --silent --limit-rate 6M --output "$dir/download" "http://127.0.0.1:$edge_port/api/v1/bytes/$download" &
pid[download]=$!
begun() { [[ -s $dir/download ]]; }
await 'a download begins' begun

# Each asks for more than its socket holds, and reads nothing.
mkfifo "$dir/stop"
python3 "$(dirname "$0")/readers.py" "$edge_port" "$readers" 400000 <"$dir/stop" >"$dir/readers" &
pid[readers]=$!
exec {stop}>"$dir/stop"
retry_after_503=0
all_open() { [[ -s $dir/readers ]]; }
is_refused() {
  # It is short for some seconds, until those who came first are let go.
  refused && retry_after_503=$retry_after
}
patience=20
await "while $readers readers stall new requests are refused" is_refused
patience=60
((retry_after_503 > 0)) || fail 'a 503 does not say when to try again'
overloaded=$(metric edge_pool_failures_total overloaded)
((overloaded > 0)) || fail 'the 503 is not counted as overloaded'
await 'all readers have asked' all_open
overloaded=$(metric edge_pool_failures_total overloaded)
step "$readers readers stall: $overloaded requests get 503 by now," \
  "$(metric edge_listener_connections_refused_total overloaded) connections are refused"
await 'readers that take nothing are let go' let_go
step 'those who take nothing are let go'
for _ in 1 2 3 4 5; do
  await 'the edge is alive by its own word' alive
  await 'a GET while readers stall' answers_200
  sleep 0.5
done
kill -0 "${pid[edge]}" || fail 'the edge died'
ask_again
[[ $status == 200 ]] || fail "the connection that was there before gets $status"
step 'it lives, and answers while they are still there'
wait "${pid[download]}" || fail 'the download that had begun was cut'
unset 'pid[download]'
(($(wc -c <"$dir/download") == download)) || fail 'the download that had begun is not whole'
step 'the download that had begun is whole'

exec {stop}>&-
wait "${pid[readers]}" || fail 'the readers failed'
unset 'pid[readers]'
patience=20
await 'a GET after the readers left' answers_200
overloaded=$(metric edge_pool_failures_total overloaded)
for _ in {1..20}; do
  answers_200 || fail 'a GET after the readers left was not answered 200'
done
(($(metric edge_pool_failures_total overloaded) == overloaded)) || fail 'requests are still refused as overloaded'
step 'the readers left: a GET is answered 200'

# The timers still run: a head that does not end is answered in time.
exec {slow}<>"/dev/tcp/127.0.0.1/$edge_port"
printf 'GET / HTTP/1.1\r\nHost:' >&"$slow"
IFS= read -r -t 20 line <&"$slow" || fail 'a head that does not end got no answer'
[[ $line == 'HTTP/1.1 408'* ]] || fail "a head that does not end got $line"
exec {slow}>&-
step 'a head that does not end gets 408: the timers run'
step 'passed'
