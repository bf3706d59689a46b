# What the scripts about docker-compose.yml share; to be sourced. Gives: compose, setting.

compose_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)

# Docker's own compose if there is one, else docker-compose. COMPOSE_PROJECT_NAME and the like are theirs.
compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose --project-directory "$compose_root" --file "$compose_root/docker-compose.yml" "$@"
  else
    docker-compose --project-directory "$compose_root" --file "$compose_root/docker-compose.yml" "$@"
  fi
}

# A variable of docker-compose.yml: of the environment, else of .env, else its default.
setting() { # name default
  local value=${!1-}
  [[ -n $value || ! -r $compose_root/.env ]] || value=$(sed -n "s/^$1=//p" "$compose_root/.env" | tail -n 1)
  echo "${value:-$2}"
}
