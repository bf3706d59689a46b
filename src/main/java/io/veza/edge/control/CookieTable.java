package io.veza.edge.control;

import io.veza.edge.balance.KeyHash;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which server a sticky cookie's value names: an open-addressing table, so that a look-up makes no String. */
final class CookieTable {

    private final @Nullable ServerEntry[] slots;

    CookieTable(List<ServerEntry> entries) {
        // At most half full, so that there is always a free slot to end a search and runs stay short.
        slots = new @Nullable ServerEntry[Integer.highestOneBit(Math.max(1, entries.size())) * 4];
        for (ServerEntry entry : entries) {
            byte[] value = entry.cookieValue();
            int at = slot(value, 0, value.length);
            while (slots[at] != null) {
                at = at + 1 & slots.length - 1;
            }
            slots[at] = entry;
        }
    }

    @Nullable
    ServerEntry find(byte[] buf, int from, int to) {
        for (int at = slot(buf, from, to); ; at = at + 1 & slots.length - 1) {
            ServerEntry entry = slots[at];
            if (entry == null) {
                return null;
            }
            byte[] value = entry.cookieValue();
            if (Arrays.equals(value, 0, value.length, buf, from, to)) {
                return entry;
            }
        }
    }

    private int slot(byte[] buf, int from, int to) {
        return (int) KeyHash.hash(buf, from, to) & slots.length - 1;
    }
}
