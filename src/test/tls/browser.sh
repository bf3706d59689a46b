#!/usr/bin/env bash
# Chromium, a page and a WebSocket through the edge: by HTTP/2 and TLS, and by HTTP/1.1.
#
#   src/test/tls/browser.sh
#
# Needs a JDK 17, chromium, Python 3, curl, openssl and socat. Exit status: 0 if every step held, 1 if one did not.
# shellcheck source=../faults/common.sh
source "$(dirname "$0")/../faults/common.sh"
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

need chromium python3 curl openssl socat

# Gives the page, and writes down what the page found: a request for /report.
cat >"$dir/pages.py" <<'PYTHON'
import http.server
import sys

PAGE = b"""<!doctype html><title>page</title><script>
const report = said => fetch('/report?' + encodeURIComponent(said));
(async () => {
  await fetch('/api/v1/login', {method: 'POST', body: '{"user": "chromium"}'});
  const protocol = performance.getEntriesByType('navigation')[0].nextHopProtocol;
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/v1/ws/chat');
  socket.onopen = () => socket.send('hello from the page');
  socket.onmessage = message => {
    if (message.data.includes('hello from the page')) report('page ' + protocol + ' websocket heard');
  };
  socket.onerror = () => report('page ' + protocol + ' websocket failed');
})();
</script>"""


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/report?"):
            print("REPORT", self.path[8:].replace("%20", " ").replace("%2F", "/"), flush=True)
        body = PAGE if self.path == "/page" else b"fine"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
print("pages listens at", server.server_port, flush=True)
server.serve_forever()
PYTHON

visit() { # name, url, protocol that the page must have come by
  local protocol=$3
  chromium --headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync \
    --ignore-certificate-errors --user-data-dir="$dir/profile-$1" --remote-debugging-port=0 "$2" >"$dir/$1.log" 2>&1 &
  pid[$1]=$!
  reported() { grep -q "^REPORT page $protocol " "$dir/pages.log"; }
  await "the page by $1 reports" reported
  grep -qx "REPORT page $3 websocket heard" "$dir/pages.log" || fail "by $1: $(grep '^REPORT' "$dir/pages.log")"
  step "by $1: protocol $3, WebSocket heard"
  # Told to, and not killed, it ends its own processes too.
  kill "${pid[$1]}"
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}

authority ca
leaf ca localhost a
start_api backend-api-1 0
python3 "$dir/pages.py" >>"$dir/pages.log" 2>&1 &
pages=$!
await 'the pages are there' port_of pages 'listens at ' >/dev/null
start_tls_edge -Dedge.tls.cert-path="$dir/made/a.pem" -Dedge.default-pool=pages -Dedge.pools.pages.health.path=/ \
  -Dedge.pools.pages.servers.one.address="127.0.0.1:$(port_of pages 'listens at ')"
pid[pages]=$pages
visit http2 "https://localhost:$tls_port/page" h2
visit http1 "http://127.0.0.1:$edge_port/page" http/1.1
step 'passed'
