package io.veza.edge.balance;

import io.veza.edge.pool.Server;
import io.veza.edge.pool.ServerAddress;
import io.veza.edge.pool.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** A candidate whose load a test sets. */
public final class FakeServer implements Candidate {

    private final Server server;
    private final int effectiveWeight;
    public int inFlight;
    public boolean full;

    /** @param effectiveWeight in hundredths */
    public FakeServer(String name, int effectiveWeight) {
        this.server = new Server(name, new ServerAddress(name, 8080), new Weight(1), OptionalInt.empty(), false);
        this.effectiveWeight = effectiveWeight;
    }

    /** Servers s0, s1, … of these weights in whole units. */
    public static List<FakeServer> withWeights(int... weights) {
        List<FakeServer> servers = new ArrayList<>();
        for (int weight : weights) {
            servers.add(new FakeServer("s" + servers.size(), weight * SlowStart.UNIT));
        }
        return servers;
    }

    /** So many servers of weight 1. */
    public static List<FakeServer> equal(int count) {
        int[] weights = new int[count];
        Arrays.fill(weights, 1);
        return withWeights(weights);
    }

    public String name() {
        return server.name();
    }

    @Override
    public Server server() {
        return server;
    }

    @Override
    public int effectiveWeight() {
        return effectiveWeight;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public boolean full() {
        return full;
    }

    @Override
    public String toString() {
        return name();
    }
}
