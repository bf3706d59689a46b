package io.veza.edge.probe;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/**
 * The two messages of gRPC's health checking protocol, each behind the five bytes that precede every gRPC message:
 * {@code HealthCheckRequest { string service = 1; }} and {@code HealthCheckResponse { ServingStatus status = 1; }}.
 */
final class GrpcHealth {

    static final String STATUS = "grpc-status";

    /** The status of a call that went through. */
    static final String OK = "0";

    static final String SERVING = "SERVING";

    /** By their numbers in the protocol. */
    private static final String[] STATUSES = {"UNKNOWN", SERVING, "NOT_SERVING", "SERVICE_UNKNOWN"};

    /** Protobuf's tags of field 1: of a text, whose length follows, and of a number. */
    private static final int TEXT_1 = 0x0a;

    private static final int NUMBER_1 = 0x08;
    private static final int PREFIX = 5;

    private GrpcHealth() {}

    /** The call that asks for this service, which has 256 letters at most; an empty text for the whole server. */
    static FullHttpRequest request(String service) {
        byte[] name = service.getBytes(StandardCharsets.US_ASCII);
        ByteBuf message = Unpooled.buffer();
        if (name.length > 0) {
            message.writeByte(TEXT_1);
            if (name.length > 127) {
                message.writeByte((name.length & 127) | 128).writeByte(name.length >>> 7);
            } else {
                message.writeByte(name.length);
            }
            message.writeBytes(name);
        }
        ByteBuf body =
                Unpooled.buffer().writeByte(0).writeInt(message.readableBytes()).writeBytes(message);
        FullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/grpc.health.v1.Health/Check", body);
        request.headers().set("content-type", "application/grpc").set("te", "trailers");
        return request;
    }

    /** The status in an answer; one of 0 is not sent. What cannot be read is unknown. */
    static String servingStatus(byte[] body) {
        if (body.length < PREFIX + 2 || body[PREFIX] != NUMBER_1) {
            return STATUSES[0];
        }
        int number = body[PREFIX + 1];
        return number >= 0 && number < STATUSES.length ? STATUSES[number] : STATUSES[0];
    }
}
