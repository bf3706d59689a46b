package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimerWheelTest {

    private final TimerWheel wheel = new TimerWheel();
    private final List<String> fired = new ArrayList<>();
    private long now;

    private final class Named extends TimerWheel.Timer {
        private final String name;

        Named(String name) {
            this.name = name;
        }

        @Override
        void expired() {
            fired.add(name + "@" + now);
        }
    }

    private void to(long tick) {
        while (now < tick) {
            now++;
            wheel.advance(TimerWheel.TICK.multipliedBy(now));
        }
    }

    @Test
    void fires_once_and_not_before_its_time() {
        wheel.arm(new Named("a"), 5);

        to(100);

        assertThat(fired).containsExactly("a@6");
    }

    @Test
    void arming_again_moves_it_later_or_earlier() {
        Named later = new Named("later");
        Named earlier = new Named("earlier");
        wheel.arm(later, 5);
        wheel.arm(earlier, 5000);
        to(3);
        wheel.arm(later, 50);
        wheel.arm(earlier, 5);

        to(6000);

        assertThat(fired).containsExactly("earlier@9", "later@54");
    }

    @Test
    void a_cancelled_timer_does_not_fire_but_can_be_armed_again() {
        Named timer = new Named("a");
        wheel.arm(timer, 5);
        timer.cancel();
        to(20);
        assertThat(fired).isEmpty();
        assertThat(timer.isArmed()).isFalse();

        wheel.arm(timer, 5);
        to(40);
        assertThat(fired).containsExactly("a@26");
    }

    @Test
    void what_is_removed_while_its_slot_fires_does_not_fire() {
        Named second = new Named("second");
        TimerWheel.Timer first = new TimerWheel.Timer() {
            @Override
            void expired() {
                wheel.remove(second);
            }
        };
        wheel.arm(first, 5);
        wheel.arm(second, 5);

        to(20);

        assertThat(fired).isEmpty();
    }

    @Test
    void a_pause_of_the_process_delays_but_loses_nothing() {
        for (int i = 1; i < 3000; i += 100) {
            wheel.arm(new Named("t" + i), i);
        }

        now = 10_000;
        wheel.advance(TimerWheel.TICK.multipliedBy(now));

        assertThat(fired).hasSize(30);
    }

    @Test
    void agrees_with_a_plain_list_over_a_long_random_course() {
        Random random = new Random(7);
        Named[] timers = new Named[200];
        long[] due = new long[timers.length];
        for (int i = 0; i < timers.length; i++) {
            timers[i] = new Named("t" + i);
            due[i] = -1;
        }
        for (int step = 0; step < 5000; step++) {
            int i = random.nextInt(timers.length);
            if (random.nextInt(4) == 0) {
                timers[i].cancel();
                due[i] = -1;
            } else {
                long ticks = 1L + random.nextInt(2500);
                wheel.arm(timers[i], ticks);
                due[i] = now + ticks + 1;
            }
            fired.clear();
            to(now + 1);
            List<String> expected = new ArrayList<>();
            for (int j = 0; j < due.length; j++) {
                if (due[j] == now) {
                    expected.add("t" + j + "@" + now);
                    due[j] = -1;
                }
            }
            assertThat(fired).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    @Test
    void durations_become_ticks_rounded_up() {
        assertThat(TimerWheel.ticks(Duration.ofMillis(1))).isEqualTo(1);
        assertThat(TimerWheel.ticks(TimerWheel.TICK)).isEqualTo(1);
        assertThat(TimerWheel.ticks(TimerWheel.TICK.plusMillis(1))).isEqualTo(2);
    }

    /** An exception in one timer ended the periodic task, and with it every timeout of the event loop for good. */
    @Test
    void a_timer_that_throws_does_not_keep_the_others_from_firing() {
        TimerWheel.Timer broken = new TimerWheel.Timer() {
            @Override
            void expired() {
                throw new IllegalStateException("broken");
            }
        };
        wheel.arm(broken, 1);
        wheel.arm(new Named("same tick"), 1);
        wheel.arm(new Named("later"), 2);

        to(3);

        assertThat(fired).containsExactly("same tick@2", "later@3");
    }
}
