package io.veza.edge.console;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.quarkus.websockets.next.OnClose;
import io.quarkus.websockets.next.OnOpen;
import io.quarkus.websockets.next.WebSocket;
import io.quarkus.websockets.next.WebSocketConnection;
import io.vertx.core.Vertx;
import io.veza.edge.admin.ApiView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/**
 * The live feed of the page: one snapshot a second, made once for all viewers, on a worker thread, and only while somebody
 * looks. A viewer that has not taken the last one yet gets no further, and one that takes none for long is let go.
 * Thread-safe.
 */
@WebSocket(path = StatsFeed.PATH)
public class StatsFeed {

    static final String PATH = "/stats/live";

    /** As many as a whole team with several tabs each. */
    static final int MOST_VIEWERS = 100;

    private static final Logger LOG = Logger.getLogger(StatsFeed.class);
    private static final long PERIOD_MILLIS = 1_000;
    private static final int PATIENCE = 30;

    /** One page that looks. */
    private static final class Viewer {
        private final WebSocketConnection connection;
        private final AtomicBoolean sending = new AtomicBoolean();
        private final AtomicInteger missed = new AtomicInteger();

        Viewer(WebSocketConnection connection) {
            this.connection = connection;
        }

        void send(String snapshot) {
            if (!sending.compareAndSet(false, true)) {
                if (missed.incrementAndGet() >= PATIENCE) {
                    connection.close().subscribe().with(closed -> {}, failure -> {});
                }
                return;
            }
            missed.set(0);
            // One that cannot be sent to is closing, and goes by itself.
            connection.sendText(snapshot).subscribe().with(sent -> sending.set(false), failure -> {});
        }
    }

    private final Vertx vertx;
    private final ApiView view;
    private final AtomicBoolean making = new AtomicBoolean();

    @GuardedBy("this")
    private final Map<String, Viewer> viewers = new HashMap<>();

    @GuardedBy("this")
    private long timer = -1;

    StatsFeed(Vertx vertx, ApiView view) {
        this.vertx = vertx;
        this.view = view;
    }

    @OnOpen
    synchronized void opened(WebSocketConnection connection) {
        viewers.put(connection.id(), new Viewer(connection));
        if (timer < 0) {
            timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> publish());
        }
        // The new one is not kept waiting; the others take what they get for it, too.
        publish();
    }

    @OnClose
    synchronized void closed(WebSocketConnection connection) {
        viewers.remove(connection.id());
        if (viewers.isEmpty() && timer >= 0) {
            vertx.cancelTimer(timer);
            timer = -1;
        }
    }

    synchronized boolean full() {
        return viewers.size() >= MOST_VIEWERS;
    }

    private synchronized List<Viewer> viewers() {
        return new ArrayList<>(viewers.values());
    }

    private void publish() {
        if (!making.compareAndSet(false, true)) {
            return;
        }
        vertx.executeBlocking(view::snapshot, false).onComplete(made -> {
            making.set(false);
            if (made.succeeded()) {
                viewers().forEach(viewer -> viewer.send(made.result()));
            } else {
                LOG.debug("no snapshot for the console", made.cause());
            }
        });
    }
}
