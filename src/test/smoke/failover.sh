#!/usr/bin/env bash
# The role's failover, on plain processes: two API servers of the lab behind the edge; one is killed and comes back.
#
#   src/test/smoke/failover.sh [target/quarkus-app/quarkus-run.jar]
#
# Needs a JDK 17, curl and socat. Takes no fixed port, binds the loopback address only, ends what it started. Exit status: 0 if
# every step held, 1 if one did not.
[[ $# == 0 ]] || EDGE_JAR=$1
# shellcheck source=../faults/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../faults/common.sh"

slow_start=6        # seconds

# How many lines of the edge's log tell a transition of backend-api-1 to this state.
transitions_to() { # state
  grep -cE "pool=api_pool server=backend-api-1 from=[A-Z]+ to=$1 " "$dir/edge.log" || true
}

# As the runtime API sees backend-api-1.
is_in() { # state
  [[ $(server_state api_pool backend-api-1) == "$1" ]]
}

# The servers that answered this many requests, one name a line; a request that is not answered 200 shows as its status.
answers() { # number, curl options...
  local number=$1
  shift
  curl --silent --max-time 10 --output /dev/null --dump-header - "$@" "http://127.0.0.1:$edge_port/api/v1/whoami?n=[1-$number]" |
    awk 'tolower($1) ~ /^http\// { status = $2 }
         tolower($1) == "x-served-by:" { sub(/\r$/, "", $2); name = $2 }
         $0 ~ /^\r?$/ { print (status == 200 ? name : "status " status); name = "" }'
}

share_of_1() { # number of requests: how many of them backend-api-1 answered
  answers "$1" | grep -cx backend-api-1 || true
}

both_answer() {
  (($(answers 4 | grep -x 'backend-api-[12]' | sort -u | wc -l) == 2))
}

full_share() {
  (($(share_of_1 40) >= 18))
}

start_api backend-api-1 0
start_api backend-api-2 0
port_1=$(port_of backend-api-1 'listens on port ')
port_2=$(port_of backend-api-2 'listens on port ')
step "backend-api-1 listens on $port_1, backend-api-2 on $port_2"

start_edge -Dedge.pools.api_pool.sticky-cookie.enabled=true -Dedge.pools.api_pool.slow-start=${slow_start}s
step "the edge listens on $edge_port"

await 'both servers answer' both_answer
step 'healthy: both servers answer'

# A client that is pinned to the server about to die.
for _ in 1 2; do
  rm -f "$dir/cookies"
  [[ $(answers 1 --cookie-jar "$dir/cookies") == backend-api-1 ]] && break
done
[[ $(answers 3 --cookie "$dir/cookies" | sort -u) == backend-api-1 ]] || fail 'the cookie does not keep its client on backend-api-1'
step 'a client is pinned to backend-api-1'

stop backend-api-1
step 'backend-api-1 killed'

asked=0
until is_in DOWN; do
  got=$(answers 10 | sort -u)
  asked=$((asked + 10))
  [[ $got == backend-api-2 ]] || fail "a GET while backend-api-1 was dead and not yet DOWN: $got"
  ((asked < 100000)) || fail 'DOWN is not seen'
done
step "DOWN: $asked GETs until then, all 200 from backend-api-2"

[[ $(answers 1) == backend-api-2 ]] || fail 'the next request was not answered by backend-api-2'
step 'the next request: 200 from backend-api-2'

[[ $(answers 1 --cookie "$dir/cookies" --cookie-jar "$dir/cookies") == backend-api-2 ]] || fail 'the pinned client was not balanced anew'
grep -q 'backend-api-2' "$dir/cookies" || fail 'the pinned client got no new cookie'
step 'the pinned client: 200 from backend-api-2, with a new cookie'

start_api backend-api-1 "$port_1"
await 'backend-api-1 is UP' is_in UP
step 'backend-api-1 restarted and UP'

throttle=$(runtime 'show stat' | awk -F , '$2 == "backend-api-1" { print $30 }')
[[ $throttle =~ ^[0-9]+$ ]] && ((throttle < 100)) || fail "the runtime API shows no slow start: \"$throttle\""
early=$(share_of_1 40)
((early <= 14)) || fail "no slow start: backend-api-1 answered $early of the first 40 requests"
step "ramping: backend-api-1 answered $early of the first 40 requests"

await 'backend-api-1 has its full share' full_share
step 'ramped: backend-api-1 has its full share again'

# By hand: an operator drains a server, takes it out, and puts it back.
runtime 'set server api_pool/backend-api-1 state drain' >/dev/null
is_in DRAIN || fail 'the drained server is not in DRAIN'
[[ $(answers 10 | sort -u) == backend-api-2 ]] || fail 'a new session went to the drained server'
runtime 'set server api_pool/backend-api-1 state maint' >/dev/null
is_in MAINT || fail 'the server is not in MAINT'
runtime 'set server api_pool/backend-api-1 state ready' >/dev/null
await 'backend-api-1 is back' is_in UP
step 'drained, in maintenance and back by the runtime API'

[[ $(transitions_to DOWN) == 1 && $(transitions_to UP) == 1 ]] || fail 'there were more transitions than one down and one up'
step 'passed'
