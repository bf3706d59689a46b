#!/usr/bin/env bash
# A body costs no memory, however long: 10 GB down, 5 GB up, and readers that stop reading. The edge's peak stays within
# 64 MB of what it took before.
#
#   src/test/faults/memory.sh [gigabytes down] [gigabytes up]
#
# Needs a JDK 17 and curl. Exit status: 0 if every step held, 1 if one did not.
source "$(dirname "$0")/common.sh"

down=${1:-10}
up=${2:-5}
readers=50
allowed=$((64 * 1024))      # KiB

memory() { # field of /proc/PID/status: VmRSS now, VmHWM at its peak; KiB
  awk -v field="$1:" '$1 == field { print $2 }' "/proc/${pid[edge]}/status"
}

# The peak since the last call, above what the edge took at rest.
check_peak() { # what it was
  local grown=$(($(memory VmHWM) - idle))
  ((grown <= allowed)) || fail "$1: the edge took $((grown / 1024)) MB more than before"
  step "$1: at most $((grown / 1024)) MB more than before"
  echo 5 >"/proc/${pid[edge]}/clear_refs"
}

# GET of a body that is thrown away, of which every byte must come.
download() { # bytes
  local got
  got=$(curl --silent --max-time 120 --output /dev/null --write-out '%{http_code} %{size_download}' \
    "http://127.0.0.1:$edge_port/api/v1/bytes/$1") || true
  [[ $got == "200 $1" ]] || fail "a GET of $1 bytes gave status and bytes $got"
}

# POST of a body that the server reads to its end and throws away; a login of that size it refuses then.
upload() { # bytes
  local got
  got=$(head -c "$1" /dev/zero | curl --silent --max-time 120 --output /dev/null --write-out '%{http_code} %{size_upload}' \
    --header 'Expect:' --header 'Transfer-Encoding: chunked' --request POST --upload-file - \
    "http://127.0.0.1:$edge_port/api/v1/login") || true
  # What was sent counts the framing of the chunks, too.
  [[ ${got% *} == 400 ]] && ((${got#* } >= $1)) || fail "a POST of $1 bytes gave status and bytes $got"
}

start_api backend-api-1 0
# The heap is taken whole at the start, so that what grows is growth.
start_edge -Xms256m -Xmx256m -XX:+AlwaysPreTouch
await 'a GET through the edge' answers_200
for _ in 1 2 3; do
  download $((200 * 1000 * 1000))
  upload $((200 * 1000 * 1000))
done
idle=$(memory VmRSS)
echo 5 >"/proc/${pid[edge]}/clear_refs"
step "the edge takes $((idle / 1024)) MB after a warm-up"

download $((down * 1000 * 1000 * 1000))
check_peak "$down GB down"

upload $((up * 1000 * 1000 * 1000))
check_peak "$up GB up"

# Each asks for more than any socket holds, and reads nothing.
stalled=()
for ((i = 0; i < readers; i++)); do
  exec {reader}<>"/dev/tcp/127.0.0.1/$edge_port"
  printf 'GET /api/v1/bytes/%d HTTP/1.1\r\nHost: a\r\n\r\n' $((10 * 1000 * 1000 * 1000)) >&"$reader"
  stalled+=("$reader")
done
sleep 3
answers_200 || fail 'the edge does not answer while readers stall'
check_peak "$readers stalled readers of 10 GB each"
for reader in "${stalled[@]}"; do
  exec {reader}>&-
done
step 'passed'
