package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;

/** How a client's connection ends, whatever lies below the protocol. */
final class ClientEnding {

    private ClientEnding() {}

    /** Ends our side in good order, so that the client knows it has everything. */
    static void endOutput(Channel channel) {
        ((DuplexChannel) channel).shutdownOutput();
    }
}
