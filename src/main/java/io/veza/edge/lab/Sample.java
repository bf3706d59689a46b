package io.veza.edge.lab;

import java.util.List;

/**
 * One number of a lab server for {@code GET /metrics}.
 *
 * @param type {@code counter} or {@code gauge}
 */
record Sample(String name, String type, String help, long value) {

    /** The Prometheus text format, version 0.0.4, each sample labelled with the server's name. */
    static String text(String server, List<Sample> samples) {
        StringBuilder text = new StringBuilder(256);
        for (Sample sample : samples) {
            text.append("# HELP ").append(sample.name).append(' ').append(sample.help);
            text.append("\n# TYPE ").append(sample.name).append(' ').append(sample.type);
            text.append('\n').append(sample.name).append("{server=\"").append(server);
            text.append("\"} ").append(sample.value).append('\n');
        }
        return text.toString();
    }
}
