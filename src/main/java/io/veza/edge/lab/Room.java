package io.veza.edge.lab;

import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The WebSocket clients of one lab server at one path. Each is greeted with a {@code hello} that names the server; what
 * happens then is broadcast to all, the sender included, as JSON text with a {@code type}. Belongs to the server's
 * event loop.
 */
final class Room {

    private static final short TRY_AGAIN_LATER = 1013;

    private final String name;
    private final String server;
    private final boolean announcesPresence;
    private final Map<ServerWebSocket, String> clients = new LinkedHashMap<>();

    /** @param announcesPresence whether coming and going is broadcast too */
    Room(String name, String server, boolean announcesPresence) {
        this.name = name;
        this.server = server;
        this.announcesPresence = announcesPresence;
    }

    int size() {
        return clients.size();
    }

    void join(ServerWebSocket socket, String user) {
        clients.put(socket, user);
        send(socket, event("hello", user));
        if (announcesPresence) {
            broadcast(event("join", user));
        }
        socket.textMessageHandler(text -> broadcast(event("message", user).put("text", text)));
        // Binary goes back to its sender alone: a measure of the tunnel, not of the room.
        socket.binaryMessageHandler(socket::writeBinaryMessage);
        socket.closeHandler(closed -> {
            clients.remove(socket);
            if (announcesPresence) {
                broadcast(event("leave", user));
            }
        });
    }

    private JsonObject event(String type, String user) {
        return new JsonObject()
                .put("type", type)
                .put("room", name)
                .put("server", server)
                .put("user", user)
                .put("online", clients.size());
    }

    private void broadcast(JsonObject event) {
        clients.keySet().forEach(socket -> send(socket, event));
    }

    /** A client that does not read is sent away: a room must not keep what one of its clients never fetches. */
    private static void send(ServerWebSocket socket, JsonObject event) {
        if (socket.isClosed()) {
            return;
        }
        if (socket.writeQueueFull()) {
            socket.close(TRY_AGAIN_LATER, "too slow");
        } else {
            socket.writeTextMessage(event.encode());
        }
    }
}
