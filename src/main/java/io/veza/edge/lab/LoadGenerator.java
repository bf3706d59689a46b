package io.veza.edge.lab;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.PrintStream;
import java.time.Duration;

/**
 * Users in a fixed mix (of ten: four visitors, three members, two players, one chatter) against one target for a bounded
 * time, on one event loop. Prints a line a second and a report at the end.
 */
final class LoadGenerator extends AbstractVerticle {

    /** A user whose step failed waits this long, so that a dead target is not asked in a tight loop. */
    private static final long PAUSE_AFTER_FAILURE_MS = 50;

    private final LoadOptions options;
    private final PrintStream out;
    private final Promise<LoadReport> finished = Promise.promise();
    private final LoadStats stats = new LoadStats();
    private boolean over;

    private LoadGenerator(LoadOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    /** Runs to the end of the duration; what is in flight then is dropped without being counted. */
    static Future<LoadReport> run(Vertx vertx, LoadOptions options, PrintStream out) {
        LoadGenerator generator = new LoadGenerator(options, out);
        return vertx.deployVerticle(generator)
                .compose(deployment -> generator.finished.future().compose(stats -> vertx.undeploy(deployment)
                        .map(stats)));
    }

    @Override
    public void start() {
        long started = System.nanoTime();
        LoadClient client = new LoadClient(vertx, options, stats);
        for (int i = 0; i < options.connections(); i++) {
            drive(user(client, i), started + i * interval().toNanos() / options.connections());
        }
        vertx.setPeriodic(1_000, tick -> out.println(stats.progress(since(started))));
        vertx.setTimer(options.duration().toMillis(), end -> {
            over = true;
            LoadReport report = stats.report(since(started));
            out.print(report.text());
            finished.complete(report);
        });
    }

    private LoadUser user(LoadClient client, int index) {
        return switch (index % 10) {
            case 0, 4, 6, 8 -> new LoadUser.Visitor(client);
            case 1, 5, 9 -> new LoadUser.Member(client, stats, "user-" + index);
            case 2, 7 -> new LoadUser.Player(client, stats, index);
            default -> new LoadUser.Chatter(client, stats);
        };
    }

    /** From one step of a user to their next, if answers come faster; zero without a rate. */
    private Duration interval() {
        return options.rate().isEmpty()
                ? Duration.ZERO
                : Duration.ofSeconds(options.connections())
                        .dividedBy(options.rate().getAsInt());
    }

    /** Takes steps, each not before {@code due} on the {@code System.nanoTime} scale. */
    private void drive(LoadUser user, long due) {
        if (over) {
            return;
        }
        long wait = (due - System.nanoTime()) / 1_000_000;
        if (wait > 0) {
            vertx.setTimer(wait, timer -> drive(user, due));
            return;
        }
        user.step().onComplete(done -> {
            long next = Math.max(due + interval().toNanos(), System.nanoTime());
            if (done.succeeded()) {
                // Through the loop: an answer that is there at once must not become a deeper stack.
                context.runOnContext(again -> drive(user, next));
            } else if (!over) {
                vertx.setTimer(PAUSE_AFTER_FAILURE_MS, timer -> drive(user, next));
            }
        });
    }

    private static Duration since(long started) {
        return Duration.ofNanos(System.nanoTime() - started);
    }
}
