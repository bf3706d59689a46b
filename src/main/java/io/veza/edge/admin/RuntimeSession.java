package io.veza.edge.admin;

import java.time.Duration;

/** What the commands of one client have set for themselves. Belongs to the thread that serves the client. */
final class RuntimeSession {

    /** Who may do what; each may do what those before may. A client can lower its own and never raise it. */
    enum Level {
        USER,
        OPERATOR,
        ADMIN
    }

    /** Whether answers show how grave they are. */
    enum SeverityOutput {
        NONE,
        NUMBER,
        STRING
    }

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    private Level level = Level.ADMIN;
    private SeverityOutput severityOutput = SeverityOutput.NONE;
    private Duration timeout = DEFAULT_TIMEOUT;
    private String payload = "";
    private boolean prompting;
    private boolean ended;

    Level level() {
        return level;
    }

    void lowerTo(Level lower) {
        if (lower.compareTo(level) < 0) {
            level = lower;
        }
    }

    boolean may(Level needed) {
        return level.compareTo(needed) >= 0;
    }

    void show(SeverityOutput output) {
        severityOutput = output;
    }

    /** The lines that came with the command which is being carried out, each with its end; empty if there were none. */
    String payload() {
        return payload;
    }

    void bring(String lines) {
        payload = lines;
    }

    /** How long nothing may come from the client, or be taken by it. */
    Duration timeout() {
        return timeout;
    }

    void setTimeout(Duration next) {
        timeout = next;
    }

    /** Whether the client stays connected and sees a prompt. */
    boolean prompting() {
        return prompting;
    }

    void togglePrompt() {
        prompting = !prompting;
    }

    boolean ended() {
        return ended;
    }

    void end() {
        ended = true;
    }

    /** The text of an answer as this client wants it. */
    String rendered(RuntimeReply reply) {
        RuntimeReply.Severity severity = reply.severity();
        if (severity == RuntimeReply.Severity.DATA || reply.text().isEmpty()) {
            return reply.text();
        }
        return switch (severityOutput) {
            case NONE -> reply.text();
            case NUMBER -> "[" + severity.number() + "]: " + reply.text();
            case STRING -> "[" + severity.word() + "]: " + reply.text();
        };
    }
}
