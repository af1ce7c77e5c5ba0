# shellcheck shell=bash
# A RabbitMQ of the home's own, on 127.0.0.1 alone, with an epmd of its own: two homes never meet.

rabbitmq_find() {
  # Debian's command on PATH is a wrapper that changes the user and drops the environment: the real one comes first.
  local candidate
  for candidate in /usr/lib/rabbitmq/bin/rabbitmq-server "$(command -v rabbitmq-server || true)"; do
    if [[ -x $candidate ]]; then
      RABBITMQ=$candidate
      EPMD=$(command -v epmd || printf '%s\n' /usr/lib/erlang/erts-*/bin/epmd | sort -V | tail -n 1)
      [[ -x $EPMD ]] && return
    fi
  done
  return 1
}

rabbitmq_configure() {
  local place=$HOME_DIR/rabbitmq
  mkdir -p "$place/home"
  # Erlang's shared secret; Erlang insists that nobody else can read it.
  if [[ ! -f $place/home/.erlang.cookie ]]; then
    random43 >"$place/home/.erlang.cookie"
    chmod 400 "$place/home/.erlang.cookie"
  fi
  printf '[rabbitmq_management].\n' >"$place/enabled_plugins"
  : >"$place/rabbitmq-env.conf"
  cat >"$place/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$(recall local.env RABBITMQ_PORT)
default_user = tokensense
default_pass = $(secret RABBITMQ_PASSWORD random43)
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
# Of quorum queues all that was written since the log was last rolled stays in memory: far below the limit of memory.
raft.wal_max_size_bytes = 67108864
log.file.level = warning
log.console = false
management.tcp.ip = 127.0.0.1
management.tcp.port = $(recall local.env RABBITMQ_MANAGEMENT_PORT)
# Users are managed through it; figures nobody looks at are not collected.
management_agent.disable_metrics_collector = true
CONF
}

# Takes this shell's place. Every folder is named, so that nothing of a system-wide RabbitMQ is read or written.
become_rabbitmq() {
  local place=$HOME_DIR/rabbitmq
  exec env -i PATH="$PATH" LC_ALL=C.UTF-8 TZ=UTC HOME="$place/home" \
    ERL_EPMD_PORT="$(recall local.env EPMD_PORT)" ERL_EPMD_ADDRESS=127.0.0.1 ERL_CRASH_DUMP="$place/erl_crash.dump" \
    RABBITMQ_NODENAME=tokensense@localhost \
    RABBITMQ_DIST_PORT="$(recall local.env RABBITMQ_DIST_PORT)" \
    RABBITMQ_CONF_ENV_FILE="$place/rabbitmq-env.conf" \
    RABBITMQ_CONFIG_FILE="$place/rabbitmq.conf" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$place/advanced.config" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$place/enabled_plugins" \
    RABBITMQ_GENERATED_CONFIG_DIR="$place/generated" \
    RABBITMQ_SCHEMA_DIR="$place/schema" \
    RABBITMQ_MNESIA_BASE="$place/data" \
    RABBITMQ_LOG_BASE="$LOGS" \
    RABBITMQ_LOGS="$LOGS/rabbitmq.log" \
    RABBITMQ_UPGRADE_LOG="$LOGS/rabbitmq-upgrade.log" \
    RABBITMQ_PID_FILE="$place/pid" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none" \
    setsid "$RABBITMQ"
}

# Ours although its record was lost: the pid it wrote belongs to a process that was told our data's place.
rabbitmq_adopt() {
  local pid
  pid=$(cat "$HOME_DIR/rabbitmq/pid" 2>/dev/null) && [[ -n $pid ]] || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "RABBITMQ_MNESIA_BASE=$HOME_DIR/rabbitmq/data" && remember rabbitmq "$pid"
}

rabbitmq_up() {
  if alive rabbitmq || rabbitmq_adopt; then return; fi
  if ! rabbitmq_find; then
    install_packages rabbitmq-server
    rabbitmq_find || fail "RabbitMQ was installed, and is neither on PATH nor in /usr/lib/rabbitmq/bin"
  fi
  if ! alive epmd; then
    port EPMD_PORT epmd >/dev/null
    spawn epmd env -i PATH="$PATH" "$EPMD" -port "$(recall local.env EPMD_PORT)" -address 127.0.0.1
  fi
  port RABBITMQ_PORT rabbitmq >/dev/null
  port RABBITMQ_DIST_PORT rabbitmq >/dev/null
  port RABBITMQ_MANAGEMENT_PORT rabbitmq >/dev/null
  rabbitmq_configure
  rm -f "$HOME_DIR/rabbitmq/pid"
  trim_log "$LOGS/rabbitmq.log"
  become_rabbitmq </dev/null >"$LOGS/rabbitmq-start.log" 2>&1 7>&- 8>&- 9>&- &
  local starter=$! pid deadline=$((SECONDS + 60))
  until pid=$(cat "$HOME_DIR/rabbitmq/pid") && [[ -n $pid ]] && remember rabbitmq "$pid" && rabbitmq_version >/dev/null; do
    if ! identity $starter >/dev/null || ((SECONDS >= deadline)); then
      tail -n 20 "$LOGS/rabbitmq-start.log" "$LOGS/rabbitmq.log" >&2 || true
      fail "RabbitMQ did not start, see $LOGS/rabbitmq.log"
    fi
    sleep 0.1
  done 2>/dev/null
}

rabbitmq_down() {
  ask_to_stop rabbitmq
  finish_stop rabbitmq 30
  ask_to_stop epmd
  finish_stop epmd 5
}

rabbitmq_kill() { alive rabbitmq || fail "RabbitMQ is not running"; kill_now rabbitmq; }

rabbitmq_purge() {
  rm -rf "$HOME_DIR/rabbitmq"
  forget local.env RABBITMQ_PORT
  forget local.env RABBITMQ_DIST_PORT
  forget local.env RABBITMQ_MANAGEMENT_PORT
  forget local.env EPMD_PORT
}

rabbitmq_url() {
  printf 'amqp://tokensense:%s@127.0.0.1:%s/' "$(recall secrets.env RABBITMQ_PASSWORD)" "$(recall local.env RABBITMQ_PORT)"
}

# Empty for a broker that has run since before it had one: its next start gives it one.
rabbitmq_management_url() {
  local port
  port=$(recall local.env RABBITMQ_MANAGEMENT_PORT)
  if [[ -n $port ]]; then printf 'http://127.0.0.1:%s' "$port"; fi
}

# Greets as an AMQP client does; the broker's first frame carries its version.
rabbitmq_version() {
  local port
  alive rabbitmq && port=$(recall local.env RABBITMQ_PORT) && [[ -n $port ]] || return 1
  # shellcheck disable=SC2016 # expanded by the inner shell
  timeout 5 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf "AMQP\x00\x00\x09\x01" >&3
    dd bs=4096 count=1 status=none <&3 | tr -c "[:print:]" "\n" | grep -A9 -x "version." | grep -m1 -E "^[0-9]+\.[0-9]"' \
    _ "$port" 2>/dev/null
}
