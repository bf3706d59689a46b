package io.veza.edge.proxy;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;

/**
 * The last message that was not valid HTTP on one listener, or from one pool's servers.
 *
 * @param sequence counts all captures of the process from 0
 * @param response whether a server sent it, else a client did
 * @param scope the listener's name for a request, the pool's for a response
 * @param listener where the client had connected
 * @param pool where the request was for, if it got as far
 * @param server that was asked, if one was
 * @param position in {@code bytes} where the line begins that is not valid
 * @param reason as in the failure counters
 * @param bytes what had arrived of the head, at most 16 KiB of it, one character (ISO-8859-1) for each byte
 */
public record CapturedError(
        long sequence,
        Instant at,
        boolean response,
        String scope,
        String listener,
        InetSocketAddress client,
        Optional<String> pool,
        Optional<String> server,
        int position,
        String reason,
        String bytes) {}
