#!/usr/bin/env bash
# Runs clang-tidy over every source file, or those given, with the compile commands of a build folder.
# usage: bash tests/lint_code.sh BUILD_FOLDER [FILE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${1:?usage: bash tests/lint_code.sh BUILD_FOLDER [FILE...]}
shift
# clang reads neither g++'s precompiled headers nor its flags for them.
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
sed -E 's/ -fpch-preprocess//g; s/ -Winvalid-pch//g; s/ -Wno-error=[^ ]*//g; s/ -include [^ ]*cmake_pch\.hxx//g' \
  "$build/compile_commands.json" >"$commands/compile_commands.json"
[ $# -gt 0 ] || mapfile -t files < <(git ls-files -- 'libs/*.cc' 'services/*.cc')
[ $# -gt 0 ] && files=("$@")
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$commands" 2>/dev/null
echo "clang-tidy: clean, ${#files[@]} files"
