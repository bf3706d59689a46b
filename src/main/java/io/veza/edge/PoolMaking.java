package io.veza.edge;

import io.veza.edge.control.PoolController;
import io.veza.edge.control.PoolDefinition;
import io.veza.edge.control.ServerIds;
import io.veza.edge.control.TransitionListener;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;

/** What all pools of one process are made with, those of the start and those of a reload. */
final class PoolMaking {

    private final InstantSource clock;
    private final TransitionListener log;
    private final ServerIds ids = new ServerIds();

    PoolMaking(InstantSource clock, TransitionListener log) {
        this.clock = clock;
        this.log = log;
    }

    PoolController pool(PoolDefinition definition) {
        PoolController pool = new PoolController(
                definition, clock, () -> ThreadLocalRandom.current().nextLong(), ids);
        pool.addListener(log);
        return pool;
    }
}
