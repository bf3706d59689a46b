package io.veza.edge.balance;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A choice among fixed candidates with fixed weights. Safe for any number of threads; it never blocks and does not
 * allocate.
 */
public interface Balancer<C extends Candidate> {

    /**
     * One candidate that is neither full nor excluded nor of weight 0, or null if there is none.
     *
     * @param key from {@link KeyHash}; only {@link ConsistentHash} looks at it
     * @param excluded names of servers not to choose, since they have just failed this request
     */
    @Nullable
    C pick(long key, Set<String> excluded);
}
