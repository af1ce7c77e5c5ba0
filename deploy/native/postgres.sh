# shellcheck shell=bash
# A PostgreSQL of the home's own, on 127.0.0.1 alone.

postgres_find() {
  local command version
  PG_BIN=""
  if command=$(command -v postgres); then
    command=$(readlink -f "$command")
    if [[ -x ${command%/*}/initdb ]]; then PG_BIN=${command%/*}; fi
  fi
  if [[ -z $PG_BIN ]]; then
    PG_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -V | tail -n 1)
  fi
  # Data belongs to the major version that wrote it.
  version=$(as_postgres cat "$(postgres_data)/PG_VERSION" 2>/dev/null || true)
  if [[ -n $version && -x /usr/lib/postgresql/$version/bin/postgres ]]; then PG_BIN=/usr/lib/postgresql/$version/bin; fi
  [[ -x $PG_BIN/postgres && -x $PG_BIN/initdb ]]
}

postgres_data() { recall local.env POSTGRES_DATA; }

# PostgreSQL refuses to run as root. It gets a clean environment either way: what we know is none of its business.
as_postgres() {
  local -a clean=(env -i "PATH=${PG_BIN:+$PG_BIN:}$PATH" LC_ALL=C.UTF-8 TZ=UTC)
  if ((EUID == 0)); then
    setpriv --reuid=postgres --regid=postgres --init-groups "${clean[@]}" "$@"
  else
    "${clean[@]}" "$@"
  fi
}

postgres_place() {
  local place=$HOME_DIR/postgres
  if ((EUID == 0)) && ! as_postgres test -x "$HOME_DIR"; then
    place=/var/lib/tokensense/$(printf '%s' "$HOME_DIR" | sha256sum | cut -c1-16)
    say "The user postgres cannot reach $HOME_DIR: PostgreSQL's data is in $place."
  fi
  record local.env POSTGRES_DATA "$place"
}

postgres_create() {
  local data password
  [[ -n $(postgres_data) ]] || postgres_place
  data=$(postgres_data)
  password=$(secret POSTGRES_PASSWORD random43)
  if as_postgres test -f "$data/tokensense.ready"; then return; fi
  rm -rf "$data"
  (umask 022 && mkdir -p "${data%/*}" && mkdir -m 700 "$data")
  if ((EUID == 0)); then chown postgres:postgres "$data"; fi
  (
    cd /
    as_postgres "$PG_BIN/initdb" -D "$data" -U postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums --auth=reject
    printf 'host all all 127.0.0.1/32 scram-sha-256\n' | as_postgres tee "$data/pg_hba.conf" >/dev/null
    printf "\ninclude 'tokensense.conf'\n" | as_postgres tee -a "$data/postgresql.conf" >/dev/null
    postgres_configure
    # Before its first start, so that the superuser never needs a password or a way in.
    as_postgres "$PG_BIN/postgres" --single -D "$data" postgres <<SQL
create role tokensense login createdb password '$password'
grant pg_monitor to tokensense
create database tokensense owner tokensense
SQL
    as_postgres touch "$data/tokensense.ready"
  ) >>"$LOGS/postgres.log" 2>&1 || { tail -n 20 "$LOGS/postgres.log" >&2; fail "PostgreSQL's data could not be created in $data"; }
}

postgres_configure() {
  as_postgres tee "$(postgres_data)/tokensense.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $(recall local.env POSTGRES_PORT)
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
fsync = on
synchronous_commit = on
full_page_writes = on
# A laptop's disk: at most this much log is kept, and it is small.
max_wal_size = 256MB
min_wal_size = 64MB
wal_compression = on
idle_in_transaction_session_timeout = 60s
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
CONF
}

postgres_up() {
  local data pid
  if alive postgres; then return; fi
  if ! postgres_find; then
    install_packages postgresql
    postgres_find || fail "PostgreSQL was installed, and its binaries are neither on PATH nor in /usr/lib/postgresql"
  fi
  if ((EUID == 0)); then id postgres >/dev/null 2>&1 || fail "PostgreSQL does not run as root, and there is no user postgres"; fi
  data=$(postgres_data)
  if [[ -n $data ]] && postgres_adopt "$data"; then return; fi
  port POSTGRES_PORT postgres >/dev/null
  postgres_create
  data=$(postgres_data)
  postgres_configure
  trim_log "$LOGS/postgres.log"
  # Without -l the server writes to what we opened, which the user postgres need not be able to reach.
  if ! (cd / && as_postgres "$PG_BIN/pg_ctl" start -D "$data" -w -t 120 -s </dev/null >>"$LOGS/postgres.log" 2>&1 7>&- 8>&- 9>&-); then
    tail -n 20 "$LOGS/postgres.log" >&2
    fail "PostgreSQL did not start, see $LOGS/postgres.log"
  fi
  pid=$(as_postgres head -n 1 "$data/postmaster.pid")
  remember postgres "$pid" || fail "PostgreSQL exited, see $LOGS/postgres.log"
}

# After a crash its pid file may name a process that is by now someone else's, and PostgreSQL would not start beside it.
# A server works in its data folder: that tells whose it is.
postgres_adopt() {
  local pid
  pid=$(as_postgres head -n 1 "$1/postmaster.pid" 2>/dev/null) || return 1
  if [[ -n $pid && $(readlink "/proc/$pid/cwd" 2>/dev/null) == "$1" ]]; then
    remember postgres "$pid"
  else
    as_postgres rm -f "$1/postmaster.pid"
    return 1
  fi
}

# INT is PostgreSQL's fast shutdown: sessions are ended, everything is written, no recovery at the next start.
postgres_down() { ask_to_stop postgres INT; finish_stop postgres 30; }

postgres_kill() { alive postgres || fail "PostgreSQL is not running"; kill_now postgres; }

postgres_purge() {
  local data
  data=$(postgres_data)
  if [[ -n $data && ($data == "$HOME_DIR/postgres" || $data == /var/lib/tokensense/*) ]]; then
    rm -rf "$data"
    rmdir /var/lib/tokensense 2>/dev/null || true
  fi
  forget local.env POSTGRES_DATA
  forget local.env POSTGRES_PORT
}

postgres_url() {
  printf 'Host=127.0.0.1;Port=%s;Username=tokensense;Password=%s' \
    "$(recall local.env POSTGRES_PORT)" "$(recall secrets.env POSTGRES_PASSWORD)"
}

# Prints the version; fails if nobody answers with our password.
postgres_version() {
  alive postgres && postgres_find || return 1
  PGPASSWORD=$(recall secrets.env POSTGRES_PASSWORD) PGCONNECT_TIMEOUT=5 \
    "$PG_BIN/psql" -h 127.0.0.1 -p "$(recall local.env POSTGRES_PORT)" -U tokensense -d tokensense -XAtqc 'show server_version' 2>/dev/null \
    | cut -d' ' -f1
}
