package io.veza.edge.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The names that a PromQL expression uses: of metrics, with the labels that are asked of each, and the labels by which is
 * grouped and joined. For tests that hold rules and dashboards against the catalogue; whether an expression is valid is for
 * promtool to say. Grafana's variables ({@code $pool}, {@code ${pool:regex}}, {@code [$__rate_interval]}) are passed over, its
 * {@code label_values(metric, label)} is understood.
 *
 * @param selectors what reads series, in the order of the text
 * @param grouping labels in {@code by}, {@code without}, {@code on}, {@code ignoring}, {@code group_left}, {@code group_right}
 *     and {@code label_values}
 */
record PromqlNames(List<Selector> selectors, Set<String> grouping) {

    /** {@code name{label="value"}}; the name is empty where only labels select. */
    record Selector(String metric, List<LabelMatch> matches) {}

    /** One of a selector's conditions, its value without quotes and with escapes as they are written. */
    record LabelMatch(String label, String operator, String value) {}

    private static final Set<String> GROUPING = Set.of("by", "without", "on", "ignoring", "group_left", "group_right");

    private static final Set<String> KEYWORDS =
            Set.of("and", "or", "unless", "atan2", "bool", "offset", "inf", "nan", "Inf", "NaN");

    private static final Pattern TOKEN = Pattern.compile("(?<skip>\\s+|#[^\\n]*|\\$\\{[^}]*}|\\$\\w+)"
            + "|(?<string>\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`)"
            + "|(?<range>\\[[^]]*])"
            // Numbers and durations: 14.4, 1e-3, 0x1f, 1h30m.
            + "|(?<number>\\.?[0-9][0-9a-zA-Z_.]*(?:(?<=[eE])[+-][0-9]+)?)"
            + "|(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"
            + "|(?<sign>=~|!~|!=|==|<=|>=|.)");

    private static final Pattern AGGREGATION = Pattern.compile(
            "sum|avg|min|max|count|group|stddev|stdvar|topk|bottomk" + "|quantile|count_values|limitk|limit_ratio");

    PromqlNames {
        selectors = List.copyOf(selectors);
        grouping = Set.copyOf(grouping);
    }

    /** Throws an {@link IllegalArgumentException} where braces or parentheses of labels do not close. */
    static PromqlNames of(String expression) {
        return new Reading(tokens(expression)).names();
    }

    /** The names of all metrics, those of recording rules among them. */
    Set<String> metrics() {
        return selectors.stream()
                .map(Selector::metric)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of all labels, wherever they stand. */
    Set<String> labels() {
        Set<String> all = new TreeSet<>(grouping);
        selectors.forEach(selector -> selector.matches().forEach(match -> all.add(match.label())));
        return all;
    }

    private static List<String> tokens(String expression) {
        List<String> tokens = new ArrayList<>();
        Matcher token = TOKEN.matcher(expression);
        while (token.find()) {
            if (token.group("skip") == null && token.group("range") == null) {
                tokens.add(token.group());
            }
        }
        return tokens;
    }

    /** One pass over the tokens. */
    private static final class Reading {

        private final List<String> tokens;
        private final List<Selector> selectors = new ArrayList<>();
        private final Set<String> grouping = new TreeSet<>();
        private int at;

        Reading(List<String> tokens) {
            this.tokens = tokens;
        }

        PromqlNames names() {
            while (at < tokens.size()) {
                String token = tokens.get(at);
                if (token.equals("{")) {
                    selectors.add(new Selector("", matches()));
                } else if (isName(token)) {
                    name(token);
                } else {
                    at++;
                }
            }
            return new PromqlNames(selectors, grouping);
        }

        private void name(String name) {
            String next = at + 1 < tokens.size() ? tokens.get(at + 1) : "";
            at++;
            if (GROUPING.contains(name)) {
                if (next.equals("(")) {
                    labels();
                }
            } else if (name.equals("label_values")) {
                labelValues();
            } else if (!next.equals("(") && !KEYWORDS.contains(name) && !isAggregation(name, next)) {
                selectors.add(new Selector(name, next.equals("{") ? matches() : List.of()));
            }
        }

        /** In {@code sum by (job) (x)} no parenthesis follows the operator. */
        private static boolean isAggregation(String name, String next) {
            return (next.equals("by") || next.equals("without"))
                    && AGGREGATION.matcher(name).matches();
        }

        /** {@code (job, pool)}. */
        private void labels() {
            for (at++; !at(")"); at++) {
                if (isName(tokens.get(at))) {
                    grouping.add(tokens.get(at));
                }
            }
            at++;
        }

        /** {@code label_values(pool)}, {@code label_values(edge_pool_up{job="$job"}, pool)}: the last name is a label. */
        private void labelValues() {
            int end = tokens.subList(at, tokens.size()).lastIndexOf(")") + at;
            if (end <= at || !isName(tokens.get(end - 1))) {
                throw new IllegalArgumentException("label_values without a label in " + tokens);
            }
            grouping.add(tokens.get(end - 1));
            List<String> metric = tokens.subList(at + 1, end - 1);
            selectors.addAll(new Reading(metric).names().selectors());
            at = end + 1;
        }

        /** {@code {job="edge", state=~"down|maint"}}. */
        private List<LabelMatch> matches() {
            List<LabelMatch> matches = new ArrayList<>();
            for (at++; !at("}"); at++) {
                if (isName(tokens.get(at)) && at + 2 < tokens.size()) {
                    String value = tokens.get(at + 2);
                    matches.add(
                            new LabelMatch(tokens.get(at), tokens.get(at + 1), value.substring(1, value.length() - 1)));
                    at += 2;
                }
            }
            at++;
            return matches;
        }

        private boolean at(String sign) {
            if (at >= tokens.size()) {
                throw new IllegalArgumentException("no " + sign + " in " + tokens);
            }
            return tokens.get(at).equals(sign);
        }

        private static boolean isName(String token) {
            return Character.isLetter(token.charAt(0)) || token.charAt(0) == '_' || token.charAt(0) == ':';
        }
    }
}
