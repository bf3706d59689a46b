# A Docker engine and base images for the tests that need them; to be sourced. Needs root, docker.io, iptables, iproute2.
#
# Nothing is pulled. Where no engine answers one is started for this test alone; where a base image is not present, a
# stand-in takes its tag for the time of the test: a Debian by debootstrap, with what this machine has put where the image
# has it. Gives: $root, $tmp, say, fail, await, start_engine, stand_in_java, stand_in_binary, clean_engine.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
tmp=$(mktemp -d)
engine=
standins=()
debian=

say() { echo "$test_name: $*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

# Everything that a trap of the test must undo; what runs in containers is the test's.
clean_engine() {
    [ ${#standins[@]} = 0 ] || docker rmi -f "${standins[@]}" >/dev/null 2>&1 || true
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

await() { # command...: until it succeeds, at most a minute
    local until=$((SECONDS + 60))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < until)) || return 1
        sleep 0.5
    done
}

start_engine() {
    for tool in docker debootstrap curl iptables ip; do
        command -v "$tool" >/dev/null || fail "needs $tool (apt-get install docker.io debootstrap curl iptables iproute2)"
    done
    # A cli of another maker may have BuildKit's plug-in or not; the engine's own builder is always there.
    export DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0
    ! docker version >/dev/null 2>&1 || return 0
    command -v dockerd >/dev/null || fail "no Docker engine answers and there is no dockerd to start"
    say "starting an engine"
    iptables-save >"$tmp/rules"
    grep -q '^\*filter' "$tmp/rules" || printf '*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n' >>"$tmp/rules"
    grep -q '^\*nat' "$tmp/rules" || printf '*nat\nCOMMIT\n' >>"$tmp/rules"
    dockerd --data-root "$tmp/engine" --exec-root "$tmp/exec" --pidfile "$tmp/dockerd.pid" >"$tmp/dockerd.log" 2>&1 &
    engine=$!
    await docker version || fail "the engine does not start: $(tail -n 5 "$tmp/dockerd.log")"
}

absent() { # tag
    ! docker image inspect "$1" >/dev/null 2>&1
}

debian() { # makes the image $debian once; busybox gives the wget of images that have one
    [ -z "$debian" ] || return 0
    say "making stand-ins for base images, of Debian"
    debootstrap --variant=minbase --include=busybox,ca-certificates bookworm "$tmp/base" >"$tmp/debootstrap.log" 2>&1 ||
        fail "debootstrap: $(tail -n 3 "$tmp/debootstrap.log")"
    ln -sf busybox "$tmp/base/usr/bin/wget"
    debian=veza-edge-debian:$$
    tar -c -C "$tmp/base" . | docker import - "$debian" >/dev/null
    standins+=("$debian")
    rm -rf "$tmp/base"
}

make() { # tag, Dockerfile lines...: of $debian and, over it, $tmp/over
    local tag=$1
    shift
    { printf 'FROM %s\nCOPY over/ /\n' "$debian"; printf '%s\n' "$@"; } >"$tmp/Dockerfile"
    tar -c -C "$tmp" Dockerfile over | docker build -q -t "$tag" - >"$tmp/make.log" 2>&1 || fail "$tag: $(tail -n 3 "$tmp/make.log")"
    rm -rf "$tmp/over"
    standins+=("$tag")
}

# The stand-ins for the JDK and the JRE that a Dockerfile builds on. The JDK's has this machine's Maven repository, if
# there is one, so that the build downloads only what that lacks; the JRE's is linked of the JDK, as the image's is.
stand_in_java() { # Dockerfile
    local java base home path
    java=$(sed -n 's/^ARG JAVA=//p' "$1")
    home=${IMAGE_JDK:-}
    [ -n "$home" ] || home=$(find /usr/lib/jvm -maxdepth 1 -name 'temurin-25-*' -type d | head -n 1)
    [ -n "$home" ] || home=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
    grep -q '^JAVA_VERSION="25' "$home/release" || fail "needs a JDK 25 for the stand-ins, as /usr/lib/jvm/temurin-25-* or in IMAGE_JDK"
    path='ENV PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    sed -n 's/^FROM \([^ ]*\).*/\1/p' "$1" | sed "s/\${JAVA}/$java/" | sort -u >"$tmp/bases"
    while read -r base; do
        absent "$base" || continue
        debian
        mkdir -p "$tmp/over/opt/java"
        case $base in
            *-jre-*) "$home/bin/jlink" --no-header-files --no-man-pages --generate-cds-archive --output "$tmp/over/opt/java/openjdk" \
                --add-modules "$("$home/bin/java" --list-modules | sed 's/@.*//' |
                    grep -vE '^jdk\.(compiler|jartool|javadoc|jdeps|jlink|jpackage|jshell|jconsole|internal\.(ed|le|opt)|hotspot.agent|incubator.*)$' |
                    paste -sd,)" >"$tmp/jlink.log" 2>&1 || fail "jlink: $(tail -n 3 "$tmp/jlink.log")" ;;
            *) cp -aL "$home" "$tmp/over/opt/java/openjdk"
                if [ -d ~/.m2/repository ]; then
                    mkdir -p "$tmp/over/root/.m2"
                    # Neither browsers nor fuzzers nor our own: none of it is the build's.
                    tar -c -C ~/.m2 --exclude=com/microsoft/playwright --exclude=com/code-intelligence . | tar -x -C "$tmp/over/root/.m2"
                fi ;;
        esac
        make "$base" 'ENV JAVA_HOME=/opt/java/openjdk' "$path"
    done <"$tmp/bases"
}

# A stand-in for an image that is one binary, which Debian packages: where the image has it, run by nobody.
stand_in_binary() { # tag binary path data-folder [folder of Debian's that it reads]
    absent "$1" || return 0
    command -v "$2" >/dev/null || fail "needs $2 for a stand-in of $1"
    debian
    mkdir -p "$tmp/over/usr/bin" "$tmp/over$4"
    install -m 755 "$(command -v "$2")" "$tmp/over/usr$3"
    [ -z "${5:-}" ] || (cd / && cp -a --parents "${5#/}" "$tmp/over")
    make "$1" "RUN chown 65534:65534 $4" "USER 65534" "VOLUME $4" "WORKDIR $4" "ENTRYPOINT [\"$3\"]"
}
