#!/usr/bin/env python3
"""Evaluates an expression (argument 1) on the `request.object` of a review (argument 2) with the Rust engine behind the
module common-expression-language; keeps the line protocol of the benchmark's PeerProcess.

The data is converted before the clock starts, and what a call costs whatever it evaluates is counted out with an empty
expression.
"""
import json
import sys
import time

try:
    import cel
except ImportError:
    print("missing common-expression-language", flush=True)
    sys.exit(1)

context = cel.Context()
context.add_variable("object", json.load(open(sys.argv[2]))["request"]["object"])
rule = cel.compile(sys.argv[1])
empty = cel.compile("true")
print("ready", flush=True)


def clock(program, times):
    execute = program.execute
    start = time.process_time_ns()
    for _ in range(times):
        execute(context)
    return time.process_time_ns() - start


for line in sys.stdin:
    times = int(line)
    print(max(1, clock(rule, times) - clock(empty, times)), flush=True)
