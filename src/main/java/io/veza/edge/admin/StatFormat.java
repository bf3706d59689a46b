package io.veza.edge.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The forms of {@code show stat} and {@code show info}, as the management manual of HAProxy 2.6 has them (9.1 to 9.3). */
enum StatFormat {
    PLAIN,
    TYPED,
    JSON;

    /** Between the fixed columns and those of modules. */
    private static final String DELIMITER = "-";

    /** Rows of {@code show stat}. */
    String rows(List<StatRow> rows, boolean described) {
        return switch (this) {
            case PLAIN -> csv(rows);
            case TYPED -> rows.stream().map(row -> typed(row, described)).collect(Collectors.joining());
            case JSON -> rows.stream().map(StatFormat::json).collect(Collectors.joining(",", "[", "]\n"));
        };
    }

    /** The comma-separated form, which {@code /stats;csv} has too. */
    static String csv(List<StatRow> rows) {
        StringBuilder text = new StringBuilder("# ");
        for (StatColumn column : StatColumn.values()) {
            delimit(text, column);
            text.append(column.label()).append(',');
        }
        text.append('\n');
        for (StatRow row : rows) {
            for (StatColumn column : StatColumn.values()) {
                delimit(text, column);
                String value = row.value(column);
                text.append(value == null ? "" : escaped(value)).append(',');
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static void delimit(StringBuilder text, StatColumn next) {
        if (next == StatColumn.SSL_SESS) {
            text.append(DELIMITER).append(',');
        }
    }

    /** Quoted only if it must be: many parsers split at commas and know no quotes. */
    private static String escaped(String value) {
        boolean plain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? value : '"' + value.replace("\"", "\"\"") + '"';
    }

    @SuppressWarnings("EnumOrdinal") // the position is what the typed form shows
    private static String typed(StatRow row, boolean described) {
        StringBuilder text = new StringBuilder();
        for (StatColumn column : StatColumn.values()) {
            String value = row.value(column);
            if (value != null) {
                text.append(row.kind().letter() + "." + row.proxyId() + "." + row.serverId() + ".")
                        .append(typed(column.ordinal(), column.label(), column.tags(row.kind()), column.type(), value))
                        .append(described ? ":\"" + column.description() + '"' : "")
                        .append('\n');
            }
        }
        return text.toString();
    }

    private static String typed(int position, String name, String tags, String type, String value) {
        return position + "." + name + ".1:" + tags + ":" + type + ":" + value;
    }

    @SuppressWarnings("EnumOrdinal")
    private static String json(StatRow row) {
        List<String> fields = new ArrayList<>();
        for (StatColumn column : StatColumn.values()) {
            String value = row.value(column);
            if (value != null) {
                fields.add("{\"objType\":\"" + row.kind().jsonName() + "\",\"proxyId\":" + row.proxyId() + ",\"id\":"
                        + row.serverId() + ","
                        + json(column.ordinal(), column.label(), column.tags(row.kind()), column.type(), value) + "}");
            }
        }
        return String.join(",", fields).transform(all -> "[" + all + "]");
    }

    private static String json(int position, String name, String tags, String type, String value) {
        return "\"field\":{\"pos\":" + position + ",\"name\":\"" + name + "\"},\"processNum\":1,\"tags\":{\"origin\":\""
                + origin(tags.charAt(0)) + "\",\"nature\":\"" + nature(tags.charAt(1)) + "\",\"scope\":\""
                + (tags.charAt(2) == 'S' ? "Service" : "Process") + "\"},\"value\":{\"type\":\"" + type
                + "\",\"value\":" + (type.equals("str") ? quoted(value) : value) + "}";
    }

    private static String origin(char tag) {
        return switch (tag) {
            case 'M' -> "Metric";
            case 'S' -> "Status";
            case 'K' -> "Key";
            case 'C' -> "Config";
            case 'P' -> "Product";
            default -> throw new IllegalArgumentException("no origin " + tag);
        };
    }

    private static String nature(char tag) {
        return switch (tag) {
            case 'G' -> "Gauge";
            case 'L' -> "Limit";
            case 'M' -> "Max";
            case 'R' -> "Rate";
            case 'C' -> "Counter";
            case 'D' -> "Duration";
            case 'A' -> "Age";
            case 'N' -> "Name";
            case 'O' -> "Output";
            case 'a' -> "Avg";
            default -> throw new IllegalArgumentException("no nature " + tag);
        };
    }

    private static String quoted(String value) {
        StringBuilder text = new StringBuilder("\"");
        value.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                text.append('\\').append((char) c);
            } else if (c < ' ') {
                text.append(String.format("\\u%04x", c));
            } else {
                text.append((char) c);
            }
        });
        return text.append('"').toString();
    }

    /**
     * One field of {@code show info}.
     *
     * @param position in HAProxy 2.6's list; others are left out
     */
    record InfoField(int position, String name, String tags, String type, String value, String description) {}

    /** Fields of {@code show info}. */
    String fields(List<InfoField> fields, boolean described) {
        Stream<String> lines = fields.stream().map(field -> switch (this) {
            case PLAIN -> field.name() + ": " + field.value();
            case TYPED -> typed(field.position(), field.name(), field.tags(), field.type(), field.value());
            case JSON -> "{" + json(field.position(), field.name(), field.tags(), field.type(), field.value()) + "}";
        });
        if (this == JSON) {
            return lines.collect(Collectors.joining(",", "[", "]\n"));
        }
        List<String> all = lines.toList();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < all.size(); i++) {
            text.append(all.get(i))
                    .append(described ? ":\"" + fields.get(i).description() + '"' : "")
                    .append('\n');
        }
        return text.toString();
    }
}
