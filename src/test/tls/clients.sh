#!/usr/bin/env bash
# TLS and HTTP/2 as real clients speak them, and certificates that change under them (fault 30): curl, nghttp, h2load and
# openssl against the packaged edge, then sslscan and testssl.sh, which must find nothing of severity MEDIUM or worse.
#
#   src/test/tls/clients.sh [--without-testssl]
#
# Needs a JDK 17, curl with HTTP/2, openssl, nghttp2-client, socat, jq, sslscan and testssl.sh. Exit status: 0 if every step
# held, 1 if one did not.
# shellcheck source=../faults/common.sh
source "$(dirname "$0")/../faults/common.sh"
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

need curl openssl nghttp h2load socat jq sslscan testssl

# Of what testssl.sh finds these cannot be otherwise with a certificate that was made a moment ago by an authority nobody knows:
# no chain to a root that it trusts, and no revocation, OCSP or transparency. What it says of the connection's own is
# judged.
not_of_a_test_authority='^(cert_chain_of_trust|cert_caIssuers|cert_crlDistributionPoints|cert_ocspURL|cert_revocation|cert_notRevoked|OCSP_stapling|certificate_transparency|DNS_CAArecord|overall_grade)'

s_client() { # arguments...: what openssl says, with an empty request
  timeout 20 openssl s_client -connect "127.0.0.1:$tls_port" -CAfile "$dir/ca.pem" "$@" </dev/null 2>&1 | tr -d "\000" || true
}

says() { # text, expression: must be there
  grep -qE "$2" <<<"$1" || { echo "$1" >&2; fail "openssl does not say $2"; }
}

served() { # name: the subject of the certificate that a new handshake gets
  s_client -servername "$1" | sed -nE 's/^subject=CN ?= ?//p'
}

serves() { # name, subject
  [[ $(served "$1") == "$2" ]]
}

# --- start ---------------------------------------------------------------------------------------------------------------
mkdir "$dir/certs" "$dir/made"
authority ca
leaf ca a.test a && cat "$dir/made/a.pem" >"$dir/certs/a.pem"
leaf ca b.test b && cat "$dir/made/b.pem" >"$dir/certs/b.pem"
start_api backend-api-1 0
start_tls_edge -Dedge.tls.cert-path="$dir/certs" -Dedge.tls.redirect-http=true -Dedge.tls.hsts.max-age=365d \
  -Dedge.tls.hsts.include-subdomains=true
step "the edge listens on $tls_port with two certificates: $(grep -oE 'TLS by [A-Za-z]+' "$dir/edge.log" | head -n 1)"
url=https://a.test:$tls_port/api/v1
get() { # arguments of curl...
  curl --silent --show-error --fail --max-time 20 --cacert "$dir/ca.pem" --resolve "a.test:$tls_port:127.0.0.1" \
    --resolve "b.test:$tls_port:127.0.0.1" "$@"
}

# --- curl ----------------------------------------------------------------------------------------------------------------
get --http1.1 --output "$dir/one" --write-out '%{http_version}\n' "$url/bytes/1048576" | grep -qx 1.1 || fail 'curl by HTTP/1.1'
get --http2 --output "$dir/two" --write-out '%{http_version}\n' "$url/bytes/1048576" | grep -qx 2 || fail 'curl by HTTP/2'
[[ $(stat -c %s "$dir/one") == 1048576 ]] || fail "1 MB has $(stat -c %s "$dir/one") bytes"
curl --silent --fail --output "$dir/plain" "http://127.0.0.1:$(port_of backend-api-1 'listens on port ')/api/v1/bytes/1048576"
cmp "$dir/plain" "$dir/one" && cmp "$dir/plain" "$dir/two" || fail 'a body is not what the server sent'
step 'curl by HTTP/1.1 and HTTP/2: 1 MB, byte for byte'
head -c 200000 /dev/urandom | base64 >"$dir/upload"
for version in --http1.1 --http2; do
  status=$(curl --silent --max-time 20 --cacert "$dir/ca.pem" --resolve "a.test:$tls_port:127.0.0.1" $version --output /dev/null \
    --write-out '%{http_code} %{size_upload}' --data-binary "@$dir/upload" "$url/login") || true
  [[ $status == "400 $(stat -c %s "$dir/upload")" ]] || fail "an upload gave $status"
done
step 'uploads by both are taken whole'

# --- nghttp, h2load --------------------------------------------------------------------------------------------------------
nghttp --no-verify-peer --stat --null-out "https://127.0.0.1:$tls_port/api/v1/whoami" \
  "https://127.0.0.1:$tls_port/api/v1/bytes/100000" >"$dir/nghttp.log" 2>&1 || { cat "$dir/nghttp.log"; fail 'nghttp'; }
[[ $(grep -cE ' 200 +[0-9.]+K? /api/' "$dir/nghttp.log") == 2 ]] || { cat "$dir/nghttp.log"; fail 'nghttp did not get both'; }
h2load --requests=10000 --clients=20 --max-concurrent-streams=20 --threads=1 \
  "https://127.0.0.1:$tls_port/api/v1/whoami" >"$dir/h2load.log" 2>&1 || fail 'h2load'
grep -qE '10000 succeeded, 0 failed, 0 errored, 0 timeout' "$dir/h2load.log" || { cat "$dir/h2load.log"; fail 'h2load lost requests'; }
grep -qE '^status codes: 10000 2xx' "$dir/h2load.log" || { cat "$dir/h2load.log"; fail 'h2load did not get 200'; }
step "nghttp: two requests; h2load: $(grep -E '^requests:' "$dir/h2load.log")"

# --- openssl -------------------------------------------------------------------------------------------------------------
for version in 1_2 1_3; do
  session=$(s_client -tls$version -servername a.test -alpn h2,http/1.1 -verify_return_error)
  says "$session" "TLSv${version/_/.}"
  says "$session" 'Verify(cation: OK| return code: 0)'
  says "$session" 'ALPN protocol: h2'
  session=$(s_client -tls$version -servername a.test -alpn http/1.1)
  says "$session" 'ALPN protocol: http/1.1'
  session=$(s_client -tls$version -servername a.test)
  says "$session" 'No ALPN negotiated'
  # TLS 1.3 gives its ticket after the handshake: the answer to a request is waited for.
  printf 'GET /api/v1/whoami HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n' >"$dir/request"
  (cat "$dir/request"; sleep 1) | timeout 20 openssl s_client -connect "127.0.0.1:$tls_port" -tls$version -servername a.test \
    -sess_out "$dir/session$version" >/dev/null 2>&1 || true
  says "$(s_client -tls$version -servername a.test -sess_in "$dir/session$version")" '^Reused, '
  step "TLS ${version/_/.}: verified, ALPN, resumed by its ticket"
done
for version in 1 1_1; do
  says "$(s_client -tls$version -cipher 'ALL:@SECLEVEL=0' -servername a.test)" 'alert protocol version|no protocols available|wrong version|Cipher is \(NONE\)'
done
[[ $(served a.test) == a.test && $(served b.test) == b.test && $(served c.test) == a.test ]] || fail 'SNI'
step 'SNI: each name its certificate, an unknown one the first; no TLS 1.0 and 1.1'

# --- redirect and HSTS -----------------------------------------------------------------------------------------------------
redirected=$(curl --silent --output /dev/null --write-out '%{http_code} %{redirect_url}' --header 'Host: a.test' \
  "http://127.0.0.1:$edge_port/api/v1/whoami?x=1")
[[ $redirected == "308 https://a.test"*"/api/v1/whoami?x=1" ]] || fail "HTTP is answered with $redirected"
for version in --http1.1 --http2; do
  get $version --head "$url/whoami" | tr -d '\r' | grep -qix 'strict-transport-security: max-age=31536000; includeSubDomains' \
    || fail "no HSTS with $version"
done
step "redirect: $redirected; HSTS on both"

# --- rotation (fault 30) ---------------------------------------------------------------------------------------------------
serial() { # of the certificate for a.test
  s_client -servername a.test | openssl x509 -noout -serial
}

first=$(serial)
# A connection from before, of which requests are asked as the script goes on.
mkfifo "$dir/ask"
openssl s_client -quiet -connect "127.0.0.1:$tls_port" -servername a.test <"$dir/ask" >"$dir/answers" 2>"$dir/s_client.log" &
pid[open]=$!
exec {ask}>"$dir/ask"
asked=0
ask_again() {
  asked=$((asked + 1))
  printf 'GET /api/v1/whoami HTTP/1.1\r\nHost: a.test\r\n\r\n' >&"$ask"
  answered() { [[ $(grep -c "^HTTP/1.1 200" "$dir/answers" 2>/dev/null) == "$asked" ]]; }
  await 'an answer on the connection from before' answered
}

ask_again
leaf ca a.test a2
changed=$(date +%s%N)
mv "$dir/made/a2.pem" "$dir/certs/a.pem"
rotated() { [[ $(serial) != "$first" ]]; }
await 'the new certificate' rotated
took=$((($(date +%s%N) - changed) / 1000000))
((took <= 5000)) || fail "the new certificate came after $took ms"
second=$(serial)
ask_again
step "a new certificate is in use $took ms after its file came; the connection from before lives on"

refused_before=$(metric edge_listener_certificate_reloads_total 'result="refused"')
cp "$dir/certs/a.pem" "$dir/made/good.pem"
{ head -c 200 "$dir/made/good.pem"; echo broken; } >"$dir/certs/a.pem"
refused() { (($(metric edge_listener_certificate_reloads_total 'result="refused"') > refused_before)); }
await 'the broken file is counted' refused
[[ $(serial) == "$second" ]] || fail 'the broken file took the place of the old certificate'
(($(metric edge_listener_certificate_files_refused '') >= 1)) || fail 'the gauge of refused files is 0'
grep -E 'WARN|ERROR' "$dir/edge.log" | grep -q 'a\.pem' || fail 'the log does not say that the file is broken'
step "a broken file keeps the old one, is counted and logged: $(grep -E 'WARN|ERROR' "$dir/edge.log" | grep 'a\.pem' | tail -n 1 | cut -c 1-150)"

# A key that is another certificate's is no better.
{ openssl x509 -in "$dir/made/good.pem"; sed -n '/PRIVATE KEY/,/PRIVATE KEY/p' "$dir/certs/b.pem"; } >"$dir/certs/a.pem"
refused_before=$(metric edge_listener_certificate_reloads_total 'result="refused"')
await 'the mismatched file is counted' refused
[[ $(serial) == "$second" ]] || fail 'a mismatched key took the place of the old certificate'
cp "$dir/made/good.pem" "$dir/certs/a.pem"
mended() { (($(metric edge_listener_certificate_files_refused '') == 0)); }
await 'the mended file is taken' mended
ask_again
step 'so does a key of another certificate; mended, and the connection from before lives on'
exec {ask}>&-
wait "${pid[open]}" 2>/dev/null || true
unset "pid[open]"

# --- scanners --------------------------------------------------------------------------------------------------------------
# Heartbleed is left to testssl.sh: sslscan waits a minute for an answer that never comes.
sslscan --no-colour --no-heartbleed --sni-name=a.test "127.0.0.1:$tls_port" >"$dir/sslscan.log" 2>&1 || fail 'sslscan'
grep -qE '^(SSLv2|SSLv3|TLSv1\.0|TLSv1\.1) +enabled' "$dir/sslscan.log" && { cat "$dir/sslscan.log"; fail 'an old protocol is enabled'; }
[[ $(grep -cE '^TLSv1\.[23] +enabled' "$dir/sslscan.log") == 2 ]] || { cat "$dir/sslscan.log"; fail 'TLS 1.2 and 1.3 are not both enabled'; }
grep -E '^(Preferred|Accepted)' "$dir/sslscan.log" | grep -qiE 'RC4|DES|MD5|NULL|EXPORT|anon|CBC|-SHA( |$)| (40|56|112) bits' \
  && { cat "$dir/sslscan.log"; fail 'a weak cipher is accepted'; }
step "sslscan: TLS 1.2 and 1.3 only, $(grep -cE '^(Preferred|Accepted)' "$dir/sslscan.log") ciphers, none of them weak"

if [[ ${1:-} != --without-testssl ]]; then
  # Clients are not simulated: what they would get follows from protocols and ciphers, which are judged.
  ADDITIONAL_CA_FILES=$dir/ca.pem timeout 240 testssl --quiet --color 0 --ip 127.0.0.1 --nodns none --warnings off --openssl-timeout 5 \
    --protocols --std --server-defaults --server-preference --fs --headers --vulnerable \
    --jsonfile "$dir/testssl.json" "a.test:$tls_port" >"$dir/testssl.log" 2>&1 || true
  judged=$(jq 'length' "$dir/testssl.json" 2>/dev/null) || fail "testssl.sh said nothing: $(tail -n 5 "$dir/testssl.log")"
  jq -e 'any(.[]; .id == "TLS1_3")' "$dir/testssl.json" >/dev/null || { tail "$dir/testssl.log"; fail 'testssl.sh did not reach the edge'; }
  found=$(jq -r --arg not "$not_of_a_test_authority" '.[] | select(.severity | IN("MEDIUM", "HIGH", "CRITICAL", "FATAL"))
    | select(.id | test($not) | not) | "\(.severity) \(.id): \(.finding)"' "$dir/testssl.json")
  [[ -z $found ]] || { echo "$found" >&2; fail 'testssl.sh found something of severity MEDIUM or worse'; }
  step "testssl.sh: $judged findings, none of severity MEDIUM or worse"
fi

# --- client certificates ---------------------------------------------------------------------------------------------------
stop edge
authority people
leaf people alice alice
leaf people mallory mallory
authority strangers
leaf strangers stranger stranger
revoke people mallory
start_tls_edge -Dedge.tls.cert-path="$dir/certs" -Dedge.tls.client-auth=required -Dedge.tls.client-ca="$dir/people.pem" \
  -Dedge.tls.client-crl="$dir/people.crl"
url=https://a.test:$tls_port/api/v1
for version in --http1.1 --http2; do
  get $version --cert "$dir/made/alice.pem" --output "$dir/echo" "$url/whoami" || fail 'a client with a good certificate is refused'
  get $version --output /dev/null "$url/whoami" 2>/dev/null && fail 'a client without a certificate is served'
  get $version --cert "$dir/made/mallory.pem" --output /dev/null "$url/whoami" 2>/dev/null && fail 'a revoked certificate is served'
  get $version --cert "$dir/made/stranger.pem" --output /dev/null "$url/whoami" 2>/dev/null && fail "a stranger's certificate is served"
done
failures() { (($(metric edge_listener_handshakes_failed_total 'reason="client_certificate"') >= 4)); }
await 'refused handshakes are counted' failures
step 'client certificates: a good one is served; none, a revoked one and a stranger are not, and are counted'
step 'passed'
