package io.veza.edge.tls;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Responders that do not get to the end of an answer. */
class OcspClientTest {

    private static final Duration PATIENCE = Duration.ofMillis(300);

    private static void asking(int port, String expected) {
        assertThatExceptionOfType(OcspRefusal.class)
                .isThrownBy(() -> new OcspClient(PATIENCE)
                        .ask(URI.create("http://127.0.0.1:" + port + "/"), new byte[] {1, 2, 3}))
                .withMessageContaining(expected);
    }

    @Test
    void nobody_there_is_a_refusal() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }

        asking(port, "it cannot be reached");
    }

    @Test
    void silence_is_a_refusal() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            asking(silent.getLocalPort(), "it does not answer within");
        }
    }

    /** A time-out for the head of a response alone would wait for ever here. */
    @Test
    void a_body_that_does_not_end_is_a_refusal() throws Exception {
        CountDownLatch enough = new CountDownLatch(1);
        try (ServerSocket slow = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> {
                try (Socket client = slow.accept()) {
                    client.getOutputStream()
                            .write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbytes"
                                    .getBytes(StandardCharsets.US_ASCII));
                    enough.await();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });

            asking(slow.getLocalPort(), "it does not answer within");
            enough.countDown();
            serving.get(5, TimeUnit.SECONDS);
        }
    }
}
