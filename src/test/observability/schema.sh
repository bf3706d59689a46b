#!/usr/bin/env bash
# The boards in grafana/dashboards against Grafana's own types of dashboards, panels, their options and their fields
# (@grafana/schema, pinned in schema/package-lock.json): an option that does not exist or has a value that it cannot have
# fails, and so does this script if it would not. Needs node 18 or newer, and npm's registry for three packages.
#
#   src/test/observability/schema.sh
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
boards=$here/../../../grafana/dashboards
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

cp "$here"/schema/* "$dir"
cd "$dir"
npm ci --silent --ignore-scripts --no-audit --no-fund

# The boards of a folder as TypeScript through the compiler.
compile() { # folder
  rm -rf boards
  node literals.mjs "$1" boards >literals.out
  node_modules/.bin/tsc -p .
}

compile "$boards"
echo "ok: $(cat literals.out) as @grafana/schema $(node -p 'require("@grafana/schema/package.json").version') has them"

# Each of these must be refused: a change to the board, and what the compiler must say of it.
while IFS='#' read -r change complaint; do
  rm -rf broken
  mkdir broken
  jq "$change" "$boards/overview.json" >broken/overview.json
  if compile broken >errors; then
    echo "FAILED: nothing said of $change" >&2
    exit 1
  fi
  grep -qF "$complaint" errors || { echo "FAILED: of $change was said:" >&2; cat errors >&2; exit 1; }
  echo "ok: refused: $change"
done <<'END'
(.panels[] | select(.type == "stat") | .options.graphMode) = "areas"#areas
(.panels[] | select(.type == "table") | .options.showHeaders) = true#showHeaders
(.panels[] | select(.type == "timeseries") | .fieldConfig.defaults.custom.lineWith) = 2#lineWith
(.panels[] | select(.type == "timeseries") | .fieldConfig.defaults.thresholds.mode) = "relative"#relative
(.panels[] | select(.type == "table") | .fieldConfig.overrides[0].properties[0].id) = "mapping"#mapping
(.panels[] | select(.type == "state-timeline") | .type) = "timeline"#timeline
(.panels[] | select(.type == "stat") | .targets[0].datasource.uid) = "prometheus"#prometheus
.graphTooltips = 1#graphTooltips
.templating.list[1].multiple = true#multiple
.links[0].keepTimes = true#keepTimes
END
