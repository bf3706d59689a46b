package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A client of raw HTTP/2 frames, right or wrong, that never waits longer than ten seconds. */
final class RawHttp2Client implements Closeable {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;

    private static final int PATIENCE_MILLIS = 10_000;
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** One frame as it came, the fields of a header block decoded into lines. */
    record Frame(int type, int flags, int stream, ByteBuf payload, List<String> fields) {
        boolean ends() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        String text() {
            return payload.toString(StandardCharsets.ISO_8859_1);
        }

        /** The error code of a RST_STREAM or GOAWAY. */
        int code() {
            return payload.getInt(type == GOAWAY ? 4 : 0);
        }

        int lastStream() {
            return payload.getInt(0);
        }
    }

    final Socket socket;
    private final DataInputStream in;
    private final DefaultHttp2HeadersEncoder encoder =
            new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.ALWAYS_SENSITIVE, true);
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
    final List<Frame> seen = new ArrayList<>();

    /** Connects without a word. */
    RawHttp2Client(InetSocketAddress edge) throws IOException {
        socket = new Socket();
        socket.connect(edge, PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Connects and says the preface and empty settings. */
    static RawHttp2Client open(EdgeFixture edge) throws IOException {
        return new RawHttp2Client(edge.address).bytes(PREFACE).frame(SETTINGS, 0, 0);
    }

    RawHttp2Client bytes(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    RawHttp2Client preface() throws IOException {
        return bytes(PREFACE);
    }

    /** Sends a frame of these bytes. */
    RawHttp2Client frame(int type, int flags, int stream, int... payload) throws IOException {
        byte[] bytes = new byte[payload.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) payload[i];
        }
        return frame(type, flags, stream, bytes);
    }

    RawHttp2Client frame(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteBuf frame = Unpooled.buffer(9 + payload.length)
                .writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload);
        return bytes(frame.array());
    }

    /** Sends a header block: names and values in turns, none of them checked. */
    RawHttp2Client headers(int stream, boolean end, String... fields) throws IOException {
        return frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block(fields));
    }

    byte[] block(String... fields) throws IOException {
        ByteBuf block = Unpooled.buffer();
        try {
            for (int i = 0; i < fields.length; i += 2) {
                // Each alone: together they would be put in the order in which they should be.
                Http2Headers field = new DefaultHttp2Headers(false).add(fields[i], fields[i + 1]);
                encoder.encodeHeaders(1, field, block);
            }
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
        byte[] bytes = new byte[block.readableBytes()];
        block.readBytes(bytes);
        return bytes;
    }

    /** A whole request without a body. */
    RawHttp2Client get(int stream, String path, String... more) throws IOException {
        return request(stream, true, "GET", path, more);
    }

    RawHttp2Client request(int stream, boolean end, String method, String path, String... more) throws IOException {
        String[] fields = new String[8 + more.length];
        String[] pseudo = {":method", method, ":scheme", "http", ":authority", "edge.test", ":path", path};
        System.arraycopy(pseudo, 0, fields, 0, 8);
        System.arraycopy(more, 0, fields, 8, more.length);
        return headers(stream, end, fields);
    }

    RawHttp2Client data(int stream, boolean end, String data) throws IOException {
        return frame(DATA, end ? END_STREAM : 0, stream, data.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawHttp2Client window(int stream, int increment) throws IOException {
        return frame(
                WINDOW_UPDATE,
                0,
                stream,
                increment >>> 24,
                increment >>> 16 & 255,
                increment >>> 8 & 255,
                increment & 255);
    }

    /** The next frame, settings acknowledged; null at the end of the connection. */
    @Nullable
    Frame next() throws IOException {
        int length;
        try {
            length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        } catch (EOFException | SocketException end) {
            return null;
        }
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = in.readNBytes(length);
        List<String> fields = new ArrayList<>();
        if (type == HEADERS) {
            try {
                decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload))
                        .forEach(field -> fields.add(field.getKey() + ": " + field.getValue()));
            } catch (Http2Exception e) {
                throw new IOException(e);
            }
        }
        if (type == SETTINGS && (flags & ACK) == 0) {
            acknowledge();
        }
        Frame frame = new Frame(type, flags, stream, Unpooled.wrappedBuffer(payload), fields);
        seen.add(frame);
        return frame;
    }

    private void acknowledge() throws IOException {
        try {
            frame(SETTINGS, ACK, 0);
        } catch (SocketException closed) {
            // What there is to be read tells why.
        }
    }

    /** The next frame of which this is true; those before it are passed over. */
    Frame next(Predicate<Frame> wanted) throws IOException {
        while (true) {
            Frame frame = next();
            if (frame == null) {
                throw new IOException("the connection ended after " + seen);
            }
            if (wanted.test(frame)) {
                return frame;
            }
        }
    }

    Frame nextOf(int type, int stream) throws IOException {
        return next(frame -> frame.type() == type && frame.stream() == stream);
    }

    /** A response with its end: its fields as lines, an empty line, its body, and its trailers if it has any. */
    String response(int stream) throws IOException {
        StringBuilder response = new StringBuilder();
        while (true) {
            Frame frame = next(each -> each.stream() == stream);
            if (frame.type() == RST_STREAM) {
                return response.append("<reset ")
                        .append(frame.code())
                        .append('>')
                        .toString();
            }
            if (frame.type() == HEADERS) {
                response.append(String.join("\n", frame.fields())).append("\n\n");
            } else if (frame.type() == DATA) {
                response.append(frame.text());
            }
            if (frame.ends()) {
                return response.toString();
            }
        }
    }

    /** The code of the GOAWAY that ends the connection; -1 if it ends without one. */
    int goneAway() throws IOException {
        int code = -1;
        Frame frame;
        while ((frame = next()) != null) {
            if (frame.type() == GOAWAY) {
                code = frame.code();
            }
        }
        return code;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
