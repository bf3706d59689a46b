# The failover in the lab of docker-compose.yml, which runs already; to be sourced by failover.sh, after
# ../faults/common.sh. The operator's way in is the JSON API at the management address.

api='JSON API'
# shellcheck source=../compose/compose.sh
source "$here/../compose/compose.sh"

start_lab() {
  edge_port=$(setting TRAFFIC_PORT 8080)
  management=http://127.0.0.1:$(setting MANAGEMENT_PORT 9100)
  token=$(setting EDGE_ADMIN_TOKEN '')
  curl --silent --fail --max-time 5 --output /dev/null "$management/q/health/ready" ||
    fail "no edge is ready at $management: docker compose up --build"
  opened=$(date -u +%Y-%m-%dT%H:%M:%S)
  step "the edge is published on $edge_port"
}

kill_1() {
  compose kill -s SIGKILL backend-api-1 >"$dir/kill.log" 2>&1 || fail "$(cat "$dir/kill.log")"
}

restart_1() {
  compose start backend-api-1 >"$dir/start.log" 2>&1 || fail "$(cat "$dir/start.log")"
}

# A document of the JSON API, through jq.
read_api() { # path, jq arguments...
  local path=$1
  shift
  curl --silent --fail --max-time 5 "$management/api/$path" | jq --raw-output "$@"
}

# As the JSON API sees backend-api-1, in the words of the runtime API: maintenance first, then what was observed.
is_in() { # state
  [[ $(read_api pools/api_pool/servers/backend-api-1 \
    'if .state == "maint" then "maint" elif .health == "down" then "down" elif .state == "drain" then "drain"
     else .health end | ascii_upcase') == "$1" ]]
}

is_ramping() {
  [[ $(read_api pools/api_pool/servers/backend-api-1 '.slowStart != null and .weight.effective < .weight.set') == true ]]
}

may_write() {
  [[ -n $token ]]
}

set_state() { # drain, maint or ready
  curl --silent --fail --max-time 5 --output /dev/null --request PUT --header "Authorization: Bearer $token" \
    --header 'X-Veza-Edge: 1' --header 'Content-Type: application/json' --data "{\"state\": \"$1\"}" \
    "$management/api/pools/api_pool/servers/backend-api-1/state" || fail "the JSON API does not take the state $1"
}

# How many transitions of backend-api-1 to this state the JSON API tells of since this opened.
transitions_to() { # state
  read_api 'transitions?pool=api_pool&server=backend-api-1' --arg opened "$opened" --arg to "$1" \
    '[.[] | select(.at >= $opened and .to == $to and (.from | contains("/") | not))] | length'
}
