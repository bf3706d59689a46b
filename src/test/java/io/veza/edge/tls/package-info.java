/** Tests of what is read from PEM files and spoken over TLS, with certificates that are made as they are needed. */
@NullMarked
package io.veza.edge.tls;

import org.jspecify.annotations.NullMarked;
