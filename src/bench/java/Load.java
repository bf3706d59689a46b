import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * The load that wrk cannot make: WebSocket ping-pong, and few requests in flight over very many open connections.
 *
 * <p>One thread, one selector, no dependencies; every run ends by itself. The window of measurement opens only when all
 * connections are open and warmed, and the proxy's CPU time is read at both its ends, so that opening 10,000
 * connections is not part of the figure.
 *
 * <pre>
 * java Load.java echo port=N seconds=S                              a WebSocket echo server
 * java Load.java http port=N path=/ connections=C flight=F seconds=S [pid=P] [cookie=A=b]
 * java Load.java ws   port=N path=/ connections=C seconds=S [pid=P] [cookie=A=b] [bytes=64]
 * </pre>
 *
 * Prints one line: {@code requests=… seconds=… p99_ms=… cpu_us=… errors=…}; cpu_us is the process's CPU time of the
 * window in microseconds, or 0 without a pid. Ends with status 1 if there were errors or no answer at all.
 */
final class Load {

    private static final long WARM_NANOS = 1_000_000_000L;
    private static final long CONNECT_NANOS = 60_000_000_000L;

    private Load() {}

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (String arg : Arrays.asList(args).subList(Math.min(1, args.length), args.length)) {
            String[] pair = arg.split("=", 2);
            options.put(pair[0], pair[1]);
        }
        String mode = args.length == 0 ? "" : args[0];
        switch (mode) {
            case "echo" -> new EchoServer(number(options, "port", 0)).run(number(options, "seconds", 60));
            case "http", "ws" -> System.exit(new Client(mode.equals("ws"), options).run());
            default -> throw new IllegalArgumentException("first argument: echo, http or ws");
        }
    }

    private static int number(Map<String, String> options, String key, int otherwise) {
        return Integer.parseInt(options.getOrDefault(key, String.valueOf(otherwise)));
    }

    /** CPU microseconds of a process, its threads and its children so far; 0 for pid 0. Clock ticks are 10 ms on Linux. */
    private static long cpuMicros(long pid) throws IOException {
        if (pid == 0) {
            return 0;
        }
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        // The second field, the command in parentheses, may hold spaces; utime and stime are fields 14 and 15.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long own = (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10_000;
        String children = Files.readString(Path.of("/proc/" + pid + "/task/" + pid + "/children")).trim();
        long below = 0;
        for (String child : children.isEmpty() ? new String[0] : children.split(" ")) {
            below += cpuMicros(Long.parseLong(child));
        }
        return own + below;
    }

    /** One connection of the client: what it owes, and since when. */
    private static final class Connection {
        final SocketChannel channel;
        final ByteBuffer in = ByteBuffer.allocate(16 * 1024);
        long sentAt;
        boolean upgraded;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }
    }

    /** Closed loop: as soon as an answer is whole, the next request goes out on the connection that waited longest. */
    private static final class Client {
        private final boolean webSocket;
        private final Map<String, String> options;
        private final Selector selector = Selector.open();
        private final ArrayDeque<Connection> idle = new ArrayDeque<>();
        private final byte[] opening;
        private final byte[] message;
        private final long[] latencies = new long[4_000_000];
        private int answers;
        private int errors;

        Client(boolean webSocket, Map<String, String> options) throws IOException {
            this.webSocket = webSocket;
            this.options = options;
            String cookie = options.containsKey("cookie") ? "Cookie: " + options.get("cookie") + "\r\n" : "";
            String head = "GET " + options.getOrDefault("path", "/") + " HTTP/1.1\r\nHost: bench\r\n" + cookie;
            this.opening = ascii(head + (webSocket
                    ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                    : "\r\n"));
            this.message = webSocket ? maskedFrame(number(options, "bytes", 64)) : opening;
        }

        int run() throws IOException {
            int connections = number(options, "connections", 10);
            int flight = webSocket ? connections : Math.min(connections, number(options, "flight", 10));
            long pid = number(options, "pid", 0);
            open(connections);
            for (int i = 0; i < flight; i++) {
                sendNext();
            }
            exchangeUntil(System.nanoTime() + WARM_NANOS);
            answers = 0;
            long cpu = cpuMicros(pid);
            long start = System.nanoTime();
            exchangeUntil(start + number(options, "seconds", 8) * 1_000_000_000L);
            double seconds = (System.nanoTime() - start) / 1e9;
            cpu = cpuMicros(pid) - cpu;
            int kept = Math.min(answers, latencies.length);
            long[] sorted = LongStream.of(latencies).limit(kept).sorted().toArray();
            double p99 = kept == 0 ? 0 : sorted[(int) (kept * 0.99)] / 1e6;
            System.out.printf(Locale.ROOT, "requests=%d seconds=%.3f p99_ms=%.3f cpu_us=%d errors=%d%n",
                    answers, seconds, p99, cpu, errors);
            return errors == 0 && answers > 0 ? 0 : 1;
        }

        /** Opens all connections, at most 100 half-open at once, and takes the WebSocket ones through their upgrade. */
        private void open(int connections) throws IOException {
            InetSocketAddress proxy = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), number(options, "port", 0));
            long giveUp = System.nanoTime() + CONNECT_NANOS;
            for (int i = 0; i < connections; i++) {
                SocketChannel channel = SocketChannel.open();
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.connect(proxy);
                channel.configureBlocking(false);
                Connection connection = new Connection(channel);
                channel.register(selector, SelectionKey.OP_READ, connection);
                if (webSocket) {
                    channel.write(ByteBuffer.wrap(opening));
                } else {
                    idle.add(connection);
                }
            }
            while (idle.size() < connections) {
                if (System.nanoTime() > giveUp || errors > 0) {
                    throw new IOException("only " + idle.size() + " of " + connections + " connections opened");
                }
                select();
            }
        }

        private void exchangeUntil(long end) throws IOException {
            while (System.nanoTime() < end) {
                select();
            }
        }

        private void select() throws IOException {
            selector.select(100);
            Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
            while (keys.hasNext()) {
                SelectionKey key = keys.next();
                keys.remove();
                read(key, (Connection) key.attachment());
            }
        }

        private void read(SelectionKey key, Connection connection) throws IOException {
            int count;
            try {
                count = connection.channel.read(connection.in);
            } catch (IOException e) {
                count = -1;
            }
            if (count < 0) {
                errors++;
                key.cancel();
                connection.channel.close();
                return;
            }
            int whole = webSocket && connection.upgraded ? message.length - 4 : headAndBody(connection.in);
            if (whole == 0 || connection.in.position() < whole) {
                return;
            }
            int status = connection.in.get(9) * 100 + connection.in.get(10) * 10 + connection.in.get(11) - 111 * '0';
            connection.in.clear();
            idle.add(connection);
            if (webSocket && !connection.upgraded) {
                connection.upgraded = true;
                errors += status == 101 ? 0 : 1;
                return;
            }
            errors += webSocket || status == 200 ? 0 : 1;
            if (answers < latencies.length) {
                latencies[answers] = System.nanoTime() - connection.sentAt;
            }
            answers++;
            sendNext();
        }

        private void sendNext() throws IOException {
            Connection connection = idle.remove();
            connection.sentAt = System.nanoTime();
            // A few dozen bytes into an empty socket buffer: always written whole.
            connection.channel.write(ByteBuffer.wrap(message));
        }

        /** The length of the one response at the start of the buffer, or 0 while its head is not whole. */
        private static int headAndBody(ByteBuffer in) {
            String text = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
            int end = text.indexOf("\r\n\r\n");
            if (end < 0) {
                return 0;
            }
            int field = text.toLowerCase(Locale.ROOT).indexOf("\r\ncontent-length:");
            if (field < 0 || field > end) {
                return end + 4;
            }
            int from = field + "\r\ncontent-length:".length();
            return end + 4 + Integer.parseInt(text.substring(from, text.indexOf("\r\n", from)).trim());
        }
    }

    /** Accepts any upgrade and sends each small frame back unmasked. */
    private static final class EchoServer {
        private final Selector selector = Selector.open();
        private final ServerSocketChannel listener = ServerSocketChannel.open();

        EchoServer(int port) throws IOException {
            listener.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 1024);
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
        }

        void run(int seconds) throws Exception {
            long end = System.nanoTime() + seconds * 1_000_000_000L;
            while (System.nanoTime() < end) {
                selector.select(100);
                List<SelectionKey> ready = new ArrayList<>(selector.selectedKeys());
                selector.selectedKeys().clear();
                for (SelectionKey key : ready) {
                    if (key.isAcceptable()) {
                        accept();
                    } else if (key.isReadable()) {
                        serve(key, (Connection) key.attachment());
                    }
                }
            }
        }

        private void accept() throws IOException {
            SocketChannel channel = listener.accept();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Connection(channel));
        }

        private static void serve(SelectionKey key, Connection connection) throws Exception {
            try {
                if (connection.channel.read(connection.in) < 0) {
                    throw new IOException("closed");
                }
                if (connection.upgraded) {
                    echo(connection);
                } else {
                    upgrade(connection);
                }
            } catch (IOException closed) {
                key.cancel();
                connection.channel.close();
            }
        }

        private static void upgrade(Connection connection) throws Exception {
            String head = new String(connection.in.array(), 0, connection.in.position(), StandardCharsets.ISO_8859_1);
            if (!head.endsWith("\r\n\r\n")) {
                return;
            }
            String key = head.replaceAll("(?is).*\r\nsec-websocket-key: *([^\r]*)\r\n.*", "$1").trim();
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(ascii(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
            connection.channel.write(ByteBuffer.wrap(ascii("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    + "Connection: Upgrade\r\nSec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest)
                    + "\r\n\r\n")));
            connection.in.clear();
            connection.upgraded = true;
        }

        private static void echo(Connection connection) throws IOException {
            ByteBuffer in = connection.in.flip();
            while (in.remaining() >= 6 && in.remaining() >= 6 + (in.get(in.position() + 1) & 0x7f)) {
                int at = in.position();
                int length = in.get(at + 1) & 0x7f;
                byte[] out = new byte[2 + length];
                out[0] = in.get(at);
                out[1] = (byte) length;
                for (int i = 0; i < length; i++) {
                    out[2 + i] = (byte) (in.get(at + 6 + i) ^ in.get(at + 2 + (i & 3)));
                }
                in.position(at + 6 + length);
                connection.channel.write(ByteBuffer.wrap(out));
            }
            in.compact();
        }
    }

    /** A text frame of so many bytes, at most 125, masked as RFC 6455 section 5.3 demands of a client. */
    private static byte[] maskedFrame(int bytes) {
        byte[] frame = new byte[6 + bytes];
        frame[0] = (byte) 0x81;
        frame[1] = (byte) (0x80 | bytes);
        byte[] mask = {1, 2, 3, 4};
        System.arraycopy(mask, 0, frame, 2, 4);
        for (int i = 0; i < bytes; i++) {
            frame[6 + i] = (byte) ('a' ^ mask[i & 3]);
        }
        return frame;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
