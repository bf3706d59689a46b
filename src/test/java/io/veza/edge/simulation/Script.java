package io.veza.edge.simulation;

/** How a server behaves at a time: a script is a function of the milliseconds since the start. */
@FunctionalInterface
interface Script {

    enum Mode {
        ANSWERS,
        /** Nothing listens, and what was running is gone. */
        REFUSES,
        /** Packets vanish: no connection comes about, no answer arrives. */
        SWALLOWS
    }

    record Behaviour(Mode mode, long latency) {}

    Behaviour at(long millis);

    static Script answersIn(long latency) {
        return millis -> new Behaviour(Mode.ANSWERS, latency);
    }

    /** Behaves otherwise in {@code [from, to)}. */
    default Script but(Mode mode, long from, long to) {
        return millis -> from <= millis && millis < to ? new Behaviour(mode, 0) : at(millis);
    }
}
