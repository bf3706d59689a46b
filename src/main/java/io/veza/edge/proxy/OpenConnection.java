package io.veza.edge.proxy;

/** One connection to a server, made or being made, as those see it who end it. */
interface OpenConnection {

    /** Ends it because the server is gone or to be left alone. */
    void cut();

    /** Ends what runs on it because an operator says so, without another try. */
    void shutdown();
}
