package io.veza.edge.proxy;

import io.veza.edge.control.ServerLink;
import java.util.Optional;

/** Servers of raw HTTP/2 with prior knowledge, and an edge in front of them. */
final class Http2Servers {

    static final int NO_ERROR = 0;
    static final int INTERNAL_ERROR = 2;
    static final int REFUSED_STREAM = 7;
    static final int CANCEL = 8;

    private Http2Servers() {}

    /** What a server does once it and the edge have said their settings. */
    interface Script {
        void serve(Http2Peer peer) throws Exception;
    }

    static RawServer server(Script script, int... settings) throws Exception {
        return new RawServer(connection -> {
            Http2Peer peer = new Http2Peer(connection, settings);
            try {
                script.serve(peer);
            } catch (java.io.IOException | InterruptedException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** Answers every request with this body. */
    static Script always(String body) {
        return peer -> {
            while (true) {
                peer.answer(peer.request().stream(), body);
            }
        };
    }

    static EdgeFixture.Setup edge(RawServer... servers) {
        EdgeFixture.Setup setup = EdgeFixture.with();
        for (RawServer server : servers) {
            setup.servers(server.port());
        }
        setup.link = new ServerLink(ServerLink.Protocol.H2C, Optional.empty(), ServerLink.ProxyHeader.NONE);
        setup.loops = 1;
        return setup;
    }

    static String post(int length, String body) {
        return "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" + body;
    }
}
