package io.veza.edge.proxy;

import java.time.Duration;

/**
 * What one client may take up, and all of them together.
 *
 * @param connectionsPerAddress at a time; {@link #NO_MOST} for any number
 * @param connectionRatePerAddress new ones a second; {@link #NO_MOST} for any number
 * @param bodyRate bytes a second that a client must send of a request's body and take of a response; 0 for any
 * @param bodySpan over which the former is averaged
 * @param longHeads bytes that heads of HTTP/1.1 which have begun and not ended may take of the heap of one event loop, beyond the
 *     2 KiB that each of them has
 */
public record ClientLimits(
        int connectionsPerAddress, int connectionRatePerAddress, int bodyRate, Duration bodySpan, long longHeads) {

    public static final int NO_MOST = Integer.MAX_VALUE;

    /** Long enough for a train in a tunnel, short enough to be found out. */
    public static final Duration BODY_SPAN = Duration.ofSeconds(20);

    /** Nothing is limited. */
    public static final ClientLimits NONE = new ClientLimits(NO_MOST, NO_MOST);

    public ClientLimits(int connectionsPerAddress, int connectionRatePerAddress) {
        this(connectionsPerAddress, connectionRatePerAddress, 0, BODY_SPAN);
    }

    public ClientLimits(int connectionsPerAddress, int connectionRatePerAddress, int bodyRate, Duration bodySpan) {
        this(connectionsPerAddress, connectionRatePerAddress, bodyRate, bodySpan, Long.MAX_VALUE);
    }
}
