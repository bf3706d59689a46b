#!/usr/bin/env bash
# Compares veza-edge with HAProxy and nginx on this machine and prints the table as Markdown.
#
# Each proxy runs pinned to core 0; the load and nginx as the server behind all of them share core 1. The contenders
# take turns within a round (A B C A B C ...), so that what else the machine does hits all of them; a ratio is the
# median of the ratios within each round. The figure of merit is the CPU time of the proxy's process per request.
# Raw numbers go to target/bench/raw.tsv. Ends with status 1 if any request failed.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: src/bench/run.sh [--quick] [--rounds N] [--seconds S] [--warmup S] [--rows A,B,...] [--contenders A,B,...]
                        [--congestion NAME]

  --rounds N      rounds of every row (5)
  --seconds S     length of one measurement (8)
  --warmup S      load on each JVM before its first measurement (30)
  --rows          of: 128b 10k 1m ws p99 conns-10 conns-10000, tls-128b tls-1m (kept connections), tls-full
                  tls-resumed (a handshake for each request, TLS 1.3 and 1.2), h2-128b h2-10k (100 streams of one
                  connection, over TLS), servers-2 servers-1000 (all),
                  and log-off log-haproxy log-json log-combined: 128b with each format of the access log
  --contenders    of: edge haproxy nginx (all); haproxy is needed for the ratios
  --congestion    TCP's congestion control (the machine's); another one needs root, for a network namespace of its own.
                  bbr paces what is sent, by a timer for each large write, even over loopback; cubic and reno do not
  --quick         one short round of every row: does all of it run without an error?

environment:
  BENCH_JAR        the edge (target/quarkus-app/quarkus-run.jar)
  BENCH_JAVA_HOME  its JDK (JAVA_HOME, else the java in PATH)
  BENCH_JAVA_OPTS  its JVM flags (those of the Dockerfile)
TEXT
}

ROUNDS=5 SECONDS_EACH=8 WARMUP=30
ROWS=128b,10k,1m,ws,p99,conns-10,conns-10000,tls-128b,tls-1m,tls-full,tls-resumed,h2-128b,h2-10k,servers-2,servers-1000
CONTENDERS=edge,haproxy,nginx
CONGESTION=
arguments=("$@")
while [ $# -gt 0 ]; do
    case $1 in
        --congestion) CONGESTION=$2; shift 2 ;;
        --quick) ROUNDS=1 SECONDS_EACH=2 WARMUP=3; shift ;;
        --rounds) ROUNDS=$2; shift 2 ;;
        --seconds) SECONDS_EACH=$2; shift 2 ;;
        --warmup) WARMUP=$2; shift 2 ;;
        --rows) ROWS=$2; shift 2 ;;
        --contenders) CONTENDERS=$2; shift 2 ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
if [ -n "$CONGESTION" ] && [ "$CONGESTION" != "$(cat /proc/sys/net/ipv4/tcp_congestion_control)" ]; then
    # shellcheck disable=SC2016
    exec unshare --net bash -euc 'ip link set lo up
        echo "$0" >/proc/sys/net/ipv4/tcp_congestion_control || { echo "no congestion control $0 here" >&2; exit 2; }
        exec "$@"' "$CONGESTION" "$0" "${arguments[@]}"
fi
IFS=, read -ra rows <<<"$ROWS"
IFS=, read -ra contenders <<<"$CONTENDERS"

# shellcheck source=contenders.sh
source "$(dirname "$0")/contenders.sh"
read -ra java_opts <<<"${BENCH_JAVA_OPTS:--XX:+UseSerialGC -Xms256m -Xmx512m -XX:+AlwaysPreTouch}"
need wrk wrk
# The load's own JVM needs the source launcher, hence a JDK, not a JRE.
case ",$CONTENDERS," in *,edge,*) [ -f "$jar" ] || { echo "no $jar: ./mvnw -DskipTests package" >&2; exit 2; } ;; esac
out=$root/target/bench
mkdir -p "$out"
raw=$out/raw.tsv
printf 'row\tround\tcontender\trequests\tseconds\tcpu_us_per_request\trequests_per_s\tp99_ms\terrors\n' >"$raw"
declare -A cookie rate tls_port

start_contenders() { # servers: stops those before, starts one of each on core 0, warms the JVM
    local name
    stop "${pid[@]}"
    pid=()
    for name in "${contenders[@]}"; do
        take_port; port[$name]=$REPLY
        take_port; tls_port[$name]=$REPLY
        "config_$name" "$1" "${port[$name]}" "${tls_port[$name]}" >"$tmp/$name.conf"
        case $name in
            haproxy) exec taskset -c 0 haproxy -db -f "$tmp/$name.conf" ;;
            nginx) exec taskset -c 0 nginx -c "$tmp/$name.conf" ;;
            edge) mv "$tmp/edge.conf" "$tmp/edge.properties"
                exec taskset -c 0 "$java" "${java_opts[@]}" -Dquarkus.config.locations="$tmp/edge.properties" -jar "$jar" ;;
        esac >"$tmp/$name.log" 2>&1 &
        pid[$name]=$!
        await "$name" "http://127.0.0.1:${port[$name]}/128b"
        cookie[$name]=$(curl -si "http://127.0.0.1:${port[$name]}/128b" |
            sed -n 's/^[Ss]et-[Cc]ookie: \(SERVERID=[^;]*\).*/\1/p' | tr -d '\r')
        # nginx has no sticky cookie of its own; it forwards one, so that the requests are as long.
        cookie[$name]=${cookie[$name]:-SERVERID=s1}
    done
    if [ -n "${pid[edge]:-}" ]; then
        echo "warming the JVM for $WARMUP s" >&2
        wrk_run edge /128b 50 "$WARMUP" cookie >/dev/null
        case ",$ROWS" in *,tls-*|*,h2-*) warm_tls ;; esac
    fi
}

warm_tls() {
    tls_run edge /128b 50 "$WARMUP" >/dev/null
    tls_run edge /128b 50 "$((WARMUP / 3 + 1))" close >/dev/null
    tls_run edge /1m 10 "$((WARMUP / 3 + 1))" >/dev/null
    SECONDS_EACH=$((WARMUP / 3 + 1)) resumed_run edge >/dev/null
    h2_run edge /128b "$WARMUP" >/dev/null
    h2_run edge /10k "$((WARMUP / 3 + 1))" >/dev/null
}

tls_run() { # contender path connections seconds [close] -> as wrk_run, over TLS
    scheme=https port_of=${tls_port[$1]} wrk_run "$1" "$2" "$3" "$4" cookie "${5:-}"
}

resumed_run() { # contender -> requests seconds cpu_us - errors; openssl knows no p99
    local before after
    before=$(ticks "${pid[$1]}")
    taskset -c 1 openssl s_time -connect "127.0.0.1:${tls_port[$1]}" -reuse -tls1_2 -www /128b \
        -time "$SECONDS_EACH" >"$tmp/s_time.out" 2>&1
    after=$(ticks "${pid[$1]}")
    awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
        # The first line is of the processor time, the second of the time on the clock.
        / connections in .* real seconds/ { n = $1; s = $4 }
        END { print n + 0, s + 0, ticks * 1e6 / hz, "-", n ? 0 : 1 }' "$tmp/s_time.out"
}

h2_run() { # contender path seconds -> requests seconds cpu_us - errors; h2load knows no p99
    local before after
    before=$(ticks "${pid[$1]}")
    taskset -c 1 h2load -t1 -c1 -m100 -D "$3" -H "Cookie: ${cookie[$1]}" \
        "https://127.0.0.1:${tls_port[$1]}$2" >"$tmp/h2load.out"
    after=$(ticks "${pid[$1]}")
    awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v seconds="$3" '
        /^requests:/ { gsub(",", ""); done = $6; errors = $10 + $12 + $14 }
        /^status codes:/ { errors += $5 + $7 + $9 }
        END { print done, seconds, ticks * 1e6 / hz, "-", errors + 0 }' "$tmp/h2load.out"
}

wrk_run() { # contender path connections seconds cookie|plain [close] -> requests seconds cpu_us p99_ms errors
    local before after header=() scheme=${scheme:-http} port_of=${port_of:-${port[$1]}}
    [ "$5" = cookie ] && header=(-H "Cookie: ${cookie[$1]}")
    [ "${6:-}" != close ] || header+=(-H "Connection: close")
    before=$(ticks "${pid[$1]}")
    taskset -c 1 wrk -t1 -c "$3" -d "${4}s" --latency --timeout 10s "${header[@]}" \
        "$scheme://127.0.0.1:$port_of$2" >"$tmp/wrk.out"
    after=$(ticks "${pid[$1]}")
    awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
        function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t * 1000 }
        $1 == "99%" { p99 = ms($2) }
        $2 == "requests" && $3 == "in" { requests = $1; seconds = $4 + 0; if ($4 ~ /m$/) seconds *= 60 }
        /Socket errors/ { gsub(",", ""); errors += $4 + $6 + $8 + $10 }
        /Non-2xx/ { errors += $NF }
        END { print requests, seconds, ticks * 1e6 / hz, p99, errors + 0 }' "$tmp/wrk.out"
}

load_run() { # contender mode path connections -> the same
    taskset -c 1 "$java" -XX:+UseSerialGC -Xms256m "$here/java/Load.java" "$2" port="${port[$1]}" path="$3" \
        connections="$4" flight=10 seconds="$SECONDS_EACH" pid="${pid[$1]}" cookie="${cookie[$1]}" >"$tmp/load.out" ||
        tail -n 5 "$tmp/load.out" >&2
    awk -F '[= ]' '/^requests=/ { print $2, $4, $8, $6, $10; ok = 1 } END { if (!ok) print 0, 0, 0, 0, 1 }' "$tmp/load.out"
}

fixed_run() { # contender -> the same, at a rate that is half of what haproxy does on one core
    local before after clients=20
    before=$(ticks "${pid[$1]}")
    rm -f "$tmp/h2load.log"
    taskset -c 1 h2load --h1 -t1 -c $clients --rps $((rate[p99] / clients)) -D "$SECONDS_EACH" \
        --log-file="$tmp/h2load.log" -H "Cookie: ${cookie[$1]}" \
        "http://127.0.0.1:${port[$1]}/128b" >"$tmp/h2load.out"
    after=$(ticks "${pid[$1]}")
    # The log's columns: start, status, microseconds. The first second, with its connects, is left out of the p99.
    sort -n "$tmp/h2load.log" | awk 'NR == 1 { from = $1 + 1000000 } $1 >= from { print $3 }' | sort -n >"$tmp/latencies"
    awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v seconds="$SECONDS_EACH" \
        -v p99="$(awk -v n="$(wc -l <"$tmp/latencies")" 'NR == int(n * 0.99) { print $1 / 1000 }' "$tmp/latencies")" '
        /^requests:/ { gsub(",", ""); done = $6; errors = $10 + $12 + $14 }
        /^status codes:/ { errors += $5 + $7 + $9 }
        END { print done, seconds, ticks * 1e6 / hz, p99 + 0, errors + 0 }' "$tmp/h2load.out"
}

measure() { # row contender
    case $1 in
        128b|log-*) wrk_run "$2" /128b 50 "$SECONDS_EACH" cookie ;;
        10k) wrk_run "$2" /10k 50 "$SECONDS_EACH" cookie ;;
        tls-128b) tls_run "$2" /128b 50 "$SECONDS_EACH" ;;
        tls-1m) tls_run "$2" /1m 10 "$SECONDS_EACH" ;;
        tls-full) tls_run "$2" /128b 50 "$SECONDS_EACH" close ;;
        tls-resumed) resumed_run "$2" ;;
        h2-*) h2_run "$2" "/${1#h2-}" "$SECONDS_EACH" ;;
        1m) wrk_run "$2" /1m 10 "$SECONDS_EACH" cookie ;;
        ws) load_run "$2" ws /ws 50 ;;
        p99) fixed_run "$2" ;;
        servers-*) wrk_run "$2" /128b 50 "$SECONDS_EACH" plain ;;
        conns-*) load_run "$2" http /128b "${1#conns-}" ;;
        *) echo "no row $1" >&2; exit 2 ;;
    esac
}

run_row() { # row
    local row=$1 round contender requests seconds cpu p99 errors
    if [ "$row" = p99 ]; then
        read -r requests seconds _ < <(wrk_run haproxy /128b 50 3 cookie)
        rate[p99]=$(awk -v r="$requests" -v s="$seconds" 'BEGIN { print int(r / s / 2) }')
        echo "p99 at ${rate[p99]} requests/s" >&2
    fi
    for ((round = 1; round <= ROUNDS; round++)); do
        for contender in "${contenders[@]}"; do
            read -r requests seconds cpu p99 errors < <(measure "$row" "$contender")
            awk -v OFS='\t' -v row="$row" -v round="$round" -v c="$contender" -v n="$requests" -v s="$seconds" \
                -v cpu="$cpu" -v p99="$p99" -v e="$errors" 'BEGIN {
                    print row, round, c, n, s, n ? cpu / n : 0, s ? n / s : 0, p99, n ? e : e + 1 }' >>"$raw"
            tail -n 1 "$raw" >&2
        done
    done
}

start_server
current=none
for row in "${rows[@]}"; do
    servers=2
    [ "$row" = servers-1000 ] && servers=1000
    log_format=off
    case $row in log-*) log_format=${row#log-} ;; esac
    if [ "$servers $log_format" != "$current" ]; then
        rm -f "$tmp/access.log"
        start_contenders $servers
        current="$servers $log_format"
    fi
    run_row "$row"
done

{
    echo "| row | unit | ${CONTENDERS//,/ | } |"
    echo "|---|---|$(printf -- '---|%.0s' "${contenders[@]}")"
    awk -v names="$CONTENDERS" -f "$here/median.awk" -f "$here/table.awk" "$raw"
} | tee "$out/table.md"
failed=$(awk -F '\t' 'NR > 1 { n += $9 } END { print n + 0 }' "$raw")
echo
echo "$(nproc) cores, $(uname -m), $(haproxy -v | head -n 1 | cut -d' ' -f1-3), $(nginx -v 2>&1 | cut -d' ' -f3)," \
    "$("$java" -version 2>&1 | head -n 1), TCP with $(cat /proc/sys/net/ipv4/tcp_congestion_control), $ROUNDS rounds of $SECONDS_EACH s, $failed failed requests"
[ "$failed" = 0 ]
