# The failover's lab on plain processes; to be sourced by failover.sh, after ../faults/common.sh. The operator's way in is
# the runtime API.

slow_start=6        # seconds
api='runtime API'

start_lab() {
  local port_2
  start_api backend-api-1 0
  start_api backend-api-2 0
  port_1=$(port_of backend-api-1 'listens on port ')
  port_2=$(port_of backend-api-2 'listens on port ')
  step "backend-api-1 listens on $port_1, backend-api-2 on $port_2"
  start_edge -Dedge.pools.api_pool.sticky-cookie.enabled=true -Dedge.pools.api_pool.slow-start=${slow_start}s
  step "the edge listens on $edge_port"
}

kill_1() {
  stop backend-api-1
}

restart_1() {
  start_api backend-api-1 "$port_1"
}

# As the runtime API sees backend-api-1.
is_in() { # state
  [[ $(server_state api_pool backend-api-1) == "$1" ]]
}

is_ramping() {
  local throttle
  throttle=$(runtime 'show stat' | awk -F , '$2 == "backend-api-1" { print $30 }')
  [[ $throttle =~ ^[0-9]+$ ]] && ((throttle < 100))
}

may_write() {
  true
}

set_state() { # drain, maint or ready
  runtime "set server api_pool/backend-api-1 state $1" >/dev/null
}

# How many lines of the edge's log tell a transition of backend-api-1 to this state.
transitions_to() { # state
  grep -cE "pool=api_pool server=backend-api-1 from=[A-Z]+ to=$1 " "$dir/edge.log" || true
}
