package io.veza.edge.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.veza.edge.metrics.PromqlNames.LabelMatch;
import io.veza.edge.metrics.PromqlNames.Selector;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the extractor sees in expressions as rules and dashboards have them. */
class PromqlNamesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            textBlock =
                    """
            a_total | a_total | ''
            rate(a_total[5m]) | a_total | ''
            sum by (job, pool) (rate(a_total{code="5xx"}[5m])) | a_total | code,job,pool
            sum(rate(a_total[$__rate_interval])) by (pool) | a_total | pool
            sum without (server) (pool:a:rate5m) > 14.4 * 0.001 | pool:a:rate5m | server
            a / on (job, pool) group_left (version) b | a,b | job,pool,version
            a * ignoring (code) group_right b offset 5m | a,b | code
            a and b unless on () c or vector(0) | a,b,c | ''
            histogram_quantile(0.99, sum by (le) (rate(a_bucket{le!="+Inf"}[1h30m]))) | a_bucket | le
            topk(3, a) == bool 1e-3 + 0x1f + Inf | a | ''
            {__name__=~"edge_.*", job="edge"} | '' | __name__,job
            a{pool=~"$pool", server=~"${server:regex}"} > $limit | a | pool,server
            max_over_time(a[1h:5m] @ end()) # and b{c="d"} | a | ''
            count by (pool) (a == 0) | a | pool
            count | count | ''
            a{x="}"} + b{y='\\'', z=`{"`} | a,b | x,y,z
            label_values(a{job="$job"}, pool) | a | job,pool
            label_values(pool) | '' | pool
            query_result(max by (pool) (a)) | a | pool
            """)
    void names_are_found(String expression, String metrics, String labels) {
        PromqlNames names = PromqlNames.of(expression);

        assertThat(String.join(",", names.metrics())).isEqualTo(unquoted(metrics));
        assertThat(String.join(",", names.labels())).isEqualTo(unquoted(labels));
    }

    private static String unquoted(String cell) {
        return cell.equals("''") ? "" : cell;
    }

    @Test
    void a_selector_has_its_own_matches() {
        PromqlNames names = PromqlNames.of("a{state=\"down\", pool!~\"x|y\",} / on (pool) b");

        assertThat(names.selectors())
                .containsExactly(
                        new Selector(
                                "a",
                                List.of(new LabelMatch("state", "=", "down"), new LabelMatch("pool", "!~", "x|y"))),
                        new Selector("b", List.of()));
        assertThat(names.grouping()).containsExactly("pool");
    }

    @Test
    void what_does_not_close_is_refused() {
        assertThatThrownBy(() -> PromqlNames.of("a{b=\"c\"")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PromqlNames.of("sum by (a")).isInstanceOf(IllegalArgumentException.class);
    }
}
