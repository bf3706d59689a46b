package io.veza.edge.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks responders by HTTP (RFC 6960 appendix A), never on an event loop. Thread-safe. */
final class OcspClient {

    /** Real ones have 1 to 3 KiB; a handshake of 64 KiB is more than anybody waits for. */
    static final int LARGEST = 64 * 1024;

    private static final int OK = 200;

    private final HttpClient http;
    private final Duration patience;

    /** @param patience for all of it: the name, the connection, the whole answer */
    OcspClient(Duration patience) {
        this.patience = patience;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(patience)
                .build();
    }

    /** @throws OcspRefusal if there is no answer in time */
    byte[] ask(URI responder, byte[] question) throws OcspRefusal {
        HttpRequest request = HttpRequest.newBuilder(responder)
                .header("Content-Type", "application/ocsp-request")
                .header("Accept", "application/ocsp-response")
                .POST(HttpRequest.BodyPublishers.ofByteArray(question))
                .build();
        CompletableFuture<HttpResponse<byte[]>> coming = http.sendAsync(request, head -> new Limited());
        try {
            HttpResponse<byte[]> response = coming.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            if (response.statusCode() != OK) {
                throw OcspRefusal.unusable("it answers HTTP status " + response.statusCode());
            }
            return response.body();
        } catch (TimeoutException e) {
            throw OcspRefusal.unusable("it does not answer within " + patience.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw OcspRefusal.unusable(
                    e.getCause() instanceof TooLarge ? "its answer is larger than 64 KiB" : "it cannot be reached");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw OcspRefusal.unusable("the edge is stopping");
        } finally {
            coming.cancel(true);
        }
    }

    private static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** Takes a body that is not too large. */
    private static final class Limited implements BodySubscriber<byte[]> {
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private Flow.@Nullable Subscription subscription;

        @Override
        public CompletionStage<byte[]> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            given.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> parts) {
            for (ByteBuffer part : parts) {
                if (bytes.size() + part.remaining() > LARGEST) {
                    body.completeExceptionally(new TooLarge());
                    if (subscription != null) {
                        subscription.cancel();
                    }
                    return;
                }
                byte[] copy = new byte[part.remaining()];
                part.get(copy);
                bytes.writeBytes(copy);
            }
        }

        @Override
        public void onError(Throwable cause) {
            body.completeExceptionally(cause);
        }

        @Override
        public void onComplete() {
            body.complete(bytes.toByteArray());
        }
    }
}
