package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * The server's end of an HTTP/2 connection, frame by frame: everything can be sent, right or wrong, and what comes is given
 * out one frame after the other. SETTINGS and PING are answered by itself. Sending and reading may be on two threads.
 */
final class Http2Peer {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;

    static final int MAX_CONCURRENT_STREAMS = 3;
    static final int INITIAL_WINDOW_SIZE = 4;
    static final int ENABLE_CONNECT_PROTOCOL = 8;

    private static final int PREFACE = 24;

    /** The longest payload of a frame that may be sent unless another one is agreed on. */
    private static final int FRAME = 16_384;

    /** What came. */
    record Frame(int type, int flags, int stream, String text, Map<String, String> fields) {
        boolean ends() {
            return (flags & END_STREAM) != 0;
        }

        int number() {
            return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1).readInt();
        }
    }

    private final DataInputStream in;
    private final DataOutputStream out;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);
    private final DefaultHttp2HeadersEncoder encoder =
            new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE);

    /**
     * Takes the client's preface and says these settings.
     *
     * @param settings identifiers, each followed by its value
     */
    Http2Peer(RawServer.Connection connection, int... settings) throws IOException {
        in = new DataInputStream(connection.in);
        // Frames one by one and at once: else they wait for each other's acknowledgement.
        connection.plain.setTcpNoDelay(true);
        out = new DataOutputStream(new BufferedOutputStream(connection.out));
        byte[] preface = in.readNBytes(PREFACE);
        if (!new String(preface, StandardCharsets.US_ASCII).equals("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) {
            throw new IOException("no preface");
        }
        ByteBuf payload = Unpooled.buffer();
        for (int i = 0; i < settings.length; i += 2) {
            payload.writeShort(settings[i]).writeInt(settings[i + 1]);
        }
        frame(SETTINGS, 0, 0, ByteBufUtil.getBytes(payload));
    }

    /** The next frame that is HEADERS, DATA, RST_STREAM or GOAWAY. */
    Frame next() throws IOException {
        while (true) {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            byte[] payload = in.readNBytes(length);
            switch (type) {
                case SETTINGS -> {
                    if (flags == 0) {
                        frame(SETTINGS, 1, 0);
                    }
                }
                case PING -> {
                    if (flags == 0) {
                        frame(PING, 1, 0, payload);
                    }
                }
                case WINDOW_UPDATE -> {}
                default -> {
                    String text = new String(payload, StandardCharsets.ISO_8859_1);
                    return new Frame(type, flags, stream, text, type == HEADERS ? fields(stream, payload) : Map.of());
                }
            }
        }
    }

    /** The next request's HEADERS. */
    Frame request() throws IOException {
        Frame frame = next();
        while (frame.type != HEADERS) {
            frame = next();
        }
        return frame;
    }

    /** Reads data of a stream until its end. */
    String body() throws IOException {
        StringBuilder all = new StringBuilder();
        Frame frame;
        do {
            frame = next();
            if (frame.type == DATA) {
                all.append(frame.text);
            }
        } while (!frame.ends());
        return all.toString();
    }

    private Map<String, String> fields(int stream, byte[] block) throws IOException {
        try {
            Map<String, String> fields = new java.util.LinkedHashMap<>();
            for (Map.Entry<CharSequence, CharSequence> field :
                    decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block))) {
                fields.merge(field.getKey().toString(), field.getValue().toString(), (a, b) -> a + " | " + b);
            }
            return fields;
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    synchronized void frame(int type, int flags, int stream, byte... payload) throws IOException {
        out.writeByte(payload.length >>> 16);
        out.writeShort(payload.length);
        out.writeByte(type);
        out.writeByte(flags);
        out.writeInt(stream);
        out.write(payload);
        out.flush();
    }

    /** A block of fields, name and value in turns. */
    synchronized byte[] block(String... fields) throws IOException {
        Http2Headers headers = new DefaultHttp2Headers(false);
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        ByteBuf block = Unpooled.buffer();
        try {
            encoder.encodeHeaders(1, headers, block);
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
        return ByteBufUtil.getBytes(block);
    }

    /** In as many frames as it takes. */
    void headers(int stream, boolean end, String... fields) throws IOException {
        byte[] block = block(fields);
        int type = HEADERS;
        for (int at = 0; at == 0 || at < block.length; at += FRAME) {
            int to = Math.min(block.length, at + FRAME);
            int flags = (to == block.length ? END_HEADERS : 0) | (end && type == HEADERS ? END_STREAM : 0);
            frame(type, flags, stream, Arrays.copyOfRange(block, at, to));
            type = CONTINUATION;
        }
    }

    void data(int stream, boolean end, String data) throws IOException {
        frame(DATA, end ? END_STREAM : 0, stream, data.getBytes(StandardCharsets.ISO_8859_1));
    }

    void reset(int stream, int code) throws IOException {
        frame(RST_STREAM, 0, stream, ByteBufUtil.getBytes(Unpooled.buffer().writeInt(code)));
    }

    void goAway(int lastStream, int code) throws IOException {
        frame(
                GOAWAY,
                0,
                0,
                ByteBufUtil.getBytes(Unpooled.buffer().writeInt(lastStream).writeInt(code)));
    }

    void window(int stream, int more) throws IOException {
        frame(WINDOW_UPDATE, 0, stream, ByteBufUtil.getBytes(Unpooled.buffer().writeInt(more)));
    }

    /** A whole response. */
    void answer(int stream, String body) throws IOException {
        headers(stream, false, ":status", "200", "content-length", String.valueOf(body.length()));
        data(stream, true, body);
    }
}
