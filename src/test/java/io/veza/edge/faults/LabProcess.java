package io.veza.edge.faults;

import io.veza.edge.lab.Lab;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A lab API server as a process of its own, to be killed, stopped and continued like a real one. */
final class LabProcess implements AutoCloseable {

    final String name;
    final int port;
    private Process process;

    LabProcess(String name) throws IOException {
        this.name = name;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.port = free.getLocalPort();
        }
        this.process = start();
    }

    private Process start() throws IOException {
        Process started = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Lab.class.getName(),
                        "api",
                        "--name",
                        name,
                        "--port",
                        String.valueOf(port)))
                .redirectErrorStream(true)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        String line;
        while ((line = out.readLine()) != null) {
            if (line.contains("listens on port")) {
                warmUp();
                return started;
            }
        }
        throw new IOException(name + " did not start");
    }

    /** A cold JVM on a busy machine may take longer for its first answers than a test's checks wait. */
    private void warmUp() throws IOException {
        for (int i = 0; i < 20; i++) {
            URI health = URI.create("http://127.0.0.1:" + port + "/api/v1/health");
            try (var body = health.toURL().openStream()) {
                body.readAllBytes();
            }
        }
    }

    void restart() throws IOException {
        process = start();
    }

    /** As {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
