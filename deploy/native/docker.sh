# shellcheck shell=bash
# The same stack in containers: docker-compose.yml, with settings from the environment and secrets from the home.

docker_answers() { command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; }

# The default home keeps the plain name; any other gets one of its own, so that two stacks do not meet.
compose() {
  local name=tokensense
  if [[ $HOME_DIR != "$ROOT/.tokensense" ]]; then name=tokensense-$(printf '%s' "$HOME_DIR" | sha256sum | cut -c1-8); fi
  COMPOSE_PROJECT_NAME=$name docker compose -f "$ROOT/docker-compose.yml" --project-directory "$ROOT" "$@"
}

export_compose_settings() {
  POSTGRES_PASSWORD=$(secret POSTGRES_PASSWORD random43)
  RABBITMQ_PASSWORD=$(secret RABBITMQ_PASSWORD random43)
  export POSTGRES_PASSWORD RABBITMQ_PASSWORD
  # The management API of ours is not that of a broker that was given.
  if [[ -n ${ConnectionStrings__RabbitMq:-} ]]; then export RabbitMq__ManagementUrl=${RabbitMq__ManagementUrl:-}; fi
  export_settings
  write_compose_settings
}

# Compose hands on only what its file names: settings with free names (Providers__openai__ApiKey) go by a file of the home.
write_compose_settings() (
  file=$HOME_DIR/settings.env
  : >"$file"
  while IFS= read -r name; do
    case $name in
      ConnectionStrings__* | Services__* | TokenSense__Url | *' '*) ;;
      *__* | OTEL_*) printf "%s='%s'\n" "$name" "${!name//\'/\\\'}" >>"$file" ;;
    esac
  done < <(compgen -e)
)

# What is given, backends or providers, takes the place of ours.
compose_scale() {
  if [[ -n ${ConnectionStrings__Postgres:-} ]]; then printf '%s\n' --scale postgres=0; fi
  if [[ -n ${ConnectionStrings__RabbitMq:-} ]]; then printf '%s\n' --scale rabbitmq=0; fi
  if [[ $WANTED_PROVIDERS != simulated ]]; then printf '%s\n' --scale simulator=0; fi
}

docker_up() {
  local options=(--build -d) scale
  if [[ $DETACH == 0 ]]; then options+=(--wait --wait-timeout 300); fi
  mapfile -t scale < <(compose_scale | tr ' ' '\n')
  export_compose_settings
  if ! compose up "${options[@]}" ${scale[@]+"${scale[@]}"} >&2; then
    compose ps --all >&2 || true
    fail "the containers are not healthy: ./tokensense logs SERVICE shows why"
  fi
}

docker_down() {
  export_compose_settings
  if [[ $PURGE == 1 ]]; then compose --profile tools down --volumes --remove-orphans; else compose --profile tools down --remove-orphans; fi
}

docker_status() {
  local name state health service result=0
  export_compose_settings
  for name in postgres rabbitmq "${PARTS[@]}"; do
    service=$(compose_name "$name")
    if [[ $service == postgres && -n ${ConnectionStrings__Postgres:-} || $service == rabbitmq && -n ${ConnectionStrings__RabbitMq:-} ]]; then
      row "$service" "connection string" given -
      continue
    fi
    IFS=' ' read -r state health < <(compose ps --all --format '{{.State}} {{.Health}}' "$service" 2>/dev/null | head -n 1) || true
    case "${state:-stopped} ${health:-}" in
      "running healthy") row "$service" "$(compose_address "$service")" healthy "$(compose_version "$service")" ;;
      running*) row "$service" "$(compose_address "$service")" unhealthy -; result=1 ;;
      *) row "$service" - "${state:-stopped}" -; result=1 ;;
    esac
    state="" health=""
  done
  return "$result"
}

# KeyRegistry → key-registry
compose_name() { sed -E 's/([a-z])([A-Z])/\1-\2/g' <<<"$1" | tr '[:upper:]' '[:lower:]'; }

compose_address() {
  case $1 in
    dashboard) printf 'http://127.0.0.1:%s' "$CONSOLE_PORT" ;;
    gateway) printf 'http://127.0.0.1:%s' "$GATEWAY_PORT" ;;
    *) printf 'inside' ;;
  esac
}

compose_version() {
  local port
  case $1 in dashboard) port=$CONSOLE_PORT ;; gateway) port=$GATEWAY_PORT ;; *) echo -; return ;; esac
  version_in "$(health_of "$port" || true)"
}

# tools_in_docker COMMAND ARGUMENTS…: a trace file's folder is mounted, its path rewritten.
tools_in_docker() {
  local arguments=() mounts=() file
  while (($# > 0)); do
    case $1 in
      --trace) file=${2:-}; shift ;;
      --trace=*) file=${1#--trace=} ;;
      *) arguments+=("$1"); shift; continue ;;
    esac
    [[ -f $file ]] || fail "there is no trace file '$file'"
    mounts=(--volume "$(cd "$(dirname "$file")" && pwd):/trace:ro")
    arguments+=(--trace "/trace/$(basename "$file")")
    shift
  done
  export_compose_settings
  compose --profile tools run --rm --no-deps ${mounts[@]+"${mounts[@]}"} tools "${arguments[@]}"
}
