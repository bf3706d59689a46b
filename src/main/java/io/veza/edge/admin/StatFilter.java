package io.veza.edge.admin;

/**
 * Which rows of {@code show stat} are wanted.
 *
 * @param proxyId of one listener or pool; negative for all
 * @param kinds sum of 1 for listeners, 2 for pools, 4 for servers; negative for all
 * @param serverId of one server; -1 for all
 * @param withoutMaint leaves out servers in maintenance
 * @param upOnly leaves out those that are down, too
 */
record StatFilter(int proxyId, int kinds, int serverId, boolean withoutMaint, boolean upOnly) {

    static final StatFilter ALL = new StatFilter(-1, -1, -1, false, false);

    boolean shows(StatRow.Kind kind, int id) {
        return (proxyId < 0 || proxyId == id) && (kinds & 1 << kind.number()) != 0;
    }

    boolean shows(int id, ServerStatus status) {
        boolean hidden = (withoutMaint && status.paused()) || (upOnly && (status.paused() || !status.serves()));
        return (serverId == -1 || serverId == id) && !hidden;
    }

    /** Whether it may leave out servers, so that a pool says how many of them serve. */
    boolean hides() {
        return withoutMaint || upOnly;
    }
}
