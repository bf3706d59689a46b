# What the scripts of TLS and HTTP/2 share; to be sourced after ../faults/common.sh. Authorities and certificates made by
# openssl, and the edge with an HTTPS listener. Gives: need, authority, leaf, revoke, start_tls_edge, $tls_port, metric.

need() { # commands...
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || fail "$command is missing"
  done
}

quietly() { # command...: what it says only if it fails
  "$@" >"$dir/quietly" 2>&1 || { cat "$dir/quietly" >&2; fail "$1 $2"; }
}

# An authority: NAME.pem and NAME.key.
authority() { # name
  quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 60 -subj "/CN=$1 of a test" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$dir/$1.key" -out "$dir/$1.pem"
  mkdir -p "$dir/$1.db"
  : >"$dir/$1.db/index"
  printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\ndefault_md=sha256\ndefault_crl_days=30\n' "$dir/$1.db" >"$dir/$1.db/conf"
}

# A certificate of 90 days with its key and chain in one file, made/FILE.pem.
leaf() { # authority, name, file
  local made=$dir/made/$3
  mkdir -p "$dir/made"
  quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$made.key" -out "$made.csr"
  printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n' "$2" >"$made.ext"
  quietly openssl x509 -req -in "$made.csr" -CA "$dir/$1.pem" -CAkey "$dir/$1.key" -CAcreateserial -days 90 -sha256 \
    -extfile "$made.ext" -out "$made.crt"
  cat "$made.crt" "$dir/$1.pem" "$made.key" >"$made.pem"
}

# Revokes a certificate, and writes the authority's list: NAME.crl.
revoke() { # authority, file
  local ca=(openssl ca -config "$dir/$1.db/conf" -cert "$dir/$1.pem" -keyfile "$dir/$1.key")
  quietly "${ca[@]}" -revoke "$dir/made/$2.crt"
  quietly "${ca[@]}" -gencrl -out "$dir/$1.crl"
}

# As start_edge, with HTTPS besides. edge.tls.cert-path is among the settings.
start_tls_edge() { # JVM options and settings...
  start_edge -Dedge.listen.https=0 "$@"
  await 'the edge listens for HTTPS' port_of edge ' https on [^ ]*:' >/dev/null
  tls_port=$(port_of edge ' https on [^ ]*:')
  await 'the management address is there' port_of edge 'Listening on: [^ ]*:' >/dev/null
  management_port=$(port_of edge 'Listening on: [^ ]*:')
  await 'the server is up' answers
}

# Whether the server is reached: HTTP may be redirected.
answers() {
  [[ $(status_of /api/v1/whoami) =~ ^(200|308)$ && $(server_state api_pool backend-api-1) == UP* ]]
}

# The sum of a metric's samples whose labels hold the text, as a whole number.
metric() { # name, text
  curl --silent --max-time 5 "http://127.0.0.1:$management_port/metrics" \
    | awk -v name="$1" -v text="$2" '($1 ~ "^" name "({|$)") && index($0, text) { sum += $NF } END { printf "%d", sum }'
}
