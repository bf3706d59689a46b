package io.veza.edge.proxy;

import io.veza.edge.tls.KeyAndChain;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A client of TLS that shows what a socket of the JDK hides: whether the server said that it ended before the connection
 * did. Never waits longer than ten seconds.
 */
final class TlsClient implements Closeable {

    private static final int PATIENCE_MILLIS = 10_000;

    /** How the server's side of the connection came to its end. */
    enum Ending {
        NONE,
        /** With the alert close_notify. */
        TOLD,
        /** With the end of the TCP connection alone. */
        UNTOLD,
        RESET
    }

    /** Sends the first bytes of the client, which are its hello. */
    interface Opening {
        Opening AT_ONCE = OutputStream::write;

        void send(OutputStream to, byte[] hello) throws IOException;
    }

    final Socket socket;
    private @Nullable Opening opening;
    final SSLEngine engine;
    private final ByteBuffer received;
    private final ByteBuffer plain;
    private final ByteBuffer toSend;
    private Ending ending = Ending.NONE;

    /** What a client trusts, and whom it is. */
    static SSLContext context(X509Certificate trusted, @Nullable KeyAndChain identity) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("root", trusted);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        KeyManager[] keys = null;
        if (identity != null) {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("own", identity.key(), new char[0], identity.chain().toArray(X509Certificate[]::new));
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(own, new char[0]);
            keys = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trust.getTrustManagers(), null);
        return context;
    }

    /** Names of servers are asked for and verified. */
    TlsClient(InetSocketAddress edge, SSLContext context, String name, Consumer<SSLParameters> with)
            throws IOException {
        this(edge, edge.getPort(), context, name, Opening.AT_ONCE, with);
    }

    /**
     * @param sessionPort part of what a session is found by, so that another edge may be asked to resume it
     * @param opening how the first bytes are sent
     */
    TlsClient(
            InetSocketAddress edge,
            int sessionPort,
            SSLContext context,
            String name,
            Opening opening,
            Consumer<SSLParameters> with)
            throws IOException {
        this.opening = opening;
        socket = new Socket();
        socket.connect(edge, PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        engine = context.createSSLEngine(name, sessionPort);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setServerNames(List.of(new SNIHostName(name)));
        with.accept(parameters);
        engine.setSSLParameters(parameters);
        received = ByteBuffer.allocate(engine.getSession().getPacketBufferSize() * 2)
                .limit(0);
        plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize() * 2)
                .limit(0);
        toSend = ByteBuffer.allocate(engine.getSession().getPacketBufferSize() * 2);
        try {
            handshake();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    SSLSession session() {
        return engine.getSession();
    }

    /** Speaks HTTP. */
    RawClient http() {
        return new RawClient(socket, new Plain(), new Encrypting());
    }

    Ending ending() {
        return ending;
    }

    private void handshake() throws IOException {
        engine.beginHandshake();
        while (engine.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING) {
            step();
        }
    }

    private void step() throws IOException {
        switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> {
                Runnable task = engine.getDelegatedTask();
                if (task != null) {
                    task.run();
                }
            }
            case NEED_WRAP -> wrap(ByteBuffer.allocate(0));
            case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                if (!unwrap()) {
                    throw new IOException("the connection ended in the handshake: " + ending);
                }
            }
            case FINISHED, NOT_HANDSHAKING -> {}
        }
    }

    private void wrap(ByteBuffer data) throws IOException {
        do {
            toSend.clear();
            SSLEngineResult result = engine.wrap(data, toSend);
            Opening first = opening;
            opening = null;
            if (first != null) {
                first.send(socket.getOutputStream(), Arrays.copyOf(toSend.array(), toSend.position()));
            } else {
                socket.getOutputStream().write(toSend.array(), 0, toSend.position());
            }
            if (result.getStatus() != SSLEngineResult.Status.OK) {
                throw new IOException("cannot be sent: " + result);
            }
        } while (data.hasRemaining());
    }

    /** Reads until a record is understood; false at the end. */
    private boolean unwrap() throws IOException {
        while (true) {
            plain.compact();
            SSLEngineResult result = engine.unwrap(received, plain);
            plain.flip();
            if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                ending = Ending.TOLD;
                return false;
            }
            if (result.getStatus() == SSLEngineResult.Status.OK) {
                return true;
            }
            received.compact();
            int count;
            try {
                count = socket.getInputStream().read(received.array(), received.position(), received.remaining());
            } catch (SocketException reset) {
                ending = Ending.RESET;
                return false;
            }
            received.position(received.position() + Math.max(0, count)).flip();
            if (count < 0) {
                ending = Ending.UNTOLD;
                return false;
            }
        }
    }

    /** Says that nothing more comes from this side, and ends nothing else. */
    void closeNotify() throws IOException {
        engine.closeOutbound();
        toSend.clear();
        engine.wrap(ByteBuffer.allocate(0), toSend);
        socket.getOutputStream().write(toSend.array(), 0, toSend.position());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private final class Plain extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int from, int length) throws IOException {
            while (!plain.hasRemaining() && length > 0) {
                if (ending != Ending.NONE || !unwrap()) {
                    return -1;
                }
                while (engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_TASK
                        || engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP) {
                    step();
                }
            }
            int count = Math.min(length, plain.remaining());
            plain.get(to, from, count);
            return count;
        }
    }

    private final class Encrypting extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            wrap(ByteBuffer.wrap(new byte[] {(byte) b}));
        }

        @Override
        public void write(byte[] data, int from, int length) throws IOException {
            wrap(ByteBuffer.wrap(data, from, length));
        }
    }
}
