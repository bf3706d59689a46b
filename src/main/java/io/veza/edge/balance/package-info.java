/**
 * The ways to choose one of several servers: a key and the candidates' loads in, one candidate out.
 *
 * <p>Pure: {@code control} decides who is a candidate and builds a balancer into every snapshot, {@code proxy} asks it
 * once per request from any thread.
 */
@NullMarked
package io.veza.edge.balance;

import org.jspecify.annotations.NullMarked;
