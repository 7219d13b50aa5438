# Debian 12 packages that Waymark needs, and how to get them. To be sourced.
# shellcheck shell=bash disable=SC2034

# To build and run.
BUILD_PACKAGES=(
  g++ cmake ninja-build ccache mold pkg-config
  libgrpc++-dev protobuf-compiler-grpc protobuf-compiler libprotobuf-dev libprotoc-dev libabsl-dev
  libsqlite3-dev libpq-dev libhiredis-dev prometheus-cpp-dev
  libre2-dev libicu-dev libeigen3-dev libboost-math-dev libxxhash-dev libcli11-dev libyaml-cpp-dev libpugixml-dev libcsv-dev
  nlohmann-json3-dev libgtest-dev jq libgmock-dev curl ca-certificates
)

# To run the tests and checks besides.
TEST_PACKAGES=(
  postgresql redis-server git procps iproute2 clang-format clang-tidy chromium python3 python3-yaml npm
  shellcheck binutils clang libclang-rt-14-dev
)

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the given packages that are missing. Costs milliseconds when none is.
install_packages() {
  local missing=() package
  for package in "$@"; do
    # npm comes with node where node is not Debian's.
    [ "$package" = npm ] && command -v npm >/dev/null && continue
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      "${missing[@]}" >/dev/null
}
