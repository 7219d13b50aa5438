#!/usr/bin/env bash
# Installs what Waymark needs, builds it, starts every service in one process on embedded stores,
# loads a demo and shows what it says. The server runs on; a second run starts in seconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
usage: bash deploy/quickstart.sh [--foreground] [--down] [--reset] [--port N] [--data DIR]

  (nothing)      install, build, start, load the demo, show it; the server runs on
  --foreground   the same, then stay until Ctrl-C and stop the server
  --down         stop the server
  --reset        stop the server and delete its data, then start afresh
  --port N       port to listen on (default 7070)
  --data DIR     where the data is kept (default ./data)
TEXT
}

port=7070 data=$PWD/data mode=start reset=no
while [ $# -gt 0 ]; do
  case $1 in
    --foreground) mode=foreground ;;
    --down) mode=down ;;
    --reset) reset=yes ;;
    --port) port=${2:?--port needs a number}; shift ;;
    --data) data=$(realpath -m "${2:?--data needs a folder}"); shift ;;
    -h|--help) usage; exit 0 ;;
    *) echo "quickstart: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

bin=$PWD/build/release/bin
pid_file=$data/standalone.pid log=$data/standalone.log
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

running() {
  [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null &&
    grep -aq waymark-standalone "/proc/$(cat "$pid_file")/cmdline" 2>/dev/null
}

stop_server() {
  running || { rm -f "$pid_file"; return 0; }
  local pid; pid=$(cat "$pid_file")
  kill -TERM "$pid"
  for _ in $(seq 150); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -0 "$pid" 2>/dev/null && { echo "quickstart: process $pid does not end" >&2; return 1; }
  rm -f "$pid_file"
  echo "stopped"
}

if [ $mode = down ]; then stop_server; exit; fi
if [ $reset = yes ]; then
  stop_server
  # Only what this script and the server made: --data may be a folder with other things in it.
  rm -rf "$data"/{feedback,journey,scoring,action} "$data"/standalone.log "$data"/demo
fi

. deploy/packages.sh
install_packages "${BUILD_PACKAGES[@]}"

say "Building (about ten minutes the first time, seconds later)"
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
ninja -C build/release waymark waymark-standalone | tail -1

mkdir -p "$data/demo"
if running; then
  say "Already running as process $(cat "$pid_file")"
else
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "quickstart: port $port is taken by another program; stop it, or use --port" >&2
    exit 1
  fi
  say "Starting"
  setsid nohup "$bin/waymark-standalone" --data "$data" --listen "127.0.0.1:$port" \
    >"$log" 2>&1 </dev/null &
  echo $! >"$pid_file"
  for _ in $(seq 300); do grep -q listening "$log" && break; running || break; sleep 0.1; done
  grep listening "$log" || { echo "quickstart: the server did not start:" >&2; tail -5 "$log" >&2; exit 1; }
  echo "127.0.0.1:$port" >"$data/address"
fi
address=$(cat "$data/address")

waymark() { "$bin/waymark" --server "$address" --tenant demo "$@"; }
map=become-and-stay-a-customer

if [ ! -f "$data/demo/loaded" ]; then
  say "Loading the demo: 2,000 customers of a fictional internet provider"
  waymark journey apply -f services/cli/demo/journey.yaml
  waymark simulate --customers 2000 --seed 7 --out "$data/demo/signals.jsonl" --truths "$data/demo/truths.json"
  waymark import jsonl "$data/demo/signals.jsonl"
  # One action for each of the two most urgent priorities.
  waymark -o json priorities --map $map | jq -r '.priorities[:2][].name' | while read -r priority; do
    waymark action create --priority "$priority" --owner "Customer experience team" \
      --phase improve --due 2026-12-31 --budget "EUR 20000"
  done
  touch "$data/demo/loaded"
fi

say "Experience scores"
waymark score show --map $map
say "What to fix first, and why"
waymark priorities --map $map
say "What contradicts"
waymark insights list
say "Actions"
waymark action list
waymark journey render --map $map --out "$data/demo/map.svg"

say "Done. The server listens on $address"
echo "  journey map   $data/demo/map.svg (open it in a browser)"
echo "  what was planted in the demo   $data/demo/truths.json"
echo "  the client    build/release/bin/waymark --server $address --help"
echo "  stop it       bash deploy/quickstart.sh --down"

if [ $mode = foreground ]; then
  trap 'stop_server; exit 0' INT TERM
  echo "Ctrl-C stops it."
  while running; do sleep 0.5; done
fi
