#!/usr/bin/env python3
"""Writes the starting inputs of every fuzz target below the folder named on the command line.

They come from the conformance corpus (PORTCULLIS_CORPUS, or ../shared/corpus beside the checkout); without it the
fuzzers start from nothing. An input with two parts has a zero byte between them.
"""
import hashlib
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


def json_seeds():
    import json

    for path in sorted(corpus.glob("json/test_*/*.json")):
        write("json-parse", [path.read_bytes()])
        write("json-print", [path.read_bytes()])
    for path in sorted(corpus.glob("reviews/*.json")):
        write("json-parse", [path.read_bytes()])
        write("json-print", [path.read_bytes()])
    for name in ("tests", "spec_tests", "merge_rfc7396"):
        path = corpus / f"json-patch/{name}.json"
        for case in json.loads(path.read_bytes()) if path.exists() else []:
            write("json-patch", [json.dumps(case["doc"]), json.dumps(case["patch"])])
            if "expected" in case:
                write("json-diff", [json.dumps(case["doc"]), json.dumps(case["expected"])])


def yaml_seeds():
    import json

    for name in ("suite.json", "k8s-idioms.json"):
        path = corpus / "yaml" / name
        for case in json.loads(path.read_text()) if path.exists() else []:
            write("yaml", [case["yaml"]])


json_seeds()
yaml_seeds()
