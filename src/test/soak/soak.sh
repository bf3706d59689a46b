#!/usr/bin/env bash
# The packaged edge under everything at once, with Netty's paranoid leak detection: HTTP/1.1, HTTP/2 and TLS, WebSockets plain and
# by TLS, WebSockets on streams of HTTP/2 (RFC 8441) that are brief and often broken off, calls with trailers, clients that leave
# in the middle, servers that are drained, killed and come back, certificates that change. At the end no leak and no error may be
# in the log, what came back was what was sent, failed requests are bounded by the kills, and over the second half descriptors
# and memory must not grow.
#
#   src/test/soak/soak.sh [--minutes N]
#
# Needs a JDK 17 (jcmd too), curl, openssl, nghttp2-client, python3 and socat. 3 minutes unless told. Exit status: 0 if every step held, 1
# if one did not.
# shellcheck source=../faults/common.sh
source "$(dirname "$0")/../faults/common.sh"
# shellcheck source=../tls/common.sh
source "$(dirname "$0")/../tls/common.sh"

minutes=3
case ${1:-} in
  '') ;;
  --minutes) [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { echo 'usage: soak.sh [--minutes N]' >&2; exit 1; }; minutes=$2 ;;
  *) echo 'usage: soak.sh [--minutes N]' >&2; exit 1 ;;
esac
need curl openssl h2load python3 socat jcmd
errors_per_kill=60      # of all clients together: what was under way on the server and may not be sent twice

lab_stream() { # name, port or 0
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" lab stream --name "$1" --port "$2" >"$dir/$1.log" 2>&1 &
  pid[$1]=$!
  await "$1 listens" port_of "$1" 'listens on port ' >/dev/null
}

# --- what is measured --------------------------------------------------------------------------------------------------------
heap_kb() { # what lives on the heap, counted by a collection
  jcmd "${pid[edge]}" GC.class_histogram | awk '$1 == "Total" { printf "%d", $3 / 1024 }'
}

descriptors() {
  find "/proc/${pid[edge]}/fd" -mindepth 1 2>/dev/null | wc -l
}

sample() { # a line: seconds, descriptors, resident, direct and heap in KB
  printf '%d %d %d %d %d\n' $SECONDS "$(descriptors)" \
    "$(awk '$1 == "VmRSS:" { print $2 }' "/proc/${pid[edge]}/status")" \
    $(($(metric edge_process_direct_memory_bytes '') / 1024)) "$(heap_kb)"
}

# The slope by least squares over the second half of the samples, a minute.
slope() { # column
  tail -n +$(($(wc -l <"$dir/samples") / 2 + 1)) "$dir/samples" | awk -v column="$1" '
    { n++; x = $1 / 60; y = $column; sx += x; sy += y; sxx += x * x; sxy += x * y }
    END { d = n * sxx - sx * sx; printf "%d", d == 0 ? 0 : (n * sxy - sx * sy) / d }'
}

# --- clients -----------------------------------------------------------------------------------------------------------------
# Each runs until the file is there, and writes a line for each request that failed into failed.NAME.
over() {
  [[ -e $dir/over ]]
}

https_get() { # arguments of curl...
  curl --silent --max-time 20 --cacert "$dir/ca.pem" --resolve "a.test:$tls_port:127.0.0.1" "$@"
}

many_streams() { # HTTP/2 by TLS, a new set of connections each time
  until over; do
    h2load --requests=1000 --clients=10 --max-concurrent-streams=10 --threads=1 --connection-active-timeout=20s \
      "https://127.0.0.1:$tls_port/api/v1/whoami" >"$dir/h2load.log" 2>&1 || echo h2load >>"$dir/failed.h2load"
    sed -nE 's/^status codes: ([0-9]+) 2xx.*/\1/p' "$dir/h2load.log" | awk '{ for (i = $1; i < 1000; i++) print "lost" }' >>"$dir/failed.h2load"
    echo 1000 >>"$dir/done"
    sleep 0.5
  done
}

new_connections() { # a handshake each
  local version
  until over; do
    for version in --http1.1 --http2; do
      https_get $version --fail --output /dev/null "https://a.test:$tls_port/api/v1/bytes/200000" || echo "$version $?" >>"$dir/failed.curl"
      echo 1 >>"$dir/done"
    done
    sleep 0.1
  done
}

leavers() { # clients that go in the middle of a response, of a head and of a handshake
  until over; do
    timeout 0.3 curl --silent --insecure --http2 --output /dev/null --limit-rate 1M "https://127.0.0.1:$tls_port/api/v1/bytes/100000000" || true
    timeout 0.3 curl --silent --output /dev/null --limit-rate 1M "http://127.0.0.1:$edge_port/api/v1/bytes/100000000" || true
    printf 'GET /api/v1/whoami HT' | socat -t 0.1 - "TCP:127.0.0.1:$edge_port" >/dev/null 2>&1 || true
    printf '\026\003\001\002' | socat -t 0.1 - "TCP:127.0.0.1:$tls_port" >/dev/null 2>&1 || true
    echo 4 >>"$dir/left"
  done
}

tunnels() { # WebSockets by TLS, held for some seconds and cut
  local key='Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  until over; do
    { printf "GET /api/v1/ws/chat?user=soak HTTP/1.1\r\nHost: a.test\r\nCookie: $chatter\r\n$key\r\n"; sleep 3; } \
      | timeout 5 openssl s_client -quiet -connect "127.0.0.1:$tls_port" -servername a.test >"$dir/tunnel" 2>/dev/null || true
    # While a server dies there may be none for a moment.
    if grep -aq '^HTTP/1.1 101' "$dir/tunnel"; then echo 1 >>"$dir/tunnelled"; else echo tunnel >>"$dir/failed.tunnel"; fi
  done
}

streams() { # WebSockets and calls on streams of HTTP/2
  python3 -B "$(dirname "$0")/streams.py" clients "$tls_port" "$dir/over" >"$dir/streams.log" 2>"$dir/failed.streams"
}

churn() { # one thing every five seconds
  local turn=0
  until over; do
    sleep 5
    case $((turn++ % 7)) in
      0) runtime 'set server api_pool/backend-api-1 state drain' >/dev/null ;;
      1) runtime 'set server api_pool/backend-api-1 state ready' >/dev/null ;;
      2) leaf ca a.test new && mv "$dir/made/new.pem" "$dir/edge.pem" ;;
      3) kill -9 "$(<"$dir/api-2.pid")" 2>/dev/null; echo 1 >>"$dir/kills" ;;
      4) java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" lab api --name backend-api-2 --port "$api_2" >>"$dir/churn.log" 2>&1 &
         echo $! >"$dir/api-2.pid" ;;
      5) runtime 'set server stream_pool/stream-1 state maint' >/dev/null ;;
      6) runtime 'set server stream_pool/stream-1 state ready' >/dev/null ;;
    esac
    echo 1 >>"$dir/churned"
  done
  # The one that came last ends with this.
  kill -9 "$(<"$dir/api-2.pid")" 2>/dev/null || true
}

# --- start -----------------------------------------------------------------------------------------------------------------
authority ca
leaf ca a.test a && cp "$dir/made/a.pem" "$dir/edge.pem"
lab_stream stream-1 0
lab_stream stream-2 0
python3 -B "$(dirname "$0")/streams.py" serve >"$dir/calls.log" 2>&1 &
pid[calls]=$!
await 'the server of calls listens' port_of calls 'listens on port ' >/dev/null
# What start_edge finds running it takes for API servers.
declare -A others=([stream-1]=${pid[stream-1]} [stream-2]=${pid[stream-2]} [calls]=${pid[calls]})
unset 'pid[stream-1]' 'pid[stream-2]' 'pid[calls]'
start_api backend-api-1 0
start_api backend-api-2 0
api_2=$(port_of backend-api-2 'listens on port ')
start_tls_edge -Xms256m -Xmx256m -XX:+AlwaysPreTouch -Dio.netty.leakDetection.level=paranoid -Dedge.tls.cert-path="$dir/edge.pem" \
  -Dedge.pools.api_pool.sticky-cookie.enabled=true -Dedge.pools.api_pool.slow-start=2s \
  -Dedge.routes.calls.pool=call_pool -Dedge.routes.calls.path-prefixes=/soak.Echo \
  -Dedge.pools.call_pool.servers.calls.address="127.0.0.1:$(port_of calls 'listens on port ')" \
  -Dedge.routes.hls.pool=stream_pool -Dedge.routes.hls.path-prefixes=/hls -Dedge.pools.stream_pool.balance=uri \
  -Dedge.pools.stream_pool.servers.stream-1.address="127.0.0.1:$(port_of stream-1 'listens on port ')" \
  -Dedge.pools.stream_pool.servers.stream-2.address="127.0.0.1:$(port_of stream-2 'listens on port ')"
for name in "${!others[@]}"; do pid[$name]=${others[$name]}; done
echo "${pid[backend-api-2]}" >"$dir/api-2.pid"
chatter=$(curl --silent --include --data '{"user":"soak"}' "http://127.0.0.1:$edge_port/api/v1/login" | tr -d '\r' \
  | sed -nE 's/^[Ss]et-[Cc]ookie: ([^;]*).*/\1/p' | grep -v '^VEZA_SERVERID=' | head -n 1)
[[ -n $chatter ]] || fail 'no session for the WebSockets'
touch "$dir"/{done,left,tunnelled,kills,churned} "$dir"/failed.{h2load,curl,tunnel,streams}
step "the edge is up, with paranoid leak detection; $minutes minutes begin"

# --- the soak --------------------------------------------------------------------------------------------------------------
resting=$(descriptors)
java -XX:TieredStopAtLevel=1 -jar "$jar" lab load --target "http://127.0.0.1:$edge_port" --duration "$((minutes * 60))s" \
  --connections 20 --rate 100 >"$dir/load.log" 2>&1 &
pid[load]=$!
for client in many_streams new_connections leavers tunnels streams churn; do
  $client &
  pid[$client]=$!
done
# They write as they end; nothing of it is of interest.
ends=$((SECONDS + minutes * 60))
while ((SECONDS < ends)); do
  sleep 10
  sample | tee -a "$dir/samples" | awk '{ printf "  %d descriptors, %d MB resident, %d MB direct, %d MB heap\n", $2, $3 / 1024, $4 / 1024, $5 / 1024 }'
  kill -0 "${pid[edge]}" || fail 'the edge died'
done
touch "$dir/over"
intact=1
for client in load many_streams new_connections leavers tunnels streams churn; do
  wait "${pid[$client]}" || { [[ $client != streams ]] || intact=0; }
  unset "pid[$client]"
done

# --- what came of it ---------------------------------------------------------------------------------------------------------
kills=$(wc -l <"$dir/kills")
failed=$(cat "$dir"/failed.* | wc -l)
load_errors=$(sed -nE 's/^errors +([0-9]+).*/\1/p' "$dir/load.log" | head -n 1)
[[ -n $load_errors ]] || { cat "$dir/load.log" >&2; fail 'the load says nothing of errors'; }
step "$(grep -E '^requests ' "$dir/load.log" | tr -s ' '); besides $(awk '{ s += $1 } END { print s }' "$dir/done") requests by TLS," \
  "$(wc -l <"$dir/tunnelled") WebSockets by TLS, $(awk '{ s += $1 } END { print s }' "$dir/left") clients that left, $(wc -l <"$dir/churned") changes"
step "$kills kills; failed: $load_errors of the load, $failed of the others ($(cat "$dir"/failed.* | sort | uniq -c | tr -s ' \n' ' '))"
((load_errors + failed <= kills * errors_per_kill)) || { tail -n 30 "$dir/load.log" >&2; fail "more than $errors_per_kill failed per kill"; }
(($(wc -l <"$dir/tunnelled") > minutes * 5)) || fail 'hardly a WebSocket was opened by TLS'

step "on streams of HTTP/2: $(<"$dir/streams.log")"
((intact)) || fail "of what went through streams something else came back: $(grep WRONG "$dir/failed.streams" || tail -n 3 "$dir/failed.streams")"
of_streams() { # what was done
  sed -nE "s/.*\b$1=([0-9]+).*/\1/p" "$dir/streams.log" | grep . || echo 0
}
for what in tunnels closed reset dropped calls; do
  (($(of_streams $what) >= minutes * 20)) || fail "hardly any on streams of HTTP/2: $what"
done

# A leak is told when something is allocated after what leaked was collected.
for _ in 1 2 3; do
  jcmd "${pid[edge]}" GC.run >/dev/null
  for _ in {1..20}; do https_get --http2 --output /dev/null "https://a.test:$tls_port/api/v1/whoami" || true; done
done
leaks=$(grep -c 'LEAK' "$dir/edge.log" || true)
errors=$(grep -cE ' (ERROR|FATAL) ' "$dir/edge.log" || true)
step "log: $leaks leaks, $errors errors, $(grep -c ' WARN ' "$dir/edge.log" || true) warnings"
((leaks == 0)) || { grep -A 20 LEAK "$dir/edge.log" | head -n 60 >&2; fail 'leaks'; }
((errors == 0)) || { grep -E ' (ERROR|FATAL) ' "$dir/edge.log" | head >&2; fail 'errors in the log'; }

step "growth a minute over the second half: $(slope 2) descriptors, $(slope 3) KB resident, $(slope 4) KB direct, $(slope 5) KB heap"
if ((minutes >= 3)); then
  # Over a short time the JIT compiler and the metaspace still settle.
  (($(slope 2) <= 30)) || fail 'descriptors grow'
  (($(slope 3) <= 24 * 1024)) || fail 'the resident memory grows'
  (($(slope 4) <= 16 * 1024)) || fail 'the direct memory grows'
  (($(slope 5) <= 8 * 1024)) || fail 'the heap grows'
fi
settled() { (($(descriptors) <= resting + 20)); }
patience=90
await 'descriptors come back to what they were' settled
step "$(descriptors) descriptors are left of the $resting at the start"
step 'passed'
