#!/usr/bin/env bash
# Programs written for HAProxy's stats socket, unchanged, against the edge's: hatop and prometheus-haproxy-exporter.
#
#   src/test/smoke/runtime-clients.sh [target/quarkus-app/quarkus-run.jar]
#
# Needs a JDK 17, curl, socat, python3 and these two (Debian has them as packages). Exit status: 0 if every step held.
[[ $# == 0 ]] || EDGE_JAR=$1
# shellcheck source=../faults/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../faults/common.sh"

for tool in curl socat python3 hatop prometheus-haproxy-exporter; do
  command -v "$tool" >/dev/null || { echo "the clients' test needs $tool" >&2; exit 2; }
done

# Runs hatop in a terminal of 160 columns, types, and prints what it drew without the terminal's commands.
hatop_shows() { # one key, a blank, and what is typed after it
  python3 - "$dir/admin.sock" "$1" <<'PYTHON'
import fcntl, os, pty, re, select, struct, sys, termios, time

pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("hatop", ["hatop", "-i", "1", "-s", sys.argv[1]])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
drawn = b""


def read(seconds):
    global drawn
    until = time.time() + seconds
    while time.time() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                drawn += os.read(terminal, 65536)
            except OSError:
                return


read(2.5)
for keys in sys.argv[2].split(" ", 1) if sys.argv[2] else []:
    os.write(terminal, keys.encode())
    read(1)
read(1.5)
os.write(terminal, b"q")
read(1)
os.close(terminal)
os.waitpid(pid, 0)
print(re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]", b" ", drawn).decode("latin1"))
PYTHON
}

shows() { # fixed text...
  local text
  for text in "$@"; do
    grep -qF -- "$text" "$dir/shown" || { tr -s ' ' <"$dir/shown" | tail -c 3000 >&2; fail "not shown: $text"; }
  done
}

is_up() { # server
  [[ $(server_state api_pool "$1") == UP ]]
}

start_api backend-api-1 0
start_api backend-api-2 0
start_edge
await 'a GET through the edge' answers_200
await 'backend-api-2 is checked' is_up backend-api-2
step "the edge listens on $edge_port"

hatop_shows '' >"$dir/shown"
shows 'HAProxy' 'api_pool' 'FRONTEND' 'BACKEND' 'backend-api-1' 'backend-api-2' 'L7OK' 'UP' 'OPEN'
step 'hatop shows the listener, the pool, its servers and their states'

runtime 'set server api_pool/backend-api-1 state drain' >/dev/null
runtime 'disable server api_pool/backend-api-2' >/dev/null
hatop_shows '' >"$dir/shown"
shows 'DRAIN' 'MAINT'
step 'hatop shows a server in DRAIN and one in MAINT'

# hatop's own command line: 5 opens it; what is typed there goes to the socket as it is.
hatop_shows $'5 enable server api_pool/backend-api-2\r' >"$dir/shown"
await 'backend-api-2 is enabled' is_up backend-api-2
runtime 'enable server api_pool/backend-api-1' >/dev/null
step "hatop's command line enables a server"

answers_200 || fail 'no 200'
exporter_log=$dir/exporter.log
prometheus-haproxy-exporter --haproxy.scrape-uri="unix:$dir/admin.sock" --web.listen-address=127.0.0.1:0 \
  >"$exporter_log" 2>&1 &
pid[exporter]=$!
exporter_port() {
  sed -nE 's/.*Listening on.*address=127\.0\.0\.1:([0-9]+).*/\1/p' "$exporter_log" 2>/dev/null | grep .
}
await 'the exporter listens' exporter_port >/dev/null
curl -fsS "http://127.0.0.1:$(exporter_port)/metrics" >"$dir/shown"
shows 'haproxy_up 1' 'haproxy_exporter_csv_parse_failures_total 0' \
  'haproxy_server_up{backend="api_pool",server="backend-api-1"} 1' \
  'haproxy_server_up{backend="api_pool",server="backend-api-2"} 1' \
  'haproxy_backend_up{backend="api_pool"} 1' 'haproxy_version_info{' 'haproxy_server_weight{'
requests=$(sed -nE 's/^haproxy_frontend_http_requests_total\{frontend="http"\} ([0-9]+)$/\1/p' "$dir/shown")
[[ -n $requests ]] && ((requests >= 2)) || fail "the exporter counts \"$requests\" requests"
step "the exporter: up, no line it could not parse, $requests requests"

stop backend-api-1
down_for_the_exporter() {
  curl -fsS "http://127.0.0.1:$(exporter_port)/metrics" |
    grep -qF 'haproxy_server_up{backend="api_pool",server="backend-api-1"} 0'
}
await 'the exporter sees backend-api-1 down' down_for_the_exporter
step 'the exporter sees a killed server go down'
step 'passed'
