package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AddressLimitsTest {

    private static final int ANY = ClientLimits.NO_MOST;

    private static byte[] v4(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private static byte[] v6(long network, long host) {
        return ByteBuffer.allocate(16).putLong(network).putLong(host).array();
    }

    private static long seconds(double seconds) {
        return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    }

    @Test
    void an_address_has_its_number_of_connections_and_no_more_until_one_closes() {
        AddressLimits limits = new AddressLimits(2, ANY, 100);
        int first = limits.open(v4(1), 0);
        int second = limits.open(v4(1), 0);

        assertThat(first).isNotNegative();
        assertThat(second).isNotNegative();
        assertThat(limits.open(v4(1), 0)).isEqualTo(AddressLimits.TOO_MANY);
        assertThat(limits.open(v4(2), 0)).as("another address").isNotNegative();

        limits.closed(first);

        assertThat(limits.open(v4(1), 0)).isNotNegative();
        assertThat(limits.open(v4(1), 0)).isEqualTo(AddressLimits.TOO_MANY);
    }

    @Test
    void an_ipv6_client_is_its_network_of_64_bits() {
        AddressLimits limits = new AddressLimits(1, ANY, 100);

        assertThat(limits.open(v6(7, 1), 0)).isNotNegative();
        assertThat(limits.open(v6(7, 2), 0)).isEqualTo(AddressLimits.TOO_MANY);
        assertThat(limits.open(v6(8, 1), 0)).isNotNegative();
        assertThat(limits.open(v4(7), 0)).as("IPv4 is apart").isNotNegative();
        assertThat(limits.open(v6(0, 7), 0)).isNotNegative();
    }

    /** Ten a second and five seconds' worth at once: 50, then one each tenth. */
    @Test
    void the_rate_may_be_exceeded_for_a_moment_and_what_is_refused_does_not_count() {
        AddressLimits limits = new AddressLimits(ANY, 10, 100);
        long start = Long.MAX_VALUE - seconds(1);

        assertThat(openedAt(limits, start, 60)).isEqualTo(50);
        assertThat(openedAt(limits, start + seconds(0.05), 5)).isZero();
        assertThat(openedAt(limits, start + seconds(0.1), 5)).isEqualTo(1);
        assertThat(openedAt(limits, start + seconds(1.1), 20))
                .as("over the clock's end")
                .isEqualTo(10);
        assertThat(openedAt(limits, start + seconds(60), 60)).isEqualTo(50);
    }

    private static int openedAt(AddressLimits limits, long now, int tries) {
        int opened = 0;
        for (int i = 0; i < tries; i++) {
            int number = limits.open(v4(1), now);
            opened += number >= 0 ? 1 : 0;
            if (number >= 0) {
                limits.closed(number);
            }
        }
        return opened;
    }

    /** A million addresses, far more than there are places: connections stay counted, and their address stays limited. */
    @Test
    void a_flood_of_addresses_takes_no_place_of_an_address_with_connections() {
        AddressLimits limits = new AddressLimits(1, 1, 100);
        int mine = limits.open(v4(-1), 0);
        assertThat(mine).isNotNegative();

        int uncounted = 0;
        for (int i = 0; i < 1_000_000; i++) {
            int number = limits.open(v4(i), i);
            assertThat(number).isGreaterThanOrEqualTo(AddressLimits.UNCOUNTED);
            limits.closed(number);
            uncounted += number == AddressLimits.UNCOUNTED ? 1 : 0;
        }

        assertThat(uncounted).as("no set is full of one address's connections").isZero();
        assertThat(limits.places()).isEqualTo(1 << 16);
        assertThat(limits.open(v4(-1), 1_000_000)).isEqualTo(AddressLimits.TOO_MANY);
        limits.closed(mine);
        assertThat(limits.open(v4(-1), seconds(9))).isNotNegative();
    }

    @Test
    void where_there_is_no_room_a_connection_is_let_in_uncounted() {
        AddressLimits limits = new AddressLimits(1, ANY, 100);
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < 200_000; i++) {
            numbers.add(limits.open(v4(i), 0));
        }

        assertThat(numbers).filteredOn(number -> number >= 0).hasSizeBetween(60_000, limits.places());
        assertThat(numbers).filteredOn(number -> number < 0).containsOnly(AddressLimits.UNCOUNTED);

        numbers.forEach(limits::closed);
        for (int i = 300_000; i < 330_000; i++) {
            assertThat(limits.open(v4(i), 0)).isGreaterThanOrEqualTo(AddressLimits.UNCOUNTED);
        }
    }

    @Test
    void many_threads_together_open_no_more_than_one_may() throws Exception {
        AddressLimits limits = new AddressLimits(100, ANY, 1000);
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Thread thread = new Thread(() -> {
                List<Integer> mine = new ArrayList<>();
                for (int i = 0; i < 100_000; i++) {
                    int number = limits.open(v4(5), i);
                    if (number >= 0) {
                        most.accumulateAndGet(open.incrementAndGet(), Math::max);
                        mine.add(number);
                    }
                    if (mine.size() > 60 || number < 0) {
                        for (int each : mine) {
                            open.decrementAndGet();
                            limits.closed(each);
                        }
                        mine.clear();
                    }
                }
                for (int each : mine) {
                    open.decrementAndGet();
                    limits.closed(each);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(most.get()).isBetween(50, 100);
        for (int i = 0; i < 100; i++) {
            assertThat(limits.open(v4(5), 0)).isNotNegative();
        }
        assertThat(limits.open(v4(5), 0)).isEqualTo(AddressLimits.TOO_MANY);
    }
}
