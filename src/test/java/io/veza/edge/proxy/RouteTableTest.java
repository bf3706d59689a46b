package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import io.veza.edge.http1.HeadLimits;
import io.veza.edge.http1.HeadParser;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.pool.AddressBlocks;
import io.veza.edge.pool.AddressRule;
import io.veza.edge.pool.Route;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableTest {

    private static final List<Route> ROUTES = List.of(
            new Route("api", "api", List.of("/api"), List.of(), 0),
            new Route("v2", "v2", List.of("/api/v2/"), List.of(), 0),
            new Route("hls", "hls", List.of("/hls", "/media/live"), List.of(), 0),
            new Route("admin", "admin", List.of("/"), List.of("admin.example.org", "[::1]"), 0),
            new Route("wild", "wild", List.of("/"), List.of("*.example.org"), 0),
            new Route("low", "low", List.of("/tie"), List.of(), 1),
            new Route("high", "high", List.of("/tie"), List.of(), 2));

    @ParameterizedTest
    @CsvSource({
        "/api, a, api",
        "/api/, a, api",
        "/api/x/y?z=/hls, a, api",
        "/api?x, a, api",
        "/apis, a, none",
        "/ap, a, none",
        "/api/v2, a, v2",
        "/api/v2/x, a, v2",
        "/api/v22, a, api",
        "/media/live/1, a, hls",
        "/media, a, none",
        "/API, a, none",
        "//api, a, none",
        "/tie/x, a, high",
        "/, admin.example.org, admin",
        "/, ADMIN.example.org:8080, admin",
        "/, [::1]:80, admin",
        "/, x.example.org, wild",
        "/, a.b.example.org, wild",
        "/, example.org, none",
        "/, evilexample.org, none",
        "/api, x.example.org, api",
        "*, x.example.org, wild"
    })
    void the_longest_prefix_wins_then_priority_then_hosts(String target, String host, String expected) {
        assertThat(find(table(ROUTES, null), target, host)).isEqualTo(expected);
    }

    @Test
    void a_route_that_keeps_a_client_out_leads_it_nowhere_else() {
        AddressRule rule = new AddressRule(
                AddressBlocks.NONE, new AddressBlocks(List.of(new AddressBlocks.Block(new byte[] {10, 0, 0, 0}, 8))));
        List<Route> routes = List.of(
                new Route("open", "open", List.of("/"), List.of(), 0),
                new Route("closed", "closed", List.of("/x"), List.of(), 0, rule));
        RouteTable<String> table = table(routes, "open");
        RequestHead head = head("/x/y", "a");

        assertThat(table.find(head, client("11.0.0.1"))).isEqualTo("closed");
        assertThat(table.find(head, client("10.0.0.1"))).isNull();
        assertThat(table.refusal(head)).isEqualTo(ExchangeFailure.Cause.DENIED);
        assertThat(table.find(head("/", "a"), client("10.0.0.1"))).isEqualTo("open");
        assertThat(table(List.of(), null).refusal(head)).isEqualTo(ExchangeFailure.Cause.NO_ROUTE);
    }

    @Test
    void what_no_route_takes_goes_to_the_default_pool() {
        assertThat(find(table(ROUTES, "api"), "/nowhere", "a")).isEqualTo("api");
    }

    @Test
    void a_host_wins_over_no_host_at_the_same_prefix() {
        List<Route> routes = List.of(
                new Route("any", "any", List.of("/x"), List.of(), 0),
                new Route("named", "named", List.of("/x"), List.of("a"), 0));

        assertThat(find(table(routes, null), "/x", "a")).isEqualTo("named");
        assertThat(find(table(routes, null), "/x", "b")).isEqualTo("any");
    }

    @Test
    void two_hundred_routes_are_all_found() {
        List<Route> routes = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            routes.add(new Route("r" + i, "p" + i, List.of("/a/r" + i), List.of(), 0));
        }
        RouteTable<String> table = table(routes, null);

        for (int i = 0; i < 200; i++) {
            assertThat(find(table, "/a/r" + i + "/deep/below", "h")).isEqualTo("p" + i);
        }
    }

    @Test
    void a_route_to_nowhere_is_an_error() {
        assertThatThrownBy(() -> new RouteTable<>(ROUTES, Map.of(), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("api");
    }

    private static RouteTable<String> table(List<Route> routes, @Nullable String defaultPool) {
        Map<String, String> pools = new HashMap<>();
        routes.forEach(route -> pools.put(route.pool(), route.pool()));
        return new RouteTable<>(routes, pools, defaultPool);
    }

    private static String find(RouteTable<String> table, String target, String host) {
        String found = table.find(head(target, host), client("192.0.2.7"));
        return found == null ? "none" : found;
    }

    private static RequestHead head(String target, String host) {
        RequestHead head = new RequestHead(HeadLimits.DEFAULT);
        String method = target.equals("*") ? "OPTIONS" : "GET";
        String text = method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
        assertThat(head.feed(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII))))
                .isEqualTo(HeadParser.Progress.COMPLETE);
        return head;
    }

    private static ClientAddress client(String address) {
        InetAddress ip = Objects.requireNonNull(NetUtil.createInetAddressFromIpAddressString(address));
        return new ClientAddress(new InetSocketAddress(ip, 1), new InetSocketAddress(ip, 80), "http", false);
    }
}
