package io.veza.edge.admin;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * One client of the admin socket. Belongs to the thread that runs it: reads commands, answers them one after the other, and
 * ends after the last one that came unless the client asked for a prompt. A selector of its own gives each read and write
 * the client's timeout.
 */
final class RuntimeConnection implements Runnable, AutoCloseable {

    /** As long as a command may be with its end, as in HAProxy with its usual buffer. */
    static final int LONGEST = 16_383;

    /** Some certificate chains are longer than what HAProxy takes. */
    private static final int LARGEST_PAYLOAD = 256 * 1024;

    private static final int CHUNK = 4096;

    private final RuntimeApi api;
    private final SocketChannel channel;
    private final Selector selector;
    private final RuntimeSession session = new RuntimeSession();
    private final ByteBuffer input = ByteBuffer.allocate(CHUNK);

    /** What has come and was not understood yet, one character a byte. */
    private final StringBuilder received = new StringBuilder();

    /** The command whose payload is coming; empty if none is. */
    private String awaiting = "";

    /** What has come of it. */
    private final StringBuilder payload = new StringBuilder();

    boolean isOf(SocketChannel other) {
        return channel == other;
    }

    /** @param channel of which this becomes the owner */
    RuntimeConnection(RuntimeApi api, SocketChannel channel) throws IOException {
        this.api = api;
        this.channel = channel;
        channel.configureBlocking(false);
        this.selector = Selector.open();
    }

    @Override
    public void run() {
        try {
            boolean open = true;
            while (open && !session.ended()) {
                int end = RuntimeLine.end(received, !awaiting.isEmpty());
                if (end >= LONGEST || (end < 0 && received.length() >= LONGEST)) {
                    return;
                }
                open = end >= 0 ? take(end) : read(true) > 0;
            }
        } catch (IOException e) {
            // The client went away: there is nobody left to tell.
            return;
        }
    }

    /**
     * Takes one command, or one line of a payload, out of what was received.
     *
     * @return whether the client may go on
     */
    private boolean take(int end) throws IOException {
        String line = received.substring(0, end > 0 && received.charAt(end - 1) == '\r' ? end - 1 : end);
        received.delete(0, end + 1);
        if (!awaiting.isEmpty()) {
            if (!line.isEmpty()) {
                payload.append(line).append('\n');
                return payload.length() <= LARGEST_PAYLOAD && write(session.prompting() ? "+ " : "");
            }
            String command = awaiting;
            awaiting = "";
            session.bring(payload.toString());
            payload.setLength(0);
            try {
                return answer(command);
            } finally {
                session.bring("");
            }
        }
        if (RuntimeLine.announcesPayload(line)) {
            awaiting = line;
            return write(session.prompting() ? "+ " : "");
        }
        return answer(line);
    }

    private boolean answer(String command) throws IOException {
        String text = session.rendered(api.answer(session, RuntimeLine.words(command)));
        if (session.ended()) {
            return false;
        }
        write(text + (session.prompting() ? "\n> " : "\n"));
        // Without a prompt the client is answered once for all that it has sent so far.
        return session.prompting() || received.length() > 0 || read(false) > 0;
    }

    /** Reads what is there; at least one byte if it waits, else 0 at the end, too. */
    private int read(boolean waits) throws IOException {
        int count = channel.read(input);
        if (count == 0 && waits && await(SelectionKey.OP_READ)) {
            count = channel.read(input);
        }
        if (count <= 0) {
            return 0;
        }
        input.flip();
        received.append(StandardCharsets.ISO_8859_1.decode(input));
        input.clear();
        return count;
    }

    /** @return true, for callers that go on after it */
    private boolean write(String text) throws IOException {
        ByteBuffer output = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
        while (output.hasRemaining()) {
            if (channel.write(output) == 0 && !await(SelectionKey.OP_WRITE)) {
                throw new IOException("the client takes nothing");
            }
        }
        return true;
    }

    private boolean await(int operation) throws IOException {
        SelectionKey key = channel.register(selector, operation);
        long millis = Math.max(1, Math.min(session.timeout().toMillis(), Integer.MAX_VALUE));
        int ready = selector.select(millis);
        selector.selectedKeys().clear();
        return ready > 0 && key.isValid();
    }

    /** Cuts the client off, from any thread. The selector stays to the thread that waits on it. */
    void cut() {
        try {
            channel.close();
        } catch (IOException e) {
            // Closed is what it is.
            return;
        } finally {
            selector.wakeup();
        }
    }

    @Override
    public void close() {
        cut();
        try {
            selector.close();
        } catch (IOException e) {
            // Nothing waits on it any more.
            return;
        }
    }
}
