#!/usr/bin/env bash
# Installs what is needed, builds, and runs every test, on SQLite and on a PostgreSQL and a Redis that
# it starts itself on private ports and stops again.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

usage() {
  cat <<'TEXT'
usage: bash tests/run.sh [--heavy] [--lint] [--preset NAME] [--tests REGEX]

  (nothing)        format check, build, every test: under 25 minutes on two cores
  --heavy          adds what takes long: 20-seed demo runs, long fault rounds, benchmarks, fuzzing
  --lint           adds clang-tidy over the whole tree
  --preset NAME    release (default), dev, asan or tsan
  --tests REGEX    only the tests whose names match, as ctest -R

In CI (CI=true) warnings are errors, and a test that lacks its database fails instead of skipping.
TEXT
}

heavy=no lint=no preset=release tests=.
while [ $# -gt 0 ]; do
  case $1 in
    --heavy) heavy=yes ;;
    --lint) lint=yes ;;
    --preset) preset=${2:?--preset needs a name}; shift ;;
    --tests) tests=${2:?--tests needs a regular expression}; shift ;;
    -h|--help) usage; exit 0 ;;
    *) echo "run.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

failed=()
say() { printf '\n\033[1m== %s\033[0m (%s s)\n' "$*" "$SECONDS"; }
check() {  # name command...
  local name=$1; shift
  say "$name"
  "$@" || { failed+=("$name"); echo "FAILED: $name"; }
}

say "Packages"
. deploy/packages.sh
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" || exit 1

say "Build ($preset)"
werror=OFF; [ "${CI:-}" = true ] && werror=ON
cmake --preset "$preset" -DWAYMARK_WERROR=$werror >/dev/null && ninja -k 0 -C "build/$preset" || exit 1

sources() { git ls-files -- '*.cc' '*.h'; }
format_check() { sources | xargs clang-format --dry-run -Werror; }
check "Format" format_check
check "Protos" bash tests/lint_protos.sh
check "Deployment" bash tests/check_deployment.sh
if [ $lint = yes ]; then check "clang-tidy" bash tests/lint_code.sh "build/$preset"; fi

say "Servers"
. tests/servers.sh
servers=$(mktemp -d /tmp/waymark-servers.XXXXXX)
trap 'stop_servers "$servers"; rm -rf "$servers"' EXIT
start_test_servers "$servers" || { echo "PostgreSQL or Redis did not start"; exit 1; }

# System tests and the servers they start find the binaries here.
export WAYMARK_BIN=$PWD/build/$preset/bin
export WAYMARK_TEST_DATA=${WAYMARK_TEST_DATA:-$(realpath -m ../shared/data)}
export WAYMARK_HEAVY=
[ $heavy = no ] || WAYMARK_HEAVY=1
say "Tests"
ctest --test-dir "build/$preset" -R "$tests" --output-on-failure --no-tests=error -j 2 ||
  failed+=("Tests")

if [ $heavy = yes ]; then check "Fuzz" bash tests/fuzz/run.sh 60; fi

skipped=$(grep -ahE '^\[  SKIPPED \] [A-Za-z]' "build/$preset/Testing/Temporary/LastTest.log" | sort -u)
if [ -n "$skipped" ]; then
  say "Skipped: these did NOT run"
  grep -ahE 'Skipped$' -A1 "build/$preset/Testing/Temporary/LastTest.log" | grep -av '^--' | sort -u
  echo "$skipped"
fi

say "Done"
if [ ${#failed[@]} -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
echo "Everything passed."
