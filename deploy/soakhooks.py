"""The parts of the soak that are about hooks; soak.py says what they show and runs them.

The servers that hooks ask are those of hookservers.py. Requests of the namespace `calm` are for good hooks alone, those of `runs`
for a command, those of `hurt` for every bad hook there is, and for the good ones.
"""
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from soak import BINARY, REVIEW, ROOT, Server, free_port, told, wait_until

# What every bad hook has besides the way in which it is bad: they are probed every second or two, so that they go on being bad.
BAD = """  failurePolicy: Ignore
  budget: 200ms
  breaker: {window: 2s, minimumCalls: 10, failureRate: 0.5, openFor: 1s, maxOpenFor: 2s, halfOpenCalls: 3}
  concurrency: {max: 8, queue: 8}
"""
# The API server rounds timeouts up to a second, so one is taken off the three that are asked for; and 50 ms for the way back.
DEADLINE_SECONDS = 1.95
HOOK = """apiVersion: portcullis.dev/v1
kind: Hook
metadata: {name: %s}
spec:
  phase: validate
  match:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: ["*"], resources: [pods]}]
    matchConditions: [{name: namespace, expression: "request.namespace in %s"}]
%s  run: %s
"""
COMMANDS = {
    "flood": ["/bin/sh", "-c", "yes | head -c 100000000"],
    "brood": ["/bin/sh", "-c", "(sleep 300 & sleep 300) & (setsid sleep 300 &) ; setsid sh -c 'sleep 300 & sleep 300' & sleep 300"],
    "deaf": ["/bin/sh", "-c", "trap '' TERM INT HUP; while :; do sleep 1; done"],
    "greedy": ["/usr/bin/tail", "/dev/zero"],
    "crash": ["/bin/sh", "-c", "kill -SEGV $$"],
}


class Asked:
    """The servers that hooks ask, as a process of their own."""

    def __init__(self, sort):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "deploy", "hookservers.py"), sort], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.places = json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def url(self, path, place="port"):
        return f"http://127.0.0.2:{self.places[place]}/{path}"

    def counts(self):
        with urllib.request.urlopen(self.url("asked"), timeout=10) as answer:
            return json.load(answer)


def hook(name, namespaces, run, settings=""):
    return HOOK % (name, json.dumps(namespaces).replace('"', "'"), settings, json.dumps(run))


def good_hooks(good):
    """A policy's worth of CEL, a quick service and a quick command."""
    cel = {"validations": [{"expression": "object.spec.containers.all(c, c.image != '')", "message": "an image is required"}]}
    command = {"argv": ["/bin/sh", "-c", 'echo pass > "$PORTCULLIS_RESULT"'], "env": {"PATH": "/usr/bin:/bin"}}
    patient = "  budget: 2s\n"
    return [hook("rule", ["calm", "hurt"], {"cel": cel}),
            hook("quick", ["calm", "hurt"], {"http": {"url": good.url("quick")}}, patient),
            hook("runs", ["runs"], {"command": command}, patient)]


SERVICES = ("silent", "drip", "gigabyte", "reset", "redirect", "garbage")


def bad_names():
    return (*SERVICES, "unaccepted", "refused", "private", *COMMANDS)


def bad_hooks(bad):
    urls = {name: bad.url(name) for name in SERVICES}
    urls["unaccepted"] = bad.url("silent", "unaccepted")
    urls["refused"] = bad.url("silent", "refused")
    # A name of an address that hooks may not reach.
    urls["private"] = f"http://localhost:{bad.places['trap']}/"
    hooks = [hook(name, ["hurt"], {"http": {"url": url}}, BAD) for name, url in urls.items()]
    for name, words in COMMANDS.items():
        command = {"argv": words, "env": {"PATH": "/usr/bin:/bin"}, "grace": "300ms"}
        hooks.append(hook(name, ["hurt"], {"command": command}, BAD))
    return hooks


class Rules:
    """A folder of rules, reviews of the namespaces that they are about, and room for commands and records."""

    def __init__(self, hooks):
        self.folder = tempfile.TemporaryDirectory()
        for name in ("rules", "scratch", "state"):
            os.mkdir(self.path(name))
        with open(self.path("rules", "hooks.yaml"), "w") as file:
            file.write("---\n".join(hooks))
        review = json.load(open(REVIEW))
        for namespace in ("calm", "hurt", "runs"):
            review["request"]["namespace"] = review["request"]["object"]["metadata"]["namespace"] = namespace
            with open(self.path(namespace + ".json"), "w") as file:
                json.dump(review, file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def server(self):
        calls = {"allowedTargets": ["127.0.0.2/32"], "scratch": self.path("scratch")}
        spec = {"hooks": [], "logLevel": "error", "rules": [self.path("rules")], "state": self.path("state"), "hookCalls": calls}
        return Server(spec=spec)


class Load:
    """Requests of one namespace at a constant rate, beside others; the report when it is over."""

    def __init__(self, server, rules, namespace, rate, seconds):
        command = [BINARY, "bench", f"https://127.0.0.1:{server.port}/validate?timeout=3s", "--reviews", rules.path(namespace + ".json"),
                   "-o", "json", "--connections", "8", "--rate", str(rate), "--duration", f"{seconds + 1}s", "--warm-up", "1s",
                   "--timeout", "20s", "--ca", os.path.join(server.folder.name, "ca.crt")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def report(self):
        output, errors = self.process.communicate()
        if self.process.returncode == 2:
            sys.exit(f"bench: {errors}")
        return json.loads(output)


def marked_processes(text):
    """Processes whose environment has that text."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if text.encode() in file.read():
                        found.append(int(name))
            except OSError:
                pass
    return found


def run_folders(scratch):
    """The folders of commands, in that of the server; spare ones have an invocation without a byte."""
    invocations = [os.path.join(place, "invocation.json") for place, _, _ in os.walk(scratch) if os.path.basename(place).startswith("run-")]
    return [path for path in invocations if not os.path.exists(path) or os.path.getsize(path) > 0]


def descriptor_count(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def listed(server, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.admin}{path}", timeout=10) as answer:
        return json.load(answer)


def ledger_count(server):
    """How many admissions its entries stand for, and what was too much for the disk; all of it, whatever has been pruned since."""
    return int(sum(server.metric('portcullis_records_%s_total{records="fail_open"}' % what) for what in ("kept", "dropped")))


def settled(value, seconds=10):
    """What `value()` is once it is the same twice in a row."""
    last, end = None, time.monotonic() + seconds
    while (now := value()) != last and time.monotonic() < end:
        last = now
        time.sleep(0.3)
    return now


def loaded(hooks, seconds, look=lambda server, rules, first: None):
    """A server with these hooks under 300 requests a second; the reports by namespace, the most memory, and what `look` sees."""
    with Rules(hooks) as rules, rules.server() as server:
        first = descriptor_count(server)
        loads = {name: Load(server, rules, name, rate, seconds) for name, rate in (("calm", 140), ("runs", 10), ("hurt", 150))}
        most = 0
        while any(load.process.poll() is None for load in loads.values()):
            most = max(most, server.resident())
            time.sleep(0.1)
        reports = {name: load.report() for name, load in loads.items()}
        return reports, most, look(server, rules, first)


def ask_and_count(server, rules, times):
    """Asks one after the other; how many warnings told of checks that were not made, and by how much counter and ledger grew."""
    review = open(rules.path("hurt.json"), "rb").read()
    head = f"POST /validate?timeout=3s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(review)}\r\n\r\n"
    before = [settled(lambda: int(server.metric("portcullis_fail_open_total"))), settled(lambda: ledger_count(server))]
    warned = answered = 0
    with server.connect() as one:
        for _ in range(times):
            one.sendall(head.encode() + review)
            text = b""
            while b"\r\n\r\n" not in text or len(text) < whole_length(text):
                piece = one.recv(65536)
                if not piece:
                    break
                text += piece
            answered += text.startswith(b"HTTP/1.1 200")
            warned += text.count(b"admitted unchecked")
    after = [settled(lambda: int(server.metric("portcullis_fail_open_total"))), settled(lambda: ledger_count(server))]
    return answered, warned, after[0] - before[0], after[1] - before[1]


def whole_length(text):
    head, _, _ = text.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    return len(head) + 4 + (int(length.group(1)) if length else 0)


# The thread of each of six commands and the one that cleans up have two descriptors; the three journals have a file
# each, and what a command writes too much of goes to one more.
DESCRIPTORS_MORE_MAX = 7 * 2 + 3 + 1


def afterwards(server, rules, first, times):
    """What there is to see once nobody asks any more, and once the server was told to end."""
    seen = {"counted": settled(lambda: int(server.metric("portcullis_fail_open_total"))), "kept": settled(lambda: ledger_count(server)),
            "asked": ask_and_count(server, rules, times)}
    figures = {one["name"]: one.get("lastFiveMinutes", {}) for one in listed(server, "/v1/hooks")["hooks"]}
    seen["never bad"] = [name for name in bad_names() if not figures[name].get("failures")]
    # Commands have their grace, and connections to services that answer are kept for half a minute.
    end = time.monotonic() + 60
    while time.monotonic() < end:
        seen["left"] = [*marked_processes(rules.path("scratch")), *run_folders(rules.path("scratch"))]
        seen["descriptors"] = descriptor_count(server) - first
        if not seen["left"] and seen["descriptors"] <= DESCRIPTORS_MORE_MAX:
            break
        time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    seen["status"] = server.process.wait(40)
    return seen


def hooks(options):
    """What bad hooks do to others, to the server and to the machine."""
    times = max(options.seconds * 10, 30)
    moved, broken = {"calm": [], "runs": []}, False
    with Asked("good") as good, Asked("bad") as bad:
        for turn in range(1, options.rounds + 1):
            calm, _, _ = loaded(good_hooks(good), options.seconds)
            hurt, most, seen = loaded(good_hooks(good) + bad_hooks(bad), options.seconds, lambda *all: afterwards(*all, times))
            for name, rows in moved.items():
                rows.append([one[name]["responseTime"]["p99"] * 1000 for one in (calm, hurt)])
            failed = sum(one["failures"] for one in (*calm.values(), *hurt.values()))
            slowest = max(one["responseTime"]["p99.9"] for one in hurt.values())
            answered, warned, counted, kept = seen["asked"]
            broken |= told(f"hooks answers {turn}", failed == 0 and slowest < DEADLINE_SECONDS and not seen["never bad"],
                           f"{sum(one['requests'] for one in hurt.values())} requests, {failed} without an answer, p99.9 "
                           f"{slowest * 1000:.0f} ms of {DEADLINE_SECONDS * 1000:.0f}; hooks that never failed: {seen['never bad']}")
            broken |= told(f"hooks fail-open {turn}", seen["counted"] == seen["kept"] > 0 and warned == counted == kept > 0 and answered == times,
                           f"{seen['counted']} counted, {seen['kept']} in the ledger; then of {answered} requests {warned} warnings, "
                           f"{counted} counted, {kept} in the ledger")
            broken |= told(f"hooks afterwards {turn}",
                           not seen["left"] and seen["descriptors"] <= DESCRIPTORS_MORE_MAX and seen["status"] == 0,
                           f"processes and folders left: {seen['left']}, {seen['descriptors']} descriptors more, exit status {seen['status']}")
            broken |= told(f"hooks memory {turn}", options.untimed or most < 60, f"{most:.1f} MiB at most")
        trapped = bad.counts().get("trapped", 0)
        broken |= told("hooks targets", trapped == 0, f"{trapped} connections to addresses that are not allowed")
    for name, rows in moved.items():
        middle = statistics.median(row[1] - row[0] for row in rows)
        broken |= told(f"hooks p99 of {name}", options.untimed or middle < 2,
                       f"moves by {middle:.2f} ms: " + ", ".join(f"{row[0]:.2f} to {row[1]:.2f}" for row in rows))
    return broken


# MARK: Prometheus

PROMETHEUS = """global: {scrape_interval: 1s, scrape_timeout: 900ms}
scrape_configs:
- job_name: portcullis
  static_configs: [{targets: ["127.0.0.1:%d"]}]
"""
BUCKETS = [0, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]


class Prometheus:
    """A Prometheus that scrapes a server each second."""

    def __init__(self, server):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "prometheus.yml")
        with open(path, "w") as file:
            file.write(PROMETHEUS % server.admin)
        self.port = free_port()
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.folder.name}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.value("up") == 1, 60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def value(self, expression):
        """The only sample of an expression; None where there is none."""
        query = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=10) as answer:
                rows = json.load(answer)["data"]["result"]
        except OSError:
            return None
        return float(rows[0]["value"][1]) if rows else None


def in_buckets(value, least, most):
    """Whether a quantile that was estimated from buckets lies in those of two quantiles, or between: the hook's server saw less
    than its call took, and whoever made the request saw more."""
    below = max(bound for bound in BUCKETS if bound < least)
    above = next((bound for bound in BUCKETS if bound >= most), BUCKETS[-1])
    return value is not None and below <= value <= above


def near(value, seen, share):
    return value is not None and abs(value - seen) <= share * max(abs(seen), 1e-9)


def prometheus(options):
    """What a real Prometheus makes of the metrics, against what the load generator and the hooks' servers saw."""
    patient = "  failurePolicy: Ignore\n  budget: %s\n  breaker: {minimumCalls: 1000000}\n  concurrency: {max: 256, queue: 1024}\n"
    broken = False
    with Asked("good") as good:
        made = [hook("rule", ["calm", "runs", "hurt"], {"cel": {"validations": [{"expression": "object.spec.containers.size() > 0"}]}}),
                hook("steady", ["calm"], {"http": {"url": good.url("steady")}}, patient % "1s"),
                hook("mixed", ["hurt"], {"http": {"url": good.url("mixed")}}, patient % "60ms")]
        with Rules(made) as rules, rules.server() as server, Prometheus(server) as prometheus:
            loads = {name: Load(server, rules, name, rate, options.seconds) for name, rate in (("calm", 100), ("hurt", 100))}
            reports = {name: load.report() for name, load in loads.items()}
            window = f"[{options.seconds}s]"
            # Of the same moments, as rates have no others.
            rates = {name: prometheus.value(expression) for name, expression in {
                "up": f"min_over_time(up{window})",
                "scrapes": f"count_over_time(up{window})",
                "success": f'sum(rate(portcullis_hook_invocations_total{{hook="mixed",outcome!="failure"}}{window})) / '
                           f'sum(rate(portcullis_hook_invocations_total{{hook="mixed"}}{window}))',
                "steady p99": f'histogram_quantile(0.99, sum by (le) (rate(portcullis_hook_duration_seconds_bucket{{hook="steady"}}{window})))',
                "steady p50": f'histogram_quantile(0.5, sum by (le) (rate(portcullis_hook_duration_seconds_bucket{{hook="steady"}}{window})))',
                "mixed p99": f'histogram_quantile(0.99, sum by (le) (rate(portcullis_hook_duration_seconds_bucket{{hook="mixed"}}{window})))',
            }.items()}
            time.sleep(2.5)
            totals = {name: prometheus.value(expression) for name, expression in {
                "steady": 'sum(portcullis_hook_invocations_total{hook="steady",outcome="pass"})',
                "mixed": 'sum(portcullis_hook_invocations_total{hook="mixed"})',
                "passed": 'sum(portcullis_hook_invocations_total{hook="mixed",outcome="pass"})',
                "timeouts": 'sum(portcullis_hook_timeouts_total{hook="mixed"})',
                "errors": 'sum(portcullis_hook_failures_total{hook="mixed",reason="error"})',
                "failed open": 'sum(portcullis_fail_open_total{hook="mixed"})',
                "requests": "sum(portcullis_admission_requests_total)",
                "observed": 'sum(portcullis_hook_duration_seconds_count{hook="mixed"})',
                "ratio": 'portcullis_hook_success_ratio{hook="mixed"}',
                "quantile": 'portcullis_hook_latency_seconds{hook="steady",quantile="0.99"}',
            }.items()}
            asked = good.counts()
            with urllib.request.urlopen(f"http://127.0.0.1:{server.admin}/metrics", timeout=5) as answer:
                text = answer.read()
            check = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    failures = sum(one["failures"] for one in reports.values())
    said = (check.stdout + check.stderr).decode().strip()
    broken |= told("prometheus scrapes", rates["up"] == 1 and rates["scrapes"] >= options.seconds - 2 and failures == 0,
                   f"{rates['scrapes']:.0f} in {options.seconds} s, up at least {rates['up']:.0f}, {failures} requests failed")
    broken |= told("prometheus format", check.returncode == 0 and not said, f"promtool says {said!r}")
    pairs = {"steady": asked["steady"], "mixed": asked["mixed"], "passed": asked["mixed passed"], "timeouts": asked["mixed unanswered"],
             "errors": asked["mixed failed"], "failed open": asked["mixed"] - asked["mixed passed"],
             "requests": asked["steady"] + asked["mixed"], "observed": asked["mixed"]}
    broken |= told("prometheus counts", all(totals[name] == count for name, count in pairs.items()),
                   ", ".join(f"{name} {totals[name]:.0f} of {count}" for name, count in pairs.items()))
    share = asked["mixed passed"] / asked["mixed"]
    broken |= told("prometheus success rate", near(rates["success"], share, 0.02) and near(totals["ratio"], share, 1e-6),
                   f"{rates['success']:.4f} by rate, {totals['ratio']:.4f} of five minutes, {share:.4f} seen")
    # At its 99th percentile `mixed` is given up after its budget.
    calm, hurt = reports["calm"]["serviceTime"], reports["hurt"]["serviceTime"]
    quantiles = {"steady p50": (asked["p50"], calm["p50"]), "steady p99": (asked["p99"], calm["p99"]), "mixed p99": (0.06, hurt["p99"])}
    broken |= told("prometheus quantiles", all(in_buckets(rates[name], *seen) for name, seen in quantiles.items()),
                   ", ".join(f"{name} {rates[name] * 1000:.2f} ms by buckets, {least * 1000:.2f} to {most * 1000:.2f} seen"
                             for name, (least, most) in quantiles.items())
                   + f"; of five minutes {totals['quantile'] * 1000:.2f} ms")
    return broken


def scrape(options):
    """A thousand hooks with series, scraped ten times a second beside requests."""
    cel = {"cel": {"validations": [{"expression": "object.spec.containers.size() > 0"}]}}
    made = [hook(f"hook-{number:04}", ["hurt"], cel) for number in range(1000)] + [hook("calm", ["calm"], cel)]
    moved, costs, size = [], [], 0
    with Rules(made) as rules, rules.server() as server:
        Load(server, rules, "hurt", 5, 1).report()

        def cpu():
            with open(f"/proc/{server.process.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        def scraping(stop, seen):
            while not stop.wait(0.1):
                with urllib.request.urlopen(f"http://127.0.0.1:{server.admin}/metrics", timeout=5) as answer:
                    seen.append(len(answer.read()))

        for _ in range(max(options.rounds, 3)):
            rows = []
            for scrapes in (False, True):
                stop, seen = threading.Event(), []
                thread = threading.Thread(target=scraping, args=(stop, seen))
                before = cpu()
                if scrapes:
                    thread.start()
                rows.append((Load(server, rules, "calm", 300, options.seconds).report(), cpu() - before))
                stop.set()
                if scrapes:
                    thread.join()
                    costs.append((rows[1][1] - rows[0][1]) * 1000 / len(seen))
                    size = max(seen)
            moved.append([row[0]["responseTime"]["p99"] * 1000 for row in rows])
    cost = statistics.median(costs)
    middle = statistics.median(after - before for before, after in moved)
    return told("scrape", options.untimed or cost < 20 and middle < 1,
                f"{cost:.1f} ms CPU for {size / 2**20:.2f} MiB, p99 at 300 requests/s moves by {middle:.2f} ms: "
                + ", ".join(f"{before:.2f} to {after:.2f}" for before, after in moved))


def page(options):
    """The status page in a real browser: what its scripts made of it, and what the browser complained of."""
    deny = {"cel": {"validations": [{"expression": "false", "message": "never in <b>calm</b>"}]}}
    quiet = {"cel": {"validations": [{"expression": "true"}]}}
    with Rules([hook("strict", ["calm"], deny), hook("lenient", ["calm"], quiet)]) as rules, rules.server() as server:
        Load(server, rules, "calm", 10, 1).report()
        revision = listed(server, "/v1/status")["rules"]["revision"]
        with tempfile.TemporaryDirectory() as home:
            said = subprocess.run(
                ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={home}",
                 "--no-first-run", "--disable-extensions", "--virtual-time-budget=4000", "--enable-logging=stderr", "--v=0",
                 "--dump-dom", f"http://127.0.0.1:{server.admin}/"], capture_output=True, text=True, timeout=120)
    wanted = {"revision": revision, "readiness": '<p id="state" role="status" class="good">ready', "a hook": "<td>strict</td>",
              "another": "<td>lenient</td>", "a denial, as text": "never in &lt;b&gt;calm&lt;/b&gt;"}
    missing = [name for name, text in wanted.items() if not text or text not in said.stdout]
    complaints = [line for line in said.stderr.splitlines() if "CONSOLE" in line]
    return told("page", said.returncode == 0 and not missing and not complaints,
                f"{len(said.stdout)} bytes of document, missing {missing}, the console has {complaints}")


SECTIONS = {"hooks": hooks, "prometheus": prometheus, "scrape": scrape, "page": page}
