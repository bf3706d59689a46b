package io.veza.edge.control;

/** Is told of every transition, once, after readers can see it, and in the order in which they happened in one pool. */
@FunctionalInterface
public interface TransitionListener {

    /** Called by whoever caused the change, under the pool's lock: must neither block nor throw. */
    void onTransition(ServerTransition transition);
}
