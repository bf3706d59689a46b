#!/usr/bin/env bash
# HTTP/2 from clients that break its rules: every violation of RFC 9113 sections 4 to 8 that a client can make, injections, which
# must not reach a server, and floods (fault 29), which must cost the edge neither CPU nor memory for long.
#
#   src/test/tls/violations.sh
#
# Needs a JDK 17, Python 3 without more, curl and socat. Exit status: 0 if every step held, 1 if one did not.
# shellcheck source=../faults/common.sh
source "$(dirname "$0")/../faults/common.sh"
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

need python3 curl socat

# The server behind is the script's own: it keeps each byte that reaches it, and answers with it.
python3 "$(dirname "$0")/violations.py" serve "$dir/reached" >"$dir/raw.log" 2>&1 &
pid[raw]=$!
await 'the server listens' port_of raw 'listens on port ' >/dev/null
authority ca
leaf ca a.test a
start_edge -Xms256m -Xmx256m -XX:+AlwaysPreTouch -Dedge.listen.h2c=true -Dedge.listen.https=0 -Dedge.tls.cert-path="$dir/made/a.pem" \
  -Dedge.default-pool=api_pool -Dedge.pools.api_pool.health.path=/health -Dedge.timeouts.client=5s
tls_port=$(port_of edge ' https on [^ ]*:')
up() { [[ $(server_state api_pool raw) == UP* ]]; }
await 'the server is up' up
step "the edge takes HTTP/2 on $edge_port, and on $tls_port by TLS"
python3 "$(dirname "$0")/violations.py" attack "$edge_port" "$tls_port" "$dir/reached" "${pid[edge]}" \
  || fail 'the edge does not hold'
! grep -qE ' ERROR |Exception' "$dir/edge.log" || { grep -E ' ERROR |Exception' "$dir/edge.log" | head >&2; fail 'the log has errors'; }
lines=$(wc -l <"$dir/edge.log")
((lines < 100)) || fail "clients can write into the log: it has $lines lines"
step 'passed'
