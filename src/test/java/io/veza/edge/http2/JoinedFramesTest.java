package io.veza.edge.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frames are read back by Netty's reader, which takes them only as RFC 9113 has them. */
class JoinedFramesTest {

    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final ChannelHandlerContext ctx = channel.pipeline().firstContext();
    private final JoinedFrames frames = new JoinedFrames(new BoundedFieldsEncoder(Http2HeadersEncoder.NEVER_SENSITIVE));

    private ChannelFuture head(Http2Headers head, boolean end) {
        return frames.writeHeaders(ctx, 3, head, 0, end, ctx.newPromise());
    }

    private ChannelFuture data(String text, boolean end) {
        return frames.writeData(
                ctx, 3, Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), 0, end, ctx.newPromise());
    }

    /** What was written since, each buffer as the frames in it; the last field of a head stands for all of them. */
    private List<List<String>> written() throws Http2Exception {
        channel.flush();
        List<List<String>> buffers = new ArrayList<>();
        try (DefaultHttp2FrameReader reader = new DefaultHttp2FrameReader(false)) {
            reader.configuration().headersConfiguration().maxHeaderListSize(1 << 20, 1 << 20);
            for (ByteBuf buffer = channel.readOutbound(); buffer != null; buffer = channel.readOutbound()) {
                List<String> read = new ArrayList<>();
                buffers.add(read);
                reader.readFrame(ctx, buffer, new Http2FrameAdapter() {
                    @Override
                    public void onHeadersRead(
                            ChannelHandlerContext ctx, int stream, Http2Headers head, int padding, boolean end) {
                        read.add(stream + " " + head.size() + " fields, " + head.status() + (end ? " end" : ""));
                    }

                    @Override
                    public int onDataRead(
                            ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean end) {
                        read.add(stream + " " + data.readableBytes() + " bytes" + (end ? " end" : ""));
                        return 0;
                    }
                });
                buffer.release();
            }
        }
        return buffers;
    }

    @Test
    void a_head_and_little_data_are_one_buffer_each() throws Exception {
        ChannelFuture head = head(new DefaultHttp2Headers().status("200").add("a", "b"), false);
        ChannelFuture some = data("hello", false);
        ChannelFuture end = data("", true);

        assertThat(written())
                .containsExactly(List.of("3 2 fields, 200"), List.of("3 5 bytes"), List.of("3 0 bytes end"));
        assertThat(List.of(head, some, end)).allMatch(ChannelFuture::isSuccess);
    }

    @Test
    void much_data_is_not_copied() throws Exception {
        ByteBuf much = Unpooled.wrappedBuffer(new byte[40_000]);

        ChannelFuture end = frames.writeData(ctx, 3, much, 0, true, ctx.newPromise());
        channel.flush();

        assertThat(end.isSuccess()).isTrue();
        List<ByteBuf> parts = new ArrayList<>();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            parts.add(part);
        }
        // Three frames, each a header and a part of the very buffer.
        assertThat(parts).hasSize(6);
        assertThat(parts.get(1).unwrap()).isNotNull();
        parts.forEach(ByteBuf::release);
        assertThat(much.refCnt()).isZero();
    }

    @Test
    void a_head_too_long_for_a_frame_goes_on_in_continuations() throws Exception {
        Http2Headers head = new DefaultHttp2Headers().status("200");
        for (int i = 0; i < 60; i++) {
            head.add("field-" + i, "v".repeat(1000));
        }

        ChannelFuture written = head(head, true);

        assertThat(written()).containsExactly(List.of("3 61 fields, 200 end"));
        assertThat(written.isSuccess()).isTrue();
    }

    @Test
    void a_head_as_long_as_a_frame_may_be_is_one_frame() throws Exception {
        for (int value = 16_330; value < 16_400; value++) {
            Http2Headers head = new DefaultHttp2Headers().status("200").add("f" + value, "v".repeat(value));
            head(head, false);
            channel.flush();

            ByteBuf frame = channel.readOutbound();
            int length = frame.getUnsignedMedium(0);
            assertThat(length)
                    .isLessThanOrEqualTo(
                            frames.configuration().frameSizePolicy().maxFrameSize());
            boolean whole = frame.readableBytes() == length + 9;
            assertThat((frame.getByte(4) & 4) != 0)
                    .as("END_HEADERS of " + length)
                    .isEqualTo(whole);
            frame.release();
        }
    }

    @Test
    void a_head_that_cannot_be_encoded_fails_and_nothing_is_written() throws Exception {
        DefaultHttp2HeadersEncoder strict = new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE);
        strict.maxHeaderListSize(40);
        Http2Headers head = new DefaultHttp2Headers().status("200").add("a", "b".repeat(100));

        ChannelFuture written = new JoinedFrames(strict).writeHeaders(ctx, 3, head, 0, false, ctx.newPromise());

        assertThat(written.cause()).isInstanceOf(Http2Exception.class);
        assertThat(written()).isEmpty();
    }
}
