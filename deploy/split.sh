#!/usr/bin/env bash
# Runs the four services as processes of their own on a PostgreSQL and a Redis that it starts itself,
# all on this machine's loopback: the shape of production, to try and to test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
# shellcheck source=deploy/servers.sh
. deploy/servers.sh

usage() {
  cat <<'TEXT'
usage: bash deploy/split.sh up|down|status [--base-port N] [--replicas N] [--data DIR] [--tenants FILE]

  up             start what does not run: PostgreSQL, Redis, feedback, journey, scoring, action
  down           stop everything, the other way round; the data stay
  status         what runs, and where; fails unless everything does
  --base-port N  gRPC ports N+1 to N+4, metrics on N+11 to N+14 (default 7400); further feedback
                 replicas on N+21..., their metrics on N+31...
  --replicas N   feedback processes, at most 9, that share one database (default 1)
  --data DIR     where data, logs and process ids are kept (default ./data/split)
  --tenants FILE tenant ids, one a line (default: the one tenant demo)

The binaries are those of build/release, built when missing, or of the folder that WAYMARK_BIN names.
TEXT
}

fail() { echo "split: $*" >&2; exit 1; }
wrong_use() { echo "split: $*" >&2; usage >&2; exit 2; }

# As root PostgreSQL runs as a user of its own, who cannot enter, say, /root.
default_data() {
  if [ "$(id -u)" = 0 ] && id postgres >/dev/null 2>&1 && ! _servers_as_postgres test -x "$PWD"; then
    echo /var/lib/waymark/split
  else
    echo "$PWD/data/split"
  fi
}

mode='' data='' base_port='' replicas='' tenants=''
while [ $# -gt 0 ]; do
  case $1 in
    up|down|status) mode=$1 ;;
    --base-port) base_port=${2:?--base-port needs a number}; shift ;;
    --replicas) replicas=${2:?--replicas needs a number}; shift ;;
    --data) data=$(realpath -m "${2:?--data needs a folder}"); shift ;;
    --tenants) tenants=$(realpath -e "${2:?--tenants needs a file}"); shift ;;
    -h|--help) usage; exit 0 ;;
    *) wrong_use "unknown argument $1" ;;
  esac
  shift
done
[ -n "$mode" ] || wrong_use "up, down or status?"
[[ $replicas =~ ^[1-9]?$ ]] || wrong_use "--replicas $replicas is not a number from 1 to 9"
[[ $base_port =~ ^([1-9][0-9]{3,4})?$ && ${base_port:-1} -le 65000 ]] ||
  wrong_use "--base-port $base_port is not a number from 1000 to 65000"

if [ "$mode" = up ]; then install_packages postgresql redis-server curl; fi
data=${data:-$(default_data)}
bin=${WAYMARK_BIN:-$PWD/build/release/bin}
services=(feedback journey scoring action)

# A process is known by its name: a service's, or feedback-2, feedback-3...
service_of() { echo "${1%-*}"; }
pid_file() { echo "$data/$1.pid"; }
log_file() { echo "$data/$1.log"; }
pid_of() { cat "$(pid_file "$1")" 2>/dev/null; }

# Whether the process runs; its id may by now belong to another program.
running() {
  local pid
  pid=$(pid_of "$1") && kill -0 "$pid" 2>/dev/null &&
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | head -n 1 |
    grep -q "/waymark-$(service_of "$1")\$"
}

# Every process of this deployment, in the order in which they start.
names() {
  local i
  echo feedback
  for ((i = 2; i <= replicas; i++)); do echo "feedback-$i"; done
  printf '%s\n' "${services[@]:1}"
}

# What was asked for when it was started holds until `down`: recall NAME DEFAULT.
recall() {
  local kept given=${!1}
  kept=$(cat "$data/run/$1" 2>/dev/null) || kept=${given:-$2}
  printf -v "$1" '%s' "$kept"
  if [ -n "$given" ] && [ "$given" != "$kept" ]; then
    fail "it was started with --${1/_/-} ${kept:-(none)}; first: bash deploy/split.sh down --data $data"
  fi
}

# The gRPC port of a process; its metrics are ten above.
port_of() {
  local i
  case $1 in
    *-?) echo $((base_port + 19 + ${1##*-})) ;;
    *) for i in "${!services[@]}"; do
         [ "${services[i]}" != "$1" ] || echo $((base_port + 1 + i))
       done ;;
  esac
}
address_of() { echo "127.0.0.1:$(port_of "$1")"; }

# What clients outside take: one address per service.
print_addresses() {
  local service list='' i
  for service in "${services[@]}"; do list+=",$service=$(address_of "$service")"; done
  echo "--server ${list#,}"
  for ((i = 2; i <= replicas; i++)); do
    echo "another replica: feedback=$(address_of "feedback-$i")"
  done
}

# What the other services take: every feedback replica.
feedback_target() {
  local i list
  list=$(address_of feedback)
  for ((i = 2; i <= replicas; i++)); do list+=,$(address_of "feedback-$i"); done
  echo "ipv4:$list"
}

with_database=(feedback journey action)

create_databases() {
  local service
  for service in "${with_database[@]}"; do
    psql -d "$POSTGRES_URL" -Atqc "SELECT 1 FROM pg_database WHERE datname = 'waymark_$service'" |
      grep -q 1 || psql -d "$POSTGRES_URL" -qc "CREATE DATABASE waymark_$service"
  done
}

database_url() { echo "${POSTGRES_URL/\/postgres\?//waymark_$1\?}"; }

# The options in which the services differ, one a line.
options_of() {
  case $1 in
    feedback) printf '%s\n' --database "$(database_url feedback)" ;;
    journey) printf '%s\n' --database "$(database_url journey)" --cache "$REDIS_URL" \
      --feedback "$(feedback_target)" ;;
    scoring) printf '%s\n' --cache "$REDIS_URL" --feedback "$(feedback_target)" \
      --journey "$(address_of journey)" ;;
    action) printf '%s\n' --database "$(database_url action)" --scoring "$(address_of scoring)" ;;
  esac
}

check_ports_free() {
  local name port
  for name in "$@"; do
    running "$name" && continue
    for port in "$(port_of "$name")" $(($(port_of "$name") + 10)); do
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        fail "port $port, meant for $name, is taken by another program; stop it, or use --base-port"
      fi
    done
  done
}

ready() {
  grep -q ' listening on ' "$(log_file "$1")" &&
    curl -fsS -o /dev/null "http://127.0.0.1:$(($(port_of "$1") + 10))/readyz" 2>/dev/null
}

start_process() {
  local name=$1 service port log options=()
  if running "$name"; then return; fi
  service=$(service_of "$name") port=$(port_of "$name") log=$(log_file "$name")
  mapfile -t options < <(options_of "$service")
  [ ! -e "$log" ] || mv -f "$log" "$log.old"
  setsid nohup "$bin/waymark-$service" --listen "127.0.0.1:$port" \
    --admin-listen "127.0.0.1:$((port + 10))" ${tenants:+--tenants "$tenants"} "${options[@]}" \
    >"$log" 2>&1 </dev/null 9>&- &
  echo $! >"$(pid_file "$name")"
  for _ in $(seq 600); do
    if ready "$name"; then
      grep -h ' listening on ' "$log"
      return
    fi
    kill -0 "$(pid_of "$name")" 2>/dev/null || break
    sleep 0.1
  done
  echo "split: $name did not start; the end of $log:" >&2
  tail -n 5 "$log" >&2
  exit 1
}

stop_process() {
  local name=$1 pid
  if running "$name"; then
    pid=$(pid_of "$name")
    kill -TERM "$pid"
    for _ in $(seq 200); do running "$name" || break; sleep 0.1; done
    ! running "$name" || fail "$name (process $pid) does not end; see $(log_file "$name")"
    echo "stopped $name"
  fi
  rm -f "$(pid_file "$name")"
}

build_missing() {
  local service targets=()
  for service in "${services[@]}"; do
    [ -x "$bin/waymark-$service" ] || targets+=("waymark-$service")
  done
  [ ${#targets[@]} -gt 0 ] || return 0
  [ -z "${WAYMARK_BIN:-}" ] || fail "WAYMARK_BIN=$bin lacks ${targets[*]}"
  install_packages "${BUILD_PACKAGES[@]}"
  echo "Building (about ten minutes the first time)"
  cmake --preset release >/dev/null
  ninja -C build/release waymark "${targets[@]}"
}

# One `up` or `down` at a time. What is started must not inherit the lock, hence 9>&- here and there.
lock() {
  mkdir -p "$data/run"
  exec 9>"$data/run/lock"
  flock -n 9 || fail "another split.sh is at work on $data"
}

recall_all() {
  recall base_port 7400
  recall replicas 1
  recall tenants ''
}

up() {
  local name
  lock
  recall_all
  # shellcheck disable=SC2046  # names have no spaces
  check_ports_free $(names)
  build_missing 9>&-
  echo "$base_port" >"$data/run/base_port"
  echo "$replicas" >"$data/run/replicas"
  echo "$tenants" >"$data/run/tenants"
  start_servers "$data" 9>&- || fail "PostgreSQL or Redis did not start"
  create_databases
  for name in $(names); do start_process "$name"; done
  echo "Everything runs; data and logs are in $data"
  print_addresses
}

down() {
  local name
  [ -d "$data/run" ] || { echo "nothing runs in $data"; return; }
  lock
  base_port='' replicas='' tenants=''
  recall_all
  for name in $(names | tac); do stop_process "$name"; done
  stop_servers "$data"
  rm -f "$data"/run/{base_port,replicas,tenants}
  echo "stopped; the data stay in $data"
}

status() {
  local name all=0
  recall_all
  for name in $(names); do
    if running "$name"; then
      printf '%-12s process %-8s gRPC %s  metrics http://127.0.0.1:%s/metrics\n' "$name" \
        "$(pid_of "$name")" "$(address_of "$name")" $(($(port_of "$name") + 10))
    else
      printf '%-12s does not run\n' "$name"
      all=1
    fi
  done
  [ $all -ne 0 ] || print_addresses
  return $all
}

$mode
