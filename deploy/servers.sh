# shellcheck shell=bash
# A PostgreSQL and a Redis of one's own, on private ports. To be sourced:
#   start_servers DIR   # starts both, with their data in DIR; sets POSTGRES_URL and REDIS_URL
#   stop_servers DIR    # stops both; the data stay
# POSTGRES_OPTIONS, if set, are passed to PostgreSQL: '-c shared_buffers=1GB'.
# Starting what runs already, or stopping what does not, changes nothing.
# PostgreSQL refuses root: as root it runs as the user `postgres`, who must be able to enter DIR. It
# listens on a socket in DIR alone, Redis on a free port of 127.0.0.1; Redis keeps nothing on disk.
# shellcheck disable=SC2034  # the URLs are for whoever sources this

_servers_as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

_servers_pg_bin() {
  local bin
  bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  [ -x "$bin/initdb" ] && echo "$bin" && return
  echo "servers.sh: no PostgreSQL server found; install the package 'postgresql'" >&2
  return 1
}

_servers_free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 30000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Runs PostgreSQL's pg_ctl for the cluster in DIR: _servers_pg_ctl DIR ARGUMENT...
_servers_pg_ctl() {
  local dir=$1 bin
  shift
  bin=$(_servers_pg_bin) || return 1
  (cd "$dir/postgres" && _servers_as_postgres "$bin/pg_ctl" -D "$dir/postgres/data" "$@")
}

_init_postgres() {
  local dir=$1 bin
  # A socket's path has 107 bytes.
  if [ ${#dir} -gt 75 ]; then
    echo "servers.sh: the folder's name is too long for PostgreSQL's socket: $dir" >&2
    return 1
  fi
  bin=$(_servers_pg_bin) || return 1
  mkdir -p "$dir/postgres" && chmod 0711 "$dir" && chmod 0700 "$dir/postgres" || return 1
  [ "$(id -u)" != 0 ] || chown postgres "$dir/postgres" || return 1
  if ! _servers_as_postgres test -x "$dir"; then
    echo "servers.sh: the user postgres cannot enter $dir; choose a folder outside of root's own" >&2
    return 1
  fi
  [ -d "$dir/postgres/data" ] && return
  # Made beside its place, so that an attempt that was broken off is not taken for a cluster.
  rm -rf "$dir/postgres/new"
  if (cd "$dir/postgres" && _servers_as_postgres "$bin/initdb" -D "$dir/postgres/new" -U postgres \
    --auth=trust --locale=C --encoding=UTF8 >"$dir/initdb.log" 2>&1); then
    mv "$dir/postgres/new" "$dir/postgres/data"
  else
    cat "$dir/initdb.log" >&2
    return 1
  fi
}

_start_postgres() {
  local dir=$1
  _init_postgres "$dir" || return 1
  if ! _servers_pg_ctl "$dir" status >/dev/null; then
    _servers_pg_ctl "$dir" -l "$dir/postgres/log" -w -t 60 start -o "-c listen_addresses='' \
      -c max_connections=200 -c unix_socket_directories='$dir/postgres' -c shared_buffers=64MB \
      ${POSTGRES_OPTIONS:-}" \
      >"$dir/pg_ctl.log" 2>&1 || { cat "$dir/pg_ctl.log" "$dir/postgres/log" >&2; return 1; }
  fi
  POSTGRES_URL="postgresql:///postgres?host=$dir/postgres&user=postgres"
}

_redis_answers() {
  local dir=$1
  [ -s "$dir/redis/port" ] && [ -s "$dir/redis/pid" ] &&
    kill -0 "$(cat "$dir/redis/pid")" 2>/dev/null &&
    [ "$(redis-cli -p "$(cat "$dir/redis/port")" config get dir 2>/dev/null | tail -n 1)" = "$dir/redis" ]
}

_start_redis() {
  local dir=$1
  command -v redis-server >/dev/null ||
    { echo "servers.sh: no redis-server found; install the package 'redis-server'" >&2; return 1; }
  mkdir -p "$dir/redis" || return 1
  for _ in 1 2 3 4 5; do
    _redis_answers "$dir" && break
    _servers_free_port >"$dir/redis/port"
    rm -f "$dir/redis/pid"
    redis-server --port "$(cat "$dir/redis/port")" --bind 127.0.0.1 --dir "$dir/redis" --save '' \
      --appendonly no --daemonize yes --pidfile "$dir/redis/pid" --logfile "$dir/redis/log" >/dev/null
    for _ in $(seq 100); do
      _redis_answers "$dir" && break
      sleep 0.05
    done
  done
  if ! _redis_answers "$dir"; then
    cat "$dir/redis/log" >&2
    return 1
  fi
  REDIS_URL="redis://127.0.0.1:$(cat "$dir/redis/port")/0"
}

start_servers() {
  local dir
  mkdir -p "$1" && dir=$(cd "$1" && pwd -P) || return 1
  if ! _start_postgres "$dir" || ! _start_redis "$dir"; then
    stop_servers "$dir"
    return 1
  fi
}

stop_servers() {
  local dir failed=0
  dir=$(cd "$1" 2>/dev/null && pwd -P) || return 0
  if [ -d "$dir/postgres/data" ] && _servers_pg_ctl "$dir" status >/dev/null; then
    _servers_pg_ctl "$dir" -m fast -w stop >/dev/null || failed=1
  fi
  if _redis_answers "$dir"; then
    redis-cli -p "$(cat "$dir/redis/port")" shutdown nosave 2>/dev/null
  fi
  rm -f "$dir/redis/pid" "$dir/redis/port"
  return $failed
}
