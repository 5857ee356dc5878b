"""The part of the soak that is about monitoring; soak.py says what it shows and runs it.

A server is asked about hooks that do everything a hook can do, a real Prometheus scrapes it each second and evaluates the rules of
deploy/monitoring, and then each query of each dashboard, each recording rule and each alert has to give something.
"""
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from soak import BINARY, DENIAL, ROOT, Server, free_port, told, wait_until
from soakhooks import Asked, listed

MONITORING = os.path.join(ROOT, "deploy", "monitoring")
RULES = ("recording-rules.yaml", "alerts.yaml")
# What Grafana puts into a query: four times the interval of the scrapes, and the time that is shown.
VARIABLES = {"$__rate_interval": "4s", "$__range": "1m", "$job": ".*", "$replica": ".*", "$hook": ".*"}
REVIEW = {
    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
    "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "operation": "CREATE", "name": "web", "namespace": "shop",
        "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {"group": "", "version": "v1", "resource": "pods"},
        "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
        "requestResource": {"group": "", "version": "v1", "resource": "pods"},
        "userInfo": {"username": "somebody", "groups": ["system:authenticated"]}, "dryRun": False, "oldObject": None, "options": None,
        "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
                   "spec": {"containers": [{"name": "web", "image": "registry.example/web:1"}]}}}}
TOKEN = "nobody-knows-this-token"
HOOK = {"apiVersion": "portcullis.dev/v1", "kind": "Hook"}
# A policy that makes a name longer each time, which is not idempotent.
LONGER = """apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: longer}
spec:
  reinvocationPolicy: Never
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: "[JSONPatch{op: 'replace', path: '/metadata/name', value: object.metadata.name + 'x'}]"
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: longer}
spec: {policyName: longer}
"""
PROMETHEUS = """global: {scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 1s}
rule_files: [%s]
scrape_configs:
- job_name: portcullis
  static_configs: [{targets: ["127.0.0.1:%d"]}]
"""


def hook(name, run, phase="validate", **settings):
    spec = {"phase": phase, "budget": "200ms", "failurePolicy": "Ignore", **settings, "run": run}
    return {**HOOK, "metadata": {"name": name}, "spec": spec}


# What only a server with workers exports; its own tests look at it.
OF_SUPERVISORS = {"portcullis_worker_restarts_total"}


def hooks(good, bad):
    """One hook for each way of failing, and those that do not."""
    probed = {"window": "2s", "minimumCalls": 5, "openFor": "1s", "maxOpenFor": "1s", "halfOpenCalls": 1}
    after = hook("tells", {"http": {"url": good.url("quick")}}, "after")
    del after["spec"]["failurePolicy"]
    return [
        hook("good", {"cel": {"validations": [{"expression": "object.spec.containers.size() > 0"}]}}, criticality="critical"),
        hook("mixed", {"http": {"url": good.url("mixed")}}, budget="60ms", breaker=False, criticality="critical", objective="99.95%",
             retry={"attempts": 2, "backoff": "1ms", "maxBackoff": "2ms"}),
        hook("refused", {"http": {"url": bad.url("silent", "refused")}}, breaker=probed, criticality="optional"),
        hook("silent", {"http": {"url": bad.url("silent")}}, breaker=False, concurrency={"max": 1, "queue": 0}),
        hook("garbage", {"http": {"url": bad.url("garbage")}}, breaker=False),
        hook("strict", {"cel": {"validations": [{"expression": "false", "message": "never"}]}}, mode="warn"),
        after]


class Stage:
    """Rules, a candidate for them, reviews, and room for what is kept."""

    def __init__(self, good, bad):
        self.folder = tempfile.TemporaryDirectory()
        for name in ("rules", "candidate", "state", "record"):
            os.mkdir(self.path(name))
        self.write("rules/hooks.yaml", "\n---\n".join(json.dumps(one) for one in hooks(good, bad)))
        self.write("rules/longer.yaml", LONGER)
        self.write("candidate/strict.yaml", DENIAL % {"name": "strict", "message": "never"})
        self.write("review.json", json.dumps(REVIEW))
        self.write("token", TOKEN)
        self.spec = {
            "hooks": [], "logLevel": "error", "rules": [self.path("rules")], "state": self.path("state"),
            # A budget so small that it is spent at once.
            "hookCalls": {"allowedTargets": ["127.0.0.2/32"], "retryPercent": 1, "retryReserve": 2},
            "admin": {"tokenFile": self.path("token")}, "shadowRules": [self.path("candidate")],
            "record": {"directory": self.path("record"), "percent": 100},
            "traces": {"endpoint": good.url("quick"), "percent": 100}}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def load(self, server, path, rate):
        """Reviews at a constant rate until the load is ended."""
        command = [BINARY, "bench", f"https://127.0.0.1:{server.port}{path}?timeout=3s", "--reviews", self.path("review.json"),
                   "--connections", "4", "--rate", str(rate), "--duration", "600s", "--warm-up", "0s",
                   "--ca", os.path.join(server.folder.name, "ca.crt")]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def change(server, hook, mode):
    """Somebody sets a hook's mode."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.admin}/v1/hooks/{hook}/mode", data=json.dumps({"mode": mode}).encode(),
        headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10):
        pass


class Watching:
    """A Prometheus that scrapes a server each second and evaluates the rules as often: those of days too."""

    def __init__(self, server):
        self.folder = tempfile.TemporaryDirectory()
        for name in RULES:
            with open(os.path.join(MONITORING, name)) as file:
                text = file.read()
            with open(os.path.join(self.folder.name, name), "w") as file:
                file.write(text.replace("interval: 3m", "interval: 1s").replace(":5m]", ":1s]"))
        path = os.path.join(self.folder.name, "prometheus.yml")
        with open(path, "w") as file:
            file.write(PROMETHEUS % (", ".join(RULES), server.admin))
        self.port = free_port()
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.folder.name}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.has_data("up == 1"), 60)
        self.since = time.time()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def get(self, path, **query):
        """What Prometheus answers; None where it is not there yet, and what is wrong with a query is told."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            # It says 503 until it has started.
            if error.code != 503:
                print(f"{query}: {error.read().decode()}", flush=True)
        except OSError:
            pass
        return None

    def has_data(self, expression, over_time=False):
        """Whether a query gives anything now, or anywhere in the time that is watched."""
        if over_time:
            found = self.get("query_range", query=expression, start=self.since, end=time.time(), step=1)
        else:
            found = self.get("query", query=expression)
        rows = found["result"] if found else []
        return any(value != "NaN" for row in rows for _, value in row.get("values") or [row["value"]])


def dashboards_of(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name)) as file:
            found[name] = json.load(file)
    return found


def queries(dashboard):
    """Title, expression, and whether it is looked at over time."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], filled(target["expr"]), not target.get("instant")
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["name"], filled(annotation["expr"]), True


def filled(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def names_used():
    """Metrics that rules and dashboards read, and series that they take from recording rules."""
    texts = [json.dumps([one["panels"], one["annotations"], one["templating"]])
             for one in dashboards_of(os.path.join(MONITORING, "dashboards")).values()]
    for name in RULES:
        with open(os.path.join(MONITORING, name)) as file:
            texts += re.findall(r"(?ms)^ *expr: *(.*?)(?=^ *- |^ *for:|^ *labels:|^ *#|\Z)", file.read())
    text = "\n".join(texts)
    return set(re.findall(r"(?<![\w:.\-/])(?:portcullis|process)_\w+", text)), set(re.findall(r"\b(?:hook|job):[\w:]+", text))


def recorded():
    with open(os.path.join(MONITORING, RULES[0])) as file:
        return re.findall(r"- record: (\S+)", file.read())


def exported(server):
    """The names of all samples."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.admin}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {re.split(r"[{ ]", line, maxsplit=1)[0] for line in text.splitlines() if not line.startswith("#")}


def missing(check, seconds):
    """What `check` still misses after so long."""
    end = time.monotonic() + seconds
    while (left := check()) and time.monotonic() < end:
        time.sleep(1)
    return left


def dashboards(options):
    """Every query, every recording rule and every metric, against a server whose hooks fail in every way."""
    broken = False
    made = dashboards_of(os.path.join(MONITORING, "dashboards"))
    asked = [(f"{file}: {title}", *rest) for file, one in made.items() for title, *rest in queries(one)]
    with Asked("good") as good, Asked("bad") as bad, Stage(good, bad) as stage, Server(spec=stage.spec) as server, \
            Watching(server) as watching:
        loads = [stage.load(server, "/validate", 20), stage.load(server, "/mutate", 5)]
        try:
            time.sleep(options.seconds / 2)
            change(server, "strict", "audit")
            stage.write("rules/wrong.yaml", "kind: Hook\n")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(options.seconds / 2)
            # Rules follow rules, each a second later than what it is made of.
            unrecorded = missing(lambda: [name for name in recorded() if not watching.has_data(name)], 20)
            empty = missing(lambda: [(title, expression) for title, expression, over_time in asked
                                     if not watching.has_data(expression, over_time)], 20)
            groups = watching.get("rules")["groups"]
            unwell = [f"{rule['name']}: {rule['lastError']}" for group in groups for rule in group["rules"] if rule["health"] == "err"]
            alive = [load.poll() is None for load in loads]
            names, series = names_used()
            unknown = sorted(names - exported(server) - OF_SUPERVISORS) + sorted(series - set(recorded()))
            failed = {one["name"]: one.get("lastFiveMinutes", {}).get("failures") for one in listed(server, "/v1/hooks")["hooks"]}
        finally:
            for load in loads:
                load.kill()
                load.wait()
    count = sum(len(group["rules"]) for group in groups)
    broken |= told("dashboards load", all(alive) and all(failed[name] for name in ("mixed", "refused", "silent", "garbage")),
                   f"failures by hook: {failed}")
    broken |= told("dashboards rules", not unrecorded and not unwell and count > 50,
                   f"{count} rules are evaluated, without data {unrecorded}, with errors {unwell}")
    broken |= told("dashboards queries", not empty and len(asked) > 70, f"{len(asked)} queries, without data {empty}")
    broken |= told("dashboards names", not unknown and len(names) > 40,
                   f"{len(names)} metrics and {len(series)} recorded series are used, unknown {unknown}")
    return broken


SECTIONS = {"dashboards": dashboards}
