package io.veza.edge.admin;

import io.netty.util.NetUtil;
import io.veza.edge.admin.Proxies.Target;
import io.veza.edge.admin.RuntimeCommand.Arguments;
import io.veza.edge.control.Command;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** {@code set server … addr <ip> [port <number>]}, with the report that HAProxy makes of it. */
final class AddressChange {

    private static final String BY = " by 'stats socket command'\n";

    private AddressChange() {}

    static RuntimeReply apply(Target target, Arguments arguments) {
        if (arguments.at(0).isEmpty()) {
            throw new RuntimeRefusal("set server <b>/<s> addr requires an address and optionally a port.\n");
        }
        InetAddress wanted = literal(arguments.at(0))
                .orElseThrow(() -> new RuntimeRefusal("Invalid addr '" + arguments.at(0) + "'" + BY));
        InetSocketAddress present = target.entry().address();
        int presentPort = present == null ? target.entry().server().address().port() : present.getPort();
        boolean withPort = arguments.at(1).equals("port");
        int port = withPort ? port(arguments.at(2)) : presentPort;

        boolean sameAddress = present != null && wanted.equals(present.getAddress());
        String report = sameAddress
                ? "no need to change the addr"
                : "IP changed from '" + (present == null ? "-" : ServerStatus.host(present)) + "' to '"
                        + arguments.at(0) + "'";
        if (withPort) {
            report += port == presentPort
                    ? ", no need to change the port"
                    : ", port changed from '" + presentPort + "' to '" + port + "'";
        }
        if (!sameAddress || port != presentPort) {
            target.pool().apply(new Command.SetAddress(target.server(), new InetSocketAddress(wanted, port)));
        }
        return new RuntimeReply(RuntimeReply.Severity.WARNING, report + BY);
    }

    private static int port(String text) {
        if (text.startsWith("+") || text.startsWith("-")) {
            throw new RuntimeRefusal("port '" + text + "' is relative, a server has one port, nothing changed" + BY);
        }
        if (!text.matches("[0-9]{1,5}")) {
            throw new RuntimeRefusal("problem converting port '" + text + "' to an int, nothing changed" + BY);
        }
        int port = Integer.parseInt(text);
        if (port < 1 || port > 65_535) {
            throw new RuntimeRefusal("port '" + text + "' is not in 1..65535, nothing changed" + BY);
        }
        return port;
    }

    /** An IP address; a name is none, since looking it up could take longer than an operator waits. */
    static Optional<InetAddress> literal(String text) {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return octets == null ? Optional.empty() : Optional.of(InetAddress.getByAddress(octets));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("neither 4 nor 16 octets", e);
        }
    }
}
