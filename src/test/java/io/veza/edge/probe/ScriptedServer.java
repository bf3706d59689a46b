package io.veza.edge.probe;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that keeps the heads of its requests and answers as the test says, one connection a thread. */
final class ScriptedServer implements AutoCloseable {

    /** Writes an answer, or does something else with the connection, which is closed after it. */
    interface Script {
        void answer(OutputStream out) throws Exception;
    }

    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nall ok\n";
    static final String BROKEN = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

    private final ServerSocket listener;
    private final BlockingQueue<String> heads = new LinkedBlockingQueue<>();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile Script script;

    ScriptedServer(Script script) throws IOException {
        this.script = script;
        this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    static ScriptedServer answering(String answer) throws IOException {
        return new ScriptedServer(saying(answer));
    }

    static Script saying(String answer) {
        return out -> out.write(answer.getBytes(StandardCharsets.US_ASCII));
    }

    /** Accepts and never says a word. */
    static ScriptedServer silent() throws IOException {
        return new ScriptedServer(out -> new LinkedBlockingQueue<>().take());
    }

    /** From the next request on. */
    void answer(String answer) {
        script = saying(answer);
    }

    int port() {
        return listener.getLocalPort();
    }

    int requests() {
        return requests.get();
    }

    /** The head of the next request not yet asked for; waits for it. */
    String nextHead() throws InterruptedException {
        String head = heads.poll(10, TimeUnit.SECONDS);
        if (head == null) {
            throw new AssertionError("no request came");
        }
        return head;
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                daemon(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int c = in.read();
                if (c < 0) {
                    return;
                }
                head.append((char) c);
            }
            // Before the test hears of this request: what it then says is for the next one.
            Script now = script;
            requests.incrementAndGet();
            heads.add(head.toString());
            now.answer(socket.getOutputStream());
        } catch (IOException hungUp) {
            // A check hangs up once it has its verdict.
        } catch (Exception e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "scripted-server");
        thread.setDaemon(true);
        thread.start();
    }
}
