package io.veza.edge.accesslog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogWriterTest {

    /** An exception out of a format ended the writer's thread: every line after it was lost, and a slow target blamed. */
    @Test
    void a_line_that_cannot_be_made_is_counted_and_the_next_one_written() {
        FactsRing ring = new FactsRing(16, 1024, () -> {});
        StringBuilder written = new StringBuilder();
        LineFormat format = new LineFormat() {
            private int made;

            @Override
            public void write(LoggedExchange exchange, LoggedHead head, Line line) {
                line.put("line ");
                if (++made == 2) {
                    throw new IllegalStateException("cannot be made");
                }
                line.number(made).put('\n');
            }

            @Override
            public boolean showsFields() {
                return false;
            }
        };
        Sink sink = new Sink() {
            @Override
            public void write(ByteBuffer lines) {
                written.append(StandardCharsets.US_ASCII.decode(lines));
            }

            @Override
            public void close() {}
        };
        LogWriter writer = new LogWriter(List.of(ring), format, sink, true);
        for (int i = 0; i < 3; i++) {
            assertThat(ring.put(new FakeExchange(), null, 0)).isTrue();
        }
        writer.stop();

        writer.run();

        assertThat(written).hasToString("line 1\nline 3\n");
        assertThat(writer.broken()).isEqualTo(1);
    }
}
