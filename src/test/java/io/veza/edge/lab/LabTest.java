package io.veza.edge.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String line) {
        List<String> words = line.isEmpty() ? List.of() : List.of(line.split(" "));
        return Lab.run(
                words,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            ''                                              | which command?
            lab                                             | which command?
            lab fly                                         | unknown command "fly"
            api 8080                                        | unknown option "8080"
            api --segments 3                                | unknown option "--segments"
            api --port                                      | --port needs a value
            api --port 1 --port 2                           | --port is given twice
            api --port x                                    | --port "x" is not in 0..65535
            api --port 65536                                | --port "65536" is not in 0..65535
            stream --segments 0                             | --segments "0" is not in 1..1000
            stream --segment-size 65m                       | --segment-size "65m" is not in
            stream --cache-size 1t                          | --cache-size "1t" is not in
            load                                            | --target is needed
            load --target 127.0.0.1:80                      | --target "127.0.0.1:80" is not of the form
            load --target https://127.0.0.1                 | --target "https://127.0.0.1" is not of the form
            load --target http://127.0.0.1/x                | --target "http://127.0.0.1/x" is not of the form
            load --target http://127.0.0.1 --duration 0s    | --duration "0s" is not in
            load --target http://127.0.0.1 --rate 0         | --rate "0" is not in
            load --target http://127.0.0.1 --max-errors -1  | --max-errors "-1" is not in
            """)
    void a_bad_command_line_is_explained_with_exit_status_2(String line, String message) {
        int status = run(line);

        assertThat(status).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).startsWith(message).contains("usage: lab api");
        assertThat(out.size()).isZero();
    }

    @Test
    void a_server_whose_port_is_taken_says_so_with_exit_status_1() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int status = run("lab api --name a --port " + taken.getLocalPort());

            assertThat(status).isEqualTo(1);
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .startsWith("a can't start: ")
                    .contains("in use");
        }
    }

    @ParameterizedTest
    @CsvSource({"'', 0", "' --max-errors 1000000', 0", "' --max-errors 0', 1"})
    void more_errors_than_allowed_are_exit_status_1(String option, int expected) throws IOException {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }

        int status = run("load --target http://127.0.0.1:" + closed + " --duration 200ms --connections 1" + option);

        assertThat(status).isEqualTo(expected);
    }
}
