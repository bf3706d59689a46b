#!/usr/bin/env bash
# Builds the image and runs it as it should be run: read-only root, no capabilities, not root, in a network where the
# server is known by name only. Asks it through its published port 80, waits for its health check, and stops it.
#
# Nothing is pulled. Where the base images are not present, stand-ins take their tags for the time of this test: a Debian
# by debootstrap, with a JDK of this machine put where the base images have theirs. Starts a Docker engine if none
# answers. Needs root, docker.io, debootstrap, curl, iptables, and target/quarkus-app. Ends with 0 only if all of it held.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
image=veza-edge-test:$$
network=veza-edge-test-$$
tmp=$(mktemp -d)
engine=
containers=()
standins=()

say() { echo "image: $*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

clean() {
    [ ${#containers[@]} = 0 ] || docker rm -f "${containers[@]}" >/dev/null 2>&1 || true
    docker network rm "$network" >/dev/null 2>&1 || true
    docker rmi -f "$image" "${standins[@]}" >/dev/null 2>&1 || true
    if [ -n "$engine" ]; then
        kill "$engine" 2>/dev/null || true
        wait "$engine" 2>/dev/null || true
        # The engine leaves its rules behind, and with them every connection of the machine is tracked, loopback too:
        # measurements after this test would pay for it.
        iptables-restore <"$tmp/rules" || say "the packet filter's rules could not be put back" >&2
        ip link delete docker0 2>/dev/null || true
    fi
    rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 130' INT TERM

await() { # command...: until it succeeds, at most a minute
    local i
    for ((i = 0; i < 120; i++)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.5
    done
    return 1
}

for tool in docker debootstrap curl iptables ip; do
    command -v "$tool" >/dev/null || fail "needs $tool (apt-get install docker.io debootstrap curl iptables iproute2)"
done
[ -f "$root/target/quarkus-app/quarkus-run.jar" ] || fail "no target/quarkus-app: ./mvnw -DskipTests package"

if ! docker version >/dev/null 2>&1; then
    command -v dockerd >/dev/null || fail "no Docker engine answers and there is no dockerd to start"
    say "starting an engine"
    iptables-save >"$tmp/rules"
    grep -q '^\*filter' "$tmp/rules" || printf '*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n' >>"$tmp/rules"
    grep -q '^\*nat' "$tmp/rules" || printf '*nat\nCOMMIT\n' >>"$tmp/rules"
    dockerd --data-root "$tmp/engine" --exec-root "$tmp/exec" --pidfile "$tmp/dockerd.pid" >"$tmp/dockerd.log" 2>&1 &
    engine=$!
    await docker version || fail "the engine does not start: $(tail -n 5 "$tmp/dockerd.log")"
fi

stand_in() { # tag
    if [ ! -d "$tmp/base" ]; then
        local home=${IMAGE_JDK:-}
        [ -n "$home" ] || home=$(find /usr/lib/jvm -maxdepth 1 -name 'temurin-25-*' -type d | head -n 1)
        [ -n "$home" ] || home=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
        say "making stand-ins for the base images of Debian and $home"
        debootstrap --variant=minbase bookworm "$tmp/base" >"$tmp/debootstrap.log" 2>&1 ||
            fail "debootstrap: $(tail -n 3 "$tmp/debootstrap.log")"
        mkdir -p "$tmp/base/opt/java"
        cp -aL "$home" "$tmp/base/opt/java/openjdk"
    fi
    tar -C "$tmp/base" -c . | docker import --change 'ENV JAVA_HOME=/opt/java/openjdk' \
        --change 'ENV PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        - "$1" >/dev/null
    standins+=("$1")
}

java=$(sed -n 's/^ARG JAVA=//p' "$root/Dockerfile")
sed -n 's/^FROM \([^ ]*\).*/\1/p' "$root/Dockerfile" | sed "s/\${JAVA}/$java/" >"$tmp/bases"
while read -r base; do
    docker image inspect "$base" >/dev/null 2>&1 || stand_in "$base"
done <"$tmp/bases"

DOCKER_BUILDKIT=0 docker build -t "$image" "$root" >"$tmp/build.log" 2>&1 || { cat "$tmp/build.log" >&2; fail "the build"; }
say "built, $(docker image inspect -f '{{.Size}}' "$image" | awk '{ print int($1 / 1e6) " MB" }')"

docker network create "$network" >/dev/null
run() { # docker run arguments...: sets REPLY to the container
    REPLY=$(docker run -d --network "$network" --read-only --tmpfs /tmp --cap-drop ALL \
        --security-opt no-new-privileges "$@")
    containers+=("$REPLY")
}
run --name "server-$$" --entrypoint java "$image" -m jdk.httpserver -b 0.0.0.0 -p 8080 -d /opt/veza-edge/app
run --publish 127.0.0.1::80 --env EDGE_DEFAULT_POOL=web \
    --env EDGE_POOLS_WEB_SERVERS_S1_ADDRESS="server-$$:8080" --env EDGE_POOLS_WEB_HEALTH_PATH=/ "$image"
edge=$REPLY
url=http://$(docker port "$edge" 80/tcp)/

log() { docker logs "$edge" 2>&1 | tail -n 20; }

await curl -fsS -m 2 "$url" || fail "no answer through the published port: $(log)"
say "answers on port 80 with a read-only root"
[ "$(docker inspect -f '{{.HostConfig.ReadonlyRootfs}} {{.Config.User}}' "$edge")" = "true 10001:10001" ] ||
    fail "it does not run read-only as 10001"
owner=$(stat -c %u "/proc/$(docker inspect -f '{{.State.Pid}}' "$edge")")
[ "$owner" = 10001 ] || fail "its process belongs to user $owner"
say "runs as user $owner"
grep -q libnetty_transport_native_epoll "/proc/$(docker inspect -f '{{.State.Pid}}' "$edge")/maps" ||
    fail "Netty's native transport is not loaded"
say "uses the native transport"
healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$edge")" = healthy ]; }
await healthy || fail "not healthy: $(docker inspect -f '{{json .State.Health.Log}}' "$edge")"
say "healthy"

docker stop -t 60 "$edge" >/dev/null
code=$(docker inspect -f '{{.State.ExitCode}}' "$edge")
# 143 is what a JVM says that came to its end in order after SIGTERM; 137 would be the engine's patience running out.
[[ $code = 0 || $code = 143 ]] || fail "it ended with $code after SIGTERM: $(log)"
say "SIGTERM ends it, with $code"
say "OK"
