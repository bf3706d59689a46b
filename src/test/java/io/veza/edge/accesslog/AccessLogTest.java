package io.veza.edge.accesslog;

import static org.assertj.core.api.Assertions.assertThat;

import io.veza.edge.proxy.ExchangeLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log over real files, and over sinks that misbehave in turn. */
class AccessLogTest {

    @TempDir
    Path directory;

    private static AccessLogSettings to(Path file) {
        return new AccessLogSettings(AccessLogSettings.Format.COMBINED, Optional.of(file), 1, false, true);
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static void log(ExchangeLog loop, int from, int to) {
        for (int i = from; i < to; i++) {
            loop.ended(FakeExchange.of("GET /" + i + " HTTP/1.1\r\n\r\n"));
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The numbers of these lines, each of which must be whole. */
    private static List<Integer> numbers(List<String> lines) {
        return lines.stream()
                .map(line -> {
                    assertThat(line)
                            .matches("192\\.0\\.2\\.7 - - \\[\\S+ \\S+] \"GET /\\d+ HTTP/1\\.1\" 200 19 \"-\" \"-\"");
                    return Integer.valueOf(line.replaceAll(".*GET /(\\d+) .*", "$1"));
                })
                .toList();
    }

    private static List<Integer> range(int from, int to) {
        List<Integer> all = new ArrayList<>();
        for (int i = from; i < to; i++) {
            all.add(i);
        }
        return all;
    }

    @Test
    void lines_of_all_loops_are_in_the_file_in_time_and_at_the_end() {
        Path file = directory.resolve("access.log");
        try (AccessLog log = new AccessLog(to(file))) {
            ExchangeLog one = log.newLoopLog();
            ExchangeLog other = log.newLoopLog();

            log(one, 0, 3);
            await("the lines come by themselves", () -> lines(file).size() == 3);
            log(other, 3, 1000);
        }

        assertThat(numbers(lines(file))).containsExactlyElementsOf(range(0, 1000));
    }

    @Test
    void the_file_is_appended_to_and_others_may_not_read_it() throws IOException {
        Path file = directory.resolve("access.log");
        for (int i = 0; i < 2; i++) {
            try (AccessLog log = new AccessLog(to(file))) {
                log(log.newLoopLog(), i, i + 1);
            }
        }

        assertThat(numbers(lines(file))).containsExactly(0, 1);
        assertThat(Files.getPosixFilePermissions(file)).isSubsetOf(PosixFilePermissions.fromString("rw-r-----"));
    }

    @Test
    void a_line_that_a_killed_process_left_unfinished_does_not_swallow_the_next() throws IOException {
        Path file = directory.resolve("access.log");
        Files.writeString(file, "192.0.2.7 - - [");

        try (AccessLog log = new AccessLog(to(file))) {
            log(log.newLoopLog(), 7, 8);
        }

        assertThat(lines(file).get(0)).isEqualTo("192.0.2.7 - - [");
        assertThat(numbers(lines(file).subList(1, 2))).containsExactly(7);
    }

    @Test
    void a_file_that_is_renamed_gets_the_lines_until_the_new_one_does() throws IOException {
        Path file = directory.resolve("access.log");
        Path rotated = directory.resolve("access.log.1");
        int logged = 0;
        try (AccessLog log = new AccessLog(to(file))) {
            ExchangeLog loop = log.newLoopLog();
            log(loop, 0, 100);
            await("the first lines", () -> lines(file).size() == 100);
            Files.move(file, rotated);
            for (logged = 100; !Files.exists(file); logged++) {
                log(loop, logged, logged + 1);
                LockSupport.parkNanos(1_000_000);
                assertThat(logged).as("a new file").isLessThan(20_000);
            }
        }

        List<String> all = new ArrayList<>(lines(rotated));
        all.addAll(lines(file));
        assertThat(numbers(all)).containsExactlyElementsOf(range(0, logged));
    }

    @Test
    void a_file_that_another_one_took_the_place_of_is_left_at_once_on_demand() throws IOException {
        Path file = directory.resolve("access.log");
        try (AccessLog log = new AccessLog(to(file))) {
            ExchangeLog loop = log.newLoopLog();
            log(loop, 0, 1);
            await("the first line", () -> lines(file).size() == 1);
            Files.move(file, directory.resolve("access.log.1"));
            Files.createFile(file);

            log.follow();
            log(loop, 1, 2);

            await("a line in the new file", () -> lines(file).size() == 1);
        }
        assertThat(numbers(lines(file))).containsExactly(1);
    }

    @Test
    void a_file_that_is_truncated_goes_on_from_its_start() throws IOException {
        Path file = directory.resolve("access.log");
        try (AccessLog log = new AccessLog(to(file))) {
            ExchangeLog loop = log.newLoopLog();
            log(loop, 0, 1);
            await("the first line", () -> lines(file).size() == 1);
            try (RandomAccessFile copied = new RandomAccessFile(file.toFile(), "rw")) {
                copied.setLength(0);
            }

            log(loop, 1, 2);
        }

        assertThat(numbers(lines(file))).containsExactly(1);
    }

    @Test
    void a_device_that_is_full_costs_lines_and_nobodys_time() {
        try (AccessLog log = new AccessLog(to(Path.of("/dev/full")))) {
            ExchangeLog loop = log.newLoopLog();
            long before = System.nanoTime();

            log(loop, 0, 20_000);

            assertThat(System.nanoTime() - before).isLessThan(TimeUnit.SECONDS.toNanos(5));
            assertThat(log.dropped()).isPositive();
            log.warnOfLosses();
        }
    }

    @Test
    void a_pipe_without_a_reader_keeps_neither_a_loop_nor_the_end_waiting() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        AccessLog log = new AccessLog(to(pipe));
        ExchangeLog loop = log.newLoopLog();

        log(loop, 0, 10_000);
        long before = System.nanoTime();
        log.close();

        assertThat(log.dropped()).isPositive();
        assertThat(System.nanoTime() - before).isLessThan(TimeUnit.SECONDS.toNanos(10));
        // Lets the thread go that waits for a reader.
        try (RandomAccessFile reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            assertThat(reader.getFD().valid()).isTrue();
        }
    }

    /** A disk with a given room, as a full one behaves: it takes what fits, also of a line, and then fails. */
    private static final class Disk implements Sink {
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();
        private final Semaphore room = new Semaphore(0);

        @Override
        public void write(ByteBuffer lines) throws IOException {
            while (lines.hasRemaining()) {
                if (!room.tryAcquire()) {
                    throw new IOException("No space left on device");
                }
                content.write(lines.get());
            }
        }

        @Override
        public void close() {}

        List<Integer> numbers() {
            return AccessLogTest.numbers(
                    content.toString(StandardCharsets.US_ASCII).lines().toList());
        }
    }

    @Test
    void a_full_disk_that_gets_room_again_has_whole_lines_and_the_lost_ones_are_counted() {
        Disk disk = new Disk();
        AccessLog log = new AccessLog(to(directory.resolve("unused")), disk);
        ExchangeLog loop = log.newLoopLog();
        int logged = 0;
        disk.room.release(1000);
        for (; log.dropped() < 500; logged++) {
            log(loop, logged, logged + 1);
        }
        await("the disk is full", () -> disk.room.availablePermits() == 0);

        disk.room.release(1 << 30);
        await("it is written again", () -> disk.content.size() > 1000 * 80);
        log(loop, logged, logged + 10);
        log.close();

        assertThat(disk.numbers())
                .isSorted()
                .doesNotHaveDuplicates()
                .endsWith(range(logged, logged + 10).toArray(Integer[]::new));
        assertThat(disk.numbers().size() + log.dropped()).isEqualTo(logged + 10);
    }

    @Test
    void the_end_comes_in_time_when_the_disk_is_full() {
        Disk disk = new Disk();
        AccessLog log = new AccessLog(to(directory.resolve("unused")), disk);
        log(log.newLoopLog(), 0, 10);
        long before = System.nanoTime();

        log.close();

        assertThat(System.nanoTime() - before).isLessThan(TimeUnit.SECONDS.toNanos(10));
        assertThat(disk.content.size()).isZero();
    }
}
