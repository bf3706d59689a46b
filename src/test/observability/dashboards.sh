#!/usr/bin/env bash
# Every PromQL expression of grafana/dashboards through promtool: queries of panels, annotations and variables, with
# Grafana's variables filled in, as recording rules of one file. Needs jq and promtool (Debian: prometheus).
#
#   src/test/observability/dashboards.sh
set -euo pipefail

boards=$(dirname "$0")/../../../grafana/dashboards
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# One line for each expression: where it stands, and the expression with values in the place of variables. Of
# label_values(metric, label) it is the metric that must be valid.
expressions() { # boards...
  jq -r '
    def filled:
      gsub("\\$__rate_interval"; "20s") | gsub("\\$__interval"; "5s") | gsub("\\$__range"; "30m")
      | gsub("\\$\\{?(job|instance|pool|server)\\b(:\\w+)?\\}?"; ".+");
    .uid as $board
    | (.panels[] | .title as $title | .targets[]? | [$title, .refId, .expr]),
      (.annotations.list[] | ["annotation", .name, .target.expr]),
      (.templating.list[] | select(.type == "query")
        | ["variable", .name, (.query.query | sub("^label_values\\((?<metric>.*), *\\w+\\)$"; "\(.metric)"))])
    | [$board + ": " + .[0] + " " + .[1], (.[2] | filled)] | @tsv' "$@"
}

# As a rules file, each rule in a group of its own that says where it is from.
rules() {
  jq -Rn '{groups: [inputs / "\t" | {
    name: .[0], rules: [{record: "expression", expr: (.[1] | gsub("\\\\\\\\"; "\\"))}]}]}'
}

expressions "$boards"/*.json >"$dir/expressions"
unfilled=$(grep -F '$' "$dir/expressions" || true)
[[ -z $unfilled ]] || { echo "FAILED: variables that Grafana may know and this script does not: $unfilled" >&2; exit 1; }
sort "$dir/expressions" | cut -f 1 | uniq -d >"$dir/twice"
[[ ! -s $dir/twice ]] || { echo "FAILED: twice: $(cat "$dir/twice")" >&2; exit 1; }
rules <"$dir/expressions" >"$dir/boards.yml"
promtool check rules "$dir/boards.yml" >"$dir/verdict" 2>&1 || { cat "$dir/verdict" >&2; exit 1; }
echo "ok: $(wc -l <"$dir/expressions") expressions of $(ls "$boards"/*.json | wc -l) boards"

# What would come through here unseen, must not.
while IFS= read -r broken; do
  jq --arg expr "$broken" '.panels[1].targets[0].expr = $expr' "$boards/overview.json" >"$dir/broken.json"
  expressions "$dir/broken.json" | rules >"$dir/broken.yml"
  if promtool check rules "$dir/broken.yml" >/dev/null 2>&1; then
    echo "FAILED: promtool let through: $broken" >&2
    exit 1
  fi
  echo "ok: refused: $broken"
done <<'END'
sum(rate(edge_pool_requests_total{pool=~"$pool"}))
sum(rate(edge_pool_requests_total{pool=~"$pool"}[$__rate_interval])
sum by (pool) edge_pool_up{pool=~$pool}
histogram_quantil(0.99, edge_pool_request_duration_seconds_bucket)
END
