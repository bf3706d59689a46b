#!/usr/bin/env bash
# The configuration reloaded under load (fault 31): logins, requests, downloads and WebSockets go on while it changes twenty
# times, by SIGHUP, the runtime API and the JSON API in turn. Servers come and go, weights change, a pool with its route
# appears and goes, and files with mistakes, or with what needs a restart, are in between. No request may fail and no
# WebSocket end, on a server that is taken out either; what is refused must change nothing; a sticky cookie and the hash's
# keys must lead where they led.
#
#   src/test/faults/reload.sh [target/quarkus-app/quarkus-run.jar]
#
# Needs a JDK 17, curl, jq and socat. Takes no fixed port, binds the loopback address only, ends what it started. Exit
# status: 0 if every step held, 1 if one did not.
[[ $# == 0 ]] || EDGE_JAR=$1
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for tool in curl jq socat; do
  command -v "$tool" >/dev/null || fail "needs $tool"
done

jar=$(readlink -f "$jar")
seconds=50          # of load
rounds=20
run=$dir/run
file=$run/config/application.properties
mkdir -p "$run/config"

lab() { # kind, name
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" lab "$1" --name "$2" --port 0 >"$dir/$2.log" 2>&1 &
  pid[$2]=$!
  await "$2 listens" port_of "$2" 'listens on port ' >/dev/null
}

server() { # pool, name
  echo "edge.pools.$1.servers.$2.address=127.0.0.1:$(port_of "$2" 'listens on port ')"
}

# Writes the file anew: what never changes, and these lines.
write() { # lines...
  {
    cat <<EOF
quarkus.http.port=0
edge.listen.host=127.0.0.1
edge.listen.http=0
edge.admin.socket=$dir/admin.sock
edge.routes.api.pool=api_pool
edge.routes.api.path-prefixes=/api
edge.routes.hls.pool=stream_pool
edge.routes.hls.path-prefixes=/hls
edge.pools.api_pool.sticky-cookie.enabled=true
edge.pools.api_pool.health.path=/api/v1/health
edge.pools.api_pool.health.interval=300ms
edge.pools.api_pool.health.timeout=5s
edge.pools.api_pool.slow-start=1s
edge.pools.stream_pool.balance=uri
edge.pools.stream_pool.hash.key=path-depth:2
edge.pools.stream_pool.health.interval=300ms
edge.pools.stream_pool.health.timeout=5s
edge.pools.stream_pool.slow-start=1s
EOF
    server api_pool api-1
    server api_pool api-2
    server stream_pool stream-1
    server stream_pool stream-2
    printf '%s\n' "$@"
  } >"$file.next"
  # In one step, as a tool that deploys configurations would.
  mv "$file.next" "$file"
}

management() { # path, options of curl...
  local path=$1
  shift
  curl --silent --max-time 10 "$@" "http://127.0.0.1:$management_port$path"
}

# Pools, servers and weights as they run, without what traffic moves.
present() {
  management /api/pools | jq -cS '[.[] | {name, servers: [.servers[] | {name, address, weight: .weight.set, maxConnections}]}]'
}

lines_with() { # text
  grep -c -F -- "$1" "$dir/edge.log" || true
}

# Has the edge reload one way or the other; prints 1 if it took what it read, 0 if it refused.
reload() { # round
  local taken refused
  case $(($1 % 3)) in
    0)
      taken=$(lines_with 'reloaded by SIGHUP')
      refused=$(lines_with 'reload by SIGHUP')
      kill -HUP "${pid[edge]}"
      await 'the edge has answered SIGHUP' eval \
        "(( \$(lines_with 'reloaded by SIGHUP') + \$(lines_with 'reload by SIGHUP') > $taken + $refused ))"
      echo $(($(lines_with 'reloaded by SIGHUP') - taken))
      ;;
    1) runtime reload | sed -n 's/^Success=//p' ;;
    2)
      status=$(management /api/reload --request POST --header 'X-Veza-Edge: 1' --json '{}' \
        --output "$dir/reload.json" --write-out '%{http_code}')
      case $status in
        200) echo 1 ;;
        422) echo 0 ;;
        *) fail "POST /api/reload answered $status" ;;
      esac
      ;;
  esac
}

# The server that holders of the first cookie get.
cookie_leads_to() {
  curl --silent --max-time 3 --cookie "$cookie" --dump-header - --output /dev/null \
    "http://127.0.0.1:$edge_port/api/v1/whoami" | tr -d '\r' | sed -n 's/^X-Served-By: //p'
}

# Which streamer each of a hundred keys has, a line each.
keys() {
  local key
  for key in {1..100}; do
    curl --silent --max-time 5 --output /dev/null --dump-header - "http://127.0.0.1:$edge_port/hls/$key/playlist.m3u8" \
      | tr -d '\r' | awk -v key="$key" -F ': ' 'tolower($1) == "x-served-by" { print key, $2 }'
  done
}

for name in api-1 api-2 api-3; do lab api "$name"; done
for name in stream-1 stream-2 stream-3; do lab stream "$name"; done
write
cd "$run"
java -jar "$jar" >"$dir/edge.log" 2>&1 &
pid[edge]=$!
await 'the edge listens' port_of edge ' http on [^ ]*:' >/dev/null
await 'the edge has started' port_of edge 'Listening on: [^ ]*:' >/dev/null
edge_port=$(port_of edge ' http on [^ ]*:')
management_port=$(port_of edge 'Listening on: [^ ]*:')
await 'a GET through the edge' answers_200
first=$(keys)
(($(wc -l <<<"$first") == 100)) || fail "only $(wc -l <<<"$first") of 100 keys were answered"
cookie=$(curl --silent --dump-header - --output /dev/null "http://127.0.0.1:$edge_port/api/v1/whoami" \
  | sed -nE 's/^[Ss]et-[Cc]ookie: ([^;]*).*/\1/p')
[[ -n $cookie ]] || fail 'there is no sticky cookie'
mine=$(cookie_leads_to)
[[ -n $mine ]] || fail 'the answer does not say which server it is of'
step "the edge runs; the cookie $cookie"

java -XX:TieredStopAtLevel=1 -jar "$jar" lab load --target "http://127.0.0.1:$edge_port" \
  --duration "${seconds}s" --connections 24 --rate 400 --max-errors 0 >"$dir/load.log" 2>&1 &
pid[load]=$!
# Time for every user to have logged in or opened a WebSocket.
sleep 5

taken=0 refused=0
for ((round = 1; round <= rounds; round++)); do
  case $((round % 5)) in
    1) write "$(server api_pool api-3)" edge.pools.api_pool.servers.api-1.weight=3 ;;
    2) write "$(server stream_pool stream-3)" edge.timeouts.client=20s ;;
    3) write "$(server extra api-3)" edge.pools.extra.health.path=/api/v1/health edge.routes.extra.pool=extra \
      edge.routes.extra.path-prefixes=/api/v1/whoami ;;
    4)
      if ((round % 2)); then
        write edge.pools.api_pool.balance=sideways edge.pools.api_pool.servers.api-1.weight=7
      else
        write edge.threads=7 edge.pools.api_pool.servers.api-1.weight=7
      fi
      ;;
    0) write edge.pools.stream_pool.servers.stream-1.weight=2 ;;
  esac
  before=$(present)
  result=$(reload "$round")
  after=$(present)
  if ((round % 5 == 4)); then
    [[ $result == 0 ]] || fail "round $round was not refused"
    [[ $before == "$after" ]] || fail "round $round was refused, and changed $before to $after"
    refused=$((refused + 1))
  else
    [[ $result == 1 ]] || fail "round $round was not taken"
    [[ $before != "$after" ]] || fail "round $round changed nothing"
    taken=$((taken + 1))
  fi
  case $((round % 5)) in
    1) await 'the new server is checked and up' eval '[[ $(server_state api_pool api-3) == UP ]]' ;;
    3 | 4) [[ $(status_of /api/v1/whoami) == 200 ]] || fail 'the new pool does not serve' ;;
    *) [[ $(cookie_leads_to) == "$mine" ]] || fail "the cookie leads elsewhere after round $round" ;;
  esac
  sleep 1
done
step "reloaded $taken times, refused $refused times"

kill -0 "${pid[load]}" 2>/dev/null || fail 'the load ended before the last reload'
wait "${pid[load]}" || { cat "$dir/load.log" >&2; fail 'requests were lost'; }
unset "pid[load]"
grep -qE '^chat .* [1-9][0-9]* messages|^chat +[1-9][0-9]* messages' "$dir/load.log" || fail 'there were no WebSockets'
grep -qE '^chat .* 0 reconnects' "$dir/load.log" || { cat "$dir/load.log" >&2; fail 'a WebSocket was closed'; }
step "nothing lost: $(grep -E '^(requests|errors|chat) ' "$dir/load.log" | tr -s ' \n' ' ')"

write
[[ $(reload 1) == 1 ]] || fail 'the first configuration was not taken again'
await 'no ramp is left' eval '[[ $(management /api/pools/stream_pool | jq "[.servers[] | select(.weight.effective != 1)] | length") == 0 ]]'
[[ $(keys) == "$first" ]] || fail 'keys lead elsewhere under the same configuration'
write "$(server stream_pool stream-3)"
[[ $(reload 2) == 1 ]] || fail 'one more streamer was not taken'
await 'the third streamer has its full weight' eval \
  '[[ $(management /api/pools/stream_pool | jq "[.servers[] | select(.weight.effective == 1)] | length") == 3 ]]'
moved=$(diff <(echo "$first") <(keys) | grep -c '^>' || true)
elsewhere=$(diff <(echo "$first") <(keys) | grep '^>' | grep -vc 'stream-3' || true)
((moved >= 15 && moved <= 55)) || fail "$moved of 100 keys moved to the third streamer"
((elsewhere == 0)) || fail "$elsewhere keys moved between streamers that were there before"
step "one more streamer took $moved of 100 keys, and no others moved"

sums=$(management /metrics | grep -E '^edge_process_config_reloads_total')
grep -q "result=\"taken\",* *} $((taken + 2))\.0" <<<"$sums" || fail "reloads are counted wrongly: $sums"
grep -q "result=\"refused\",* *} $refused\.0" <<<"$sums" || fail "refusals are counted wrongly: $sums"
! management /metrics | grep -q 'server="api-3"' || fail 'a server that is gone is still in the metrics'
step passed
