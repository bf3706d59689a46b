# What the fault scripts share; to be sourced. The packaged edge and lab servers as processes, steps, and waiting.
#
# Takes no fixed port, binds the loopback address only, ends what it started. Gives: $dir for logs, pid[name], port_of,
# start_api, start_edge, stop, await, step, fail, status_of, rss_kb, runtime, server_state.
set -euo pipefail

jar=${EDGE_JAR:-$(dirname "${BASH_SOURCE[0]}")/../../../target/quarkus-app/quarkus-run.jar}
# Where the lab runs in containers no jar is needed.
[[ ${lab:-processes} == containers || -r $jar ]] || { echo "no jar at $jar: build it with ./mvnw package" >&2; exit 1; }

patience=60         # seconds for any one step: a busy machine starts a JVM slowly
dir=$(mktemp -d)
began=$(date +%s%N)
declare -A pid=()

cleanup() {
  local status=$? name
  for name in "${!pid[@]}"; do
    kill -9 "${pid[$name]}" 2>/dev/null || true
    wait "${pid[$name]}" 2>/dev/null || true
  done
  if ((status != 0)) && [[ -s $dir/edge.log ]]; then
    echo "--- the end of the edge's log" >&2
    tail -n 30 "$dir/edge.log" >&2
  fi
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

step() { # what has been seen
  local ms=$((($(date +%s%N) - began) / 1000000))
  printf '[%3d.%03d s] %s\n' $((ms / 1000)) $((ms % 1000)) "$*"
}

fail() {
  step "FAILED: $*" >&2
  exit 1
}

# Waits until a command succeeds.
await() { # description, command...
  local what=$1 until=$((SECONDS + patience))
  shift
  until "$@"; do
    ((SECONDS < until)) || fail "$what: not within $patience s"
    sleep 0.05
  done
}

# Prints the port that a process has written into its log.
port_of() { # name, extended regular expression up to the port
  sed -nE "s/.*$2([0-9]+).*/\1/p" "$dir/$1.log" 2>/dev/null | head -n 1 | grep .
}

# Starts a lab API server and waits for it.
start_api() { # name, port or 0
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" lab api --name "$1" --port "$2" >"$dir/$1.log" 2>&1 &
  pid[$1]=$!
  await "$1 listens" port_of "$1" 'listens on port ' >/dev/null
}

# Ends a process that was started here, as kill -9 does.
stop() { # name
  kill -9 "${pid[$1]}"
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}

# Starts the edge in front of the API servers that run, on the port $edge_port, and waits until it listens. The array
# edge_prefix is put before the command: env, a shell that sets a limit.
edge_prefix=()
start_edge() { # JVM options and settings...
  local servers=() name
  for name in "${!pid[@]}"; do
    servers+=("-Dedge.pools.api_pool.servers.$name.address=127.0.0.1:$(port_of "$name" 'listens on port ')")
  done
  "${edge_prefix[@]}" java \
    -Dquarkus.http.port=0 -Dedge.listen.host=127.0.0.1 -Dedge.listen.http=0 -Dedge.admin.socket="$dir/admin.sock" \
    -Dedge.routes.api.pool=api_pool -Dedge.routes.api.path-prefixes=/api \
    -Dedge.pools.api_pool.health.path=/api/v1/health \
    -Dedge.pools.api_pool.health.interval=300ms -Dedge.pools.api_pool.health.timeout=5s \
    "${servers[@]}" "$@" -jar "$jar" >"$dir/edge.log" 2>&1 &
  pid[edge]=$!
  await 'the edge listens' port_of edge ' http on [^ ]*:' >/dev/null
  await 'the runtime API is there' grep -q ' runtime API on ' "$dir/edge.log"
  edge_port=$(port_of edge ' http on [^ ]*:')
}

# The status of a GET through the edge; 000 without an answer.
status_of() { # path
  curl --silent --max-time 3 --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$edge_port$1" || true
}

answers_200() {
  [[ $(status_of /api/v1/whoami) == 200 ]]
}

# What the edge's runtime API answers.
runtime() { # command
  printf '%s\n' "$1" | socat -t 5 - "UNIX-CONNECT:$dir/admin.sock"
}

# The column status of one server, such as UP or DOWN 1/2.
server_state() { # pool server
  runtime 'show stat' | awk -F , -v pool="$1" -v server="$2" '$1 == pool && $2 == server { print $18 }'
}

# Lines of the edge's log that tell a transition.
transitions() {
  grep -cE ' pool=[^ ]+ server=[^ ]+ from=[A-Z/]+ to=' "$dir/edge.log" || true
}
