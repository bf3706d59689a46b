#!/usr/bin/env bash
# Where the edge's CPU time goes under the 128 B keep-alive row: a flight recording and its hottest frames.
#
# usage: src/bench/profile.sh [seconds]     (30; environment as for run.sh; needs a JDK with jfr)
# Leaves target/bench/profile.jfr for JDK Mission Control. JFR sees Java only: for the kernel's three quarters run
# `perf top -p PID` meanwhile.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=${1:-30}
home=${BENCH_JAVA_HOME:-${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}}
recording=$root/target/bench/profile.jfr
mkdir -p "${recording%/*}"
rm -f "$recording"

BENCH_JAVA_HOME=$home \
BENCH_JAVA_OPTS="${BENCH_JAVA_OPTS:--XX:+UseSerialGC -Xms256m -Xmx512m} \
-XX:StartFlightRecording=delay=25s,duration=${seconds}s,settings=profile,filename=$recording,dumponexit=true" \
    "$here/run.sh" --contenders edge --rows 128b --rounds 1 --warmup 20 --seconds $((seconds + 10))

"$home/bin/jfr" view hot-methods "$recording" 2>/dev/null ||
    "$home/bin/jfr" print --events jdk.ExecutionSample --stack-depth 1 "$recording" |
    awk '/line:/ { sub(/^ +/, ""); sub(/line:.*/, ""); n[$0]++; all++ } END { for (m in n) printf "%5.1f %% %s\n", n[m] * 100 / all, m }' |
    sort -rn | head -n 30
"$home/bin/jfr" view allocation-by-class "$recording" 2>/dev/null || true
