package io.veza.edge.proxy;

import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one event loop, coarse and cheap: arming one again writes a field, since a timer that is found too early
 * is only moved on. Times are ticks of {@link #TICK} since the wheel's start by the monotonic clock; a timer never fires
 * early and at most two ticks late. Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 6.
 */
final class TimerWheel {

    static final Duration TICK = Duration.ofMillis(50);

    private static final Logger LOG = Logger.getLogger(TimerWheel.class);
    private static final int SLOTS = 1024;
    private static final long NEVER = Long.MAX_VALUE;

    /** Something that is to happen unless it is armed again or cancelled before. Belongs to the wheel's event loop. */
    abstract static class Timer {
        private long deadline = NEVER;
        private long slotTick = NEVER;
        private @Nullable Timer next;
        private @Nullable Timer previous;

        abstract void expired();

        /** Fires no more until it is armed again. */
        final void cancel() {
            deadline = NEVER;
        }

        final boolean isArmed() {
            return deadline != NEVER;
        }
    }

    private static final class Slot extends Timer {
        @Override
        void expired() {
            throw new IllegalStateException("a slot is no timer");
        }
    }

    private final Timer[] slots = new Timer[SLOTS];
    private long now;

    TimerWheel() {
        for (int i = 0; i < SLOTS; i++) {
            Timer slot = new Slot();
            slot.next = slot;
            slot.previous = slot;
            slots[i] = slot;
        }
    }

    /** A duration in ticks, rounded up, at least one. */
    static long ticks(Duration duration) {
        long tick = TICK.toMillis();
        return Math.max(1, (duration.toMillis() + tick - 1) / tick);
    }

    /** The ticks since the wheel's start, as of the last turn. */
    long now() {
        return now;
    }

    /** Lets the timer fire this many ticks from now, whatever it was armed to before. */
    void arm(Timer timer, long ticks) {
        // The current tick is already under way, hence one more.
        timer.deadline = now + ticks + 1;
        if (timer.deadline < timer.slotTick) {
            unlink(timer);
            link(timer, timer.deadline);
        }
    }

    /** Forgets the timer altogether; for the end of its owner's life. */
    void remove(Timer timer) {
        timer.cancel();
        unlink(timer);
    }

    /** Fires what is due after {@code elapsed} since the wheel's start. */
    void advance(Duration elapsed) {
        long target = elapsed.toMillis() / TICK.toMillis();
        // After a long pause of the process one turn visits every slot; more would find nothing new.
        long from = Math.max(now + 1, target - SLOTS + 1);
        now = Math.max(now, target);
        for (long tick = from; tick <= target; tick++) {
            fire(slots[(int) (tick % SLOTS)]);
        }
    }

    private void fire(Timer slot) {
        Timer timer = slot.next;
        while (timer != null && timer != slot) {
            Timer following = timer.next;
            if (timer.slotTick <= now) {
                unlink(timer);
                if (timer.deadline <= now) {
                    timer.deadline = NEVER;
                    expire(timer);
                    // Whatever ran may have unlinked the neighbour: begin again, what was looked at is gone or later.
                    following = slot.next;
                } else if (timer.deadline != NEVER) {
                    link(timer, timer.deadline);
                }
            }
            timer = following;
        }
    }

    /**
     * A fault of one owner must not cost all others their timeouts: the wheel turns on. So it does where there is no memory for
     * a buffer, which Netty says by an error.
     */
    private static void expire(Timer timer) {
        try {
            timer.expired();
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("a timer failed", e);
        }
    }

    private void link(Timer timer, long tick) {
        Timer slot = slots[(int) (tick % SLOTS)];
        Timer last = slot.previous;
        if (last == null) {
            throw new IllegalStateException("slots are rings");
        }
        timer.slotTick = tick;
        timer.previous = last;
        timer.next = slot;
        last.next = timer;
        slot.previous = timer;
    }

    private static void unlink(Timer timer) {
        Timer previous = timer.previous;
        Timer next = timer.next;
        if (previous != null && next != null) {
            previous.next = next;
            next.previous = previous;
            timer.next = null;
            timer.previous = null;
        }
        timer.slotTick = NEVER;
    }
}
