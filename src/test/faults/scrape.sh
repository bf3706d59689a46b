#!/usr/bin/env bash
# A scrape of an edge with 1,000 servers under load (fault 36): 18 of 20 take less than 500 ms, and the traffic beside them
# does not wait.
#
#   src/test/faults/scrape.sh
#
# Needs a JDK 17 and curl. Exit status: 0 if every step held, 1 if one did not.
source "$(dirname "$0")/common.sh"

servers=1000
scrapes=20
limit_ms=500

# Nobody listens on their addresses, and nobody looks: what counts is that there are so many.
{
  echo 'edge.pools.crowd.health.enabled=false'
  echo 'edge.pools.crowd.balance=uri'
  for ((i = 0; i < servers; i++)); do
    echo "edge.pools.crowd.servers.s$i.address=127.1.$((i / 250)).$((i % 250 + 1)):9"
  done
} >"$dir/crowd.properties"

# The generator's figures for a load of some seconds: "<p99 in ms> <errors>".
load() { # seconds
  java -XX:+UseSerialGC -jar "$jar" lab load --target "http://127.0.0.1:$edge_port" --duration "$1s" --connections 20 --rate 200 \
    >"$dir/load.log" 2>&1 || fail "the load generator: $(tail -n 3 "$dir/load.log")"
  awk '$1 == "latency" { for (i = 1; i <= NF; i++) if ($i == "p99") p = $(i + 1) } $1 == "errors" { e = $2 } END { print p, e }' "$dir/load.log"
}

start_api backend-api-1 0
start_api backend-api-2 0
java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" lab stream --name stream-srv-1 --port 0 >"$dir/stream-srv-1.log" 2>&1 &
streamer=$!
await 'stream-srv-1 listens' port_of stream-srv-1 'listens on port ' >/dev/null
start_edge -Dquarkus.config.locations="$dir/crowd.properties" \
  -Dedge.routes.hls.pool=stream_pool -Dedge.routes.hls.path-prefixes=/hls \
  "-Dedge.pools.stream_pool.servers.stream-srv-1.address=127.0.0.1:$(port_of stream-srv-1 'listens on port ')"
pid[streamer]=$streamer
await 'the management address' port_of edge 'Listening on: [^ ]*:' >/dev/null
management=http://127.0.0.1:$(port_of edge 'Listening on: [^ ]*:')
await 'a GET through the edge' answers_200

load 4 >/dev/null
read -r quiet errors < <(load 6)
((errors == 0)) || fail "$errors errors without a scrape"
step "some 200 requests a second without a scrape: p99 $quiet ms"

load 8 >"$dir/beside" &
loading=$!
took=()
for ((i = 0; i < scrapes; i++)); do
  seconds=$(curl --silent --max-time 10 --output "$dir/scrape" --write-out '%{time_total}' "$management/metrics")
  took+=("$(awk -v s="$seconds" 'BEGIN { printf "%d", s * 1000 + 0.5 }')")
  sleep 0.25
done
wait $loading
read -r beside errors <"$dir/beside"
series=$(grep -vc '^#' "$dir/scrape")
((series > 70 * servers)) || fail "only $series series"
((errors == 0)) || fail "$errors errors beside the scrapes"
mapfile -t sorted < <(printf '%s\n' "${took[@]}" | sort -n)
median=${sorted[scrapes / 2]}
high=${sorted[scrapes * 9 / 10 - 1]}
((high < limit_ms)) || fail "scrapes took ${sorted[*]} ms"
step "$scrapes scrapes of $series series, $(($(wc -c <"$dir/scrape") / 1024)) KB: $median ms (median), $high ms (18 of 20); beside them p99 $beside ms, no error"
step 'passed'
