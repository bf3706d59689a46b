package io.veza.edge.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Feeds parsers with text, whole or in pieces, and writes down what came of it. */
final class Heads {

    private Heads() {}

    static ByteBuf bytes(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Feeds the text in pieces that end at these offsets, and then the rest. */
    static String outcome(HeadParser parser, String text, int... splits) {
        HeadParser.Progress progress = HeadParser.Progress.MORE;
        int from = 0;
        int left = 0;
        for (int i = 0; i <= splits.length && progress == HeadParser.Progress.MORE; i++) {
            int to = i < splits.length ? splits[i] : text.length();
            ByteBuf in = bytes(text.substring(from, to));
            progress = parser.feed(in);
            left = in.readableBytes() + text.length() - to;
            from = to;
        }
        return switch (progress) {
            case MORE -> "more";
            case FAULT -> String.valueOf(parser.fault());
            case COMPLETE -> "complete, left " + left + ": " + describe(parser);
        };
    }

    private static String describe(HeadParser parser) {
        StringBuilder all = new StringBuilder();
        if (parser instanceof RequestHead request) {
            all.append(text(parser, request.methodStart(), request.methodEnd()))
                    .append(' ')
                    .append(text(parser, request.targetStart(), request.targetEnd()))
                    .append(request.http10() ? " 1.0" : " 1.1")
                    .append(
                            request.hostStart() < 0
                                    ? ""
                                    : " at " + text(parser, request.hostStart(), request.hostEnd()))
                    .append(" body ")
                    .append(request.bodyLength())
                    .append(request.keepsAlive() ? " keep" : " close")
                    .append(request.upgradesToWebSocket() ? " websocket" : "");
        } else if (parser instanceof ResponseHead response) {
            all.append(response.status())
                    .append(" body ")
                    .append(response.bodyLength(false))
                    .append(response.keepsAlive() ? " keep" : " close");
        }
        for (int i = 0; i < parser.fields(); i++) {
            all.append(" | ")
                    .append(text(parser, parser.nameStart(i), parser.nameEnd(i)))
                    .append('=')
                    .append(text(parser, parser.valueStart(i), parser.valueEnd(i)));
        }
        return all.toString();
    }

    static String text(HeadParser parser, int from, int to) {
        return new String(parser.bytes(), from, to - from, StandardCharsets.ISO_8859_1);
    }
}
