package io.veza.edge.proxy;

/**
 * What one client may take up.
 *
 * @param connectionsPerAddress at a time; {@link #NO_MOST} for any number
 * @param connectionRatePerAddress new ones a second; {@link #NO_MOST} for any number
 */
public record ClientLimits(int connectionsPerAddress, int connectionRatePerAddress) {

    public static final int NO_MOST = Integer.MAX_VALUE;

    /** Nothing is limited. */
    public static final ClientLimits NONE = new ClientLimits(NO_MOST, NO_MOST);
}
