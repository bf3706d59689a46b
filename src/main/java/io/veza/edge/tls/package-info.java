/**
 * TLS: certificates and keys read from PEM files, and what a listener needs to speak it: choice by server name, sessions
 * that are resumed, files that change under it, client certificates, stapled OCSP responses.
 *
 * <p>Knows neither listeners nor exchanges: {@code proxy} asks for a handler for each connection.
 */
@NullMarked
package io.veza.edge.tls;

import org.jspecify.annotations.NullMarked;
