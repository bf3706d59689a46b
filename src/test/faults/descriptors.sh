#!/usr/bin/env bash
# No descriptors left: 400 idle clients at an edge that may have 256. It must neither die nor spin, and take traffic again
# once they are gone.
#
#   src/test/faults/descriptors.sh
#
# Needs a JDK 17 and curl. Exit status: 0 if every step held, 1 if one did not.
source "$(dirname "$0")/common.sh"

limit=256
clients=400

cpu_ticks() { # of the edge so far, user and system
  # The name in the second field may hold blanks; it ends with the last parenthesis.
  local stat
  stat=$(<"/proc/${pid[edge]}/stat")
  read -ra stat <<<"${stat##*) }"
  echo $((stat[11] + stat[12]))
}

descriptors() { # of the edge
  find "/proc/${pid[edge]}/fd" -mindepth 1 2>/dev/null | wc -l
}

out_of_descriptors() {
  (($(descriptors) >= limit - 2))
}

start_api backend-api-1 0
edge_prefix=(bash -c "ulimit -n $limit && exec \"\$@\"" -)
start_edge
await 'a GET through the edge' answers_200
step "the edge answers; it has $(descriptors) of $limit descriptors open"

mkfifo "$dir/hold"
java "$(dirname "$0")/Connections.java" "$edge_port" $clients <"$dir/hold" >"$dir/clients.log" 2>&1 &
pid[clients]=$!
exec {hold}>"$dir/hold"
await "$clients clients connect" grep -q "open $clients" "$dir/clients.log"
await 'the edge runs out of descriptors' out_of_descriptors
step "$clients clients are connected; the edge has $(descriptors) descriptors open"

per_second=$(getconf CLK_TCK)
before=$(cpu_ticks)
sleep 3
used=$((($(cpu_ticks) - before) * 100 / (3 * per_second)))
kill -0 "${pid[edge]}" || fail 'the edge died'
((used < 30)) || fail "the edge spins: $used % of a core without traffic"
step "the edge lives and uses $used % of a core"

exec {hold}>&-
wait "${pid[clients]}"
unset "pid[clients]"
closed=$(date +%s%N)
patience=10
await 'a GET after the clients left' answers_200
took=$((($(date +%s%N) - closed) / 1000000))
((took <= 3000)) || fail "the first GET was answered $took ms after the clients left"
step "the clients left; a GET was answered 200 after $took ms"
step 'passed'
