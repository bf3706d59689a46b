package io.veza.edge;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.vertx.core.Vertx;
import io.veza.edge.lab.Lab;
import io.veza.edge.lab.LabTopology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Two lab servers of each kind on free ports, in place of the test profile's addresses. They are told to stop and start
 * over {@link #CONTROL}, since a test's classes are not those of the resources it runs with.
 */
public final class LabServers implements QuarkusTestResourceLifecycleManager {

    /** The configuration key of the port that takes {@code POST /lab/<name>/stop}. */
    static final String CONTROL = "test.lab.control-port";

    private final Vertx vertx = Vertx.vertx();

    @Override
    public Map<String, String> start() {
        LabTopology lab = Lab.embedded(vertx, new LabTopology.Layout("127.0.0.1", List.of(0, 0), List.of(0, 0), 0))
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        Map<String, String> settings = new HashMap<>();
        settings.put(CONTROL, String.valueOf(lab.controlPort()));
        for (String name : lab.names()) {
            String pool = name.startsWith("backend-api-") ? "api_pool" : "stream_pool";
            settings.put("edge.pools." + pool + ".servers." + name + ".address", "127.0.0.1:" + lab.port(name));
        }
        return settings;
    }

    @Override
    public void stop() {
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }
}
