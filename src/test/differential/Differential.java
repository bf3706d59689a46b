import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends the raw requests of a committed table through HAProxy, nginx and the edge, each before its own recording server,
 * and compares what became of them.
 *
 * <pre>java Differential.java TABLE REPORT JAVA EDGE_JAR|none</pre>
 *
 * The table's head explains its columns. Prints one line a case; REPORT also gets the bytes as each server received them.
 * Ends with status 1 if the edge deviates from its column or accepts what both others refuse.
 */
final class Differential {

    /** How long a proxy may leave a connection quiet before a case counts as over; above every proxy's head timeout. */
    private static final int SILENCE_MILLIS = 2_500;

    /** The same once an answer came: only a close can follow it. */
    private static final int AFTERMATH_MILLIS = 250;

    private Differential() {}

    public static void main(String[] args) throws Exception {
        List<Case> cases = Case.readAll(Path.of(args[0]));
        Path work = Files.createTempDirectory("differential");
        List<Contender> contenders = new CopyOnWriteArrayList<>();
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        });
        // A hook and not a finally: it runs on a signal too.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(contenders, work)));
        for (String name : List.of("edge", "haproxy", "nginx")) {
            if (!name.equals("edge") || !args[3].equals("none")) {
                Contender contender = new Contender(name, new RecordingServer(threads), freePort());
                contenders.add(contender);
                contender.start(work, args[2], args[3]);
            }
        }
        for (Contender contender : contenders) {
            contender.await();
        }
        System.exit(compare(cases, contenders, threads, Path.of(args[1])) ? 0 : 1);
    }

    private static void stop(List<Contender> contenders, Path work) {
        try {
            for (Contender contender : contenders) {
                contender.stop();
            }
            try (var files = Files.walk(work)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("not all was cleaned up: " + e);
        }
    }

    private static boolean compare(
            List<Case> cases, List<Contender> contenders, ExecutorService threads, Path report) throws Exception {
        StringBuilder details = new StringBuilder();
        int deviations = 0;
        int alone = 0;
        System.out.printf("%-38s %-16s", "case", "expected");
        contenders.forEach(contender -> System.out.printf(" %-24s", contender.name));
        System.out.println();
        for (Case one : cases) {
            List<Future<Outcome>> running = new ArrayList<>();
            for (Contender contender : contenders) {
                running.add(threads.submit((Callable<Outcome>) () -> contender.send(one)));
            }
            List<Outcome> outcomes = new ArrayList<>();
            for (Future<Outcome> outcome : running) {
                outcomes.add(outcome.get(30, TimeUnit.SECONDS));
            }
            StringBuilder verdict = new StringBuilder();
            if (contenders.get(0).name.equals("edge")) {
                String deviation = one.deviation(outcomes.get(0));
                if (!deviation.isEmpty()) {
                    deviations++;
                    verdict.append(" DEVIATES: ").append(deviation);
                }
                if (outcomes.get(0).accepted() && outcomes.stream().skip(1).noneMatch(Outcome::accepted)) {
                    alone++;
                    verdict.append(" ACCEPTED BY THE EDGE ALONE");
                }
            }
            System.out.printf("%-38s %-16s", one.name, one.expected);
            outcomes.forEach(outcome -> System.out.printf(" %-24s", outcome));
            System.out.println(verdict);
            details.append("== ").append(one.name).append('\n').append(escape(one.request)).append('\n');
            for (int i = 0; i < outcomes.size(); i++) {
                details.append(contenders.get(i).name).append(": ").append(outcomes.get(i)).append('\n');
                details.append("    answer    ").append(escape(outcomes.get(i).answer())).append('\n');
                for (Recorded recorded : outcomes.get(i).recorded) {
                    details.append(recorded.whole ? "    forwarded " : "    cut       ");
                    details.append(escape(recorded.bytes)).append('\n');
                }
            }
        }
        Files.createDirectories(report.toAbsolutePath().getParent());
        Files.writeString(report, details);
        System.out.printf("%d cases, %d deviations of the edge, %d accepted by the edge alone; bytes in %s%n",
                cases.size(), deviations, alone, report);
        return deviations == 0 && alone == 0;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, loopback())) {
            return socket.getLocalPort();
        }
    }

    private static InetAddress loopback() {
        return InetAddress.getLoopbackAddress();
    }

    private static String escape(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            int c = b & 0xff;
            switch (c) {
                case '\r' -> text.append("\\r");
                case '\n' -> text.append("\\n");
                case '\t' -> text.append("\\t");
                default -> text.append(c >= ' ' && c < 127 ? String.valueOf((char) c) : String.format("\\x%02x", c));
            }
        }
        return text.length() > 2_000 ? text.substring(0, 2_000) + "..." : text.toString();
    }

    /** One line of the table. */
    private record Case(String name, String expected, List<String> checks, byte[] request) {

        private static final Pattern REPEAT = Pattern.compile("\\{\\{(.*?)\\*(\\d+)}}");

        static List<Case> readAll(Path table) throws IOException {
            List<Case> cases = new ArrayList<>();
            for (String line : Files.readAllLines(table)) {
                if (!line.isEmpty() && !line.startsWith("#")) {
                    String[] column = line.split("\t");
                    String checks = new String(unescape(column[2]), StandardCharsets.ISO_8859_1);
                    cases.add(new Case(
                            column[0],
                            column[1],
                            checks.equals(".") ? List.of() : List.of(checks.split(" && ")),
                            unescape(column[3])));
                }
            }
            return cases;
        }

        private static byte[] unescape(String text) {
            Matcher repeat = REPEAT.matcher(text);
            String all = repeat.replaceAll(
                    r -> Matcher.quoteReplacement(r.group(1).repeat(Integer.parseInt(r.group(2)))));
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int i = 0; i < all.length(); i++) {
                char c = all.charAt(i);
                if (c != '\\') {
                    bytes.write(c);
                    continue;
                }
                i++;
                switch (all.charAt(i)) {
                    case 'r' -> bytes.write('\r');
                    case 'n' -> bytes.write('\n');
                    case 't' -> bytes.write('\t');
                    case 'x' -> {
                        bytes.write(Integer.parseInt(all.substring(i + 1, i + 3), 16));
                        i += 2;
                    }
                    default -> throw new IllegalArgumentException("escape \\" + all.charAt(i) + " in " + text);
                }
            }
            return bytes.toByteArray();
        }

        /** What of the outcome the table did not expect; empty if all is well. */
        String deviation(Outcome outcome) {
            List<String> alternatives = Arrays.asList(expected.split("\\|"));
            String seen = outcome.statuses();
            boolean closeMatters = expected.endsWith(" close");
            if (!alternatives.contains(closeMatters && outcome.closed ? seen + " close" : seen)) {
                return "answered " + seen + (outcome.closed ? " close" : "");
            }
            long successes = outcome.answers.stream().filter(s -> s.status >= 200 && s.status < 400).count();
            if (outcome.whole() != successes) {
                return outcome.whole() + " requests reached the server";
            }
            for (String check : checks) {
                String failed = outcome.failed(check);
                if (!failed.isEmpty()) {
                    return failed;
                }
            }
            return "";
        }
    }

    /** What the server got of one request: its bytes, and whether the message was whole. */
    private static final class Recorded {
        byte[] bytes = new byte[0];
        byte[] body = new byte[0];
        boolean whole;
    }

    /** One response as the client read it. */
    private record Answer(int status, byte[] bytes) {}

    /** What one proxy did with one case. */
    private record Outcome(List<Answer> answers, boolean closed, String trouble, List<Recorded> recorded) {

        long whole() {
            return recorded.stream().filter(r -> r.whole).count();
        }

        boolean accepted() {
            return whole() > 0 && answers.stream().allMatch(answer -> answer.status < 400);
        }

        String statuses() {
            StringBuilder text = new StringBuilder();
            answers.forEach(answer -> text.append(text.isEmpty() ? "" : " ").append(answer.status));
            return (text.isEmpty() ? "nothing" : text) + trouble;
        }

        byte[] answer() {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            answers.forEach(answer -> all.writeBytes(answer.bytes));
            return all.toByteArray();
        }

        String failed(String check) {
            ByteArrayOutputStream forwarded = new ByteArrayOutputStream();
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            recorded.forEach(r -> {
                forwarded.writeBytes(r.bytes);
                body.writeBytes(r.body);
            });
            String bytes = "\r\n" + forwarded.toString(StandardCharsets.ISO_8859_1);
            String rest = check.substring(1);
            boolean holds =
                    switch (check.charAt(0)) {
                        case '=' -> bytes.startsWith("\r\n" + rest + "\r\n");
                        case '+' -> hasField(bytes, rest);
                        case '-' -> !bytes.toLowerCase(Locale.ROOT)
                                .contains("\r\n" + rest.toLowerCase(Locale.ROOT) + ":");
                        case '!' -> !bytes.contains(rest);
                        case '>' -> hasField(new String(answer(), StandardCharsets.ISO_8859_1), rest);
                        case '@' -> body.toString(StandardCharsets.ISO_8859_1).equals(rest);
                        default -> throw new IllegalArgumentException("check " + check);
                    };
            return holds ? "" : "failed " + check;
        }

        /** Field names compare without case, values byte for byte; a value of * stands for any. */
        private static boolean hasField(String bytes, String field) {
            String name = field.substring(0, field.indexOf(':'));
            String value = field.substring(name.length() + 1).trim();
            String pattern = "\r\n(?i:" + Pattern.quote(name) + "):[ \t]*"
                    + (value.equals("*") ? "[^\r\n]*" : Pattern.quote(value)) + "[ \t]*\r\n";
            return Pattern.compile(pattern).matcher(bytes).find();
        }

        @Override
        public String toString() {
            long cut = recorded.size() - whole();
            return statuses() + (closed ? " close" : "") + (whole() > 0 ? " fwd" + whole() : "")
                    + (cut > 0 ? " cut" + cut : "");
        }
    }

    /** A proxy under test: its process, its port, and the server behind it. */
    private static final class Contender {
        final String name;
        private final RecordingServer server;
        private final int port;
        private Path log = Path.of("/dev/null");
        private Process process;

        Contender(String name, RecordingServer server, int port) {
            this.name = name;
            this.server = server;
            this.port = port;
        }

        void start(Path work, String java, String jar) throws IOException {
            Path config = work.resolve(name + (name.equals("edge") ? ".properties" : ".conf"));
            log = work.resolve(name + ".log");
            List<String> command =
                    switch (name) {
                        case "haproxy" -> List.of("haproxy", "-db", "-f", config.toString());
                        case "nginx" -> List.of("nginx", "-c", config.toString());
                        default -> List.of(java, "-Dquarkus.config.locations=" + config, "-jar", jar);
                    };
            Files.writeString(config, configuration(work));
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        }

        private String configuration(Path work) throws IOException {
            return switch (name) {
                case "haproxy" -> """
                        defaults
                            mode http
                            timeout connect 2s
                            timeout client 5s
                            timeout server 5s
                            timeout http-request 1s
                            retries 0
                            option forwardfor
                        frontend edge
                            bind 127.0.0.1:%d
                            use_backend dead if { path_beg /dead }
                            default_backend web
                        backend dead
                            server s1 127.0.0.1:%d
                        backend web
                            cookie SERVERID insert indirect nocache
                            server s1 127.0.0.1:%d cookie s1
                        """.formatted(port, freePort(), server.port());
                case "nginx" -> """
                        daemon off; pid %s/nginx.pid; error_log stderr crit;
                        events {}
                        http {
                            access_log off; client_header_timeout 1s; client_body_timeout 1s;
                            proxy_http_version 1.1; proxy_request_buffering off;
                            client_body_temp_path %s/body; proxy_temp_path %s/proxy; fastcgi_temp_path %s/f;
                            uwsgi_temp_path %s/u; scgi_temp_path %s/s;
                            server {
                                listen 127.0.0.1:%d;
                                location / { proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:%d; }
                                location /dead { proxy_pass http://127.0.0.1:%d; }
                            }
                        }
                        """.replace("%s", work.toString()).formatted(port, server.port(), freePort());
                default -> """
                        quarkus.http.port=%d
                        edge.listen.host=127.0.0.1
                        edge.listen.http=%d
                        edge.admin.socket=
                        edge.timeouts.request-head=1s
                        edge.routes.web.pool=web
                        edge.routes.web.path-prefixes=/t
                        edge.routes.dead.pool=dead
                        edge.routes.dead.path-prefixes=/dead
                        edge.pools.dead.health.enabled=false
                        edge.pools.dead.servers.s1.address=127.0.0.1:%d
                        edge.pools.web.health.enabled=false
                        edge.pools.web.sticky-cookie.enabled=true
                        edge.pools.web.sticky-cookie.name=SERVERID
                        edge.pools.web.servers.s1.address=127.0.0.1:%d
                        """.formatted(freePort(), port, freePort(), server.port());
            };
        }

        /** Until the proxy listens. Its process ending, or 30 s, is an error with its log. */
        void await() throws Exception {
            long giveUp = System.nanoTime() + 30_000_000_000L;
            while (true) {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(loopback(), port), 1_000);
                    return;
                } catch (IOException notYet) {
                    if (process.waitFor(100, TimeUnit.MILLISECONDS) || System.nanoTime() > giveUp) {
                        throw new IOException(name + " does not listen:\n" + Files.readString(log), notYet);
                    }
                }
            }
        }

        void stop() throws InterruptedException {
            if (process != null) {
                process.destroy();
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            }
        }

        Outcome send(Case one) throws IOException {
            server.forget();
            try (Socket socket = new Socket(loopback(), port)) {
                socket.setTcpNoDelay(true);
                OutputStream out = socket.getOutputStream();
                try {
                    out.write(one.request);
                } catch (IOException refusedEarly) {
                    // A proxy may close while a long request is still being sent; its answer is what counts.
                }
                return read(socket, one);
            }
        }

        /** Reads responses until the proxy closes or falls silent. */
        private Outcome read(Socket socket, Case one) throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            boolean closed = false;
            byte[] buffer = new byte[16 * 1024];
            boolean head = new String(one.request, StandardCharsets.ISO_8859_1).stripLeading().startsWith("HEAD ");
            Responses responses = new Responses(List.of(), "");
            int expected = one.expected.split("\\|")[0].split(" ").length - (one.expected.endsWith(" close") ? 1 : 0);
            try {
                while (true) {
                    boolean answered = responses.answers.size() >= expected && responses.trouble.isEmpty();
                    socket.setSoTimeout(answered ? AFTERMATH_MILLIS : SILENCE_MILLIS);
                    int count = socket.getInputStream().read(buffer);
                    if (count < 0) {
                        closed = true;
                        break;
                    }
                    all.write(buffer, 0, count);
                    responses = Responses.parse(all.toByteArray(), head, false);
                }
            } catch (SocketTimeoutException silent) {
                // The case is over.
            } catch (IOException reset) {
                closed = true;
            }
            responses = Responses.parse(all.toByteArray(), head, closed);
            return new Outcome(responses.answers, closed, responses.trouble, server.recorded());
        }
    }

    /** The responses in a stream of bytes, and what was wrong with them: a cut one, or bytes that are none. */
    private record Responses(List<Answer> answers, String trouble) {

        /** @param head whether the first final response answers HEAD; closed says that the stream ended */
        static Responses parse(byte[] bytes, boolean head, boolean closed) {
            List<Answer> answers = new ArrayList<>();
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            boolean toHead = head;
            int at = 0;
            while (at < bytes.length) {
                int end = text.indexOf("\r\n\r\n", at) + 4;
                if (!text.startsWith("HTTP/1.", at) || end < 4) {
                    return new Responses(answers, " +junk");
                }
                int status = Integer.parseInt(text.substring(at + 9, at + 12));
                String fields = text.substring(at, end).toLowerCase(Locale.ROOT);
                int next = end;
                if (status < 200) {
                    answers.add(new Answer(status, Arrays.copyOfRange(bytes, at, end)));
                    at = end;
                    continue;
                }
                if (!toHead && status != 204 && status != 304) {
                    next = bodyEnd(text, fields, end, closed);
                    if (next < 0 || next > bytes.length) {
                        return new Responses(answers, " +cut");
                    }
                }
                toHead = false;
                answers.add(new Answer(status, Arrays.copyOfRange(bytes, at, next)));
                at = next;
            }
            return new Responses(answers, "");
        }

        private static int bodyEnd(String text, String fields, int from, boolean closed) {
            Matcher length = Pattern.compile("\r\ncontent-length: *(\\d+)").matcher(fields);
            if (length.find()) {
                return from + Integer.parseInt(length.group(1));
            }
            if (fields.contains("\r\ntransfer-encoding: chunked")) {
                Matcher last = Pattern.compile("(^|\r\n)0+(;[^\r]*)?\r\n([^\r\n]+\r\n)*\r\n").matcher(text);
                return last.find(from) ? last.end() : -1;
            }
            return closed ? text.length() : -1;
        }
    }

    /** Answers every request it understands and keeps its bytes. Understands only what has one meaning. */
    private static final class RecordingServer {
        private static final String UNTIL_CLOSE = "HTTP/1.1 200 OK\r\n\r\nok";

        private final ServerSocket listener = new ServerSocket(0, 100, loopback());
        private final List<Recorded> records = new ArrayList<>();

        RecordingServer(ExecutorService threads) throws IOException {
            threads.execute(() -> {
                while (true) {
                    try {
                        Socket socket = listener.accept();
                        threads.execute(() -> serve(socket));
                    } catch (IOException e) {
                        throw new IllegalStateException("accept failed", e);
                    }
                }
            });
        }

        int port() {
            return listener.getLocalPort();
        }

        void forget() {
            synchronized (records) {
                records.clear();
            }
        }

        /** What came since {@link #forget}. What a proxy sent just before it refused gets 50 ms to arrive. */
        List<Recorded> recorded() {
            synchronized (records) {
                try {
                    records.wait(50);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return List.copyOf(records);
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                socket.setTcpNoDelay(true);
                InputStream in = socket.getInputStream();
                while (serveOne(in, socket.getOutputStream())) {}
            } catch (IOException | IllegalArgumentException over) {
                // The record so far says how far it came.
            }
        }

        private boolean serveOne(InputStream in, OutputStream out) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            int first = in.read();
            if (first < 0) {
                return false;
            }
            bytes.write(first);
            Recorded record = new Recorded();
            synchronized (records) {
                records.add(record);
            }
            try {
                String head = until(in, bytes, "\r\n\r\n").toLowerCase(Locale.ROOT);
                boolean waits = head.contains("\r\nexpect: 100-continue\r\n");
                if (waits) {
                    out.write(ascii("HTTP/1.1 100 Continue\r\n\r\n"));
                }
                readBody(in, bytes, head, record);
                String answer = answer(head);
                synchronized (records) {
                    record.bytes = bytes.toByteArray();
                    record.whole = true;
                }
                out.write(ascii(answer));
                // The one answer without a length ends with its connection.
                return !answer.equals(UNTIL_CLOSE);
            } finally {
                synchronized (records) {
                    record.bytes = bytes.toByteArray();
                }
            }
        }

        private static void readBody(InputStream in, ByteArrayOutputStream bytes, String head, Recorded record)
                throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            Matcher length = Pattern.compile("\r\ncontent-length: (\\d+)\r\n").matcher(head);
            if (length.find()) {
                exactly(in, bytes, Integer.parseInt(length.group(1)), body);
            } else if (head.contains("\r\ntransfer-encoding: chunked\r\n")) {
                int size;
                do {
                    size = Integer.parseInt(until(in, bytes, "\r\n").split("[;\r]")[0], 16);
                    exactly(in, bytes, size, body);
                    if (size > 0 && !until(in, bytes, "\r\n").equals("\r\n")) {
                        throw new IllegalArgumentException("chunk without its CRLF");
                    }
                } while (size > 0);
                while (!until(in, bytes, "\r\n").equals("\r\n")) {}
            }
            record.body = body.toByteArray();
        }

        private static String until(InputStream in, ByteArrayOutputStream bytes, String end) throws IOException {
            int from = bytes.size();
            // The first byte of a head was read by the caller; it is part of what is looked at.
            StringBuilder text = new StringBuilder(from == 1 ? bytes.toString(StandardCharsets.ISO_8859_1) : "");
            while (text.length() < end.length() || !text.substring(text.length() - end.length()).equals(end)) {
                int c = in.read();
                if (c < 0) {
                    throw new IOException("ended inside a message");
                }
                bytes.write(c);
                text.append((char) c);
            }
            return text.toString();
        }

        private static void exactly(InputStream in, ByteArrayOutputStream bytes, int count, ByteArrayOutputStream body)
                throws IOException {
            byte[] read = in.readNBytes(count);
            bytes.writeBytes(read);
            body.writeBytes(read);
            if (read.length < count) {
                throw new IOException("ended inside a body");
            }
        }

        private static String answer(String head) {
            String[] requestLine = head.substring(0, head.indexOf('\r')).split(" ");
            if (requestLine.length != 3) {
                throw new IllegalArgumentException("not a request line");
            }
            String target = requestLine[1];
            boolean toHead = head.startsWith("head ");
            return switch (target) {
                case "/t/204" -> "HTTP/1.1 204 No Content\r\n\r\n";
                case "/t/304" -> "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\nETag: \"x\"\r\n\r\n";
                case "/t/chunked" -> "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;e=1\r\nok\r\n0\r\n\r\n";
                case "/t/until-close" -> UNTIL_CLOSE;
                case "/t/hints" -> "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                        + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                default -> "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (toHead ? "" : "ok");
            };
        }

        private static byte[] ascii(String text) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
    }
}
