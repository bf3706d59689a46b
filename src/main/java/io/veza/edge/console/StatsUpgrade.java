package io.veza.edge.console;

import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import io.veza.edge.admin.ApiAccess;
import io.veza.edge.admin.ApiProblem;
import jakarta.inject.Singleton;

/**
 * Who may open the feed: pages of this address only. The same-origin policy does not hold for WebSockets, so any page could
 * read it otherwise.
 */
@Singleton
public class StatsUpgrade implements HttpUpgradeCheck {

    private final ApiAccess access;
    private final StatsFeed feed;

    StatsUpgrade(ApiAccess access, StatsFeed feed) {
        this.access = access;
        this.feed = feed;
    }

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        HttpServerRequest request = context.httpRequest();
        try {
            access.check(ApiAccess.Intent.READ, request.authority(), request.headers());
            access.checkOrigin(request.authority(), request.headers());
        } catch (ApiProblem problem) {
            return CheckResult.rejectUpgrade(problem.status());
        }
        return feed.full() ? CheckResult.rejectUpgrade(503) : CheckResult.permitUpgrade();
    }
}
