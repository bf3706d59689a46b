#!/usr/bin/env bash
# Builds the image and runs it as it should be run: read-only root, no capabilities, not root, in a network where the
# server is known by name only. Asks it through its published port 80, waits for its health check, and stops it.
#
# Nothing is pulled: engine.sh makes stand-ins for base images that are not present, and starts a Docker engine if none
# answers. Needs root, docker.io, debootstrap, curl, iptables and, for the build's downloads, Maven Central. Ends with 0 only
# if all of it held.

test_name=image
# shellcheck source=engine.sh
source "$(dirname "$0")/engine.sh"
image=veza-edge-test:$$
network=veza-edge-test-$$
containers=()

clean() {
    [ ${#containers[@]} = 0 ] || docker rm -f "${containers[@]}" >/dev/null 2>&1 || true
    docker network rm "$network" >/dev/null 2>&1 || true
    docker rmi -f "$image" >/dev/null 2>&1 || true
    clean_engine
}
trap clean EXIT
trap 'exit 130' INT TERM

start_engine
stand_in_java "$root/Dockerfile"
docker build -t "$image" "$root" >"$tmp/build.log" 2>&1 || { tail -n 60 "$tmp/build.log" >&2; fail "the build"; }
size() { docker image inspect -f '{{.Size}}' "$1"; }
base=$(grep -e -jre- "$tmp/bases")
say "built, $((($(size "$image") - $(size "$base")) / 1000000)) MB on top of its base image's $(($(size "$base") / 1000000)) MB"
sed -n 's/^\(requests .*\)/trained: \1/p; s/^\(edge.aot.*\)/trained: \1/p' "$tmp/build.log" | while read -r line; do say "$line"; done
docker run --rm --read-only --network none --entrypoint java "$image" @jvm.options -XX:AOTCache=edge.aot -XX:AOTMode=on \
    -jar quarkus-run.jar help >/dev/null 2>"$tmp/cache.log" || fail "its AOT cache does not fit: $(cat "$tmp/cache.log")"
say "its AOT cache fits"
# With another collector than it was trained with: the JVM says so and starts without.
docker run --rm --read-only --network none --entrypoint java "$image" -XX:+UseZGC -XX:AOTCache=edge.aot \
    -jar quarkus-run.jar help >"$tmp/unfit.log" 2>&1 || fail "it does not start without the cache: $(cat "$tmp/unfit.log")"
grep -q 'Unable to use AOT cache' "$tmp/unfit.log" || fail "it does not say that the cache does not fit: $(cat "$tmp/unfit.log")"
say "a cache that does not fit is left alone, and the JVM says so"

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
for thread in "/proc/$(docker inspect -f '{{.State.Pid}}' "$edge")"/task/*; do
    [[ $(<"$thread/comm") == 'C2 CompilerThre'* ]] || continue
    # The nineteenth field, counted after the name, which may hold blanks.
    [ "$(sed 's/.*) //' "$thread/stat" | cut -d ' ' -f 17)" = 7 ] || fail "its compiler competes with traffic"
done
say "its compiler stands back for traffic"
healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$edge")" = healthy ]; }
await healthy || fail "not healthy: $(docker inspect -f '{{json .State.Health.Log}}' "$edge")"
say "healthy"

docker stop -t 60 "$edge" >/dev/null
code=$(docker inspect -f '{{.State.ExitCode}}' "$edge")
# 143 is what a JVM says that came to its end in order after SIGTERM; 137 would be the engine's patience running out.
[[ $code = 0 || $code = 143 ]] || fail "it ended with $code after SIGTERM: $(log)"
say "SIGTERM ends it, with $code"
say "OK"
