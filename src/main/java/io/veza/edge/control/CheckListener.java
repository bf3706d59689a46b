package io.veza.edge.control;

import io.veza.edge.health.CheckResult;

/** Hears of every check, whether it changed anything or not. Called under the pool's lock: it must be quick. */
public interface CheckListener {

    /** @param server as it was when the result came */
    void onCheck(String pool, ServerEntry server, CheckResult result);
}
