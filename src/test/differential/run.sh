#!/usr/bin/env bash
# The differential test: the same raw requests through HAProxy, nginx and the edge; see Differential.java.
#
# usage: src/test/differential/run.sh [edge-jar|none]     (target/quarkus-app/quarkus-run.jar)
# Bytes as forwarded go to target/differential/report.txt. Ends with status 1 if the edge deviates from cases.tsv or
# accepts what both others refuse.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
jar=${1:-$root/target/quarkus-app/quarkus-run.jar}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

for tool in haproxy nginx "$java"; do
    command -v "$tool" >/dev/null || { echo "the differential test needs $tool" >&2; exit 2; }
done
[ "$jar" = none ] || [ -f "$jar" ] || { echo "no $jar: ./mvnw -DskipTests package" >&2; exit 2; }

exec timeout 600 "$java" "$here/Differential.java" "$here/cases.tsv" "$root/target/differential/report.txt" "$java" "$jar"
