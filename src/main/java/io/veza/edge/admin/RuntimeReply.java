package io.veza.edge.admin;

/**
 * The answer to one command, before the empty line that ends it.
 *
 * @param text with its line ends; empty if there is nothing to say
 */
record RuntimeReply(Severity severity, String text) {

    /** How grave an answer is, with syslog's numbers; data has none. (Management manual 2.6, {@code severity-output}.) */
    enum Severity {
        DATA(0, ""),
        ERROR(3, "err"),
        WARNING(4, "warning"),
        NOTICE(5, "notice"),
        INFO(6, "info");

        private final int number;
        private final String word;

        Severity(int number, String word) {
            this.number = number;
            this.word = word;
        }

        int number() {
            return number;
        }

        String word() {
            return word;
        }
    }

    static final RuntimeReply DONE = data("");

    static RuntimeReply data(String text) {
        return new RuntimeReply(Severity.DATA, text);
    }
}
