package io.veza.edge.tls;

/**
 * Something that has happened to a file, or to what belongs to it.
 *
 * @param what for people, following the file's name
 * @param good whether it was as somebody wanted it
 */
public record ReloadEvent(String file, String what, boolean good) {}
