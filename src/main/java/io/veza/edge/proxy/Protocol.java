package io.veza.edge.proxy;

/** What a client speaks. */
public enum Protocol {
    HTTP_1_0("1.0"),
    HTTP_1_1("1.1"),
    HTTP_2("2.0");

    private final String version;

    Protocol(String version) {
        this.version = version;
    }

    /** As it is written behind {@code HTTP/}. */
    public String version() {
        return version;
    }

    static Protocol ofHttp1(boolean http10) {
        return http10 ? HTTP_1_0 : HTTP_1_1;
    }
}
