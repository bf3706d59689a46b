package io.veza.edge.health;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a pool's servers are checked and how many results it takes to believe them.
 *
 * @param enabled false: no checks, every server is taken as up
 * @param path the request target of the check
 * @param port where to check, if not on the traffic port
 * @param interval between two checks of a settled server
 * @param fastInterval between two checks of a server in transition
 * @param timeout of one whole check
 * @param fall consecutive failures that take a server down
 * @param rise consecutive successes that bring it back
 * @param expectStatus ranges of status codes that pass
 * @param expectBody what must be found in the first 64 KiB of the body, if anything
 * @param grpcService the service that gRPC's health check is asked for in place of all that, empty text for the whole server
 */
public record HealthPolicy(
        boolean enabled,
        String path,
        OptionalInt port,
        Duration interval,
        Duration fastInterval,
        Duration timeout,
        int fall,
        int rise,
        List<StatusRange> expectStatus,
        Optional<Pattern> expectBody,
        Optional<String> grpcService) {

    /** A policy of checks by HTTP. */
    public HealthPolicy(
            boolean enabled,
            String path,
            OptionalInt port,
            Duration interval,
            Duration fastInterval,
            Duration timeout,
            int fall,
            int rise,
            List<StatusRange> expectStatus,
            Optional<Pattern> expectBody) {
        this(
                enabled,
                path,
                port,
                interval,
                fastInterval,
                timeout,
                fall,
                rise,
                expectStatus,
                expectBody,
                Optional.empty());
    }

    /** Status codes from {@code first} to {@code last}, both included, within 100..599. */
    public record StatusRange(int first, int last) {
        public StatusRange {
            if (first < 100 || last > 599 || first > last) {
                throw new IllegalArgumentException(first + "-" + last + " is not a range within 100..599");
            }
        }

        public boolean contains(int status) {
            return first <= status && status <= last;
        }
    }

    public HealthPolicy {
        expectStatus = List.copyOf(expectStatus);
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path \"" + path + "\" does not begin with /");
        }
        positive("interval", interval);
        positive("fast-interval", fastInterval);
        positive("timeout", timeout);
        if (fall < 1 || rise < 1) {
            throw new IllegalArgumentException("fall " + fall + " or rise " + rise + " is below 1");
        }
        if (expectStatus.isEmpty()) {
            throw new IllegalArgumentException("expect-status is empty");
        }
    }

    /**
     * By the text of every part, since a pattern that was compiled again is another object and no other policy; what a
     * record says of itself leaves no part out.
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HealthPolicy policy && policy.toString().equals(toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " " + value + " is not positive");
        }
    }
}
