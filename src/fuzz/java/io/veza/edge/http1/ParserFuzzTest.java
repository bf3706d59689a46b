package io.veza.edge.http1;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Coverage-guided: no input throws, and none has two verdicts depending on how it is split. Without {@code JAZZER_FUZZ=1}
 * in the environment each runs on the empty input and its recorded ones only.
 */
class ParserFuzzTest {

    @FuzzTest(maxDuration = "2m")
    void request_heads_have_one_verdict(FuzzedDataProvider data) {
        hasOneVerdict(new RequestHead(HeadLimits.DEFAULT), new RequestHead(HeadLimits.DEFAULT), data);
    }

    @FuzzTest(maxDuration = "2m")
    void response_heads_have_one_verdict(FuzzedDataProvider data) {
        hasOneVerdict(new ResponseHead(HeadLimits.DEFAULT), new ResponseHead(HeadLimits.DEFAULT), data);
    }

    @FuzzTest(maxDuration = "2m")
    void chunked_bodies_have_one_verdict(FuzzedDataProvider data) {
        int split = data.consumeInt(0, 4096);
        byte[] input = data.consumeRemainingAsBytes();
        int at = Math.min(split, input.length);

        String whole = read(Unpooled.wrappedBuffer(input));
        String parts = read(Unpooled.wrappedBuffer(input, 0, at), Unpooled.wrappedBuffer(input, at, input.length - at));

        if (!whole.equals(parts)) {
            throw new AssertionError(whole + " but split at " + at + ": " + parts);
        }
    }

    private static String read(ByteBuf... pieces) {
        BodyReader reader = new BodyReader(HeadLimits.DEFAULT);
        reader.startChunked();
        long bytes = 0;
        for (ByteBuf piece : pieces) {
            BodyReader.Event event;
            while ((event = reader.next(piece)) == BodyReader.Event.DATA) {
                bytes += reader.dataLength();
            }
            if (event == BodyReader.Event.FAULT) {
                return bytes + " " + reader.fault();
            }
        }
        return bytes + (reader.isOver() ? " over" : " more");
    }

    private static void hasOneVerdict(HeadParser whole, HeadParser split, FuzzedDataProvider data) {
        int at = data.consumeInt(0, 4096);
        byte[] input = data.consumeRemainingAsBytes();
        at = Math.min(at, input.length);

        HeadParser.Progress once = whole.feed(Unpooled.wrappedBuffer(input));
        HeadParser.Progress twice = split.feed(Unpooled.wrappedBuffer(input, 0, at));
        if (twice == HeadParser.Progress.MORE) {
            twice = split.feed(Unpooled.wrappedBuffer(input, at, input.length - at));
        }

        if (once != twice || whole.fault() != split.fault() || whole.fields() != split.fields()) {
            throw new AssertionError(
                    once + " " + whole.fault() + " but split at " + at + ": " + twice + " " + split.fault());
        }
    }
}
