package io.veza.edge.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.veza.edge.proxy.Listener;
import io.veza.edge.tls.Certificates;
import io.veza.edge.tls.RevocationLists;
import io.veza.edge.tls.ServerCertificate;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The certificates of the listeners as JSON, never with their keys. Stateless. */
final class JsonCertificates {

    private JsonCertificates() {}

    /** In the order in which clients get them, then lists of revoked ones, then the files that were never of use. */
    static JsonArray all(ApiTarget edge) {
        JsonArray all = new JsonArray();
        for (Listener listener : edge.plane().listeners()) {
            Certificates certificates = listener.settings().certificates();
            if (certificates != null) {
                Map<String, String> refused =
                        new TreeMap<>(certificates.reloads().refused());
                for (ServerCertificate certificate : certificates.all()) {
                    all.add(json(listener.name(), certificate, refused.remove(certificate.file())));
                }
                certificates
                        .revocations()
                        .ifPresent(lists -> all.add(json(
                                listener.name(),
                                lists,
                                refused.remove(lists.file().toString()))));
                refused.forEach((file, why) -> all.add(file(listener.name(), file, why)));
            }
        }
        return all;
    }

    private static JsonObject json(String listener, ServerCertificate certificate, @Nullable String refused) {
        return file(listener, certificate.file(), refused)
                .put("names", new JsonArray(certificate.subjects()))
                .put("subject", certificate.leaf().getSubjectX500Principal().getName())
                .put("issuer", certificate.leaf().getIssuerX500Principal().getName())
                .put("algorithm", certificate.algorithm())
                .put("notBefore", JsonActivity.time(certificate.notBefore()))
                .put("notAfter", JsonActivity.time(certificate.notAfter()))
                .put("sha256", certificate.fingerprint("SHA-256"));
    }

    private static JsonObject json(String listener, RevocationLists lists, @Nullable String refused) {
        return file(listener, lists.file().toString(), refused)
                .put("nextUpdate", lists.nextUpdate().map(JsonActivity::time).orElse(null));
    }

    private static JsonObject file(String listener, String file, @Nullable String refused) {
        return new JsonObject().put("listener", listener).put("file", file).put("refused", refused);
    }
}
