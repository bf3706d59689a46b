package io.veza.edge;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A certificate for {@code edge.test}, so that there is an HTTPS listener, which asks for those of clients. */
public final class TestCertificate implements QuarkusTestResourceLifecycleManager {

    private @Nullable Path folder;

    @Override
    public Map<String, String> start() {
        try {
            Path made = Files.createTempDirectory("edge");
            folder = made;
            TestAuthority root = TestAuthority.root("CN=Root");
            return Map.of(
                    "edge.tls.cert-path",
                    TestPem.write(made.resolve("edge.pem"), root.issue("edge.test"))
                            .toString(),
                    "edge.tls.client-auth",
                    "optional",
                    "edge.tls.client-ca",
                    Files.writeString(made.resolve("ca.pem"), TestPem.of(root.certificate()))
                            .toString(),
                    "edge.tls.client-crl",
                    Files.writeString(made.resolve("crl.pem"), TestPem.of(root.revoke(Duration.ofDays(7))))
                            .toString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
