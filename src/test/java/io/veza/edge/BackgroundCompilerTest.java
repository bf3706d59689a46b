package io.veza.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class BackgroundCompilerTest {

    @Test
    @EnabledOnOs(OS.LINUX)
    void c2_stands_back_and_c1_does_not() throws Exception {
        // A JVM of its own: this one's compiler is to stay as quick as it is.
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        StandingBack.class.getName())
                .redirectErrorStream(true)
                .start();

        String said = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(jvm.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(said.lines()).contains("C2 7", "C1 0");
    }

    /** Stands back, and says how nice its compilers are once C2 is. */
    static final class StandingBack {

        private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

        private StandingBack() {}

        public static void main(String[] args) throws IOException {
            BackgroundCompiler.standBack();
            long begin = System.nanoTime();
            while (niceOf("C2") == 0 && System.nanoTime() - begin < PATIENCE_NANOS) {
                Thread.onSpinWait();
            }
            System.out.println("C2 " + niceOf("C2"));
            System.out.println("C1 " + niceOf("C1"));
        }

        private static int niceOf(String compiler) throws IOException {
            try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
                for (Path thread : threads) {
                    if (Files.readString(thread.resolve("comm")).startsWith(compiler + " CompilerThre")) {
                        String stat = Files.readString(thread.resolve("stat"));
                        // proc(5): the nineteenth field; the second is a name that may hold blanks.
                        return Integer.parseInt(
                                stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
                    }
                }
            }
            throw new IOException("no thread of " + compiler);
        }
    }
}
