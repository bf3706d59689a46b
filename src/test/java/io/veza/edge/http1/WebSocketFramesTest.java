package io.veza.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class WebSocketFramesTest {

    @Test
    void is_at_a_boundary_exactly_where_frames_end() {
        ByteBuf frames = Unpooled.buffer();
        frames.writeByte(0x81).writeByte(3).writeBytes(new byte[3]);
        frames.writeByte(0x82).writeByte(126).writeShort(300).writeBytes(new byte[300]);
        frames.writeByte(0x82).writeByte(127).writeLong(70_000).writeBytes(new byte[70_000]);
        frames.writeByte(0x89).writeByte(0x80 | 2).writeInt(7).writeBytes(new byte[2]);
        frames.writeByte(0x81).writeByte(0);
        int[] ends = {5, 309, 70_319, 70_327, 70_329};

        WebSocketFrames following = new WebSocketFrames();
        int boundaries = 0;
        for (int at = 0; at < frames.writerIndex(); at++) {
            following.follow(frames.slice(at, 1));
            boolean expected = at + 1 == ends[Math.min(boundaries, ends.length - 1)];
            assertThat(following.atBoundary()).as("after byte %d", at).isEqualTo(expected);
            boundaries += expected ? 1 : 0;
        }

        WebSocketFrames atOnce = new WebSocketFrames();
        atOnce.follow(frames);
        assertThat(atOnce.atBoundary()).isTrue();
        assertThat(boundaries).isEqualTo(ends.length);
    }

    @Test
    void no_second_close_frame_is_put_in() {
        WebSocketFrames frames = new WebSocketFrames();

        frames.follow(Unpooled.wrappedBuffer(WebSocketFrames.close(1000)));

        assertThat(frames.atBoundary()).isFalse();
    }

    @Test
    void a_close_frame_carries_its_code() {
        assertThat(WebSocketFrames.close(1012)).containsExactly(0x88, 2, 1012 >> 8, 1012 & 0xff);
    }
}
