package io.veza.edge.admin;

import java.util.List;

/** Has the configuration read again and put to use. */
@FunctionalInterface
public interface ConfigReload {

    /**
     * One thing that is wrong with what was read.
     *
     * @param key the whole key, as it would be written in a properties file
     * @param value what was given, empty if nothing was
     * @param allowed what is wrong with it or what could be there instead
     */
    record Wrong(String key, String value, String allowed) {
        @Override
        public String toString() {
            return key + (value.isEmpty() ? "" : " = " + value) + ": " + allowed;
        }
    }

    /**
     * What came of it.
     *
     * @param wrong why nothing has changed; empty if all was put to use
     * @param changes what is otherwise now, in words; empty if nothing is
     */
    record Outcome(List<Wrong> wrong, List<String> changes) {
        public Outcome {
            wrong = List.copyOf(wrong);
            changes = List.copyOf(changes);
        }

        public boolean isTaken() {
            return wrong.isEmpty();
        }
    }

    /**
     * Reads it as it is now and puts it to use as a whole, or nothing of it. Waits until that is done, and for others who
     * ask meanwhile: not to be called on an event loop.
     *
     * @param by who asks, for the log
     * @throws IllegalStateException before the start
     */
    Outcome reload(String by);
}
