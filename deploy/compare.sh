#!/usr/bin/env bash
# Measures a release build side by side with nginx and a webhook in Go; see compare.py for what and how.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh benchmark
swift build -c release --product portcullis
PATH="$PWD/.build/python/bin:$PATH" exec python3 deploy/compare.py "$@"
