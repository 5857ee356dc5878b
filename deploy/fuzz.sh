#!/usr/bin/env bash
# Coverage-guided fuzzing with AddressSanitizer: `fuzz.sh [TARGET|all] [SECONDS]` (default: all, 600 seconds each).
# What is found accumulates in .fuzz/corpus/TARGET; a crash is written to .fuzz/crashes and fails the run.
# `fuzz.sh list` names the targets.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-all}
seconds=${2:-600}
build=.build-fuzz
binary=$build/portcullis-fuzz

names() { sed -n 's/^ *FuzzTarget(name: "\([a-z-]*\)".*/\1/p' Tests/FuzzTargets/*.swift; }

if [ "$target" = list ]; then
    names
    exit 0
fi

echo "building the fuzz targets"
swift build -c release --product FuzzTargets --scratch-path $build -Xswiftc -sanitize=fuzzer,address -Xswiftc -g >$build.log 2>&1 ||
    { cat $build.log; exit 1; }
archive=$(swift build -c release --scratch-path $build --show-bin-path)/libFuzzTargets.a
# The linker warns of each sanitizer symbol that it does not export; that is shown only where it fails.
swiftc -sanitize=fuzzer,address -o $binary -Xlinker --whole-archive "$archive" -Xlinker --no-whole-archive \
    >$build.log 2>&1 || { cat $build.log; exit 1; }
rm -f $build.log

python3 deploy/fuzz-seeds.py .fuzz/seeds
status=0
for name in $([ "$target" = all ] && names || echo "$target"); do
    mkdir -p ".fuzz/corpus/$name" ".fuzz/seeds/$name" .fuzz/crashes
    echo "fuzzing $name for $seconds s"
    log=.fuzz/$name.log
    if ! PORTCULLIS_FUZZ_TARGET=$name ASAN_OPTIONS=detect_leaks=0 $binary -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -max_len=4096 -use_value_profile=1 -print_final_stats=1 -artifact_prefix=".fuzz/crashes/$name-" \
        ".fuzz/corpus/$name" ".fuzz/seeds/$name" >"$log" 2>&1; then
        tail -40 "$log"
        echo "$name: found something, see .fuzz/crashes"
        status=1
    else
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, nothing found"
    fi
done
exit $status
