#!/usr/bin/env bash
# Trains an AOT cache: runs the edge in front of the lab's servers under the lab's load, and ends it by SIGTERM, whereupon
# the JVM writes what it has loaded, linked and profiled.
#
#   src/main/docker/train.sh APP CACHE [JVM options...]
#
# APP is the folder of an application packaged with -Dquarkus.package.jar.type=aot-jar, since only classes of the JVM's own
# loaders can be cached; CACHE is the file to write. The options must be those the cache will be used with. Needs a JDK 25
# in PATH and bash; no network but loopback, no fixed port. TRAIN_SECONDS is the length of the load (15). Exit status: 0
# if there is a cache that the JVM accepts and not one request of the training failed.
set -euo pipefail

app=$(cd "$1" && pwd)
cache=$2
shift 2
options=("$@")
seconds=${TRAIN_SECONDS:-15}
dir=$(mktemp -d)
declare -A pid=()

cleanup() {
  local name
  for name in "${!pid[@]}"; do kill -9 "${pid[$name]}" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
  echo "training failed: $*" >&2
  for name in edge load; do
    [[ -s $dir/$name.log ]] && tail -n 20 "$dir/$name.log" >&2
  done
  exit 1
}

port_of() { # name, extended regular expression up to the port
  sed -nE "s/.*$2([0-9]+).*/\1/p" "$dir/$1.log" 2>/dev/null | head -n 1 | grep .
}

await() { # description, command...: at most a minute
  local what=$1 until=$((SECONDS + 60))
  shift
  until "$@" >/dev/null; do
    ((SECONDS < until)) || fail "$what: not within a minute"
    sleep 0.1
  done
}

lab() { # name, arguments...
  local name=$1
  shift
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar quarkus-run.jar lab "$@" >"$dir/$name.log" 2>&1 &
  pid[$name]=$!
}

# What answers a GET at the management address; no curl is needed.
ask() { # path, further header lines...
  local path=$1 management
  shift
  management=$(port_of edge 'Listening on: http:\/\/[^ ]*:')
  exec 3<>"/dev/tcp/127.0.0.1/$management"
  printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n' "$path" "$management" >&3
  (($# == 0)) || printf '%s\r\n' "$@" >&3
  printf '\r\n' >&3
  head -n 1 <&3 | tr -d '\r'
  exec 3>&-
}

ready() {
  [[ $(ask /q/health/ready) == *' 200 '* ]]
}

# The class path of the cache is the one of this folder.
cd "$app"
settings=()
for server in backend-api-1 backend-api-2 stream-srv-1 stream-srv-2; do
  kind=api pool=api_pool
  [[ $server != stream-* ]] || kind=stream pool=stream_pool
  lab "$server" "$kind" --name "$server" --port 0
  await "$server listens" port_of "$server" 'listens on port '
  settings+=("-Dedge.pools.$pool.servers.$server.address=127.0.0.1:$(port_of "$server" 'listens on port ')")
done

java "${options[@]}" -XX:AOTCacheOutput="$cache" -Dquarkus.profile=lab -Dquarkus.http.port=0 \
  -Dedge.listen.host=127.0.0.1 -Dedge.listen.http=0 -Dedge.admin.socket="$dir/admin.sock" \
  "${settings[@]}" -jar quarkus-run.jar >"$dir/edge.log" 2>&1 &
pid[edge]=$!
await 'the edge listens' port_of edge 'Listening on: http:\/\/[^ ]*:'
await 'the edge is ready' ready
traffic=$(port_of edge ' http on [^ ]*:')

java -XX:+UseSerialGC -jar quarkus-run.jar lab load --target "http://127.0.0.1:$traffic" --duration "${seconds}s" \
  --connections 40 --max-errors 0 >"$dir/load.log" 2>&1 || fail 'requests failed under load'
sed -n '/^requests/p' "$dir/load.log"
# What operators open; the page's feed is an upgrade.
for path in /metrics /stats /stats/stats.js /api/info /api/pools /api/listeners /api/transitions /q/health/well /q/health/live; do
  echo "$path: $(ask $path)"
done

kill -TERM "${pid[edge]}"
wait "${pid[edge]}" || fail 'the edge did not end in good order'
unset 'pid[edge]'
[[ -s $cache ]] || fail 'no cache was written'
java "${options[@]}" -XX:AOTCache="$cache" -XX:AOTMode=on -jar quarkus-run.jar help >/dev/null || fail 'the cache does not fit'
echo "$cache: $(($(stat -c %s "$cache") / 1000000)) MB"
