package io.veza.edge.proxy;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/** How a client's connection ends, whatever lies below the protocol. */
final class ClientEnding {

    private ClientEnding() {}

    /**
     * Ends our side in good order, so that the client knows it has everything. Over TLS that needs a word of its own, behind
     * which nothing can be sent: to be called when all is written.
     */
    static void endOutput(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            ((DuplexChannel) channel).shutdownOutput();
        } else {
            tls.closeOutbound().addListener(told -> ((DuplexChannel) channel).shutdownOutput());
        }
    }

    /** Closes at once and without that word: what is cut short must not look whole. */
    static void cut(Channel channel) {
        channel.pipeline().firstContext().close();
    }

    /** Closes what owes the client nothing; one that does not take what was sent is not waited for. */
    static void close(Channel channel) {
        var unsent = channel.unsafe().outboundBuffer();
        if (unsent != null && unsent.totalPendingWriteBytes() > 0) {
            cut(channel);
        } else {
            channel.close();
        }
    }
}
