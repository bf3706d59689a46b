# What the benches share; to be sourced. The contenders' configurations, nginx as the server behind all of them, ports.
#
# Gives: $root, $jar, $java, $tmp, pid[name], port[name], helpers, need, stop, take_port, await, start_server,
# config_haproxy, config_nginx, config_edge, ticks. Ends what was put into pid and helpers.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
jar=${BENCH_JAR:-$root/target/quarkus-app/quarkus-run.jar}
java=${BENCH_JAVA_HOME:-${JAVA_HOME:-}}
java=${java:+$java/bin/}java

need() { command -v "$1" >/dev/null || { echo "${0##*/} needs $1 (Debian package $2)" >&2; exit 2; }; }
need haproxy haproxy
need nginx nginx
need h2load nghttp2-client
need taskset util-linux
need curl curl
need openssl openssl
need "$java" openjdk-17-jdk-headless
[ "$(nproc)" -ge 2 ] || { echo "${0##*/} needs two cores" >&2; exit 2; }
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" -ge 12000 ] || { echo "${0##*/} needs ulimit -n 12000 or more" >&2; exit 2; }

tmp=$(mktemp -d)
declare -A pid=() port=()
helpers=()

stop() { # pid...: ends them, and does not return before they are gone
    local p
    for p in "$@"; do kill "$p" 2>/dev/null || true; done
    for p in "$@"; do wait "$p" 2>/dev/null || true; done
}
trap 'stop "${pid[@]}" "${helpers[@]}"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# Ports are taken below the ephemeral range, where no connection of the load itself can sit on them.
next_port=$((20000 + RANDOM % 8000))
take_port() { # sets REPLY
    while next_port=$((next_port + 1)); (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do :; done
    REPLY=$next_port
}

await() { # name url: until it answers 200, at most 30 s
    local i
    for ((i = 0; i < 300; i++)); do
        [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "$2" || true)" = 200 ] && return
        sleep 0.1
    done
    echo "$1 does not answer at $2:" >&2
    tail -n 20 "$tmp/$1.log" >&2
    exit 1
}

server_addresses() { # count: one address each, all of them the one nginx; loopback has room for it
    local i
    for ((i = 0; i < $1; i++)); do echo "127.1.$((i / 250)).$((i % 250 + 1)):$server_port"; done
}

# Certificate and key of all contenders' TLS: ECDSA with P-256, as is issued most these days.
make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bench \
        -addext subjectAltName=DNS:bench,IP:127.0.0.1 -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>"$tmp/openssl.log"
    cat "$tmp/cert.pem" "$tmp/key.pem" >"$tmp/both.pem"
}

start_server() {
    make_certificate
    take_port; server_port=$REPLY
    mkdir -p "$tmp/www"
    head -c 10240 /dev/zero | tr '\0' x >"$tmp/www/10k"
    head -c 1048576 /dev/zero | tr '\0' x >"$tmp/www/1m"
    {
        cat <<CONF
daemon off; master_process off; pid $tmp/server.pid; error_log stderr crit; worker_rlimit_nofile 12000;
events { worker_connections 12000; }
http {
    access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; sendfile on; tcp_nopush on;
    server {
        root $tmp/www; default_type text/plain;
CONF
        server_addresses 1000 | sed 's/.*/listen &;/'
        echo "location = /128b { return 200 $(head -c 128 /dev/zero | tr '\0' x); }"
        echo "location = /health { return 200 ok; } } }"
    } >"$tmp/server.conf"
    taskset -c 1 nginx -c "$tmp/server.conf" 2>"$tmp/server.log" & helpers+=($!)
    await server "http://127.1.0.1:$server_port/health"
    take_port; echo_port=$REPLY
    taskset -c 1 "$java" -XX:+UseSerialGC "$here/java/Load.java" echo port="$echo_port" seconds=7200 >"$tmp/echo.log" 2>&1 &
    helpers+=($!)
}

config_haproxy() { # servers port [port with TLS]
    cat <<CONF
global
    nbthread 1
    # By itself it reckons with two descriptors a connection and would refuse to start; ours wait most of the time.
    no strict-limits
    maxconn 11000
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 30s
    timeout tunnel 1h
    option forwardfor
    http-reuse always
frontend edge
    bind 127.0.0.1:$2
    ${3:+bind 127.0.0.1:$3 ssl crt $tmp/both.pem alpn h2,http/1.1}
    use_backend echo if { path_beg /ws }
    default_backend web
backend echo
    cookie SERVERID insert indirect nocache
    server e1 127.0.0.1:$echo_port cookie e1
backend web
    balance roundrobin
    cookie SERVERID insert indirect nocache
    option httpchk GET /health
CONF
    server_addresses "$1" | awk '{ print "    server s" NR " " $0 " cookie s" NR " check inter 5s" }'
}

config_nginx() { # servers port [port with TLS]
    cat <<CONF
daemon off; worker_processes 1; pid $tmp/nginx.pid; error_log stderr crit; worker_rlimit_nofile 12000;
events { worker_connections 12000; }
http {
    access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
    proxy_http_version 1.1;
    proxy_set_header Host \$host;
    proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
    upstream echo { server 127.0.0.1:$echo_port; }
    upstream web {
        keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 1h;
CONF
    server_addresses "$1" | sed 's/.*/server &;/'
    cat <<CONF
    }
    server {
        listen 127.0.0.1:$2;
        ${3:+listen 127.0.0.1:$3 ssl http2; ssl_certificate $tmp/cert.pem; ssl_certificate_key $tmp/key.pem;}
        ${3:+ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:10m;}
        location / { proxy_set_header Connection ""; proxy_pass http://web; }
        location /ws {
            proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection upgrade; proxy_pass http://echo;
        }
    }
}
CONF
}

# The format of the access log while the row is one of log-*.
log_format=off

config_edge() { # servers port [port with TLS]
    take_port
    cat <<CONF
quarkus.http.port=$REPLY
edge.listen.host=127.0.0.1
edge.listen.http=$2
${3:+edge.listen.https=$3}
${3:+edge.tls.cert-path=$tmp/both.pem}
edge.admin.socket=
edge.threads=1
edge.access-log.format=$log_format
edge.access-log.target=$tmp/access.log
edge.default-pool=web
edge.routes.echo.pool=echo
edge.routes.echo.path-prefixes=/ws
edge.pools.echo.sticky-cookie.enabled=true
edge.pools.echo.sticky-cookie.name=SERVERID
edge.pools.echo.health.enabled=false
edge.pools.echo.servers.e1.address=127.0.0.1:$echo_port
edge.pools.web.sticky-cookie.enabled=true
edge.pools.web.sticky-cookie.name=SERVERID
edge.pools.web.health.path=/health
CONF
    server_addresses "$1" | awk '{ print "edge.pools.web.servers.s" NR ".address=" $0 }'
}

ticks() { # pid: CPU of the process and its children in clock ticks
    local p t=0
    for p in "$1" $(cat "/proc/$1/task/$1/children"); do
        t=$((t + $(sed 's/.*) //' "/proc/$p/stat" | awk '{ print $12 + $13 }')))
    done
    echo "$t"
}
