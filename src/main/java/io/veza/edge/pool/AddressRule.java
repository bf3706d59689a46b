package io.veza.edge.pool;

/**
 * Which clients may come in, by their address. What is denied stays out, whatever is allowed.
 *
 * @param allow if it is not empty, nobody else may
 */
public record AddressRule(AddressBlocks allow, AddressBlocks deny) {

    /** Everybody may. */
    public static final AddressRule OPEN = new AddressRule(AddressBlocks.NONE, AddressBlocks.NONE);

    /** Whether there is nobody it keeps out. */
    public boolean isOpen() {
        return allow.isEmpty() && deny.isEmpty();
    }

    /** @param address 4 or 16 bytes, as of {@link AddressBlocks#contains} */
    public boolean admits(byte[] address) {
        return !deny.contains(address) && (allow.isEmpty() || allow.contains(address));
    }
}
