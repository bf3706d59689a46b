package io.veza.edge.admin;

import java.util.Locale;

/**
 * The columns of {@code show stat} in HAProxy 2.6's order: their positions are what clients of the CSV form count. From
 * {@link #SSL_SESS} on they are those of its modules, and a column {@code -} stands before them.
 */
enum StatColumn {
    PXNAME("KNS:str", "Listener or pool"),
    SVNAME("KNS:str", "Server, or FRONTEND or BACKEND"),
    QCUR("MGP:u32", "Exchanges that wait for a place"),
    QMAX("MMP:u32", "Most exchanges that ever waited at once"),
    SCUR("MGP:u32", "Connections of a listener, exchanges and tunnels of a pool or server"),
    SMAX("MMP:u32", "Most of them at once"),
    SLIM("CLP:u32", "Bound on them"),
    STOT("MCP:u64", "How many there were in all"),
    BIN("MCP:u64", "Bytes from clients"),
    BOUT("MCP:u64", "Bytes to clients"),
    DREQ("MCP:u64", "Requests turned down by a rule of the edge"),
    DRESP("MCP:u64", "Responses turned down by a rule of the edge"),
    EREQ("MCP:u64", "Requests that were malformed, too slow or given up"),
    ECON("MCP:u64", "Connections to servers that could not be made, and exchanges without a server"),
    ERESP("MCP:u64", "Answers that were missing, late, cut or malformed"),
    WRETR("MCP:u64", "Requests sent once more"),
    WREDIS("MCP:u64", "Requests that went to another server"),
    STATUS("SGP:str", "State"),
    WEIGHT("MaP:u32", "Effective weight"),
    ACT("SGP:u32", "Ordinary servers that take new sessions; 1 for one that is no backup"),
    BCK("SGP:u32", "Backups that take new sessions; 1 for a backup"),
    CHKFAIL("MCP:u64", "Failed checks of a server that was up"),
    CHKDOWN("MCP:u64", "How often it went down"),
    LASTCHG("MAP:u32", "Seconds since the state changed"),
    DOWNTIME("MCP:u32", "Seconds down in all"),
    QLIMIT("CGS:u32", "Bound on the queue of one server"),
    PID("KGP:u32", "Always 1"),
    IID("KGS:u32", "Number of the listener or pool"),
    SID("KGS:u32", "Number of the server in its pool"),
    THROTTLE("MaP:u32", "Per cent of its weight that a ramping server has"),
    LBTOT("MCP:u64", "How often it was chosen"),
    TRACKED("CNS:str", "Server whose checks count for this one"),
    TYPE("CGS:u32", "0 listener, 1 pool, 2 server"),
    RATE("MRP:u32", "New sessions in the last second"),
    RATE_LIM("CLP:u32", "Bound on the rate"),
    RATE_MAX("MMP:u32", "Most new sessions in one second"),
    CHECK_STATUS("MOP:str", "Result of the last check"),
    CHECK_CODE("MOP:u32", "HTTP status of the last check"),
    CHECK_DURATION("MDP:u64", "Milliseconds that the last check took"),
    HRSP_1XX("MCP:u64", "Responses with a status 1xx"),
    HRSP_2XX("MCP:u64", "Responses with a status 2xx"),
    HRSP_3XX("MCP:u64", "Responses with a status 3xx"),
    HRSP_4XX("MCP:u64", "Responses with a status 4xx"),
    HRSP_5XX("MCP:u64", "Responses with a status 5xx"),
    HRSP_OTHER("MCP:u64", "Exchanges that ended without a status"),
    HANAFAIL("MCP:u64", "Failures found in traffic"),
    REQ_RATE("MRP:u32", "Requests in the last second"),
    REQ_RATE_MAX("MMP:u32", "Most requests in one second"),
    REQ_TOT("MCP:u64", "Requests in all"),
    CLI_ABRT("MCP:u64", "Exchanges that the client gave up"),
    SRV_ABRT("MCP:u64", "Exchanges that the server broke off"),
    COMP_IN("MCP:u64", "Bytes into the compressor"),
    COMP_OUT("MCP:u64", "Bytes out of the compressor"),
    COMP_BYP("MCP:u64", "Bytes past the compressor"),
    COMP_RSP("MCP:u64", "Compressed responses"),
    LASTSESS("MAP:s32", "Seconds since the last session, -1 for none"),
    LAST_CHK("MOP:str", "What the last check said"),
    LAST_AGT("MOP:str", "What the last agent check said"),
    QTIME("MaP:u32", "Average milliseconds in the queue"),
    CTIME("MaP:u32", "Average milliseconds to connect"),
    RTIME("MaP:u32", "Average milliseconds to the response"),
    TTIME("MaP:u32", "Average milliseconds in all"),
    AGENT_STATUS("MOP:str", "Result of the last agent check"),
    AGENT_CODE("MOP:u32", "Code of the last agent check"),
    AGENT_DURATION("MDP:u64", "Milliseconds that the last agent check took"),
    CHECK_DESC("MOP:str", "Result of the last check in words"),
    AGENT_DESC("MOP:str", "Result of the last agent check in words"),
    CHECK_RISE("CGS:u32", "Passed checks that bring it up"),
    CHECK_FALL("CGS:u32", "Failed checks that take it down"),
    CHECK_HEALTH("CGS:u32", "Position between 0 and rise + fall - 1"),
    AGENT_RISE("CGS:u32", "As check_rise, of the agent"),
    AGENT_FALL("CGS:u32", "As check_fall, of the agent"),
    AGENT_HEALTH("CGS:u32", "As check_health, of the agent"),
    ADDR("CGS:str", "Address"),
    COOKIE("CNS:str", "Name of the cookie, or what it says for the server"),
    MODE("CGS:str", "Always http"),
    ALGO("CGS:str", "How servers are chosen"),
    CONN_RATE("MRP:u32", "New connections in the last second"),
    CONN_RATE_MAX("MMP:u32", "Most new connections in one second"),
    CONN_TOT("MCP:u64", "Connections in all"),
    INTERCEPTED("MCP:u64", "Requests answered by a service inside"),
    DCON("MCP:u64", "Connections turned down by a rule"),
    DSES("MCP:u64", "Sessions turned down by a rule"),
    WREW("MCP:u64", "Failed rewrites"),
    CONNECT("MCP:u64", "Connections made to the server"),
    REUSE("MCP:u64", "Exchanges that found an idle connection"),
    CACHE_LOOKUPS("MCP:u64", "Look-ups in a cache inside"),
    CACHE_HITS("MCP:u64", "Hits in a cache inside"),
    SRV_ICUR("MGP:u32", "Idle connections to the server"),
    SRC_ILIM("CLP:u32", "Bound on idle connections"),
    QTIME_MAX("MMP:u32", "Longest time in the queue"),
    CTIME_MAX("MMP:u32", "Longest time to connect"),
    RTIME_MAX("MMP:u32", "Longest time to the response"),
    TTIME_MAX("MMP:u32", "Longest time in all"),
    EINT("MCP:u64", "Errors of the edge itself"),
    IDLE_CONN_CUR("MGP:u32", "Idle connections that may not be shared"),
    SAFE_CONN_CUR("MGP:u32", "Idle connections that may be shared"),
    USED_CONN_CUR("MGP:u32", "Connections in use"),
    NEED_CONN_EST("MGP:u32", "Connections needed"),
    UWEIGHT("MaP:u32", "Configured weight, or the one set since"),
    AGG_SERVER_STATUS("MGP:u32", "Not used"),
    AGG_SERVER_CHECK_STATUS("MGP:u32", "Not used"),
    AGG_CHECK_STATUS("MGP:u32", "Not used"),
    SSL_SESS("MCP:u64", "TLS sessions"),
    SSL_REUSED_SESS("MCP:u64", "TLS sessions taken up again"),
    SSL_FAILED_HANDSHAKE("MCP:u64", "Failed TLS handshakes"),
    H2_HEADERS_RCVD("MCP:u64", "HEADERS frames received"),
    H2_DATA_RCVD("MCP:u64", "DATA frames received"),
    H2_SETTINGS_RCVD("MCP:u64", "SETTINGS frames received"),
    H2_RST_STREAM_RCVD("MCP:u64", "RST_STREAM frames received"),
    H2_GOAWAY_RCVD("MCP:u64", "GOAWAY frames received"),
    H2_DETECTED_CONN_PROTOCOL_ERRORS("MCP:u64", "Protocol errors on connections"),
    H2_DETECTED_STRM_PROTOCOL_ERRORS("MCP:u64", "Protocol errors on streams"),
    H2_RST_STREAM_RESP("MCP:u64", "RST_STREAM frames sent"),
    H2_GOAWAY_RESP("MCP:u64", "GOAWAY frames sent"),
    H2_OPEN_CONNECTIONS("MGP:u64", "HTTP/2 connections now"),
    H2_BACKEND_OPEN_STREAMS("MGP:u64", "HTTP/2 streams now"),
    H2_TOTAL_CONNECTIONS("MCP:u64", "HTTP/2 connections in all"),
    H2_BACKEND_TOTAL_STREAMS("MCP:u64", "HTTP/2 streams in all"),
    H1_OPEN_CONNECTIONS("MGP:u64", "HTTP/1 connections now"),
    H1_OPEN_STREAMS("MGP:u64", "HTTP/1 exchanges now"),
    H1_TOTAL_CONNECTIONS("MCP:u64", "HTTP/1 connections in all"),
    H1_TOTAL_STREAMS("MCP:u64", "HTTP/1 exchanges in all"),
    H1_BYTES_IN("MCP:u64", "Bytes received over HTTP/1"),
    H1_BYTES_OUT("MCP:u64", "Bytes sent over HTTP/1"),
    H1_SPLICED_BYTES_IN("MCP:u64", "Bytes received that the kernel passed on"),
    H1_SPLICED_BYTES_OUT("MCP:u64", "Bytes sent that the kernel passed on");

    /** Three letters for origin, nature and scope, as in {@code MCP}: metric, counter, process. (Manual, section 9.2.) */
    private final String tags;

    /** {@code str}, {@code u32}, {@code s32} or {@code u64}. */
    private final String type;

    private final String description;

    StatColumn(String tagsAndType, String description) {
        int colon = tagsAndType.indexOf(':');
        this.tags = tagsAndType.substring(0, colon);
        this.type = tagsAndType.substring(colon + 1);
        this.description = description;
    }

    /** As in the header. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** For a pool four of them are gauges that are something else for a server. */
    String tags(StatRow.Kind kind) {
        boolean other = kind == StatRow.Kind.POOL && (this == ACT || this == BCK || this == RATE || this == RATE_MAX);
        return other ? "MGP" : tags;
    }

    String type() {
        return type;
    }

    String description() {
        return description;
    }
}
