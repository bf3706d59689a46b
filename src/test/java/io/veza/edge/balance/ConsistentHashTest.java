package io.veza.edge.balance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsistentHashTest {

    private static final int KEYS = 20_000;

    @Test
    void the_map_is_the_same_in_every_process_and_release() {
        List<FakeServer> servers = List.of(
                new FakeServer("stream-srv-1", 100),
                new FakeServer("stream-srv-2", 100),
                new FakeServer("stream-srv-3", 250),
                new FakeServer("stream-srv-4", 1));

        CRC32 checksum = new CRC32();
        map(over(servers)).forEach(name -> checksum.update(name.getBytes(StandardCharsets.US_ASCII)));

        // A change of this number moves every user's cache: it is a release note, not a refactoring.
        assertThat(Long.toHexString(checksum.getValue())).isEqualTo("ae004cb2");
    }

    @Test
    void the_order_of_configuration_does_not_matter() {
        List<FakeServer> shuffled = new ArrayList<>(FakeServer.withWeights(1, 2, 3, 4, 5, 6, 7, 8));
        List<String> map = map(over(shuffled));

        Collections.shuffle(shuffled, new Random(1));

        assertThat(map(over(shuffled))).isEqualTo(map);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 100})
    void a_server_that_leaves_takes_its_keys_alone_and_gets_them_back(int count) {
        List<FakeServer> servers = FakeServer.equal(count);
        ConsistentHash<FakeServer> before = over(servers);
        List<String> map = map(before);

        List<FakeServer> without = replaced(servers, new FakeServer("s1", 0));
        List<String> smaller = map(before.next(without));

        int moved = 0;
        for (int key = 0; key < KEYS; key++) {
            if (map.get(key).equals("s1")) {
                moved++;
                assertThat(smaller.get(key)).isNotEqualTo("s1");
            } else {
                assertThat(smaller.get(key)).isEqualTo(map.get(key));
            }
        }
        assertThat((double) moved / KEYS).isCloseTo(1.0 / count, within(0.25 / count));
        assertThat(map(before.next(without).next(servers))).isEqualTo(map);
    }

    @Test
    void the_keys_of_a_server_that_leaves_are_shared_by_all_others() {
        List<FakeServer> servers = FakeServer.equal(6);
        List<String> map = map(over(servers));
        List<String> smaller = map(over(replaced(servers, new FakeServer("s1", 0))));

        int[] heirs = new int[6];
        int moved = 0;
        for (int key = 0; key < KEYS; key++) {
            if (map.get(key).equals("s1")) {
                heirs[smaller.get(key).charAt(1) - '0']++;
                moved++;
            }
        }

        for (int i = 0; i < 6; i++) {
            assertThat((double) heirs[i] / moved).isCloseTo(i == 1 ? 0 : 0.2, within(0.06));
        }
    }

    @ParameterizedTest(name = "{0} to {1} hundredths")
    @CsvSource({"100, 300", "300, 100", "100, 1", "1, 37", "37, 38", "99, 100", "0, 50", "100, 0"})
    void a_weight_that_changes_moves_keys_only_to_or_from_that_server(int from, int to) {
        List<FakeServer> servers = replaced(FakeServer.equal(5), new FakeServer("s2", from));
        ConsistentHash<FakeServer> ring = over(servers);
        List<FakeServer> changed = replaced(servers, new FakeServer("s2", to));

        List<String> before = map(ring);
        List<String> after = map(ring.next(changed));

        for (int key = 0; key < KEYS; key++) {
            if (!before.get(key).equals(after.get(key))) {
                assertThat(to > from ? after.get(key) : before.get(key)).isEqualTo("s2");
            }
        }
        assertThat(after).isEqualTo(map(over(changed)));
    }

    @Test
    void a_ring_carried_on_through_many_changes_equals_one_built_anew() {
        Random random = new Random(9);
        List<FakeServer> servers = FakeServer.equal(7);
        ConsistentHash<FakeServer> carried = over(servers);
        for (int step = 0; step < 60; step++) {
            List<FakeServer> next = new ArrayList<>(servers);
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                int index = random.nextInt(next.size());
                next.set(index, new FakeServer(next.get(index).name(), random.nextInt(400)));
            }
            if (step % 20 == 19) {
                next.add(new FakeServer("t" + step, 100));
                next.remove(0);
            }

            carried = carried.next(next);

            assertThat(map(carried)).isEqualTo(map(over(next)));
            servers = next;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100})
    void shares_of_equal_servers_are_within_a_quarter_of_the_average(int count) {
        List<String> map = map(over(FakeServer.equal(count)), 1000 * count);

        for (FakeServer server : FakeServer.equal(count)) {
            assertThat(Collections.frequency(map, server.name())).isCloseTo(1000, within(250));
        }
    }

    @Test
    void a_full_or_excluded_owner_spills_to_the_next_along_the_ring() {
        List<FakeServer> servers = FakeServer.equal(4);
        ConsistentHash<FakeServer> ring = over(servers);
        List<String> map = map(ring);
        List<String> without = map(over(replaced(servers, new FakeServer("s1", 0))));

        servers.get(1).full = true;
        List<String> spilled = map(ring);
        servers.get(1).full = false;

        // Where a key spills to is where it would live without that server: caches fill where they are used later.
        assertThat(spilled).isEqualTo(without);
        for (int key = 0; key < 1000; key++) {
            assertThat(requireNonNull(ring.pick(key(key), Set.of("s1"))).name()).isEqualTo(without.get(key));
        }
        assertThat(map(ring)).isEqualTo(map);
    }

    @ParameterizedTest(name = "factor {0}, weights {1}")
    @CsvSource({"1.25, 1-1-1-1", "1.01, 1-1-1", "2, 1-1-1-1-1-1", "1.25, 1-2-5", "1.5, 3-0-1"})
    void no_server_is_given_more_than_the_bound(double factor, String weights) {
        int[] parsed = Stream.of(weights.split("-")).mapToInt(Integer::parseInt).toArray();
        double whole = IntStream.of(parsed).sum();
        List<FakeServer> servers = FakeServer.withWeights(parsed);
        ConsistentHash<FakeServer> ring = new ConsistentHash<>(servers, OptionalDouble.of(factor));
        Random random = new Random(4);
        List<FakeServer> running = new ArrayList<>();

        for (int i = 0; i < 5000; i++) {
            // Few keys, so that the ring alone would load one server with nearly everything.
            FakeServer picked = requireNonNull(ring.pick(key(random.nextInt(3)), Set.of()));
            picked.inFlight++;
            running.add(picked);

            int weight = parsed[picked.name().charAt(1) - '0'];
            assertThat((double) picked.inFlight)
                    .isLessThanOrEqualTo(Math.ceil(factor * running.size() * weight / whole));
            if (running.size() > 200 || random.nextInt(3) == 0) {
                running.remove(random.nextInt(running.size())).inFlight--;
            }
        }
    }

    @Test
    void what_runs_on_servers_that_take_no_new_sessions_does_not_raise_the_bound() {
        List<FakeServer> servers = FakeServer.withWeights(1, 1, 0, 1);
        servers.get(2).inFlight = 1000;
        servers.get(3).inFlight = 1000;
        servers.get(3).full = true;
        ConsistentHash<FakeServer> ring = new ConsistentHash<>(servers, OptionalDouble.of(1.1));
        FakeServer owner = requireNonNull(ring.pick(key(1), Set.of()));

        owner.inFlight = 10;

        // Half of the eleven that there would be is 5.5, and a tenth more 6.05.
        assertThat(ring.pick(key(1), Set.of())).isSameAs(servers.get(owner == servers.get(0) ? 1 : 0));
    }

    @Test
    void below_the_bound_the_map_is_that_of_the_plain_ring() {
        List<FakeServer> servers = FakeServer.equal(5);

        assertThat(map(new ConsistentHash<>(servers, OptionalDouble.of(1.25)))).isEqualTo(map(over(servers)));
    }

    @Test
    void a_ring_of_more_servers_than_its_points_can_name_is_refused() {
        String[] names = new String[Ring.MAX_SERVERS + 1];
        Arrays.setAll(names, i -> "s%05d".formatted(i));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ring.of(names, new int[names.length]))
                .withMessage("65537 servers are more than a ring of 65536");
        String[] most = Arrays.copyOf(names, Ring.MAX_SERVERS);
        assertThat(Ring.of(most, new int[most.length]).size()).isZero();
    }

    @Test
    void a_ring_that_does_not_change_is_not_copied() {
        Ring ring = Ring.of(new String[] {"a", "b"}, new int[] {100, 100});

        assertThat(ring.next(new String[] {"a", "b"}, new int[] {100, 100})).isSameAs(ring);
    }

    private static ConsistentHash<FakeServer> over(List<FakeServer> servers) {
        return new ConsistentHash<>(servers, OptionalDouble.empty());
    }

    private static List<FakeServer> replaced(List<FakeServer> servers, FakeServer by) {
        return servers.stream().map(s -> s.name().equals(by.name()) ? by : s).toList();
    }

    private static List<String> map(ConsistentHash<FakeServer> ring) {
        return map(ring, KEYS);
    }

    private static List<String> map(ConsistentHash<FakeServer> ring, int keys) {
        List<String> names = new ArrayList<>(keys);
        for (int i = 0; i < keys; i++) {
            names.add(requireNonNull(ring.pick(key(i), Set.of())).name());
        }
        return names;
    }

    private static long key(int number) {
        byte[] bytes = ("/hls/" + number + "/index.m3u8").getBytes(StandardCharsets.US_ASCII);
        return KeyHash.hash(bytes, 0, bytes.length);
    }
}
