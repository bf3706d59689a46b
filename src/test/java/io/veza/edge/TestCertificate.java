package io.veza.edge;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A certificate for {@code edge.test}, so that there is an HTTPS listener. */
public final class TestCertificate implements QuarkusTestResourceLifecycleManager {

    private @Nullable Path file;

    @Override
    public Map<String, String> start() {
        try {
            Path made = Files.createTempFile("edge", ".pem");
            file = made;
            TestPem.write(made, TestAuthority.root("CN=Root").issue("edge.test"));
            return Map.of("edge.tls.cert-path", made.toString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
