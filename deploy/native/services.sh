# shellcheck shell=bash
# The .NET processes: built once, run from copies that nobody writes to, restarted only when something changed.

# Each is services/NAME/TokenSense.NAME.csproj.
SERVICES=(KeyRegistry Metering Budgets Notifier Gateway Dashboard)

# choose_parts PROVIDERS: sets PARTS, what runs with those providers.
choose_parts() {
  PARTS=("${SERVICES[@]}")
  if [[ $1 == simulated ]]; then PARTS=(Simulator "${SERVICES[@]}"); fi
}

HEALTHY_WITHIN_S=90
# A little more than a host gives its own parts to end.
STOPPED_WITHIN_S=25

# --- what they are told ------------------------------------------------------------------------------------------

service_port() {
  case $1 in
    Dashboard) printf '%s' "$CONSOLE_PORT" ;;
    Gateway) printf '%s' "$GATEWAY_PORT" ;;
    *) port "${1^^}_PORT" "$1" ;;
  esac
}

service_url() { printf 'http://127.0.0.1:%s' "$(service_port "$1")"; }

# Settings reach processes by the environment alone: an argument could be read by everybody on the machine.
export_settings() {
  local line service
  export TOKENSENSE_HOME=$HOME_DIR TOKENSENSE_CONSOLE_PORT=$CONSOLE_PORT TOKENSENSE_GATEWAY_PORT=$GATEWAY_PORT
  export TOKENSENSE_PUBLIC_URL=${TOKENSENSE_PUBLIC_URL:-http://127.0.0.1:$CONSOLE_PORT}
  export TOKENSENSE_OWNER_EMAIL=${TOKENSENSE_OWNER_EMAIL:-owner@localhost}
  if [[ -z ${TOKENSENSE_OWNER_PASSWORD:-} ]]; then
    TOKENSENSE_OWNER_PASSWORD=$(secret TOKENSENSE_OWNER_PASSWORD random24)
    # shellcheck disable=SC2034 # read by print_addresses
    OWNER_PASSWORD_IS_OURS=1
  fi
  if [[ -z ${TOKENSENSE_GATEWAY_TOKEN:-} ]]; then TOKENSENSE_GATEWAY_TOKEN=$(secret TOKENSENSE_GATEWAY_TOKEN gateway_token); fi
  export TOKENSENSE_OWNER_PASSWORD TOKENSENSE_GATEWAY_TOKEN
  export_providers
  [[ $MODE == native ]] || return 0

  line=$("$ROOT/deploy/backends" env "$HOME_DIR") || exit 1
  while IFS= read -r line; do export "${line?}"; done <<<"$line"
  for service in "${SERVICES[@]}"; do
    case $service in
      Dashboard | Gateway) ;;
      *) line=$(service_url "$service"); export "Services__$service=$line" ;;
    esac
  done
  export TokenSense__Url=http://127.0.0.1:$CONSOLE_PORT
  export TOKENSENSE_CONSOLE_URL=http://127.0.0.1:$CONSOLE_PORT TOKENSENSE_GATEWAY_URL=http://127.0.0.1:$GATEWAY_PORT
  export ASPNETCORE_ENVIRONMENT=${ASPNETCORE_ENVIRONMENT:-Production} DOTNET_ENVIRONMENT=${DOTNET_ENVIRONMENT:-Production}
  export DOTNET_gcServer=${DOTNET_gcServer:-0} DOTNET_GCConserveMemory=${DOTNET_GCConserveMemory:-5}
  export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
}

# A service sees its settings and what every process needs, and nothing else of the caller's environment.
forget_the_rest() {
  local name
  unset TOKENSENSE_MODE TOKENSENSE_TEST_HOME TOKENSENSE_BACKENDS_SCRIPT ASPNETCORE_HTTP_PORTS ASPNETCORE_HTTPS_PORTS
  while IFS= read -r name; do
    case $name in
      PATH | HOME | USER | LOGNAME | LANG | LC_* | TZ | TMPDIR | SSL_CERT_* | *_PROXY | *_proxy) ;;
      *__* | TOKENSENSE_* | OTEL_* | ASPNETCORE_* | DOTNET_*) ;;
      *) unset "$name" ;;
    esac
  done < <(compgen -e)
}

# What makes a restart necessary when it changes. PATH and the like differ from terminal to terminal and do not.
settings_fingerprint() (
  forget_the_rest
  env -0 | grep -zE '^([A-Za-z0-9_.-]*__|TOKENSENSE_|OTEL_|ASPNETCORE_|DOTNET_(gc|GC|Tiered|System|ENVIRONMENT))' \
    | LC_ALL=C sort -z | sha256sum | cut -c1-16
)

# --- build -------------------------------------------------------------------------------------------------------

project_of() {
  case $1 in
    Tools) printf 'tools/TokenSense.Tools/TokenSense.Tools.csproj' ;;
    Simulator) printf 'tests/TokenSense.Simulator/TokenSense.Simulator.csproj' ;;
    *) printf 'services/%s/TokenSense.%s.csproj' "$1" "$1" ;;
  esac
}

need_dotnet() {
  command -v dotnet >/dev/null || fail "the .NET SDK 10 is missing: https://dotnet.microsoft.com/download"
}

sources_fingerprint() {
  (
    cd "$ROOT" || exit 1
    dotnet --version
    find contracts services docs/guide tools tests/TokenSense.Simulator Directory.* global.json \
      -type d \( -name bin -o -name obj -o -name node_modules \) -prune -o -type f -print0 \
      | LC_ALL=C sort -z | xargs -0 sha256sum
  ) | sha256sum | cut -c1-16
}

# Our builds take turns. Servers that outlive a build would keep our locks, and the commit in every assembly would
# restart every service after every commit.
dotnet_build() {
  exec 9<"$ROOT/services"
  flock -n 9 || { say "Waiting for another build of $ROOT …"; flock 9; }
  local result=0
  (
    cd "$ROOT"
    export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0
    export IncludeSourceRevisionInInformationalVersion=false DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
    dotnet "$@" </dev/null 7>&- 8>&- 9>&-
  ) || result=$?
  exec 9<&-
  return "$result"
}

build() {
  local sources part parts=() projects="" log=$LOGS/build.log began=$SECONDS
  sources=$(sources_fingerprint)
  for part in "${SERVICES[@]}" Simulator Tools; do
    [[ -f $ROOT/$(project_of "$part") ]] || fail "$(project_of "$part") is missing"
    parts+=("$part")
    projects+="$ROOT/$(project_of "$part");"
  done
  if [[ $sources == "$(recall local.env SOURCES)" ]]; then
    for part in "${parts[@]}"; do [[ -d $(app_of "$part") ]] || sources=incomplete; done
    if [[ $sources != incomplete ]]; then return; fi
    sources=$(sources_fingerprint)
  fi
  say "Building …"
  for part in "${parts[@]}"; do rm -rf "$ROOT/$(dirname "$(project_of "$part")")"/bin/Release/*/publish; done
  # By the environment, where a semicolon needs no quoting.
  if ! PUBLISH_PROJECTS=${projects%;} dotnet_build msbuild "$ROOT/deploy/native/publish.proj" -nologo -m -v:minimal >"$log" 2>&1; then
    grep -E 'error|warn' "$log" | sort -u | head -n 30 >&2 || tail -n 30 "$log" >&2
    fail "the build failed, see $log"
  fi
  for part in "${parts[@]}"; do keep_copy "$part"; done
  record local.env SOURCES "$sources"
  say "  built in $((SECONDS - began)) s"
}

# A rebuild must not change the assemblies under a running process: each content has a folder of its own.
keep_copy() {
  local part=$1 from hash place=$HOME_DIR/app/$1
  from=$(printf '%s\n' "$ROOT/$(dirname "$(project_of "$part")")"/bin/Release/*/publish | tail -n 1)
  [[ -f $from/TokenSense.$part.dll ]] || fail "the build of $part left nothing in $from"
  hash=$(cd "$from" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
  if [[ ! -d $place/$hash ]]; then
    mkdir -p "$place"
    rm -rf "$place/incoming"
    cp -R "$from" "$place/incoming"
    mv "$place/incoming" "$place/$hash"
  fi
  printf '%s' "$hash" >"$place/current"
}

app_of() { printf '%s/app/%s/%s' "$HOME_DIR" "$1" "$(cat "$HOME_DIR/app/$1/current" 2>/dev/null || echo none)"; }

remove_old_copies() {
  local current copy
  for current in "$HOME_DIR"/app/*/current; do
    for copy in "${current%/*}"/*/; do
      copy=${copy%/}
      [[ ${copy##*/} == "$(<"$current")" ]] && continue
      # A demo may still run from it.
      if ! readlink /proc/[0-9]*/cwd 2>/dev/null | grep -qxF "$copy" && ! grep -qzF "$copy/" /proc/[0-9]*/cmdline 2>/dev/null; then rm -rf "$copy"; fi
    done
  done
}

# --- run ---------------------------------------------------------------------------------------------------------

# The ports that people know are not re-picked: a taken one is an error.
check_public_ports() {
  local service chosen name
  for service in Dashboard Gateway; do
    chosen=$(service_port "$service")
    if [[ $service == Dashboard ]]; then name=TOKENSENSE_CONSOLE_PORT; else name=TOKENSENSE_GATEWAY_PORT; fi
    if ! [[ $chosen =~ ^[1-9][0-9]{0,4}$ ]] || ((chosen > 65535)); then fail "$name=$chosen is not a port"; fi
    if alive "$service" && [[ $(cat "$RUN/$service.port" 2>/dev/null) == "$chosen" ]]; then continue; fi
    if listening "$chosen"; then
      fail "port $chosen is taken by another program: stop it, or choose another port with $name (environment or .env)"
    fi
  done
  [[ $CONSOLE_PORT != "$GATEWAY_PORT" ]] || fail "TOKENSENSE_CONSOLE_PORT and TOKENSENSE_GATEWAY_PORT are both $CONSOLE_PORT"
}

wanted() { printf '%s %s' "$(basename "$(app_of "$1")")" "$(settings_fingerprint)"; }

start_services() {
  local service changed=()
  for service in "${PARTS[@]}"; do
    if alive "$service" && [[ $(cat "$RUN/$service.runs" 2>/dev/null) == "$(wanted "$service")" ]]; then continue; fi
    changed+=("$service")
    ask_to_stop "$service"
  done
  for service in ${changed[@]+"${changed[@]}"}; do finish_stop "$service" "$STOPPED_WITHIN_S"; done
  if [[ " ${PARTS[*]} " != *" Simulator "* ]]; then stop_services Simulator; fi
  for service in ${changed[@]+"${changed[@]}"}; do start_service "$service"; done
  if ((${#changed[@]} > 0)); then say "Started ${changed[*]}."; fi
}

start_service() {
  local app port
  app=$(app_of "$1")
  port=$(service_port "$1")
  spawn_service "$1" "$app" "$port" || fail "$1 did not start, see $LOGS/$1.log"
  wanted "$1" >"$RUN/$1.runs"
  printf '%s' "$port" >"$RUN/$1.port"
}

spawn_service() {
  local dotnet
  dotnet=$(command -v dotnet)
  trim_log "$LOGS/$1.log"
  (
    cd "$2" || exit 1
    forget_the_rest
    export ASPNETCORE_URLS=http://127.0.0.1:$3
    exec setsid "$dotnet" "TokenSense.$1.dll"
  ) </dev/null >>"$LOGS/$1.log" 2>&1 7>&- 8>&- 9>&- &
  disown $!
  remember "$1" $!
}

# health_of PORT: prints the status code and the body.
health_of() (
  exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
  printf 'GET /health HTTP/1.0\r\nHost: 127.0.0.1:%s\r\nAccept: application/json\r\n\r\n' "$1" >&3
  read -r -t 5 _ code _ <&3 || exit 1
  while read -r -t 5 line <&3 && [[ -n ${line%$'\r'} ]]; do :; done
  IFS= read -r -t 5 -d '' -n 4000 body <&3 || true
  printf '%s %s' "$code" "${body//[$'\r\n']/ }"
) 2>/dev/null

version_in() { if [[ $1 =~ \"version\"\ *:\ *\"([^\"]*)\" ]]; then printf '%s' "${BASH_REMATCH[1]}"; else printf -- -; fi; }

wait_until_healthy() {
  local began=$SECONDS waiting=("${PARTS[@]}") still service answer last=""
  while ((${#waiting[@]} > 0)); do
    still=()
    for service in "${waiting[@]}"; do
      if ! alive "$service"; then
        show_log "$service"
        fail "$service exited, see $LOGS/$service.log"
      fi
      answer=$(health_of "$(service_port "$service")") || answer=""
      if [[ $answer == 200* ]]; then
        say "  $(printf '%-12s' "$service") healthy after $((SECONDS - began)) s"
      else
        still+=("$service")
        last="$service: ${answer:-no answer}"
      fi
    done
    waiting=(${still[@]+"${still[@]}"})
    ((${#waiting[@]} > 0)) || break
    if ((SECONDS - began >= HEALTHY_WITHIN_S)); then
      for service in "${waiting[@]}"; do show_log "$service"; done
      fail "not healthy within $HEALTHY_WITHIN_S s: ${waiting[*]} ($last)"
    fi
    sleep 0.3
  done
}

show_log() {
  say "--- the last lines of $LOGS/$1.log"
  tail -n 20 "$LOGS/$1.log" | cut -c1-500 >&2 || true
  say "---"
}

# stop_services [NAME]: whatever was recorded, also what is no longer in the list.
stop_services() {
  local file names=()
  for file in "$RUN"/${1:-*}.runs; do
    if [[ -f $file ]]; then file=${file##*/}; names+=("${file%.runs}"); fi
  done
  for file in ${names[@]+"${names[@]}"}; do ask_to_stop "$file"; done
  for file in ${names[@]+"${names[@]}"}; do
    finish_stop "$file" "$STOPPED_WITHIN_S"
    rm -f "$RUN/$file.runs" "$RUN/$file.port"
  done
}

services_alive() {
  local service
  for service in "${PARTS[@]}"; do alive "$service" || return 1; done
}

services_status() {
  local service answer port result=0
  for service in "${PARTS[@]}"; do
    port=$(cat "$RUN/$service.port" 2>/dev/null || true)
    if ! alive "$service"; then
      row "$service" - stopped -
      result=1
    elif answer=$(health_of "$port") && [[ $answer == 200* ]]; then
      row "$service" "http://127.0.0.1:$port" healthy "$(version_in "$answer")"
    else
      row "$service" "http://127.0.0.1:$port" unhealthy -
      result=1
    fi
  done
  return "$result"
}
