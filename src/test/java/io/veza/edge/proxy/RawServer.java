package io.veza.edge.proxy;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A server of raw bytes on a port of its own: each accepted connection is given to a script, on a thread of its own. It
 * remembers every request head it was sent, so that a test can tell what reached it.
 */
final class RawServer implements Closeable {

    /** What a server does with one connection; when it returns, the connection is closed. */
    interface Script {
        void serve(Connection connection) throws IOException, InterruptedException;
    }

    final List<String> heads = new CopyOnWriteArrayList<>();
    final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final Optional<TestTls> tls;
    private final ServerSocket listener;
    private final Thread acceptor;

    RawServer(Script script) throws IOException {
        this(0, script);
    }

    RawServer(int port, Script script) throws IOException {
        this(port, Optional.empty(), script);
    }

    /** Speaks TLS; a handshake that fails ends its connection without a script. */
    RawServer(TestTls tls, Script script) throws IOException {
        this(0, Optional.of(tls), script);
    }

    private RawServer(int port, Optional<TestTls> tls, Script script) throws IOException {
        this.tls = tls;
        listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        acceptor = new Thread(() -> accept(script), "raw-server-" + port());
        acceptor.setDaemon(true);
        acceptor.start();
    }

    /** Answers every request with this response until the client closes. */
    static Script always(String response) {
        return connection -> {
            while (connection.readHead() != null) {
                connection.send(response);
            }
        };
    }

    /** Takes one request, tells so, and answers nothing until the client closes. */
    static Script silent(CountDownLatch asked) {
        return connection -> {
            connection.readHead();
            asked.countDown();
            connection.in.read();
        };
    }

    /** A response with a length. */
    static String ok(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept(Script script) {
        while (true) {
            try {
                Socket socket = listener.accept();
                Connection connection = new Connection(socket);
                connections.add(connection);
                Thread thread = new Thread(() -> connection.run(script), "raw-connection");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException closed) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        try {
            // Only with its acceptor is a listener really gone: until then it may take one more connection.
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Connection connection : connections) {
            connection.plain.close();
        }
    }

    /** The server's end of one connection. */
    final class Connection {
        /** What TLS is spoken over; else the same as the other. */
        final Socket plain;

        volatile Socket socket;
        volatile InputStream in;
        volatile OutputStream out;

        /** For scripts that answer in turns. */
        int answered;

        Connection(Socket socket) throws IOException {
            this.plain = socket;
            this.socket = socket;
            this.in = socket.getInputStream();
            this.out = socket.getOutputStream();
        }

        private void run(Script script) {
            try (plain) {
                if (tls.isPresent()) {
                    secure(tls.get());
                }
                try (Socket ending = socket) {
                    script.serve(this);
                }
            } catch (IOException gone) {
                // The other side ended it, as it may.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** Goes on over TLS. */
        void secure(TestTls with) throws IOException {
            SSLSocket secured = with.accept(plain);
            socket = secured;
            in = secured.getInputStream();
            out = secured.getOutputStream();
        }

        /** The next head, line ends included; null at the end of the connection. */
        @Nullable
        String readHead() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int b = in.read();
                if (b < 0) {
                    return null;
                }
                head.append((char) b);
            }
            heads.add(head.toString());
            return head.toString();
        }

        void send(String bytes) throws IOException {
            out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        String read(int count) throws IOException {
            return new String(in.readNBytes(count), StandardCharsets.ISO_8859_1);
        }

        /** Ends the connection under TLS, which is not told of it. */
        void endWithoutNotice() throws IOException {
            plain.shutdownOutput();
        }

        /** Ends the connection with a reset instead of an end. */
        void reset() throws IOException {
            plain.setSoLinger(true, 0);
            plain.close();
        }
    }
}
