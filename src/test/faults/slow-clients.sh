#!/usr/bin/env bash
# 8,000 slow heads, then 3,000 bodies that drip, then 1,000 readers that take next to nothing (slowhttptest), each of which has
# the edge hold some 300 KB. Meanwhile others ask one after the other: their p99 must stay where it was. Slow heads and bodies
# get 408, slow readers are cut off, and no descriptor stays behind.
#
#   src/test/faults/slow-clients.sh [clients]
#
# Needs a JDK 17, curl and slowhttptest, and a limit of descriptors (ulimit -n) of three times the clients. Exit status: 0 if
# every step held, 1 if one did not.
source "$(dirname "$0")/common.sh"

clients=${1:-8000}
rate=2000           # new slow clients a second
allowed_ms=50       # by which the others' p99 may be more: two cores are shared with 8,000 clients and their tool

command -v slowhttptest >/dev/null || { echo 'slowhttptest is missing' >&2; exit 1; }
ulimit -n $((clients * 3)) 2>/dev/null || ulimit -n "$(ulimit -Hn)"
(($(ulimit -n) >= clients * 2 + 500)) || { echo "only $(ulimit -n) descriptors may be open" >&2; exit 1; }

descriptors() { # of the edge
  find "/proc/${pid[edge]}/fd" -mindepth 1 2>/dev/null | wc -l
}

reason() { # metric and reason
  curl --silent "http://127.0.0.1:$management_port/metrics" \
    | awk -v metric="$1" -v reason="reason=\"$2\"" 'index($1, metric "{") == 1 && index($1, reason) { sum += $2 } END { printf "%d", sum }'
}

# The p99 in ms of GETs one after the other for some seconds, and how many of them were not 200.
others() { # seconds
  local until=$((SECONDS + $1))
  : >"$dir/others"
  while ((SECONDS < until)); do
    curl --silent --max-time 10 --output /dev/null --write-out '%{http_code} %{time_total}\n' \
      "http://127.0.0.1:$edge_port/api/v1/whoami?[1-50]" >>"$dir/others" || true
  done
  sort -k 2 -n "$dir/others" | awk '{ t[NR] = $2; if ($1 != 200) bad++ }
    END { printf "%d %d %d\n", t[int(NR * 0.99) + (NR < 100)] * 1000, bad, NR }'
}

# Runs slowhttptest while others ask. The edge must refuse for the reason, as often as nearly all of the clients.
attack() { # name, clients, seconds, metric, reason, options of slowhttptest...
  local name=$1 clients=$2 seconds=$3 metric=$4 reason=$5 before most=0 p99 bad count refused now
  shift 5
  before=$(reason "$metric" "$reason")
  slowhttptest -c "$clients" -r $rate -l "$seconds" -p 3 "$@" >"$dir/$name.log" 2>&1 &
  pid[slow]=$!
  sleep 6
  most=$(descriptors)
  ((most >= clients / 2)) || fail "$name: only $most descriptors are open; the clients are not there"
  read -r p99 bad count < <(others 8)
  now=$(descriptors)
  ((now > most)) && most=$now
  step "$name: $most descriptors at most; $count GETs of others, $bad not 200, p99 $p99 ms"
  ((bad == 0)) || fail "$name: $bad GETs of others were not answered 200"
  ((p99 <= calm + allowed_ms)) || fail "$name: the p99 of others rose from $calm to $p99 ms"
  enough() { (($(reason "$metric" "$reason") - before >= clients * 9 / 10)); }
  await "$name: 9 of 10 of the clients are refused as $reason" enough
  refused=$(($(reason "$metric" "$reason") - before))
  kill "${pid[slow]}" 2>/dev/null || true
  wait "${pid[slow]}" 2>/dev/null || true
  unset "pid[slow]"
  gone() { (($(descriptors) <= resting + 50)); }
  await "$name: the descriptors are free again" gone
  step "$name: $refused refused as $reason; $(descriptors) descriptors left"
}

start_api backend-api-1 0
start_edge -Xms512m -Xmx512m -Dedge.timeouts.client=20s
await 'the management address is there' port_of edge 'Listening on: [^ ]*:' >/dev/null
management_port=$(port_of edge 'Listening on: [^ ]*:')
await 'a GET through the edge' answers_200
others 3 >/dev/null
read -r calm bad count < <(others 5)
resting=$(descriptors)
step "at rest: $count GETs, p99 $calm ms; $resting descriptors"

url=http://127.0.0.1:$edge_port/api/v1
attack slow-head "$clients" 60 edge_listener_refusals_total head_timeout -H -i 5 -u "$url/whoami"
# Faster than the timeout of a silent client, slower than the least rate.
attack slow-body $((clients * 3 / 8)) 90 edge_pool_failures_total body_too_slow -B -i 4 -s 8192 -x 8 -u "$url/login"
attack slow-read $((clients / 8)) 90 edge_pool_failures_total stopped_reading -X -n 5 -z 8 -w 256 -y 512 -k 1 -u "$url/bytes/50000000"
answers_200 || fail 'the edge does not answer any more'
step 'passed'
