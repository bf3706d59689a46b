package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldDataTest {

    @Test
    void bytes_that_come_one_by_one_are_kept_together_and_in_order() {
        HeldData held = new HeldData();
        int count = 256 * 1024;

        for (int i = 0; i < count; i++) {
            held.add(Unpooled.wrappedBuffer(new byte[] {(byte) (i % 251)}));
        }

        assertThat(held.pieces()).isEqualTo(count / (16 * 1024));
        int at = 0;
        ByteBuf piece;
        while ((piece = held.poll()) != null) {
            while (piece.isReadable()) {
                assertThat(piece.readByte()).isEqualTo((byte) (at++ % 251));
            }
            piece.release();
        }
        assertThat(at).isEqualTo(count);
        assertThat(held.isEmpty()).isTrue();
    }

    @Test
    void what_it_was_read_from_is_let_go() {
        HeldData held = new HeldData();
        ByteBuf read = Unpooled.buffer(64 * 1024).writeZero(20_000);

        held.add(read.slice(7, 17_000));

        assertThat(read.refCnt()).isEqualTo(1);
        assertThat(read.release()).isTrue();
        List<Integer> lengths = new ArrayList<>();
        ByteBuf piece;
        while ((piece = held.poll()) != null) {
            lengths.add(piece.readableBytes());
            piece.release();
        }
        assertThat(lengths).containsExactly(16 * 1024, 17_000 - 16 * 1024);
    }
}
