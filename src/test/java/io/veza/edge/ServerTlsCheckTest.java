package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.Problem;
import io.veza.edge.tls.TestAuthority;
import io.veza.edge.tls.TestPem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerTlsCheckTest {

    @TempDir
    private Path files;

    @Test
    void files_that_can_be_used_are_no_problem() throws Exception {
        TestAuthority authority = TestAuthority.root("CN=servers");
        Path ca = Files.writeString(files.resolve("ca.pem"), TestPem.of(authority.certificate()));
        Path own = TestPem.write(files.resolve("own.pem"), authority.issue("edge.test"));

        assertThat(problems(Map.of("tls.enabled", "true", "tls.ca", ca.toString(), "tls.client-cert", own.toString())))
                .isEmpty();
    }

    @Test
    void each_file_that_cannot_be_used_is_a_problem_of_its_key() throws Exception {
        Path empty = Files.writeString(files.resolve("empty.pem"), "nothing");
        Path missing = files.resolve("missing.pem");

        assertThat(problems(Map.of(
                        "tls.enabled", "true", "tls.ca", empty.toString(), "tls.client-cert", missing.toString())))
                .containsExactly(
                        new Problem("edge.pools.p.tls.ca", empty.toString(), "has no certificate"),
                        new Problem("edge.pools.p.tls.client-cert", missing.toString(), "there is no such file"));
    }

    private static List<Problem> problems(Map<String, String> ofPool) {
        Map<String, String> all =
                new HashMap<>(Map.of("edge.pools.p.servers.s.address", "127.0.0.1:1", "edge.threads", "1"));
        ofPool.forEach((key, value) -> all.put("edge.pools.p." + key, value));
        EdgeSettings settings = EdgeSettings.from(new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(all, "test.properties", 250))
                .withValidateUnknown(false)
                .build());
        return ServerTlsCheck.problems(settings.pools());
    }
}
