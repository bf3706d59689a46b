package io.veza.edge.http2;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How much one client may make the edge work by frames that ask for nothing, in each span of ten seconds. An honest client
 * comes nowhere near any of the bounds; each is the answer to a known flood. Belongs to one connection.
 *
 * <table>
 * <caption>Bounds in ten seconds</caption>
 * <tr><td>resets</td><td>streams the client took back, CVE-2023-44487 ("rapid reset"), or provoked the edge to end by
 * breaking a rule, CVE-2025-8671 ("MadeYouReset")</td></tr>
 * <tr><td>control frames</td><td>PING, SETTINGS, PRIORITY, unknown ones and DATA without data: CVE-2019-9512, -9513,
 * -9515, -9518</td></tr>
 * <tr><td>window updates</td><td>as many, and one more for each 512 bytes of response: CVE-2019-9511, -9517</td></tr>
 * </table>
 */
public final class FrameBudget {

    /** Why a client has had enough. */
    public enum Excess {
        RESETS,
        CONTROL_FRAMES,
        WINDOW_UPDATES
    }

    /** How long a span is. */
    public static final Duration SPAN = Duration.ofSeconds(10);

    /** Control frames in a span: a hundred a second. */
    public static final int CONTROL_FRAMES = 1000;

    private static final int RESPONSE_BYTES_PER_UPDATE = 512;

    private final int mostResets;
    private long spanStartNanos;
    private int resets;
    private int controlFrames;
    private long windowUpdates;

    /** @param mostResets in a span */
    public FrameBudget(int mostResets, long nowNanos) {
        this.mostResets = mostResets;
        this.spanStartNanos = nowNanos;
    }

    /** A stream came to nothing by the client's doing. */
    public @Nullable Excess reset(long nowNanos) {
        turn(nowNanos);
        return ++resets > mostResets ? Excess.RESETS : null;
    }

    /** A frame came that asks for nothing. */
    public @Nullable Excess controlFrame(long nowNanos) {
        turn(nowNanos);
        return ++controlFrames > CONTROL_FRAMES ? Excess.CONTROL_FRAMES : null;
    }

    public @Nullable Excess windowUpdate(long nowNanos) {
        turn(nowNanos);
        return ++windowUpdates > CONTROL_FRAMES ? Excess.WINDOW_UPDATES : null;
    }

    /** So much of a response was sent, which the client will give back as window. */
    public void sent(int bytes) {
        windowUpdates -= 1 + bytes / RESPONSE_BYTES_PER_UPDATE;
    }

    private void turn(long nowNanos) {
        if (nowNanos - spanStartNanos >= SPAN.toNanos()) {
            spanStartNanos = nowNanos;
            resets = 0;
            controlFrames = 0;
            // What was sent at the end of a span is given back in the next.
            windowUpdates = Math.min(0, windowUpdates);
        }
    }
}
