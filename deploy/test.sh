#!/usr/bin/env bash
# Builds everything once and runs every test.
set -euo pipefail
cd "$(dirname "$0")/.."
swift test --parallel 2>&1
