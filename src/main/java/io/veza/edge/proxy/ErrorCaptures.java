package io.veza.edge.proxy;

import io.veza.edge.control.ServerEntry;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.HeadParser;
import io.veza.edge.http1.RequestHead;
import io.veza.edge.http1.ResponseHead;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** The last malformed head of each listener and of each pool, kept for an operator to look at. Thread-safe. */
final class ErrorCaptures {

    private static final int MOST_BYTES = 16 * 1024;

    private final AtomicLong sequence = new AtomicLong();
    private final Map<String, CapturedError> requests = new ConcurrentHashMap<>();
    private final Map<String, CapturedError> responses = new ConcurrentHashMap<>();

    void request(String listener, InetSocketAddress client, RequestHead head, HeadFault fault) {
        requests.put(
                listener,
                captured(false, listener, listener, client, Optional.empty(), Optional.empty(), head, fault.reason()));
    }

    void response(String listener, InetSocketAddress client, String pool, ServerEntry server, ResponseHead head) {
        HeadFault fault = head.fault();
        responses.put(
                pool,
                captured(
                        true,
                        pool,
                        listener,
                        client,
                        Optional.of(pool),
                        Optional.of(server.server().name()),
                        head,
                        fault == null ? "unexpected" : fault.reason()));
    }

    private CapturedError captured(
            boolean response,
            String scope,
            String listener,
            InetSocketAddress client,
            Optional<String> pool,
            Optional<String> server,
            HeadParser head,
            String reason) {
        return new CapturedError(
                sequence.getAndIncrement(),
                Instant.now(),
                response,
                scope,
                listener,
                client,
                pool,
                server,
                Math.min(head.faultPosition(), MOST_BYTES),
                reason,
                head.taken(MOST_BYTES));
    }

    /** In the order in which they came. */
    List<CapturedError> all() {
        return Stream.concat(requests.values().stream(), responses.values().stream())
                .sorted(Comparator.comparingLong(CapturedError::sequence))
                .toList();
    }
}
