package io.veza.edge.admin;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One row of {@code show stat}: a listener, a server or a pool. What it has no value for stays empty. Not thread-safe. */
final class StatRow {

    /** What a row is about, with the letter it has in the typed form, its name in JSON and its number in {@code type}. */
    enum Kind {
        LISTENER('F', "Frontend", 0),
        POOL('B', "Backend", 1),
        SERVER('S', "Server", 2);

        private final char letter;
        private final String jsonName;
        private final int number;

        Kind(char letter, String jsonName, int number) {
            this.letter = letter;
            this.jsonName = jsonName;
            this.number = number;
        }

        char letter() {
            return letter;
        }

        String jsonName() {
            return jsonName;
        }

        int number() {
            return number;
        }
    }

    private final Kind kind;
    private final int proxyId;
    private final int serverId;
    private final Map<StatColumn, String> values = new EnumMap<>(StatColumn.class);

    /** @param serverId 0 for a listener or a pool */
    StatRow(Kind kind, String proxy, String name, int proxyId, int serverId) {
        this.kind = kind;
        this.proxyId = proxyId;
        this.serverId = serverId;
        set(StatColumn.PXNAME, proxy);
        set(StatColumn.SVNAME, name);
        set(StatColumn.PID, 1);
        set(StatColumn.IID, proxyId);
        set(StatColumn.SID, serverId);
        set(StatColumn.TYPE, kind.number());
        set(StatColumn.MODE, "http");
    }

    Kind kind() {
        return kind;
    }

    int proxyId() {
        return proxyId;
    }

    int serverId() {
        return serverId;
    }

    void set(StatColumn column, String value) {
        values.put(column, value);
    }

    void set(StatColumn column, long value) {
        values.put(column, Long.toString(value));
    }

    /** Zero where the edge does nothing that could be counted. */
    void zero(StatColumn... columns) {
        for (StatColumn column : columns) {
            set(column, 0);
        }
    }

    @Nullable
    String value(StatColumn column) {
        return values.get(column);
    }
}
