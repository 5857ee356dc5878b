#!/usr/bin/env python3
"""Writes the starting inputs of every fuzz target below the folder named on the command line.

They come from the conformance corpus (PORTCULLIS_CORPUS, or ../shared/corpus beside the checkout); without it the
fuzzers start from nothing. An input with two parts has a zero byte between them.
"""
import hashlib
import json
import pathlib
import sys
import os

checkout = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(os.environ.get("PORTCULLIS_CORPUS", checkout.parent / "shared/corpus"))
seeds = pathlib.Path(sys.argv[1])


def write(target, parts):
    data = b"\0".join(p if isinstance(p, bytes) else p.encode() for p in parts)
    if len(data) > 4096:
        return
    folder = seeds / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


for name in ("suite.json", "k8s-idioms.json"):
    path = corpus / "yaml" / name
    if path.exists():
        for case in json.loads(path.read_text()):
            write("yaml", [case["yaml"]])
