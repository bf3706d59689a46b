package io.veza.edge.tls;

import java.time.Instant;

/**
 * What a responder has said of a certificate that is good.
 *
 * @param encoded as it came, and as clients get it; never changed
 * @param from when that was known to be right
 * @param until when clients no longer believe it
 */
record OcspAnswer(@SuppressWarnings("ArrayRecordComponent") byte[] encoded, Instant from, Instant until) {}
