package io.veza.edge.probe;

import java.security.Security;

/**
 * The JDK's own cache of names. A class of its own, since what else is loaded with it may look up a name: a logger does, for
 * the name of this machine.
 */
public final class NameCache {

    private NameCache() {}

    /**
     * Leaves it to the prober how old an address gets: the JDK by itself keeps a name that was found 30 s and one that was
     * not 10 s. It reads these settings once, at the first look-up of any name in the process, so this goes before all else.
     */
    public static void limit() {
        Security.setProperty("networkaddress.cache.ttl", "1");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
    }
}
