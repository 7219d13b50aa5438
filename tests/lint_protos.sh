#!/usr/bin/env bash
# Lints the protos with buf from npm where npm is present, else compiles them with protoc.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=${XDG_CACHE_HOME:-$HOME/.cache}/waymark-tools
if [ ! -x "$tools/node_modules/.bin/buf" ] && command -v npm >/dev/null; then
  mkdir -p "$tools" && npm install --silent --no-audit --no-fund --prefix "$tools" @bufbuild/buf@1 || true
fi
if [ -x "$tools/node_modules/.bin/buf" ]; then
  "$tools/node_modules/.bin/buf" lint
  echo "buf lint: clean"
else
  echo "buf is not to be had here: compiling with protoc instead"
  find proto -name '*.proto' -printf '%P\n' | xargs protoc -Iproto --descriptor_set_out=/dev/null
fi
