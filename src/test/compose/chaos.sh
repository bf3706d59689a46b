#!/usr/bin/env bash
# Breaks one lab server after the other, each in another way, until it is stopped; the profile `chaos` of docker-compose.yml.
#
#   src/test/compose/chaos.sh SECONDS HOST:PORT...
#
# By the lab's own fault API, so that it needs bash and a network and no rights. A fault lasts SECONDS, then the server has
# as long to come back. A server that has gone by `exit` is left to its restart policy.
set -euo pipefail

(($# >= 2)) && [[ $1 =~ ^[1-9][0-9]*$ ]] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
period=$1
shift
servers=("$@")
faults=('slow&ms=800' exit 500 unhealthy reset hang 'slow&ms=3000')

say() { echo "$(date -u +%H:%M:%S) $*"; }

# Sends one request to a server's fault API and prints the status of the answer.
fault() { # method host:port query
  local status
  { exec 3<>"/dev/tcp/${2%:*}/${2##*:}"; } 2>/dev/null || return 1
  printf '%s /fault%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$1" "$3" "$2" >&3
  IFS=' ' read -r -t 5 _ status _ <&3 || status=none
  exec 3>&-
  [[ $status == 200 ]]
}

# Whatever stops this, no server is left broken.
clear_all() {
  for server in "${servers[@]}"; do fault DELETE "$server" '' || true; done
}
trap clear_all EXIT
trap 'exit 0' INT TERM

# Sleeps so that a signal is heard at once.
rest() {
  sleep "$period" &
  wait $!
}

for ((i = 0; ; i++)); do
  server=${servers[i % ${#servers[@]}]}
  kind=${faults[i % ${#faults[@]}]}
  if fault POST "$server" "?kind=$kind"; then
    say "$server: $kind"
    rest
    fault DELETE "$server" '' && say "$server: as before" || say "$server: is not there"
  else
    say "$server: does not answer"
  fi
  rest
done
