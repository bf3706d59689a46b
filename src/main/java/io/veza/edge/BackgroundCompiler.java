package io.veza.edge;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/**
 * Has the JVM's optimizing compiler, C2, stand back for traffic on Linux: where there is one core, it takes half of the first
 * seconds otherwise, while what the quick compiler C1 makes would already do. The JVM's own flag, {@code
 * -XX:CompilerThreadPriority}, slows C1 as well, and then requests are interpreted.
 */
final class BackgroundCompiler {

    private static final Logger LOG = Logger.getLogger("io.veza.edge");

    /** A tenth of a core that is saturated, so that the peak comes later but soon; all of a core that is not. */
    private static final String NICE = "7";

    private BackgroundCompiler() {}

    /** To be nicer needs no privilege. Threads that the JVM adds later inherit it from the one that adds them. */
    static void standBack() {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                // The kernel keeps 15 characters of a thread's name.
                if (Files.readString(thread.resolve("comm")).startsWith("C2 CompilerThre")) {
                    renice(thread.getFileName().toString());
                }
            }
        } catch (IOException e) {
            LOG.debug("the compiler competes with traffic: " + e.getMessage());
        }
    }

    /** By the command of that name: the JDK has no call for it. */
    private static void renice(String thread) throws IOException {
        new ProcessBuilder("renice", "-n", NICE, "-p", thread)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
