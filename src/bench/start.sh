#!/usr/bin/env bash
# How fast a proxy is there, and how fast it is then: from its launch to the first proxied request, requests answered in its
# first two seconds, and what memory it takes at rest and with 10,000 idle connections. Prints the table as Markdown.
#
# Each proxy runs pinned to core 0 unless told otherwise; the load and nginx as the server behind all of them share core 1. The contenders
# take turns within a round; a ratio is the median of the ratios within each round. Ends with status 1 if a request failed.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: src/bench/start.sh [--rounds N] [--contenders A,B,...] [--idle N] [--cores LIST]

  --rounds N      rounds of every contender (5)
  --contenders    of: edge edge-aot haproxy (all); haproxy is needed for the ratios
  --idle N        idle connections for the memory (10000); 0 leaves memory out
  --cores LIST    cores of the proxies (0), as taskset takes them; HAProxy and the edge get a thread for each

  edge is target/quarkus-app; edge-aot is packaged here as the image packages it, with a cache trained here as there.
  Both have the image's JVM options and a heap as in its 512 MB.

environment:
  BENCH_JAR        the plain edge (target/quarkus-app/quarkus-run.jar)
  BENCH_JAVA_HOME  the JDK 25 of both (JAVA_HOME, else the java in PATH)
  BENCH_JAVA_OPTS  their JVM flags (src/main/docker/jvm.options)
TEXT
}

ROUNDS=5 CONTENDERS=edge,edge-aot,haproxy IDLE=10000 CORES=0
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) ROUNDS=$2; shift 2 ;;
        --contenders) CONTENDERS=$2; shift 2 ;;
        --idle) IDLE=$2; shift 2 ;;
        --cores) CORES=$2; shift 2 ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
IFS=, read -ra contenders <<<"$CONTENDERS"

# shellcheck source=contenders.sh
source "$(dirname "$0")/contenders.sh"
read -ra java_opts <<<"${BENCH_JAVA_OPTS:-@$root/src/main/docker/jvm.options}"
threads=$(taskset -c "$CORES" nproc)
out=$root/target/bench
app=$out/app
mkdir -p "$out"
raw=$out/start.tsv
: >"$raw"
failed=0

launch() { # contender: in the background, as pid[...]
    case $1 in
        haproxy) exec taskset -c "$CORES" haproxy -db -f "$tmp/$1.conf" ;;
        edge) exec taskset -c "$CORES" "$java" "${java_opts[@]}" -XX:MaxRAM=512m -Dquarkus.config.locations="$tmp/$1.properties" -jar "$jar" ;;
        edge-aot) cd "$app"
            exec taskset -c "$CORES" "$java" "${java_opts[@]}" -XX:MaxRAM=512m -XX:AOTCache="$app/edge.aot" -XX:AOTMode=on \
                -Dquarkus.config.locations="$tmp/$1.properties" -jar quarkus-run.jar ;;
    esac >"$tmp/$1.log" 2>&1
}

configure() { # contender
    take_port; port[$1]=$REPLY
    case $1 in
        haproxy) config_haproxy 2 "${port[$1]}" | sed "s/nbthread 1/nbthread $threads/" >"$tmp/$1.conf" ;;
        *) config_edge 2 "${port[$1]}" | sed "s/edge.threads=1/edge.threads=$threads/" >"$tmp/$1.properties" ;;
    esac
}

# Comes back at the first 200, within a fraction of a millisecond: a shell that asks again and again and starts nothing.
first_answer() { # port: sets cookie
    local line until=$((SECONDS + 60))
    cookie=
    while ((SECONDS < until)); do
        { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || continue
        printf 'GET /128b HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n' >&3
        IFS= read -r line <&3 || line=
        if [[ $line == 'HTTP/1.1 200 '* ]]; then
            while IFS= read -r line <&3 && [[ $line != $'\r' ]]; do
                [[ ${line,,} != set-cookie:* ]] || { line=${line#*: }; cookie=${line%%;*}; }
            done
            exec 3>&-
            return
        fi
        exec 3>&-
    done
    echo "no answer: $(tail -n 5 "$tmp"/*.log)" >&2
    exit 1
}

rss() { # contender: kB
    awk '/^VmRSS:/ { print $2 }' "/proc/${pid[$1]}/status"
}

# What is left a second after 10,000 clients came, each of which says nothing.
idle_rss() { # contender
    mkfifo "$tmp/hold"
    taskset -c 1 "$java" -XX:+UseSerialGC "$root/src/test/faults/Connections.java" "${port[$1]}" "$IDLE" <"$tmp/hold" >"$tmp/hold.log" 2>&1 &
    local holder=$!
    exec 4>"$tmp/hold"
    rm "$tmp/hold"
    until grep -q "^open $IDLE" "$tmp/hold.log"; do
        kill -0 $holder 2>/dev/null || { tail -n 5 "$tmp/hold.log" >&2; exit 1; }
        sleep 0.1
    done
    sleep 1
    rss "$1"
    exec 4>&-
    wait $holder
}

measure() { # round contender
    local name=$2 begin first rest=0 idle=0 cookie
    configure "$name"
    begin=${EPOCHREALTIME/./}
    launch "$name" &
    pid[$name]=$!
    first_answer "${port[$name]}"
    first=${EPOCHREALTIME/./}
    rm -f "$tmp/h2load.log"
    taskset -c 1 h2load --h1 -t1 -c50 -D 2 --log-file="$tmp/h2load.log" -H "Cookie: $cookie" \
        "http://127.0.0.1:${port[$name]}/128b" >"$tmp/h2load.out"
    stop "${pid[$name]}"
    unset "pid[$name]"
    if ((IDLE > 0)); then
        launch "$name" &
        pid[$name]=$!
        first_answer "${port[$name]}"
        sleep 2
        rest=$(rss "$name")
        idle=$(idle_rss "$name")
        stop "${pid[$name]}"
        unset "pid[$name]"
    fi
    awk -v OFS='\t' -v round="$1" -v name="$name" -v begin="$begin" -v first="$first" -v rest="$rest" -v idle="$idle" '
        $2 != 200 { errors++; next }
        $1 + $3 <= begin + 2000000 { life++ }
        { traffic++ }
        END {
            print "first proxied request, ms after the launch", round, name, (first - begin) / 1000
            print "requests in the two seconds from the launch", round, name, life + 0
            print "requests in the two seconds from the first", round, name, traffic + 0
            if (rest > 0) print "memory at rest, MB", round, name, rest / 1024
            if (idle > 0) print "memory with idle connections, MB", round, name, idle / 1024
            exit errors > 0
        }' "$tmp/h2load.log" >>"$raw" || failed=$((failed + 1))
    tail -n 5 "$raw" | cut -f 3,4 | paste -s >&2
}

case ",$CONTENDERS," in
    *,edge-aot,*)
        echo "packaging and training" >&2
        # In a folder of its own: target/quarkus-app stays what it is.
        (cd "$root" && ./mvnw -q process-classes quarkus:build -Dquarkus.package.jar.type=aot-jar -Dquarkus.package.output-directory=bench/app)
        PATH=$(dirname "$(command -v "$java")"):$PATH "$root/src/main/docker/train.sh" "$app" "$app/edge.aot" "${java_opts[@]}" >&2 ;;
esac
case ",$CONTENDERS," in *,edge,*) [ -f "$jar" ] || { echo "no $jar: ./mvnw -DskipTests package" >&2; exit 2; } ;; esac
start_server
for ((round = 1; round <= ROUNDS; round++)); do
    for contender in "${contenders[@]}"; do
        measure "$round" "$contender"
    done
done

{
    echo "| | ${CONTENDERS//,/ | } |"
    echo "|---|$(printf -- '---|%.0s' "${contenders[@]}")"
    awk -v names="$CONTENDERS" -f "$here/median.awk" -f "$here/start-table.awk" "$raw"
} | tee "$out/start.md"
echo
echo "cores $CORES of $(nproc), $(uname -m), $(haproxy -v | head -n 1 | cut -d' ' -f1-3)," \
    "$("$java" -version 2>&1 | head -n 1), $ROUNDS rounds, $failed of them with failed requests"
[ "$failed" = 0 ]
