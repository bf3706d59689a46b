package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The admin socket: its file, and the protocol of lines, prompts and ends, byte for byte as HAProxy 2.6.12 answered. */
class RuntimeSocketTest {

    private static final long PATIENCE_MILLIS = 10_000;

    @TempDir
    Path folder;

    private RuntimeFixture edge;
    private Path run;
    private Path path;
    private RuntimeSocket socket;

    @BeforeEach
    void start() throws IOException {
        edge = new RuntimeFixture();
        run = folder.resolve("run");
        path = run.resolve("admin.sock");
        socket = RuntimeSocket.open(path, edge.runtime);
    }

    @AfterEach
    void stop() throws IOException {
        socket.close();
        edge.close();
    }

    /** A client whose reads end with the connection, or with the test's patience. */
    private static final class Client implements AutoCloseable {

        private final SocketChannel channel;

        Client(Path path) throws IOException {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
        }

        Client send(String text) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return this;
        }

        /** All that comes until the other side closes. */
        String toTheEnd() throws IOException {
            return read("\0");
        }

        /** All that comes until, and with, this. */
        String read(String last) throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            channel.configureBlocking(false);
            try (Selector selector = Selector.open()) {
                channel.register(selector, SelectionKey.OP_READ);
                while (!all.toString(StandardCharsets.ISO_8859_1).endsWith(last)) {
                    int count = channel.read(buffer);
                    if (count < 0) {
                        return all.toString(StandardCharsets.ISO_8859_1) + "<end>";
                    }
                    all.write(buffer.array(), 0, count);
                    buffer.clear();
                    if (count == 0 && selector.select(PATIENCE_MILLIS) == 0) {
                        throw new AssertionError("nothing more came after: " + all);
                    }
                    selector.selectedKeys().clear();
                }
            }
            channel.configureBlocking(true);
            return all.toString(StandardCharsets.ISO_8859_1);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private String ask(String bytes) throws IOException {
        try (Client client = new Client(path)) {
            return client.send(bytes).toTheEnd();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
            show version\\n                             | 2.6.0-veza-edge-9.8.7\\n\\n<end>
            show version\\r\\n                          | 2.6.0-veza-edge-9.8.7\\n\\n<end>
            show version;get weight api_pool/api-1\\n   | 2.6.0-veza-edge-9.8.7\\n\\n10 (initial 10)\\n\\n<end>
            show version; get weight api_pool/api-1\\n  | 2.6.0-veza-edge-9.8.7\\n\\n10 (initial 10)\\n\\n<end>
            show version\\nshow version\\n              | 2.6.0-veza-edge-9.8.7\\n\\n2.6.0-veza-edge-9.8.7\\n\\n<end>
            get weight api_pool/api-1\\\\;show version\\n | No such server.\\n\\n<end>
            set weight api_pool/api-1 abc\\n            | Empty weight string empty or preceded by garbage\\n<end>
            set weight api_pool/api-1 7\\n              | \\n<end>
            del server x\\n                             | Require 'backend/server'.\\n<end>
            quit\\n                                     | <end>
            prompt;show version;quit\\n                 | \\n> 2.6.0-veza-edge-9.8.7\\n\\n> <end>
            prompt\\nprompt\\n                          | \\n> \\n<end>
            user;show cli level\\n                      | \\nuser\\n\\n<end>
            show version <<\\nset weight api_pool/api-1 1\\n\\n | 2.6.0-veza-edge-9.8.7\\n\\n<end>
            """)
    void lines_are_answered_each_with_an_empty_line(String sent, String answer) throws IOException {
        assertThat(ask(bytes(sent))).isEqualTo(bytes(answer));
    }

    private static String bytes(String text) {
        return text.replace("\\\\", "\1")
                .replace("\\n", "\n")
                .replace("\\r", "\r")
                .replace('\1', '\\');
    }

    @Test
    void a_payload_is_no_command() throws IOException {
        ask("show version <<\nset weight api_pool/api-1 1\n\n");

        assertThat(edge.entry("api-1").weight().value()).isEqualTo(10);
    }

    @Test
    void a_prompt_keeps_the_client_and_marks_each_answer_and_payload() throws IOException {
        try (Client client = new Client(path)) {
            assertThat(client.send("prompt\n").read("> ")).isEqualTo("\n> ");
            assertThat(client.send("show version\n").read("> ")).isEqualTo("2.6.0-veza-edge-9.8.7\n\n> ");
            assertThat(client.send("get weight a/b\n").read("> ")).isEqualTo("No such backend.\n\n> ");
            assertThat(client.send("show version <<\n").read("+ ")).isEqualTo("+ ");
            assertThat(client.send("\n").read("> ")).isEqualTo("2.6.0-veza-edge-9.8.7\n\n> ");
            assertThat(client.send("quit\n").toTheEnd()).isEqualTo("<end>");
        }
    }

    @Test
    void half_a_line_is_waited_for_and_forgotten_at_the_end() throws IOException {
        try (Client client = new Client(path)) {
            client.send("show ver");
            assertThat(client.send("sion\n").toTheEnd()).isEqualTo("2.6.0-veza-edge-9.8.7\n\n<end>");
        }
        try (Client client = new Client(path)) {
            client.send("disable server api_pool/api-1").channel.shutdownOutput();
            assertThat(client.toTheEnd()).isEqualTo("<end>");
            assertThat(edge.ask("get weight api_pool/api-1")).isEqualTo("10 (initial 10)\n");
            assertThat(edge.stat("api_pool", "api-1", StatColumn.STATUS)).isEqualTo("UP");
        }
    }

    @Test
    void a_line_that_is_half_there_is_waited_for_after_an_answer() throws IOException {
        try (Client client = new Client(path)) {
            client.send("show version\nshow ver");
            assertThat(client.read("2.6.0-veza-edge-9.8.7\n\n")).isEqualTo("2.6.0-veza-edge-9.8.7\n\n");
            assertThat(client.send("sion\n").toTheEnd()).isEqualTo("2.6.0-veza-edge-9.8.7\n\n<end>");
        }
    }

    @Test
    void a_line_may_be_as_long_as_haproxys_and_not_longer() throws IOException {
        String longest = "g".repeat(RuntimeConnection.LONGEST - 1);

        assertThat(ask(longest + "\n")).startsWith("Unknown command");
        // The kernel may report the reset that closing on unread bytes makes: the connection is gone either way.
        try (Client client = new Client(path)) {
            assertThat(gone(client, longest + "g\n")).isTrue();
        }
        try (Client client = new Client(path)) {
            assertThat(gone(client, "g".repeat(100_000))).isTrue();
        }
    }

    private static boolean gone(Client client, String bytes) {
        try {
            return client.send(bytes).toTheEnd().equals("<end>");
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void a_silent_client_is_cut_off_after_its_timeout() throws IOException {
        try (Client client = new Client(path)) {
            long begin = System.nanoTime();
            assertThat(client.send("prompt;set timeout cli 1\n").read("> \n> ")).isEqualTo("\n> \n> ");
            assertThat(client.toTheEnd()).isEqualTo("<end>");
            assertThat(System.nanoTime() - begin)
                    .isBetween(TimeUnit.MILLISECONDS.toNanos(900), TimeUnit.SECONDS.toNanos(9));
        }
    }

    @Test
    void a_client_that_takes_nothing_is_cut_off_after_its_timeout() throws Exception {
        List<Client> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 32; i++) {
                Client client = new Client(path);
                clients.add(client);
                client.send("set timeout cli 1;prompt\n" + "show stat typed\n".repeat(500));
            }
            // All places are taken by clients that read nothing; one gets through as soon as the first was cut off.
            assertThat(ask("show version\n")).isEqualTo("2.6.0-veza-edge-9.8.7\n\n<end>");
        } finally {
            for (Client client : clients) {
                client.close();
            }
        }
    }

    @Test
    void several_clients_are_served_at_once() throws IOException {
        try (Client one = new Client(path);
                Client other = new Client(path)) {
            one.send("prompt\n").read("> ");
            other.send("prompt\n").read("> ");
            one.send("set weight api_pool/api-1 3\n").read("> ");
            assertThat(other.send("get weight api_pool/api-1\n").read("> ")).isEqualTo("3 (initial 10)\n\n> ");
        }
    }

    @Test
    void nobody_but_the_owner_may_connect() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void nothing_but_the_finished_socket_ever_appears_under_its_name() throws Exception {
        socket.close();
        try (WatchService watch = folder.getFileSystem().newWatchService()) {
            run.register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
            socket = RuntimeSocket.open(path, edge.runtime);

            List<String> seen = new ArrayList<>();
            while (!seen.contains("ENTRY_CREATE admin.sock")) {
                var key = watch.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
                assertThat(key).as("the socket is made").isNotNull();
                key.pollEvents().forEach(event -> seen.add(event.kind() + " " + event.context()));
                key.reset();
            }
            // Made elsewhere and moved here: had its mode been changed in place, that would be a modification.
            assertThat(seen).doesNotContain("ENTRY_MODIFY admin.sock");
        }
        assertThat(run.toFile().list()).containsExactly("admin.sock");
    }

    @Test
    void a_stale_socket_is_replaced() throws IOException {
        socket.close();
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(path));
        dead.close();
        assertThat(path).exists();
        assertThat(RuntimeSocket.obstacle(path)).isEmpty();

        socket = RuntimeSocket.open(path, edge.runtime);

        assertThat(ask("show version\n")).isEqualTo("2.6.0-veza-edge-9.8.7\n\n<end>");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    /** The number of a process in a container is always the same, so that its remains were an obstacle for the next. */
    @Test
    void what_a_process_killed_in_the_middle_has_left_is_no_obstacle() throws IOException {
        socket.close();
        String number = Long.toString(ProcessHandle.current().pid(), Character.MAX_RADIX);
        Files.createFile(Files.createDirectory(run.resolve(".edge-" + number)).resolve("s"));

        socket = RuntimeSocket.open(path, edge.runtime);

        assertThat(ask("show version\n")).startsWith("2.6.0-");
        assertThat(run.toFile().list()).containsExactly("admin.sock");
    }

    @Test
    void a_live_socket_is_refused_and_left_alone() throws IOException {
        assertThat(RuntimeSocket.obstacle(path)).hasValue("is in use: another process listens on it");
        assertThatIOException()
                .isThrownBy(() -> RuntimeSocket.open(path, edge.runtime))
                .withMessageContaining("is in use");

        assertThat(ask("show version\n")).isEqualTo("2.6.0-veza-edge-9.8.7\n\n<end>");
    }

    @Test
    void what_is_no_socket_is_refused_and_left_alone() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "precious");

        assertThat(RuntimeSocket.obstacle(file)).hasValue("is there and is not a socket");
        assertThatIOException().isThrownBy(() -> RuntimeSocket.open(file, edge.runtime));
        assertThat(file).hasContent("precious");
    }

    @Test
    void a_folder_that_cannot_be_made_is_an_obstacle() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThat(RuntimeSocket.obstacle(file.resolve("below/admin.sock")))
                .hasValue("cannot be made: " + file + " is not a folder");
        assertThat(RuntimeSocket.obstacle(folder.resolve("a/b/c/admin.sock"))).isEmpty();
        assertThat(folder.resolve("a")).doesNotExist();
    }

    @Test
    void a_path_that_no_socket_can_have_is_an_obstacle() {
        assertThat(RuntimeSocket.obstacle(folder.resolve("x".repeat(100)).resolve("admin.sock")))
                .hasValueSatisfying(obstacle -> assertThat(obstacle).startsWith("is too long for a socket"));
    }

    @Test
    void the_socket_is_removed_at_the_end_and_its_clients_cut_off() throws IOException {
        try (Client client = new Client(path)) {
            client.send("prompt\n").read("> ");

            socket.close();

            assertThat(client.toTheEnd()).isEqualTo("<end>");
            assertThat(Files.exists(path, LinkOption.NOFOLLOW_LINKS)).isFalse();
        }
    }

    @Test
    void a_socket_that_another_has_put_in_its_place_is_left_alone() throws IOException {
        Files.delete(path);
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(path));

            socket.close();

            assertThat(path).exists();
        }
    }
}
