#!/usr/bin/env python3
"""Parses the files named on the command line with orjson; keeps the line protocol of the benchmark's PeerProcess."""
import sys
import time

try:
    import orjson
except ImportError:
    print("missing orjson", flush=True)
    sys.exit(1)

texts = [open(name, "rb").read() for name in sys.argv[1:]]
loads = orjson.loads
print("ready", flush=True)
for line in sys.stdin:
    times = int(line)
    start = time.process_time_ns()
    for _ in range(times):
        for text in texts:
            loads(text)
    print(time.process_time_ns() - start, flush=True)
