#!/usr/bin/env python3
"""Writes the starting inputs of every fuzz target below the folder named on the command line.

They come from the conformance corpus (PORTCULLIS_CORPUS, or ../shared/corpus beside the checkout); without it the
fuzzers start from nothing. An input with two parts has a zero byte between them.
"""
import hashlib
import json
import pathlib
import re
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


def regex_seeds():
    """The regular expressions of the corpus, and kinds of patterns that engines have stumbled over."""
    hard = [(r"(a*)*b", "aaaa"), (r"(x+x+)+y", "xxxx"), (r"(|a)+(?m:$)\b", "aé\n"), (r"(?i)[k-ſ]{2,3}?\B", "KſK"),
            (r"\pL+\P{Greek}|[^\x00-\x{10FFFF}]", "é☃"), (r"(?P<n>a?){50}(b|\Qx*\E)", "aab"), (r"[[:^alpha:]\d-z]", "9-z")]
    for pattern, text in hard:
        write("regex-compile", [pattern])
        write("regex-match", [pattern, text])
    for case in json.loads((corpus / "k8s-cel/edge/regex.json").read_text()) if corpus.is_dir() else []:
        call = re.match(r"'(.*?)'\.\w+\('(.*)'", case["expr"], re.S)
        if call:
            text, pattern = (part.encode().decode("unicode_escape").encode("utf-8", "replace") for part in call.groups())
            write("regex-compile", [pattern])
            write("regex-match", [pattern, text])


def json_seeds():
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
    for name in ("suite.json", "k8s-idioms.json"):
        path = corpus / "yaml" / name
        for case in json.loads(path.read_text()) if path.exists() else []:
            write("yaml", [case["yaml"]])


json_seeds()
yaml_seeds()
regex_seeds()


def cel_seeds():
    """The expressions of the corpus, each on a small Pod."""
    pod = json.dumps({"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [
        {"name": "a", "image": "r/x:1", "resources": {"limits": {"cpu": "100m"}}}, {"name": "b", "image": "y"}]}})
    for path in sorted(corpus.glob("cel/*.json")) + sorted(corpus.glob("k8s-cel/edge/*.json")):
        cases = json.loads(path.read_text())
        for case in cases if isinstance(cases, list) else []:
            write("cel-compile", [case["expr"]])
            write("cel-run", [case["expr"], pod])


cel_seeds()


def schema_seeds():
    """Schemas of the corpus with their rules, each with its object and what that replaces."""
    for name in ("crd/rules", "crd/schema-rules", "cost/crd-runtime", "cost/crd-estimated", "crd/compile"):
        path = corpus / f"k8s-cel/{name}.json"
        for case in json.loads(path.read_text()) if path.exists() else []:
            schema = case["schema"]
            if "rule" in case:
                schema = {**schema, "x-kubernetes-validations": [{"rule": case["rule"]}]}
            parts = [schema] + [case[part] for part in ("obj", "oldObj") if part in case]
            write("schema-rules", [json.dumps(part) for part in parts])
    path = corpus / "k8s-cel/escaping.json"
    for case in json.loads(path.read_text()) if path.exists() else []:
        write("property-name", [case["unescaped"]])


schema_seeds()


def http_seeds():
    """Requests and responses of every shape, and what has confused readers of either."""
    post = "POST /validate?timeout=5s HTTP/1.1\r\nHost: a:443\r\n"
    chunked = "Transfer-Encoding: chunked\r\n\r\n"
    requests = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3, "OPTIONS * HTTP/1.0\r\nConnection: keep-alive, x\r\n\r\n",
        post + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\nhi", post + "Content-Length: 5, 5\r\n\r\nhello",
        post + chunked + "5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nT: v\r\n\r\n", post + "Content-Length: 1\r\n" + chunked,
        post + "traceparent: 00-1-2-01\r\nAuthorization: Bearer x\r\nAccept: */*\r\nContent-Encoding: gzip\r\n\r\n",
        "GET http://a/%41 HTTP/1.1\r\nHost: A\r\n folded\r\n\r\n", "\r\nGET / HTTP/1.1\nHost : a\n\n",
        "GET / HTTP/2.0\r\nHost: [::1]\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"]
    ok = "HTTP/1.1 200 OK\r\n"
    responses = [
        ok + "Content-Length: 2\r\nContent-Type: a/b\r\n\r\nhi", ok + chunked + "2\r\nhi\r\n0\r\n\r\n", ok + "\r\nuntil the end",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 x\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 204\r\n\r\n",
        ok + "Connection: close\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "HTTP/1.1 101 x\r\nA : b\r\n\r\n"]
    for target, texts in (("http-request", requests), ("http-response", responses)):
        for number, text in enumerate(texts):
            write(target, [bytes([number * 5]) + text.encode()])


http_seeds()


def admission_seeds():
    """Reviews, whole and broken."""
    for path in sorted(corpus.glob("reviews*/*.json")) + sorted(corpus.glob("reviews/invalid/*.json")):
        write("admission-review", [path.read_bytes()])


admission_seeds()


def policy_seeds():
    """Policies with their bindings, as far as they are short."""
    for path in sorted(corpus.glob("policies/*/*/policy.yaml")):
        binding = path.with_name("binding.yaml")
        text = path.read_bytes() + b"\n---\n" + (binding.read_bytes() if binding.exists() else b"")
        if len(text) <= 3500:
            write("policy-rules", [text])
            write("registration", [text])
    for path in sorted(checkout.glob("Tests/Lockouts/*/*.yaml")):
        write("registration", [path.read_bytes()])
    write("metrics-text", ['# HELP a_total Requests.\n# TYPE a_total counter\na_total{b="c\\"d",e="\\n"} 1\n'
                           '# TYPE h histogram\nh_bucket{le="0.1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3.5e-1\nh_count 2\ng NaN 1700000000000\n'])


policy_seeds()


def hook_seeds():
    """Hooks of every sort, with every knob."""
    head = "apiVersion: portcullis.dev/v1\nkind: Hook\nmetadata: {name: h, labels: {portcullis.dev/group: g}}\nspec:\n"
    knobs = """  phase: validate
  weight: 10
  match: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*']}],
    matchConditions: [{name: c, expression: object.metadata.name != ''}]}
  mode: warn
  rollout: {percent: 12.5, by: user}
  budget: 50ms
  failurePolicy: Cached
  retry: {attempts: 2, backoff: 5ms, maxBackoff: 40ms}
  breaker: {window: 20s, minimumCalls: 7, failureRate: 0.25, slowCall: 40ms, slowRate: 0.9, openFor: 5s, maxOpenFor: 1m}
  concurrency: {max: 3, queue: 4}
  cache: {key: object.metadata.name, ttl: 5m, staleFor: 1h, entries: 10, maxBytes: 4096}
"""
    asked = [
        "http: {url: 'https://a.example/x', caFile: ca.pem, bearerTokenFile: t, hmacKeyFile: /k, headers: {X-A: b}}",
        "webhook: {url: 'https://a.example/validate', clientCertificate: c.pem, clientKey: k.pem}",
        "command: {argv: [./a.sh, b], directory: d, env: {A: b}, secretFiles: {S: s}, grace: 1s}",
        "prompt: {url: 'https://a.example/v1', model: m, template: '{{invocation_json}}', apiKeyFile: k}"]
    for run in asked:
        write("policy-rules", [(head + knobs + "  run: {" + run + "}\n").encode()])
    cel = "  run: {cel: {variables: [{name: v, expression: object.metadata.name}], validations: [{expression: variables.v == 'web'}]}}\n"
    write("policy-rules", [(head + "  phase: validate\n" + cel).encode()])
    write("policy-rules", [(head + "  phase: mutate\n  run: {builtin: {name: a, settings: {b: [c]}}}\n").encode()])


hook_seeds()


def executor_seeds():
    """What hooks, other webhooks and models answer, and what must not reach a model or a disk."""
    patch = '[{"op":"add","path":"/metadata/labels","value":{"a":"b"}}]'
    results = [
        '{"result":"deny","message":"no","reason":"Invalid","code":422,"warnings":["w"],"audit_annotations":{"k":"v"}}',
        '{"result":"pass","patch":' + patch + "}", "deny\n\0why\0" + patch, "pass", '{"result":"pass","x":1}',
        '{"choices":[{"finish_reason":"stop","message":{"content":"```json\\n{\\"result\\":\\"pass\\"}\\n```"}}]}']
    for text in results:
        write("hook-result", [text])
    head = '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"u-1",'
    answers = [
        '"allowed":true}}', '"allowed":false,"status":{"code":403,"message":"no","reason":"Forbidden"}}}',
        '"allowed":true,"patchType":"JSONPatch","patch":"W3sib3AiOiJhZGQiLCJwYXRoIjoiL2EifV0=","warnings":["w"]}}',
        '"auditAnnotations":{"a":"b","c/d":"e"}}}']
    for text in answers:
        write("webhook-answer", [head + text])
    for path in sorted(corpus.glob("reviews*/*.json")):
        write("redaction", [path.read_bytes()])
    words = ["Authorization: Bearer abc", "--password x --token=y", "postgres://u:p@h/d", "eyJhbGciOiJ9.eyJzdWIiOiJ9.c2lnbmVk",
             "-----BEGIN PRIVATE KEY-----", '{"password":"x"}', "api_key = z; Password=q"]
    for text in words:
        write("redaction", [json.dumps({"kind": "Secret", "data": {"a": "b"}, "args": [text], "env": [{"name": "TOKEN", "value": text}]})])


executor_seeds()
