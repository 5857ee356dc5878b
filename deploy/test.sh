#!/usr/bin/env bash
# Every check there is: builds, lints, fuzzes for a short while, tries the image in a root of its own, and runs every test.
# `test.sh quick` leaves the fuzzing and the image out. PORTCULLIS_FUZZ_SECONDS (default 15) bounds each fuzz target.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh test
swift build --build-tests --explicit-target-dependency-import-check error
swift format lint --strict --recursive Package.swift Sources Tests
if [ "${1:-}" != quick ]; then
    deploy/fuzz.sh all "${PORTCULLIS_FUZZ_SECONDS:-15}"
    deploy/image.sh build
    deploy/image.sh root .build/image/root
    deploy/image.sh try .build/image/root
fi
# What must not allocate or retain is counted in a release build: a debug build does both where it need not.
swift build -c release --product benchmark
"$(swift build -c release --show-bin-path)/benchmark" --counts
swift test --skip-build --disable-xctest
