package io.veza.edge.metrics;

import io.vertx.core.json.JsonObject;
import io.veza.edge.metrics.Board.Panel;
import io.veza.edge.metrics.Board.Query;
import io.veza.edge.metrics.BoardRules.Rule;
import io.veza.edge.metrics.PromqlNames.LabelMatch;
import io.veza.edge.metrics.PromqlNames.Selector;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What holds for every query: whom it asks, that its names exist, and that a counter is never shown as it is. */
final class QueryRules {

    /** A function over a time: {@code rate(name{…}[$__rate_interval]}. */
    private static final Pattern OVER_TIME = Pattern.compile("(\\w+)\\(([\\w:]+)(?:\\{[^{}]*})?\\[([^\\]]*)]");

    private static final Pattern QUANTILE =
            Pattern.compile("histogram_quantile\\(0\\.\\d+, sum by \\(le[\\w, ]*\\) \\(rate\\(\\w+_bucket\\{");

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

    private static final Set<String> OF_COUNTERS = Set.of("rate", "irate", "increase");

    static final List<Rule> ALL = List.of(
            new Rule("data source", QueryRules::datasource),
            new Rule("names", QueryRules::names),
            new Rule("selection", QueryRules::variables),
            new Rule("ranges", QueryRules::ranges),
            new Rule("counters", QueryRules::counters),
            new Rule("quantiles", QueryRules::quantiles),
            new Rule("legends", QueryRules::legends),
            new Rule("formats", QueryRules::formats));

    private QueryRules() {}

    private static Consumer<String> told(Query query, Consumer<String> problem) {
        return what -> problem.accept(query.where() + ": " + what + " in " + query.expression());
    }

    private static void datasource(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            if (!isVariable(panel.json())) {
                problem.accept(panel.title() + " asks " + panel.json().getValue("datasource"));
            }
            Set<String> names = new HashSet<>();
            for (Query query : panel.queries()) {
                if (!names.add(query.json().getString("refId", ""))) {
                    problem.accept(query.where() + " is there twice");
                }
            }
            if (names.isEmpty()) {
                problem.accept(panel.title() + " asks nothing");
            }
        }
        for (Query query : board.queries()) {
            if (!isVariable(query.json())) {
                problem.accept(query.where() + " asks " + query.json().getValue("datasource"));
            }
        }
    }

    private static boolean isVariable(JsonObject json) {
        JsonObject datasource = json.getJsonObject("datasource", new JsonObject());
        return "prometheus".equals(datasource.getString("type")) && "${datasource}".equals(datasource.getString("uid"));
    }

    private static void names(Board board, Consumer<String> problem) {
        for (Query query : board.queries()) {
            PromqlNames names = PromqlNames.of(query.expression());
            Set<String> allowed = new TreeSet<>();
            for (Selector selector : names.selectors()) {
                Set<String> labels = KnownSeries.labels(selector.metric());
                if (labels.isEmpty()) {
                    told(query, problem).accept("there is no " + selector.metric());
                }
                allowed.addAll(labels);
                for (LabelMatch match : selector.matches()) {
                    if (!labels.contains(match.label())) {
                        told(query, problem).accept(selector.metric() + " has no label " + match.label());
                    } else if (!KnownSeries.has(selector.metric(), match.label(), words(match))) {
                        told(query, problem)
                                .accept(selector.metric() + " has no " + match.label() + " " + match.value());
                    }
                }
            }
            if (names.selectors().isEmpty() || !allowed.containsAll(names.grouping())) {
                told(query, problem).accept("groups by " + names.grouping());
            }
        }
    }

    /** The values that a condition names; none if a variable does. */
    private static Set<String> words(LabelMatch match) {
        return match.value().startsWith("$") ? Set.of() : Set.of(match.value().split("\\|", -1));
    }

    private static void variables(Board board, Consumer<String> problem) {
        for (Query query : board.queries()) {
            for (Selector selector : PromqlNames.of(query.expression()).selectors()) {
                for (String variable : List.of("job", "instance", "pool", "server")) {
                    // The lab's servers are scraped by a job of their own: the board's chooses among edges.
                    boolean itsOwn = selector.metric().startsWith("lab_") && !variable.equals("server");
                    if (KnownSeries.labels(selector.metric()).contains(variable)
                            && !itsOwn
                            && !selector.matches().contains(new LabelMatch(variable, "=~", "$" + variable))) {
                        told(query, problem).accept(selector.metric() + " for every " + variable);
                    }
                }
            }
        }
    }

    private static void ranges(Board board, Consumer<String> problem) {
        for (Query query : board.queries()) {
            for (MatchResult call : overTime(query)) {
                boolean ofTimeShown = query.isInstant()
                        && call.group(1).equals("increase")
                        && call.group(3).equals("$__range");
                if (!call.group(3).equals("$__rate_interval") && !ofTimeShown) {
                    told(query, problem).accept("looks back " + call.group(3));
                }
            }
            if (query.expression().split("\\[", -1).length != overTime(query).size() + 1
                    || query.expression().contains("offset")) {
                told(query, problem).accept("looks back in a way that is not seen through");
            }
        }
        // Growth in a window that is longer than a step shows one event in several bars; steps of 15 s have windows of
        // 20 s.
        for (Panel panel : board.panels()) {
            boolean counts = panel.queries().stream()
                    .anyMatch(query -> !query.isInstant() && query.expression().contains("increase("));
            if (counts != "15s".equals(panel.json().getString("interval", ""))) {
                problem.accept(panel.title() + " has the least interval "
                        + panel.json().getString("interval"));
            }
        }
    }

    private static List<MatchResult> overTime(Query query) {
        return OVER_TIME.matcher(query.expression()).results().toList();
    }

    private static void counters(Board board, Consumer<String> problem) {
        for (Query query : board.queries()) {
            long grown = 0;
            for (MatchResult call : overTime(query)) {
                boolean counts = KnownSeries.counts(call.group(2));
                grown += counts && OF_COUNTERS.contains(call.group(1)) ? 1 : 0;
                if (!counts && !call.group(1).equals("changes")) {
                    told(query, problem).accept(call.group(1) + " of the gauge " + call.group(2));
                }
            }
            long counters = PromqlNames.of(query.expression()).selectors().stream()
                    .filter(selector -> KnownSeries.counts(selector.metric()))
                    .count();
            if (counters != grown) {
                told(query, problem).accept("a counter as it is");
            }
        }
    }

    private static void quantiles(Board board, Consumer<String> problem) {
        for (Query query : board.queries()) {
            long asked = Pattern.compile("histogram_quantile")
                    .matcher(query.expression())
                    .results()
                    .count();
            if (asked != QUANTILE.matcher(query.expression()).results().count()) {
                told(query, problem).accept("a quantile of something else");
            }
        }
    }

    private static void legends(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            for (Query query : panel.queries()) {
                PromqlNames names = PromqlNames.of(query.expression());
                Set<String> labels = new TreeSet<>(names.grouping());
                if (labels.isEmpty() && !query.expression().matches("(sum|max|min)\\(.*")) {
                    names.selectors().forEach(each -> labels.addAll(KnownSeries.labels(each.metric())));
                }
                String legend = query.json().getString("legendFormat", "");
                for (MatchResult label : PLACEHOLDER.matcher(legend).results().toList()) {
                    if (!labels.contains(label.group(1))) {
                        told(query, problem).accept("there is no label for the legend " + legend);
                    }
                }
                boolean lines = Set.of("timeseries", "state-timeline", "bargauge", "heatmap")
                        .contains(panel.type());
                if (lines && !legend.contains("{{")) {
                    told(query, problem).accept("the legend is " + legend);
                }
                if (labels.contains("server") && lines && !legend.contains("{{server}}")) {
                    told(query, problem).accept("the legend does not tell servers apart: " + legend);
                }
            }
        }
    }

    private static void formats(Board board, Consumer<String> problem) {
        for (Panel panel : board.panels()) {
            for (Query query : panel.queries()) {
                String format = query.json().getString("format", "time_series");
                boolean fits =
                        switch (panel.type()) {
                            case "table" -> format.equals("table") && query.isInstant();
                            case "heatmap" ->
                                format.equals("heatmap")
                                        && !query.isInstant()
                                        && query.json()
                                                .getString("legendFormat", "")
                                                .equals("{{le}}");
                            default -> format.equals("time_series");
                        };
                if (!fits || query.isInstant() == query.json().getBoolean("range", false)) {
                    told(query, problem).accept("is asked as " + format);
                }
            }
        }
    }
}
