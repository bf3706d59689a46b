#!/usr/bin/env bash
# The access log when its target misbehaves (fault 33), and what becomes of its lines elsewhere: a disk that is full, a pipe
# that nobody reads, files rotated by logrotate, and halog's sums.
#
#   src/test/faults/log.sh
#
# Needs a JDK 17, curl, jq, halog (package haproxy) and logrotate; as root also a disk of its own. Exit status: 0 if every step
# held, 1 if one did not.
source "$(dirname "$0")/common.sh"

for tool in curl jq halog logrotate; do
  command -v "$tool" >/dev/null || fail "needs $tool"
done

small=$dir/small
mkdir "$small"
unmount() { mountpoint -q "$small" && umount "$small" || true; }
trap 'status=$?; unmount; (exit $status); cleanup' EXIT

# Requests on one connection each hundred; prints how many were answered 200.
get_many() { # count, path with a place for the number
  curl --silent --max-time 60 --output /dev/null --write-out '%{http_code}\n' "http://127.0.0.1:$edge_port$2?n=[1-$1]" | grep -c '^200$' || true
}

lines_of() { # file
  if [[ -e $1 ]]; then wc -l <"$1"; else echo 0; fi
}

has_lines() { # file, count
  (($(lines_of "$1") >= $2))
}

end_edge() { # sends SIGTERM, and waits for the end
  local began=$(date +%s%N)
  kill -TERM "${pid[edge]}"
  wait "${pid[edge]}" 2>/dev/null || true
  unset "pid[edge]"
  took=$((($(date +%s%N) - began) / 1000000))
}

# Starts the edge in front of backend-api-1 without waiting for it; its output goes where this function's does.
run_edge() { # settings...
  java -Dquarkus.http.port=0 -Dedge.listen.host=127.0.0.1 -Dedge.listen.http=0 -Dedge.admin.socket="$dir/admin.sock" \
    -Dedge.routes.api.pool=api_pool -Dedge.routes.api.path-prefixes=/api \
    -Dedge.pools.api_pool.health.path=/api/v1/health \
    "-Dedge.pools.api_pool.servers.backend-api-1.address=127.0.0.1:$(port_of backend-api-1 'listens on port ')" \
    "$@" -jar "$jar" &
  pid[edge]=$!
}

whole='^[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [^ ]+ haproxy\[[0-9]+\]: .* "GET [^ ]+ HTTP/1\.1"$'

start_api backend-api-1 0

# --- halog
log=$dir/access.log
start_edge -Dedge.access-log.format=haproxy -Dedge.access-log.target="$log"
await 'a GET through the edge' answers_200
await 'the first lines' has_lines "$log" 1
before=$(lines_of "$log")
(($(get_many 300 /api/v1/whoami) == 300)) || fail 'not all requests were answered'
for _ in 1 2 3; do status_of /nowhere >/dev/null; done
await 'all lines' has_lines "$log" $((before + 303))
halog -st <"$log" >"$dir/st" 2>"$dir/st.err"
grep -q ' 0 parsing errors' "$dir/st.err" || fail "halog: $(<"$dir/st.err")"
grep -qx '404 3' "$dir/st" || fail "halog -st: $(<"$dir/st")"
grep -qx "200 $((before + 300))" "$dir/st" || fail "halog -st: $(<"$dir/st")"
halog -srv -q <"$log" | grep -qE '^api_pool/backend-api-1 0 '"$((before + 300))"' 0 0 0 0 ' || fail 'halog -srv'
halog -u -q <"$log" | grep -qE "^$((before + 300)) 0 .* /api/v1/whoami\$" || fail 'halog -u'
halog -tc -q <"$log" | grep -qE "^-- $((before + 300))\$" || fail 'halog -tc'
halog -pct -q <"$log" | grep -qE '^100\.0 ' || fail 'halog -pct'
step "halog counts what was sent: $(xargs <"$dir/st")"

# --- logrotate, while requests come
cat >"$dir/logrotate.conf" <<CONF
$log {
    rotate 4
    create 640
    nocompress
}
CONF
chmod 640 "$dir/logrotate.conf"
before=$(lines_of "$log")
get_many 3000 /api/v1/whoami >"$dir/many" &
many=$!
logrotate --force --state "$dir/logrotate.state" "$dir/logrotate.conf" || fail 'logrotate failed'
wait $many
(($(<"$dir/many") == 3000)) || fail 'not all requests were answered during the rotation'
all_there() { (($(lines_of "$log") + $(lines_of "$log.1") == before + 3000)); }
await 'every line in one of the two files' all_there
# Until the writer has looked, at most a second later, lines still go to the renamed file: so ask until one comes here.
asked_into() { # file
  status_of /api/v1/whoami >/dev/null
  has_lines "$1" 1
}
await 'a line in the new file' asked_into "$log"
step "rotated: $(lines_of "$log.1") lines in the old file, $(lines_of "$log") in the new one, none lost"

mv "$log" "$log.2"
kill -USR1 "${pid[edge]}"
await 'a new file after USR1' asked_into "$log"
step 'USR1 opens the file anew'
end_edge

# --- full at once
start_edge -Dedge.access-log.format=json -Dedge.access-log.target=/dev/full
await 'a GET through the edge' answers_200
(($(get_many 6000 /api/v1/whoami) == 6000)) || fail 'a full device stopped the traffic'
await 'a warning' grep -q 'access log: [0-9]* lines lost, .*No space left' "$dir/edge.log"
(($(grep -c 'lines lost, ' "$dir/edge.log") <= 2)) || fail 'one warning every 10 s at most'
end_edge
((took < 8000)) || fail "the end took $took ms"
step "a full device: traffic goes on, $(grep -o '[0-9]* lines lost' "$dir/edge.log" | head -n 1), ended in $took ms"

# --- full, and then not
if ((EUID == 0)) && mount -t tmpfs -o size=256k tmpfs "$small" 2>/dev/null; then
  log=$small/access.log
  start_edge -Dedge.access-log.format=haproxy -Dedge.access-log.target="$log"
  await 'a GET through the edge' answers_200
  (($(get_many 9000 /api/v1/whoami) == 9000)) || fail 'a full disk stopped the traffic'
  await 'a warning' grep -q 'access log: [0-9]* lines lost, .*No space left' "$dir/edge.log"
  # Counted while nothing can be added: with room there, the writer may be quicker than the next line of this script.
  before=$(lines_of "$log")
  mount -o remount,size=16m "$small"
  await 'lines after there was room again' has_lines "$log" $((before + 2000))
  status_of /api/v1/whoami >/dev/null
  end_edge
  (($(grep -cvE "$whole" "$log" || true) == 0)) || fail "not whole: $(grep -vE "$whole" "$log" | head -n 3)"
  step "a full disk with room again: $(lines_of "$log") lines, each of them whole"
  unmount
else
  step 'not root, or no mounts here: the disk that gets room again was left out'
fi

# --- the application log as JSON
start_api backend-api-2 0
run_edge -Dquarkus.log.console.json.enabled=true \
  "-Dedge.pools.api_pool.servers.backend-api-2.address=127.0.0.1:$(port_of backend-api-2 'listens on port ')" \
  -Dedge.pools.api_pool.health.interval=300ms >"$dir/edge.log" 2>&1
await 'the edge listens' grep -q 'http on ' "$dir/edge.log"
stop backend-api-2
json_transition() {
  grep -a 'server=backend-api-2 from=UP to=DOWN' "$dir/edge.log" |
    jq -e 'select(.message | test("^pool=api_pool server=backend-api-2 from=UP to=DOWN")) | .timestamp and .level == "INFO"' \
      >/dev/null 2>&1
}
await 'a transition as one JSON object' json_transition
step 'the application log as JSON: a transition is one object'
end_edge

# --- the standard output is a pipe, and its reader stops
mkfifo "$dir/pipe"
exec {hold}<>"$dir/pipe"
run_edge -Dedge.access-log.format=json >"$dir/pipe" 2>"$dir/edge.log"
edge_port=
while read -r -t $patience line <&$hold; do
  [[ $line =~ ' http on '[^\ ]*:([0-9]+) ]] && edge_port=${BASH_REMATCH[1]} && break
done
[[ $edge_port ]] || fail 'the edge at the pipe did not say where it listens'
(($(get_many 9000 /api/v1/whoami) == 9000)) || fail 'a pipe that is full stopped the traffic'
end_edge
((took < 8000)) || fail "the end took $took ms"
step "a pipe that nobody reads: traffic goes on, ended in $took ms"
exec {hold}>&-
step 'passed'
