#!/usr/bin/env bash
# The role's failover: two API servers of the lab behind the edge; one is killed and comes back.
#
#   src/test/smoke/failover.sh [target/quarkus-app/quarkus-run.jar]    on plain processes
#   src/test/smoke/failover.sh --compose                               in the lab of docker-compose.yml, which runs already
#
# On processes it needs a JDK 17, curl and socat, takes no fixed port, binds the loopback address only and ends what it
# started. In the lab it needs Docker, curl and jq; ports and token come from the environment or .env, and the profile
# `chaos` must not run. Exit status: 0 if every step held, 1 if one did not.
here=$(dirname "${BASH_SOURCE[0]}")
case ${1:-} in
  --compose) lab=containers ;;
  *) [[ $# == 0 ]] || EDGE_JAR=$1; lab=processes ;;
esac
# shellcheck source=../faults/common.sh
source "$here/../faults/common.sh"
# What differs: start_lab, kill_1, restart_1, is_in, is_ramping, may_write, set_state, transitions_to.
# shellcheck source=failover-on-processes.sh
# shellcheck source=failover-in-containers.sh
case $lab in
  processes) source "$here/failover-on-processes.sh" ;;
  containers) source "$here/failover-in-containers.sh" ;;
esac

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

start_lab

await 'both servers answer' both_answer
step 'healthy: both servers answer'

# A client that is pinned to the server about to die.
for _ in {1..20}; do
  rm -f "$dir/cookies"
  [[ $(answers 1 --cookie-jar "$dir/cookies") == backend-api-1 ]] && break
done
[[ $(answers 3 --cookie "$dir/cookies" | sort -u) == backend-api-1 ]] || fail 'the cookie does not keep its client on backend-api-1'
step 'a client is pinned to backend-api-1'

kill_1
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

restart_1
await 'backend-api-1 is UP' is_in UP
step 'backend-api-1 restarted and UP'

is_ramping || fail 'the API shows no slow start'
early=$(share_of_1 40)
((early <= 14)) || fail "no slow start: backend-api-1 answered $early of the first 40 requests"
step "ramping: backend-api-1 answered $early of the first 40 requests"

await 'backend-api-1 has its full share' full_share
step 'ramped: backend-api-1 has its full share again'

# By hand: an operator drains a server, takes it out, and puts it back.
if may_write; then
  set_state drain
  is_in DRAIN || fail 'the drained server is not in DRAIN'
  [[ $(answers 10 | sort -u) == backend-api-2 ]] || fail 'a new session went to the drained server'
  set_state maint
  is_in MAINT || fail 'the server is not in MAINT'
  set_state ready
  await 'backend-api-1 is back' is_in UP
  step "drained, in maintenance and back by the $api"
else
  step 'no EDGE_ADMIN_TOKEN: nobody may write, so nothing was done by hand'
fi

[[ $(transitions_to DOWN) == 1 && $(transitions_to UP) == 1 ]] || fail 'there were more transitions than one down and one up'
step 'passed'
