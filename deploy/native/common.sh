# shellcheck shell=bash
# What the scripts share: messages, settings, processes named by pid and start time, ports, secrets, packages.
# Progress goes to stderr, so that stdout stays what a command was asked for.

row()  { printf '%-14s %-28s %-12s %s\n' "$@"; }
disk_free() { df -Pm "${1:-$HOME_DIR}" | awk 'NR == 2 { print $4 }'; }
say()  { printf '%s\n' "$*" >&2; }
fail() { printf 'tokensense: %s\n' "$*" >&2; exit 1; }

# --- where everything lives --------------------------------------------------------------------------------------

BOOT=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || true)

# Sets HOME_DIR and RUN. Nothing is created: `settle` does that, and only commands that start something call it.
use_home() {
  [[ -n ${1:-} ]] || fail "no home folder given"
  HOME_DIR=$1
  [[ $HOME_DIR == /* ]] || HOME_DIR=$PWD/$HOME_DIR
  if [[ -d $HOME_DIR ]]; then HOME_DIR=$(cd -P "$HOME_DIR" && pwd); fi
  RUN=$HOME_DIR/run
  LOGS=$HOME_DIR/logs
}

# The home itself may be traversed (PostgreSQL runs as another user when we are root); what is in it may not be read.
settle() {
  if [[ ! -d $HOME_DIR ]]; then
    (umask 022 && mkdir -p "$HOME_DIR") || fail "cannot create $HOME_DIR"
    chmod 711 "$HOME_DIR"
    use_home "$HOME_DIR"
  fi
  mkdir -p "$RUN" "$LOGS" || fail "cannot write to $HOME_DIR"
}

# Homes below a test run's home have backends of their own, so that a test may kill them: what is given is not theirs.
private_home() {
  local above=${TOKENSENSE_TEST_HOME:-}
  [[ -n $above ]] || return 1
  if [[ -d $above ]]; then above=$(cd -P "$above" && pwd); fi
  [[ $HOME_DIR == "${above%/}"/?* ]]
}

# One command at a time for a home. What is started must not inherit the lock: see `spawn`.
lock() {
  exec 8>"$RUN/$1.lock"
  flock -n 8 && return
  say "Waiting for another command on $HOME_DIR …"
  flock -w 600 8 || fail "another command has held $RUN/$1.lock for 10 minutes"
}

# --- settings ----------------------------------------------------------------------------------------------------

# Reads KEY=VALUE lines without evaluating them; what the environment already says wins.
read_settings() {
  local file=$1 line key value number=0
  [[ -f $file ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
    [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] \
      || fail "$file, line $number: expected NAME=VALUE, with letters, digits and _ in the name"
    key=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
    if [[ $value =~ ^\"(.*)\"[[:space:]]*$ || $value =~ ^\'(.*)\'[[:space:]]*$ ]]; then
      value=${BASH_REMATCH[1]}
    else
      value=${value%%[[:space:]]#*}
      value=${value%"${value##*[![:space:]]}"}
    fi
    [[ -n ${!key+set} ]] || export "$key=$value"
  done <"$file"
}

# What was chosen once for a home: local.env for ports and places, secrets.env (mode 600) for what must not be read.
recall() {
  local line
  [[ -f $HOME_DIR/$1 ]] || return 0
  while IFS= read -r line; do
    if [[ $line == "$2="* ]]; then printf '%s' "${line#*=}"; return; fi
  done <"$HOME_DIR/$1"
}

record() {
  local file=$HOME_DIR/$1 next
  next=$(umask 077 && mktemp "$file.XXXXXX")
  { if [[ -f $file ]]; then grep -v "^$2=" "$file" || true; fi; printf '%s=%s\n' "$2" "$3"; } >"$next"
  mv "$next" "$file"
}

forget() {
  local file=$HOME_DIR/$1 next
  [[ -f $file ]] || return 0
  next=$(umask 077 && mktemp "$file.XXXXXX")
  grep -v "^$2=" "$file" >"$next" || true
  mv "$next" "$file"
}

# secret NAME GENERATOR: recalled, or generated and kept.
secret() {
  local value
  value=$(recall secrets.env "$1")
  if [[ -z $value ]]; then
    value=$("$2")
    record secrets.env "$1" "$value"
  fi
  printf '%s' "$value"
}

# --- secrets, in bash alone: no tool has to be there, and nothing secret becomes an argument of one ----------------

BASE62=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz

# 43 characters of base62 from 256 random bits.
random43() {
  local -a number
  local text="" remainder i
  read -ra number <<<"$(od -An -v -tu1 -N32 /dev/urandom | tr '\n' ' ')"
  ((${#number[@]} == 32)) || fail "no random bytes from /dev/urandom"
  for _ in {1..43}; do
    remainder=0
    for i in {0..31}; do
      remainder=$((remainder * 256 + number[i]))
      number[i]=$((remainder / 62))
      remainder=$((remainder % 62))
    done
    text=${BASE62:remainder:1}$text
  done
  printf '%s' "$text"
}

random24() { local text; text=$(random43); printf '%s' "${text:19}"; }

# CRC-32 (IEEE) in base62, padded to 6 characters.
checksum6() {
  local LC_ALL=C text=$1 crc=$((0xFFFFFFFF)) byte i out=""
  for ((i = 0; i < ${#text}; i++)); do
    printf -v byte %d "'${text:i:1}"
    crc=$((crc ^ byte))
    for _ in {1..8}; do crc=$((crc & 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1)); done
  done
  crc=$((crc ^ 0xFFFFFFFF))
  for i in {1..6}; do
    out=${BASE62:crc % 62:1}$out
    crc=$((crc / 62))
  done
  printf '%s' "$out"
}

gateway_token() { local token; token=tsg_$(random43); printf '%s%s' "$token" "$(checksum6 "$token")"; }

# --- processes ---------------------------------------------------------------------------------------------------

# A pid alone may by now be someone else's: a process is its pid, its start time and the boot it belongs to.
identity() {
  local stat
  local -a field
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  read -ra field <<<"${stat##*) }"
  [[ ${field[0]} != [ZX] ]] || return 1
  printf '%s %s %s\n' "$1" "${field[19]}" "$BOOT"
}

remember() { identity "$2" >"$RUN/$1.pid" || { rm -f "$RUN/$1.pid"; return 1; }; }

# The pid recorded for a name, if that very process still lives.
pid_of() {
  local known
  read -r known 2>/dev/null <"$RUN/$1.pid" || [[ -n ${known:-} ]] || return 1
  [[ -n $known && $(identity "${known%% *}") == "$known" ]] || return 1
  printf '%s' "${known%% *}"
}

alive() { pid_of "$1" >/dev/null; }

# spawn NAME COMMAND…: in a session of its own, its output in logs/NAME.log, remembered by its identity.
spawn() {
  local name=$1 log=$LOGS/$1.log
  shift
  trim_log "$log"
  setsid "$@" </dev/null >>"$log" 2>&1 7>&- 8>&- 9>&- &
  # Forgotten as a job, so that bash does not report its end.
  disown $!
  remember "$name" $!
}

trim_log() {
  local size
  size=$(stat -c %s "$1" 2>/dev/null || echo 0)
  if ((size > 20000000)); then mv -f "$1" "$1.1"; fi
}

# The identities of a process's descendants, one a line.
descendants() {
  local stat pid parent
  for stat in /proc/[0-9]*/stat; do
    read -r stat 2>/dev/null <"$stat" || continue
    pid=${stat%% *}
    read -r _ parent _ <<<"${stat##*) }"
    if [[ $parent == "$1" ]]; then
      identity "$pid" || true
      descendants "$pid"
    fi
  done
  return 0
}

gone() { [[ $(identity "${1%% *}") != "$1" ]]; }

# wait_gone SECONDS IDENTITY…
wait_gone() {
  local deadline=$((SECONDS + $1)) each
  shift
  for each; do
    until gone "$each"; do
      ((SECONDS < deadline)) || return 1
      sleep 0.1
    done
  done
}

# ask_to_stop NAME [SIGNAL]; finish_stop NAME SECONDS: then KILL. Two steps, so that several can stop at once.
ask_to_stop() {
  local pid
  pid=$(pid_of "$1") || return 0
  kill "-${2:-TERM}" "$pid" 2>/dev/null || true
}

finish_stop() {
  local known pid
  if pid=$(pid_of "$1"); then
    known=$(identity "$pid") || known="$pid gone"
    if ! wait_gone "$2" "$known"; then
      say "$1 did not stop within $2 s: killed."
      kill_now "$1"
    fi
  fi
  rm -f "$RUN/$1.pid"
}

# SIGKILL to a process and to everything it started, and wait until all are gone.
kill_now() {
  local known children each
  known=$(pid_of "$1") && known=$(identity "$known") || return 0
  mapfile -t children < <(descendants "${known%% *}")
  for each in "$known" ${children[@]+"${children[@]}"}; do
    gone "$each" || kill -KILL "${each%% *}" 2>/dev/null || true
  done
  wait_gone 30 "$known" ${children[@]+"${children[@]}"} || fail "$1 (pid ${known%% *}) cannot be killed"
  rm -f "$RUN/$1.pid"
}

# --- ports -------------------------------------------------------------------------------------------------------

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the range from which the kernel takes ports for outgoing connections, so that none of those is in the way later.
free_port() {
  local port tries
  for tries in {1..500}; do
    port=$((20000 + RANDOM % 12000))
    if ! listening "$port" && ! grep -qs "=$port\$" "$HOME_DIR/local.env"; then
      printf '%s' "$port"
      return
    fi
  done
  fail "no free port found after $tries tries"
}

# port KEY NAME: the one chosen before, unless someone else took it while NAME was not running.
port() {
  local chosen
  chosen=$(recall local.env "$1")
  if [[ -n $chosen ]] && ! alive "$2" && listening "$chosen"; then
    say "Port $chosen of $2 has been taken by someone else: choosing another."
    chosen=""
  fi
  if [[ -z $chosen ]]; then
    chosen=$(free_port)
    record local.env "$1" "$chosen"
  fi
  printf '%s' "$chosen"
}

# --- packages ----------------------------------------------------------------------------------------------------

as_root() { if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi; }

# need COMMAND PACKAGE…
need() {
  command -v "$1" >/dev/null || install_packages "${@:2}"
}

install_packages() {
  command -v apt-get >/dev/null \
    || fail "missing: $*. Install them with your system's package manager, then repeat the command."
  ((EUID == 0)) || sudo -n true 2>/dev/null \
    || fail "missing: $*. Install them first: sudo apt-get install -y $*"
  say "Installing $* …"
  local log
  log=$(mktemp)
  if ! install_quietly "$@" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install $*. Install them first: sudo apt-get install -y $*"
  fi
  rm -f "$log"
}

# Debian starts what it installs and creates a cluster called main. Both are kept from happening, for this once.
install_quietly() (
  exec 6>"${TMPDIR:-/tmp}/tokensense-packages-$EUID.lock"
  flock 6
  policy=/usr/sbin/policy-rc.d
  no_cluster=/etc/postgresql-common/createcluster.d/tokensense.conf
  # shellcheck disable=SC2317 # called by the trap
  put_back() {
    as_root rm -f "$no_cluster" "$policy"
    if [[ -e $policy.before-tokensense ]]; then as_root mv "$policy.before-tokensense" "$policy"; fi
  }
  trap put_back EXIT
  if [[ -e $policy && ! -e $policy.before-tokensense ]]; then as_root mv "$policy" "$policy.before-tokensense"; fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  as_root mkdir -p "${no_cluster%/*}"
  printf 'create_main_cluster = false\n' | as_root tee "$no_cluster" >/dev/null
  as_root apt-get update || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" || exit 1
  if command -v systemctl >/dev/null; then
    # Enabled units would start with the next boot.
    for unit in rabbitmq-server.service epmd.socket epmd.service postgresql.service; do
      package=${unit%%.*}
      if [[ " $* " == *" ${package/epmd/rabbitmq-server} "* ]]; then as_root systemctl disable "$unit" 2>/dev/null || true; fi
    done
  fi
)
