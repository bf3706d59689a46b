package io.veza.edge.probe;

import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Drives a prober's {@link Prober#tick} once a second, on the scheduler's threads; idle until it is given one. */
@Singleton
public class Ticker {

    private volatile @Nullable Prober driven;

    /** From now on drives this prober, and no other; null for none. */
    public void drive(@Nullable Prober prober) {
        driven = prober;
    }

    @Scheduled(every = "1s", concurrentExecution = ConcurrentExecution.SKIP)
    void tick() {
        Prober prober = driven;
        if (prober != null) {
            prober.tick();
        }
    }
}
