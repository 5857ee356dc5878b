#!/usr/bin/env bash
# Makes the certificates for trying things out on this machine, beside this script; git keeps none of them.
# Options are those of `portcullis certs dev`: `make.sh --force --san my-machine.example`.
set -euo pipefail
cd "$(dirname "$0")/.."
exec swift run -q portcullis certs dev certs-dev "$@"
