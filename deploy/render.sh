#!/usr/bin/env bash
# Renders the chart without Helm, for tests and for deploy/manifests: `render.sh [-n NAMESPACE] [--upgrade] [-f VALUES.yaml]…`.
# What it needs (a Go toolchain, which compiles the renderer once) `install.sh test` installs; PORTCULLIS names another binary.
set -euo pipefail
cd "$(dirname "$0")/.."

renderer=.build/peers/helm-template
portcullis=${PORTCULLIS:-.build/debug/portcullis}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

convert() { "$portcullis" convert "$1" >"$2"; }

convert deploy/chart/Chart.yaml "$folder/Chart.json"
convert deploy/chart/values.yaml "$folder/values.json"
words=()
while [ $# -gt 0 ]; do
    case $1 in
        -f)
            convert "$2" "$folder/values-$#.json"
            words+=(-f "$folder/values-$#.json")
            shift 2
            ;;
        *)
            words+=("$1")
            shift
            ;;
    esac
done
# Templates that read YAML are told first which texts they need; once those are converted everything is there.
while ! output=$("$renderer" deploy/chart -j "$folder" "${words[@]}" 2>"$folder/problem"); do
    wanted=("$folder"/wanted-*.yaml)
    if [ ! -e "${wanted[0]}" ]; then
        cat "$folder/problem" >&2
        exit 1
    fi
    sum=${wanted[0]##*/wanted-}
    convert "${wanted[0]}" "$folder/${sum%.yaml}.json"
    rm "${wanted[0]}"
done
printf '%s\n' "$output"
