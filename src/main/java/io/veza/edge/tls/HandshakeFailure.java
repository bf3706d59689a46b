package io.veza.edge.tls;

import io.netty.handler.ssl.NotSslRecordException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why a handshake did not come to its end. */
public enum HandshakeFailure {
    /** The client went away, or was cut off, in the middle of it. */
    CLOSED,
    /** It took too long. */
    TIMEOUT,
    /** What came is not TLS. */
    NOT_TLS,
    /** No certificate is for the name that the client asked for, and it was to be strict. */
    UNKNOWN_NAME,
    /** There is no version, cipher or group that both speak. */
    NOTHING_IN_COMMON,
    /** The client showed no certificate, or one that is not trusted, has expired or was revoked. */
    CLIENT_CERTIFICATE,
    /** The client ended it by an alert, most often because it does not trust the certificate. */
    CLIENT_ALERT,
    /** Anything else, such as a malformed message. */
    OTHER;

    /** As a label and in logs: {@code not_tls}. */
    public String reason() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Sorts by type, and by what BoringSSL and the JDK say in English; neither tells it otherwise. */
    public static HandshakeFailure of(@Nullable Throwable cause) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof UnknownNameException) {
                return UNKNOWN_NAME;
            }
            if (each instanceof NotSslRecordException) {
                return NOT_TLS;
            }
            if (each instanceof ClosedChannelException) {
                return CLOSED;
            }
            if (each instanceof CertificateException) {
                return CLIENT_CERTIFICATE;
            }
            HandshakeFailure said = said(String.valueOf(each.getMessage()).toLowerCase(Locale.ROOT));
            if (said != OTHER) {
                return said;
            }
        }
        return OTHER;
    }

    private static HandshakeFailure said(String message) {
        if (message.contains("_alert_") || message.contains("received fatal alert")) {
            return CLIENT_ALERT;
        }
        if (message.contains("http_request") || message.contains("wrong_version_number")) {
            return NOT_TLS;
        }
        if (message.contains("no_shared")
                || message.contains("unsupported_protocol")
                || message.contains("no_common")
                || message.contains("in common")
                || message.contains("not enabled or supported")
                || message.contains("inappropriate protocol")
                || message.contains("no appropriate protocol")
                || message.contains("unsupported_ssl")
                || message.contains("protocol version")) {
            return NOTHING_IN_COMMON;
        }
        return message.contains("did_not_return_a_certificate")
                        || message.contains("certificate_verify_failed")
                        || message.contains("client certificate")
                        || message.contains("path validation")
                        || message.contains("path building")
                        || message.contains("certpath")
                ? CLIENT_CERTIFICATE
                : OTHER;
    }
}
