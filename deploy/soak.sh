#!/usr/bin/env bash
# Tries to break a release build while it is asked at a constant rate; see soak.py for what is tried.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh soak
swift build -c release --product portcullis
swift build -c release --product JournalWriter
exec python3 deploy/soak.py "$@"
