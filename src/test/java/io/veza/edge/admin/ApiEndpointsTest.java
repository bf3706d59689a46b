package io.veza.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import io.veza.edge.admin.ApiRoutes.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The OpenAPI document against the endpoints and the fields that are read. */
class ApiEndpointsTest {

    private static final ApiAccess ACCESS = new ApiAccess("127.0.0.1", true, Optional.empty());

    private static List<Endpoint> endpoints() {
        ApiView view = new ApiView(ApiEndpointsTest::nothing, new RuntimeApi.EdgeProcess("1", 1, () -> false), ACCESS);
        return new ApiEndpoints(ApiEndpointsTest::nothing, view, by -> new ConfigReload.Outcome(List.of(), List.of()))
                .all();
    }

    private static ApiTarget nothing() {
        throw new IllegalStateException("no endpoint is called here");
    }

    static JsonObject description() throws IOException {
        try (InputStream in = ApiEndpoints.class.getResourceAsStream("openapi.json")) {
            return new JsonObject(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static JsonObject operation(JsonObject paths, Endpoint endpoint) {
        return paths.getJsonObject(written(endpoint))
                .getJsonObject(endpoint.method().name().toLowerCase(Locale.ROOT));
    }

    private static String written(Endpoint endpoint) {
        return endpoint.path().replaceAll(":([a-z]+)", "{$1}");
    }

    @Test
    void every_endpoint_is_described_and_no_other() throws IOException {
        Set<String> described = new TreeSet<>();
        JsonObject paths = description().getJsonObject("paths");
        for (String path : paths.fieldNames()) {
            for (String method : paths.getJsonObject(path).fieldNames()) {
                if (!method.equals("parameters")) {
                    described.add(method.toUpperCase(Locale.ROOT) + " " + path);
                }
            }
        }

        Set<String> served = new TreeSet<>();
        endpoints().forEach(endpoint -> served.add(endpoint.method() + " " + written(endpoint)));
        assertThat(served).isEqualTo(described);
    }

    @Test
    void what_may_be_refused_is_described_so() throws IOException {
        JsonObject paths = description().getJsonObject("paths");

        assertThat(endpoints()).allSatisfy(endpoint -> {
            JsonObject operation = operation(paths, endpoint);
            boolean guarded = endpoint.intent() != ApiAccess.Intent.READ;
            assertThat(operation.containsKey("security")).isEqualTo(guarded);
            assertThat(operation.getJsonObject("responses").containsKey("401")).isEqualTo(guarded);
            assertThat(String.valueOf(operation.getJsonArray("parameters")).contains("#/components/parameters/Header"))
                    .isEqualTo(endpoint.intent() == ApiAccess.Intent.WRITE);
        });
    }

    @Test
    void the_fields_of_bodies_are_those_that_are_read() throws IOException {
        JsonObject schemas = description().getJsonObject("components").getJsonObject("schemas");
        Map<String, String[]> read = Map.of(
                "StateChange", JsonCommands.STATE,
                "WeightChange", JsonCommands.WEIGHT,
                "HealthChange", JsonCommands.HEALTH,
                "ChecksChange", JsonCommands.CHECKS,
                "AddressChange", JsonCommands.ADDRESS,
                "MaxConnectionsChange", JsonCommands.MAX_CONNECTIONS,
                "NewServer", JsonCommands.SERVER);

        assertThat(read).allSatisfy((schema, fields) -> assertThat(schemas.getJsonObject(schema)
                        .getJsonObject("properties")
                        .fieldNames())
                .containsExactly(fields));
    }
}
