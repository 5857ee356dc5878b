#!/usr/bin/env bash
# From a fresh clone to a running product. Until there is a server to run, it builds and shows the command line's help.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh build
swift build -c release --product portcullis
exec "$(swift build -c release --show-bin-path)/portcullis" --help
