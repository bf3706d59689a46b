#!/usr/bin/env bash
# The runtime API of the edge against that of a real HAProxy with the same pools, command by command.
#
#   src/test/differential/runtime-api.sh [target/quarkus-app/quarkus-run.jar]
#
# Each line of runtime-api.tsv goes to both. How it says what must agree: `same` every byte; `shape` every byte but numbers,
# times and addresses; `names` the names of the fields and the number of lines; `differs` nothing, the README says why. At the end HAProxy loads what the
# edge says of its servers as its server state file. Needs a JDK 17, haproxy 2.6, socat. Exit status: 0 if all agreed.
[[ $# == 0 ]] || EDGE_JAR=$1
# shellcheck source=../faults/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../faults/common.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

for tool in haproxy socat; do
  command -v "$tool" >/dev/null || { echo "the runtime API's test needs $tool" >&2; exit 2; }
done

start_api api-1 0
start_api api-2 0
port_1=$(port_of api-1 'listens on port ')
port_2=$(port_of api-2 'listens on port ')

configure_haproxy() { # a line for the section global, one for the defaults
  cat <<CONF
global
    stats socket $dir/haproxy.sock mode 600 level admin
    maxconn 1000
    nbthread 1
    ${1:-}
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
    ${2:-}
frontend http
    bind unix@$dir/traffic.sock
    default_backend api_pool
backend api_pool
    cookie VEZA_SERVERID insert indirect nocache
    option httpchk GET /api/v1/health
    default-server inter 300ms fall 3 rise 2 on-marked-down shutdown-sessions
    server api-1 127.0.0.1:$port_1 check cookie api-1
    server api-2 127.0.0.1:$port_2 check cookie api-2
backend stream_pool
    balance uri whole
    hash-type consistent
    server stream-1 127.0.0.1:$port_1
    server stream-2 127.0.0.1:$port_2
CONF
}

start_haproxy() {
  haproxy -db -f "$dir/haproxy.conf" >"$dir/haproxy.log" 2>&1 &
  pid[haproxy]=$!
  await 'HAProxy listens' test -S "$dir/haproxy.sock"
}

ask() { # name, command with \n and \\ escaped: prints the answer and whether the connection ended
  printf '%b' "$2" | timeout 5 socat -t 3 - "UNIX-CONNECT:$dir/$1.sock" || true
  echo '<end>'
}

shape() {
  sed -E -e 's/0x[0-9a-f]+/N/g' -e 's/[0-9]+/N/g' -e 's/N\/[A-Z][a-z]{2}\/N/DATE/g'
}

# What the edge has no number for: the README names them.
unknown='(qtime_max|ctime_max|rtime_max|ttime_max|h1_[a-z_]*)'

# Header and names of fields, without values.
names() {
  grep -vE "^[FBS]\.[0-9.]*\.($unknown|last_chk|throttle|slim)\.1:" | sed -E -e 's/^([A-Za-z_][A-Za-z_0-9 -]*): .*/\1/' -e '/^# pxname/!{/,/s/,.*//}' \
    -e 's/^([FBS]\.[0-9]+\.[0-9]+\.[0-9]+\.[^:]*:[A-Za-z]+:[a-z0-9]+):.*/\1/' \
    -e 's/^([0-9]+\.[^:]*:[A-Za-z]+:[a-z0-9]+):.*/\1/'
}

compared=0
compare() { # how, command
  local how=$1 command=$2 filter=cat
  [[ $how == same ]] || filter=$how
  command=${command//PORT/$port_1}
  ask haproxy "$command" | "$filter" >"$dir/theirs"
  ask admin "$command" | "$filter" >"$dir/ours"
  if ! cmp -s "$dir/theirs" "$dir/ours"; then
    diff "$dir/theirs" "$dir/ours" | head -n 20 >&2 || true
    fail "$command: not the $how"
  fi
  compared=$((compared + 1))
}

# The columns that the edge leaves empty aside, every row has values where HAProxy's has.
same_columns() {
  local name
  for name in haproxy admin; do
    ask "$name" 'show stat\n' | awk -F , '
      /^# pxname/ { sub(/^# /, ""); for (i = 1; i <= NF; i++) column[i] = $i; next }
      NF > 5 { for (i = 1; i <= NF; i++) if ($i != "") print $1 "/" $2 " " column[i] }' | sort >"$dir/$name.columns"
  done
  comm -3 "$dir/haproxy.columns" "$dir/admin.columns" |
    grep -vE ' (last_chk|throttle|slim|'"$unknown"')$' >"$dir/columns" || true
  [[ ! -s $dir/columns ]] || { cat "$dir/columns" >&2; fail 'columns with a value on one side only'; }
}

configure_haproxy >"$dir/haproxy.conf"
stream=(-Dedge.pools.stream_pool.balance=uri -Dedge.pools.stream_pool.health.enabled=false
  -Dedge.pools.stream_pool.servers.stream-1.address=127.0.0.1:"$port_1"
  -Dedge.pools.stream_pool.servers.stream-2.address=127.0.0.1:"$port_2")
start_edge "${stream[@]}" -Dedge.pools.api_pool.sticky-cookie.enabled=true -Dedge.pools.api_pool.slow-start=0s
start_haproxy

both_up() {
  [[ $(ask haproxy 'show stat\n' | grep -c ',L7OK,') == 2 && $(ask admin 'show stat\n' | grep -c ',L7OK,') == 2 ]]
}
await 'both have checked their servers' both_up
step 'HAProxy and the edge stand in front of the same servers'

while IFS=$'\t' read -r how command _; do
  [[ -n $how && $how != '#'* ]] || continue
  [[ $how == differs ]] || compare "$how" "$command"
done <"$here/runtime-api.tsv"
step "$compared conversations agree"

same_columns
step 'show stat has values in the same columns'

# What an operator did here is there again in a HAProxy that starts from the edge's states.
ask admin 'set server api_pool/api-1 state maint; set server api_pool/api-2 weight 50%; set server stream_pool/stream-1 state drain; set server stream_pool/stream-2 weight 7\n' >/dev/null
ask admin 'show servers state\n' | grep -v '<end>' >"$dir/states"
stop haproxy
rm -f "$dir/haproxy.sock"
configure_haproxy "server-state-file $dir/states" 'load-server-state-from-file global' >"$dir/haproxy.conf"
start_haproxy
their_states() {
  ask haproxy 'show servers state\n' | awk 'NF > 20 && $1 != "#" { print $2, $4, $5, $7, $8 }'
}
our_states() {
  awk 'NF > 20 && $1 != "#" { print $2, $4, $5, $7, $8 }' "$dir/states"
}
[[ -n $(our_states) && $(their_states) == "$(our_states)" ]] ||
  fail "HAProxy has not loaded the edge's states: $(their_states) and not $(our_states)"
! grep -q 'ALERT\|application failed\|ignored\|skipped' "$dir/haproxy.log" || { cat "$dir/haproxy.log" >&2; fail 'HAProxy finds fault with the states'; }
step "HAProxy loads the edge's server states"
step 'passed'
