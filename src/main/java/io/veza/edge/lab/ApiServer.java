package io.veza.edge.lab;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;

/**
 * The lab's API server. Under {@code /api/v1}:
 *
 * <ul>
 *   <li>{@code GET /health}
 *   <li>{@code POST /login} with {@code {"user": "…"}} sets the session cookie; {@code GET /me} tells the user, and whether
 *       this server authenticated them or would have to ask the shared store
 *   <li>{@code GET /whoami}: the request as this server saw it, peer and fields included
 *   <li>{@code POST|PUT /echo}: the body back, streamed
 *   <li>{@code GET /bytes/<n>}: n bytes, streamed, with a length; {@code ?chunked=true} without
 *   <li>{@code /ws/chat} and {@code /ws/presence}: WebSocket {@link Room}s
 * </ul>
 */
final class ApiServer extends LabServer {

    private static final String PREFIX = "/api/v1";
    private static final int LARGEST_LOGIN = 4096;
    private static final Buffer BLOCK = Buffer.buffer("veza-edge lab data\n".repeat(3449)); // just under 64 KiB

    private final Room chat;
    private final Room presence;
    private long guests;

    ApiServer(Identity identity) {
        super(identity);
        chat = new Room("chat", identity.name(), false);
        presence = new Room("presence", identity.name(), true);
    }

    @Override
    String healthPath() {
        return PREFIX + "/health";
    }

    @Override
    List<Sample> samples() {
        return List.of(
                new Sample("lab_chat_clients", "gauge", "Open chat WebSockets.", chat.size()),
                new Sample("lab_presence_clients", "gauge", "Open presence WebSockets.", presence.size()));
    }

    @Override
    void serve(HttpServerRequest request, String path) {
        if (!path.startsWith(PREFIX + "/")) {
            refuse(request, 404);
            return;
        }
        String resource = path.substring(PREFIX.length());
        switch (resource) {
            case "/login" -> only(request, HttpMethod.POST, this::login);
            case "/me" -> only(request, HttpMethod.GET, this::me);
            case "/whoami" -> whoami(request);
            case "/echo" -> echo(request);
            case "/ws/chat" -> upgrade(request, chat);
            case "/ws/presence" -> upgrade(request, presence);
            default -> {
                if (resource.matches("/bytes/[0-9]{1,12}")) {
                    count(request, Long.parseLong(resource.substring("/bytes/".length())));
                } else {
                    refuse(request, 404);
                }
            }
        }
    }

    private interface Resource {
        void serve(HttpServerRequest request);
    }

    private void only(HttpServerRequest request, HttpMethod method, Resource resource) {
        if (request.method().equals(method)
                || (method.equals(HttpMethod.GET) && request.method().equals(HttpMethod.HEAD))) {
            resource.serve(request);
        } else {
            refuse(request, 405);
        }
    }

    private void login(HttpServerRequest request) {
        Buffer body = Buffer.buffer();
        request.handler(part -> {
            if (body.length() <= LARGEST_LOGIN) {
                body.appendBuffer(part);
            }
        });
        request.endHandler(end -> {
            Optional<String> user = body.length() > LARGEST_LOGIN ? Optional.empty() : user(body);
            if (user.isEmpty()) {
                json(request, 400, new JsonObject().put("error", "send {\"user\": \"<name>\"}"));
                return;
            }
            String value = new Session(user.get(), name()).toCookieValue();
            request.response()
                    .addCookie(Cookie.cookie(Session.COOKIE, value).setPath("/").setHttpOnly(true));
            json(request, 200, new JsonObject().put("user", user.get()));
        });
    }

    private static Optional<String> user(Buffer body) {
        try {
            // Not getString, which makes a text of anything.
            Object user = new JsonObject(body).getValue("user");
            return user instanceof String name && !name.isBlank() && name.length() <= 64
                    ? Optional.of(name)
                    : Optional.empty();
        } catch (DecodeException e) {
            return Optional.empty();
        }
    }

    private static Optional<Session> session(HttpServerRequest request) {
        Cookie cookie = request.getCookie(Session.COOKIE);
        return cookie == null ? Optional.empty() : Session.fromCookieValue(cookie.getValue());
    }

    private void me(HttpServerRequest request) {
        Optional<Session> session = session(request);
        if (session.isEmpty()) {
            json(request, 401, new JsonObject().put("error", "no session: POST " + PREFIX + "/login first"));
            return;
        }
        boolean local = session.get().authenticatedBy().equals(name());
        json(
                request,
                200,
                new JsonObject()
                        .put("user", session.get().user())
                        .put("authenticatedBy", session.get().authenticatedBy())
                        .put("sessionFound", local ? "here" : "in the shared store"));
    }

    private void whoami(HttpServerRequest request) {
        JsonObject headers = new JsonObject();
        for (String field : request.headers().names()) {
            headers.put(field, new JsonArray(request.headers().getAll(field)));
        }
        json(
                request,
                200,
                new JsonObject()
                        .put("method", request.method().name())
                        .put("uri", request.uri())
                        .put("version", request.version().alpnName())
                        .put("peer", request.remoteAddress().toString())
                        .put("headers", headers));
    }

    private void echo(HttpServerRequest request) {
        if (!request.method().equals(HttpMethod.POST) && !request.method().equals(HttpMethod.PUT)) {
            refuse(request, 405);
            return;
        }
        HttpServerResponse response = request.response();
        String type = request.getHeader("Content-Type");
        response.putHeader("Content-Type", type == null ? "application/octet-stream" : type);
        String length = request.getHeader("Content-Length");
        if (length == null) {
            response.setChunked(true);
        } else {
            response.putHeader("Content-Length", length);
        }
        request.pipeTo(response);
    }

    /** Writes {@code count} bytes as fast as the client reads them and no faster. */
    private void count(HttpServerRequest request, long count) {
        HttpServerResponse response = request.response().putHeader("Content-Type", "application/octet-stream");
        if (Boolean.parseBoolean(request.getParam("chunked"))) {
            response.setChunked(true);
        } else {
            response.putHeader("Content-Length", Long.toString(count));
        }
        if (request.method().equals(HttpMethod.HEAD)) {
            response.end();
        } else {
            write(response, count);
        }
    }

    private static void write(HttpServerResponse response, long count) {
        long left = count;
        while (left > 0) {
            if (response.closed()) {
                return;
            }
            if (response.writeQueueFull()) {
                long rest = left;
                response.drainHandler(drained -> write(response, rest));
                return;
            }
            int part = (int) Math.min(left, BLOCK.length());
            response.write(BLOCK.slice(0, part));
            left -= part;
        }
        response.end();
    }

    private void upgrade(HttpServerRequest request, Room room) {
        if (!request.headers().contains("Upgrade", "websocket", true)) {
            refuse(request, 426);
            return;
        }
        String user = session(request).map(Session::user).orElseGet(() -> "guest-" + ++guests);
        request.toWebSocket().onSuccess(socket -> room.join(socket, user));
    }
}
