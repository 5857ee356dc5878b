#!/usr/bin/env python3
"""Evaluates expressions with the Rust engine behind common-expression-language (PyPI).

Reads one JSON line for each: first what `object` is, then expressions as JSON strings. Answers each expression with one
line: `= ` and the value as JSON, or `!` for an error of any kind.
"""
import json
import sys

import cel

context = cel.Context()
context.add_variable("object", json.loads(sys.stdin.readline()))
for line in sys.stdin:
    try:
        value = cel.compile(json.loads(line)).execute(context)
        print("= " + json.dumps(value))
    except Exception:  # whatever it is, it is no value
        print("!")
