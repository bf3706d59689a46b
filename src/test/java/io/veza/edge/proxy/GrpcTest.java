package io.veza.edge.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.veza.edge.control.ServerLink;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** gRPC's own client and server, with the edge between them. */
class GrpcTest {

    private static final MethodDescriptor.Marshaller<String> TEXT = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private static final MethodDescriptor<String, String> UNARY = method("Unary", MethodType.UNARY);
    private static final MethodDescriptor<String, String> COUNT = method("Count", MethodType.SERVER_STREAMING);
    private static final MethodDescriptor<String, String> JOIN = method("Join", MethodType.CLIENT_STREAMING);
    private static final MethodDescriptor<String, String> ECHO = method("Echo", MethodType.BIDI_STREAMING);
    private static final Metadata.Key<String> DETAIL = Metadata.Key.of("x-detail", Metadata.ASCII_STRING_MARSHALLER);

    private static MethodDescriptor<String, String> method(String name, MethodType type) {
        return MethodDescriptor.newBuilder(TEXT, TEXT)
                .setType(type)
                .setFullMethodName("test.Texts/" + name)
                .build();
    }

    private final CountDownLatch cancelled = new CountDownLatch(1);
    private Server server;
    private EdgeFixture edge;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(texts())
                .build()
                .start();
        EdgeFixture.Setup setup = EdgeFixture.with().servers(server.getPort());
        setup.link = new ServerLink(ServerLink.Protocol.H2C, Optional.empty(), ServerLink.ProxyHeader.NONE);
        edge = setup.start();
        InetSocketAddress front = edge.plane.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), new ListenerSettings("h2c", true));
        channel = NettyChannelBuilder.forAddress(front).usePlaintext().build();
    }

    @AfterEach
    void stop() throws Exception {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        edge.close();
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }

    private ServerServiceDefinition texts() {
        return ServerServiceDefinition.builder("test.Texts")
                .addMethod(UNARY, ServerCalls.asyncUnaryCall(this::unary))
                .addMethod(COUNT, ServerCalls.asyncServerStreamingCall(this::count))
                .addMethod(JOIN, ServerCalls.asyncClientStreamingCall(answer -> new Reader(answer, true)))
                .addMethod(ECHO, ServerCalls.asyncBidiStreamingCall(answer -> new Reader(answer, false)))
                .build();
    }

    private void unary(String asked, StreamObserver<String> answer) {
        switch (asked) {
            case "fail" -> {
                Metadata trailers = new Metadata();
                trailers.put(DETAIL, "why");
                answer.onError(
                        Status.FAILED_PRECONDITION.withDescription("not now").asRuntimeException(trailers));
            }
            case "hang" -> ((ServerCallStreamObserver<String>) answer).setOnCancelHandler(cancelled::countDown);
            default -> {
                answer.onNext("hello " + asked);
                answer.onCompleted();
            }
        }
    }

    private void count(String upTo, StreamObserver<String> answer) {
        for (int i = 1; i <= Integer.parseInt(upTo); i++) {
            answer.onNext(String.valueOf(i));
        }
        answer.onCompleted();
    }

    /** Answers each message, or all of them together at the end. */
    private static final class Reader implements StreamObserver<String> {
        private final StreamObserver<String> answer;
        private final boolean together;
        private final StringBuilder all = new StringBuilder();

        Reader(StreamObserver<String> answer, boolean together) {
            this.answer = answer;
            this.together = together;
        }

        @Override
        public void onNext(String text) {
            if (together) {
                all.append(text);
            } else {
                answer.onNext(text);
            }
        }

        @Override
        public void onError(Throwable gone) {}

        @Override
        public void onCompleted() {
            if (together) {
                answer.onNext(all.toString());
            }
            answer.onCompleted();
        }
    }

    @Test
    void a_call_is_answered() {
        for (int i = 0; i < 10; i++) {
            assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "you"))
                    .isEqualTo("hello you");
        }
    }

    @Test
    void a_failure_arrives_with_its_status_and_its_trailers() {
        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "fail"))
                .isInstanceOfSatisfying(StatusRuntimeException.class, failure -> {
                    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                    assertThat(failure.getStatus().getDescription()).isEqualTo("not now");
                    assertThat(failure.getTrailers()).isNotNull().satisfies(sent -> assertThat(sent.get(DETAIL))
                            .isEqualTo("why"));
                });
    }

    @Test
    void a_method_that_is_not_there_is_unimplemented() {
        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                        channel, method("Missing", MethodType.UNARY), CallOptions.DEFAULT, ""))
                .hasMessageStartingWith("UNIMPLEMENTED");
    }

    @Test
    void a_server_streams_answers() {
        List<String> all = new ArrayList<>();
        Iterator<String> answers =
                ClientCalls.blockingServerStreamingCall(channel, COUNT, CallOptions.DEFAULT, "10000");
        answers.forEachRemaining(all::add);

        assertThat(all).hasSize(10_000).startsWith("1", "2").endsWith("10000");
    }

    @Test
    void a_client_streams_questions() throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        StreamObserver<String> questions =
                ClientCalls.asyncClientStreamingCall(channel.newCall(JOIN, CallOptions.DEFAULT), into(answer));
        for (int i = 0; i < 1000; i++) {
            questions.onNext("x");
        }
        questions.onCompleted();

        assertThat(answer.get(10, TimeUnit.SECONDS)).hasSize(1000);
    }

    @Test
    void both_stream_in_turns() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        List<String> heard = new ArrayList<>();
        CompletableFuture<StreamObserver<String>> talk = new CompletableFuture<>();
        talk.complete(
                ClientCalls.asyncBidiStreamingCall(channel.newCall(ECHO, CallOptions.DEFAULT), new StreamObserver<>() {
                    @Override
                    public void onNext(String text) {
                        heard.add(text);
                        if (heard.size() < 50) {
                            talk.join().onNext(text + "+");
                        } else {
                            talk.join().onCompleted();
                        }
                    }

                    @Override
                    public void onError(Throwable failure) {
                        heard.add(String.valueOf(failure));
                        done.countDown();
                    }

                    @Override
                    public void onCompleted() {
                        done.countDown();
                    }
                }));
        talk.join().onNext("a");

        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(heard).hasSize(50).startsWith("a", "a+").endsWith("a" + "+".repeat(49));
    }

    @Test
    void a_deadline_that_passes_cancels_the_call_on_the_server() throws Exception {
        // The first call opens both connections: one that is over before would never get to the server.
        ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "first");

        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                        channel, UNARY, CallOptions.DEFAULT.withDeadlineAfter(2, TimeUnit.SECONDS), "hang"))
                .hasMessageStartingWith("DEADLINE_EXCEEDED");

        assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    private static StreamObserver<String> into(CompletableFuture<String> answer) {
        return new StreamObserver<>() {
            @Override
            public void onNext(String text) {
                answer.complete(text);
            }

            @Override
            public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {}
        };
    }
}
