#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a while, from the seeds in corpus/ and from what earlier
# runs found in build/fuzz/corpus/.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

usage() {
  cat <<'TEXT'
usage: bash tests/fuzz/run.sh [SECONDS] [TARGET...]

  SECONDS   how long each target runs; 60
  TARGET    filter, cursor, page_token, signal,
            redaction, csv, mapping; all of them

Ends with 1 when a target found something, and says which input it was.
TEXT
}

all=(filter cursor page_token signal redaction csv mapping)
seconds=60
case ${1:-} in
  -h|--help) usage; exit 0 ;;
  [0-9]*) seconds=$1; shift ;;
esac
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")
for target in "${targets[@]}"; do
  [ -f "tests/fuzz/${target}_fuzz.cc" ] || { echo "run.sh: no target $target" >&2; usage >&2; exit 2; }
done

. deploy/packages.sh
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" || exit 1
cmake --preset fuzz >/dev/null && ninja -C build/fuzz "${targets[@]/%/_fuzz}" || exit 1

out=$PWD/build/fuzz
mkdir -p "$out/logs" "$out/findings"
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
failed=()
for target in "${targets[@]}"; do
  grown=$out/corpus/$target log=$out/logs/$target.log dictionary=tests/fuzz/$target.dict
  mkdir -p "$grown"
  options=(-max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 -timeout=10
           -print_final_stats=1 -artifact_prefix="$out/findings/$target-")
  [ ! -f "$dictionary" ] || options+=(-dict="$dictionary")
  if "$out/bin/${target}_fuzz" "${options[@]}" "$grown" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    printf '%-11s %s runs, %s\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
      "$(grep -aoE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -1)"
  else
    failed+=("$target")
    grep -aE 'BROKEN|ERROR|SUMMARY|runtime error' "$log" | head -5
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    echo "FOUND in $target; all of it: $log"
    [ -z "$input" ] || echo "  again: $out/bin/${target}_fuzz $input"
  fi
done
[ ${#failed[@]} -eq 0 ] || { echo "FAILED: ${failed[*]}"; exit 1; }
