#!/usr/bin/env bash
# Runs deploy/split.sh with the binaries in WAYMARK_BIN: what is started serves, a second start changes
# nothing, what was killed comes back, a taken port is named, and nothing is left behind.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

data=$(mktemp -d /tmp/waymark-split.XXXXXX)
chmod 0711 "$data"  # as root PostgreSQL runs as another user
split() { bash deploy/split.sh "$@" --data "$data/here"; }
trap 'split down >/dev/null 2>&1; rm -rf "$data"' EXIT
die() {
  echo "split_test: $*" >&2
  tail -n 5 "$data"/here/*.log >&2
  exit 1
}
processes() { cat "$data"/here/*.pid 2>/dev/null | sort; }

ports_free() {
  local offset
  for offset in 1 2 3 4 11 12 13 14 21 31; do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$(($1 + offset))") 2>/dev/null || return 1
  done
}
base=$((20000 + RANDOM % 10000))
until ports_free $base; do base=$((20000 + RANDOM % 10000)); done

split up --base-port $base --replicas 2 >"$data/up" || die "up failed"
expected="--server feedback=127.0.0.1:$((base + 1)),journey=127.0.0.1:$((base + 2))"
expected+=",scoring=127.0.0.1:$((base + 3)),action=127.0.0.1:$((base + 4))"
grep -qxF -- "$expected" "$data/up" || die "up does not print $expected"
split status >/dev/null || die "status says that something does not run"

before=$(processes)
[ "$(echo "$before" | wc -l)" = 5 ] || die "not five processes: $before"
split up >/dev/null || die "the second up failed"
[ "$(processes)" = "$before" ] || die "the second up started something"

if split up --base-port $((base + 1)) 2>"$data/error"; then die "it took another port while running"; fi
grep -q -- "--base-port $base" "$data/error" || die "the refusal does not name the ports in use"
if bash deploy/split.sh up --data "$data/other" --base-port $base 2>"$data/error"; then
  die "two deployments share their ports"
fi
grep -q "port $((base + 1)), meant for feedback, is taken" "$data/error" ||
  die "the taken port is not named: $(cat "$data/error")"

kill -9 "$(cat "$data/here/journey.pid")"
for _ in $(seq 100); do split status >"$data/status" || break; done
grep -q '^journey  *does not run' "$data/status" || die "status does not see that journey was killed"
split up >/dev/null || die "up did not bring journey back"
[ "$(comm -12 <(echo "$before") <(processes) | wc -l)" = 4 ] || die "up touched what was running"

running=$(processes)
split down >"$data/down" || die "down failed"
[ "$(grep '^stopped [a-z]' "$data/down" | tr '\n' ' ')" = \
  "stopped action stopped scoring stopped journey stopped feedback-2 stopped feedback " ] ||
  die "down stopped in another order: $(cat "$data/down")"
for process in $running; do
  # A process that has ended but that nobody has waited for has no command line.
  [ -z "$(tr -d '\0' 2>/dev/null <"/proc/$process/cmdline")" ] || die "process $process is left"
done
if split status >/dev/null; then die "status says that it runs after down"; fi
echo "split run: starts, repeats, recovers, refuses and stops as it should"
