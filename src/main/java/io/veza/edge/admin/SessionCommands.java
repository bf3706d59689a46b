package io.veza.edge.admin;

import io.veza.edge.admin.RuntimeSession.Level;
import io.veza.edge.metrics.Statistics;
import io.veza.edge.proxy.OpenSession;
import io.veza.edge.proxy.TrafficPlane;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** {@code show sess}, {@code shutdown session} and {@code shutdown sessions server}. */
final class SessionCommands {

    private static final DateTimeFormatter ACCEPTED = DateTimeFormatter.ofPattern(
                    "dd/MMM/yyyy:HH:mm:ss.SSSSSS", Locale.ENGLISH)
            .withZone(ZoneId.systemDefault());

    private final Proxies proxies;
    private final TrafficPlane plane;
    private final Statistics statistics;

    SessionCommands(Proxies proxies, TrafficPlane plane, Statistics statistics) {
        this.proxies = proxies;
        this.plane = plane;
        this.statistics = statistics;
    }

    List<RuntimeCommand> commands() {
        return List.of(
                RuntimeCommand.of(
                        "show sess",
                        Level.OPERATOR,
                        RuntimeCommand.usage(
                                "show sess [id]", "report the list of current sessions or dump this exact session"),
                        (session, arguments) -> RuntimeReply.data(show(arguments.at(0)))),
                RuntimeCommand.of(
                        "shutdown session",
                        Level.ADMIN,
                        RuntimeCommand.usage("shutdown session [id]", "kill a specific session"),
                        (session, arguments) -> shutdown(arguments.at(0))),
                RuntimeCommand.of(
                        "shutdown sessions server",
                        Level.ADMIN,
                        RuntimeCommand.usage("shutdown sessions server <bk>/<srv>", "kill sessions on a server"),
                        (session, arguments) -> {
                            plane.shutdownSessions(
                                    proxies.target(arguments.at(0)).entry());
                            return RuntimeReply.DONE;
                        }));
    }

    private String show(String which) {
        long id = id(which);
        if (which.equals("all") || id == 0) {
            boolean whole = which.equals("all");
            // A connection between two requests is nobody's session in HAProxy either.
            return plane.sessions().stream()
                    .filter(session -> session.phase() != OpenSession.Phase.IDLE)
                    .sorted(Comparator.comparingLong(OpenSession::id))
                    .map(session -> whole ? whole(session) : line(session))
                    .collect(Collectors.joining());
        }
        return plane.sessions().stream()
                .filter(session -> session.id() == id)
                .findFirst()
                .map(this::whole)
                .orElse("Session not found.\n");
    }

    private RuntimeReply shutdown(String which) {
        long id = id(which);
        if (id == 0) {
            throw new RuntimeRefusal("Session pointer expected (use 'show sess').\n");
        }
        if (!plane.shutdownSession(id)) {
            throw new RuntimeRefusal("No such session (use 'show sess').\n");
        }
        return RuntimeReply.DONE;
    }

    /** {@code 0x1f} or a decimal number; 0 for what is neither. */
    private static long id(String text) {
        boolean hexadecimal = text.startsWith("0x") || text.startsWith("0X");
        String digits = hexadecimal ? text.substring(2) : text;
        if (!digits.matches(hexadecimal ? "[0-9A-Fa-f]{1,15}" : "[0-9]{1,18}")) {
            return 0;
        }
        return Long.parseLong(digits, hexadecimal ? 16 : 10);
    }

    private static String line(OpenSession session) {
        return "0x" + Long.toHexString(session.id()) + ": proto=" + protocol(session) + " src="
                + peer(session.client()) + " fe=" + session.listener() + " be="
                + session.pool().orElse("<NONE>") + " srv=" + session.server().orElse("<none>") + " age="
                + words(session.age()) + " phase=" + phase(session) + " for=" + words(session.phaseAge()) + " dst="
                + session.serverAddress().map(SessionCommands::peer).orElse("-") + " bin=" + session.bytesIn()
                + " bout=" + session.bytesOut() + " req=\"" + session.request().orElse("") + "\"\n";
    }

    private String whole(OpenSession session) {
        String accepted = ACCEPTED.format(statistics.now().minus(session.age()));
        return "0x" + Long.toHexString(session.id()) + ": [" + accepted + "] id=" + session.id() + " proto="
                + protocol(session) + " source=" + peer(session.client()) + "\n"
                + "  frontend=" + session.listener() + " (id="
                + proxies.listenerId(session.listener()).orElse(-1) + " mode=http)\n"
                + "  backend="
                + session.pool()
                        .map(pool -> pool + " (id=" + proxies.id(pool).orElse(-1) + " mode=http)")
                        .orElse("<NONE> (id=-1 mode=-)")
                + "\n  server="
                + session.server()
                        .map(server -> server + " (id=" + serverId(session, server) + ")")
                        .orElse("<NONE> (id=-1)")
                + session.serverAddress()
                        .map(address -> " addr=" + peer(address))
                        .orElse("")
                + "\n  phase=" + phase(session) + " for=" + words(session.phaseAge()) + " age=" + words(session.age())
                + "\n  bin=" + session.bytesIn() + " bout=" + session.bytesOut() + "\n  request=\""
                + session.request().orElse("") + "\"\n";
    }

    private int serverId(OpenSession session, String server) {
        return session.pool()
                .flatMap(proxies::pool)
                .flatMap(pool -> proxies.server(pool, server).map(entry -> proxies.serverId(pool, entry)))
                .orElse(-1);
    }

    private static String phase(OpenSession session) {
        return session.phase().name().toLowerCase(Locale.ROOT);
    }

    private static String protocol(OpenSession session) {
        return session.client().getAddress() instanceof Inet4Address ? "tcpv4" : "tcpv6";
    }

    /** Without brackets, as HAProxy writes it. */
    private static String peer(InetSocketAddress address) {
        return ServerStatus.host(address) + ":" + address.getPort();
    }

    /** The two greatest units: {@code 1h2m}. */
    private static String words(Duration time) {
        if (time.toDays() > 0) {
            return time.toDays() + "d" + time.toHoursPart() + "h";
        }
        if (time.toHours() > 0) {
            return time.toHours() + "h" + time.toMinutesPart() + "m";
        }
        return time.toMinutes() > 0 ? time.toMinutes() + "m" + time.toSecondsPart() + "s" : time.toSeconds() + "s";
    }
}
