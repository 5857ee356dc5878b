#!/usr/bin/env python3
"""Measures the server side by side with nginx and a webhook in Go, in one run.

    compare.sh [--rounds N] [--seconds N] [bodies|latency|connections|handshakes|memory|start|rules|many|breaker …]

Each server has the first processor to itself and wrk the second. A round asks every server in turn, for each body; what
is printed is CPU time per request as the operating system accounts it, and the median over the rounds of ours divided
by theirs. `rules` has the same ten checks as rules in CEL, and five times as many; `many` has ten policies beside 990 that
are about other things; `breaker` has the ten checks, and beside them a hook that asks a service that never answers and whose
breaker is open, failing closed and failing open. Bodies and peers come from `../shared`, or from the folder that PORTCULLIS_SHARED names.
"""
import argparse
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.environ.get("PORTCULLIS_SHARED", os.path.join(os.path.dirname(ROOT), "shared"))
TICKS = os.sysconf("SC_CLK_TCK")
LUA = """
local file = io.open("%s", "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
%s
function response(status) if status ~= 200 then bad = (bad or 0) + 1 end end
function done(summary, latency)
  io.write(string.format("\\nRESULT %%d %%d %%d %%d\\n", summary.requests,
    summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.connect,
    latency:percentile(50), latency:percentile(99)))
end
"""
# A window during which a processor did not run who was due for longer says nothing about servers; they are short, as some machines
# do something of their own for a few milliseconds twice a second.
STALL_SECONDS_MAX = 0.0007
WINDOW_SECONDS = 0.5
# The most that ours may be of theirs, by what is measured and peer.
BARS = {("handshake", "nginx"): 1.3, ("6 KB", "nginx"): 2.5, ("6 KB", "go"): 0.30, ("60 KB", "go"): 0.20, ("2 MiB", "go"): 0.20}


def bodies(folder):
    """Reviews of about 1.5 KB, 6 KB, 60 KB and 2 MiB, as files."""
    source = os.path.join(SHARED, "corpus", "reviews")
    many = json.load(open(os.path.join(source, "pod-create-200-containers.json")))
    spec = many["request"]["object"]["spec"]
    spec["containers"] = spec["containers"][:44]
    path = os.path.join(folder, "60k.json")
    with open(path, "w") as file:
        json.dump(many, file, separators=(",", ":"))
    return {
        "1.5 KB": os.path.join(source, "configmap-create.json"), "6 KB": os.path.join(source, "pod-create.json"),
        "60 KB": path, "2 MiB": os.path.join(source, "configmap-create-2mib.json")}


class Server:
    """A server that runs on the first processor."""

    def __init__(self, name, command, url, folder):
        self.name, self.url = name, url
        # Somebody reads what it logs, on the other processor, as where it is in a container: a file would cost it pages of its own.
        self.log = subprocess.Popen(["taskset", "-c", "1", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            ["taskset", "-c", "0"] + command, cwd=folder, stdout=self.log.stdin, stderr=self.log.stdin)
        self.log.stdin.close()

    def pids(self):
        """The process and its children: nginx does its work in one."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [pid] + [int(word) for word in file.read().split()]

    def cpu(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def resident(self):
        pages = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/statm") as file:
                pages += int(file.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def load(self, script, seconds, connections):
        before = self.cpu()
        output = subprocess.run(
            ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", script, self.url],
            capture_output=True, text=True, check=True).stdout
        used = self.cpu() - before
        count, errors, median, late = (int(word) for word in output.split("RESULT ")[1].split()[:4])
        if errors:
            sys.exit(f"{self.name}: {errors} requests failed")
        return {"cpu": used / count * 1e6, "rate": count / seconds, "p50": median, "p99": late}

    def bench(self, folder, path, seconds, *options):
        """What `portcullis bench` reports after a second that is not counted: connections are made in it."""
        command = ["taskset", "-c", "1", BINARY, "bench", self.url, "--reviews", path, "--ca", "ca.crt", "--pid",
                   str(self.pids()[-1]), "--duration", f"{seconds + 1}s", "--warm-up", "1s", "-o", "json", *options]
        report = json.loads(subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout)
        if report["failures"]:
            sys.exit(f"{self.name}: {report['failures']} requests failed: {report['firstFailure']}")
        return report

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.wait(10)


BINARY = os.path.join(ROOT, ".build", "release", "portcullis")


def ours(folder, name, port, *options):
    return Server(
        name,
        [BINARY, "serve", "--listen", f"127.0.0.1:{port}", "--admin-listen", f"127.0.0.1:{port + 1}", "--loops", "1",
         "--certificate", "server.crt", "--key", "server.key", *(options or ("--hooks", "benchmark-pod-checks"))],
        f"https://127.0.0.1:{port}/validate?timeout=10s", folder)


# The checks that the webhook in Go has compiled in, as an author of policies writes them.
CHECKS = [
    ("!object.spec.?hostNetwork.orValue(false)", "hostNetwork is not allowed"),
    ("!object.spec.?hostPID.orValue(false)", "hostPID is not allowed"),
    ("!object.spec.?hostIPC.orValue(false)", "hostIPC is not allowed"),
    ("'app' in object.metadata.?labels.orValue({})", "label app is required"),
    ("variables.containers.all(c, !c.?securityContext.?privileged.orValue(false))", "privileged"),
    ("variables.containers.all(c, !c.?securityContext.?allowPrivilegeEscalation.orValue(false))", "allowPrivilegeEscalation"),
    ("variables.containers.all(c, !c.image.endsWith(':latest'))", "image tag latest"),
    ("variables.containers.all(c, !c.image.startsWith('untrusted.example/'))", "untrusted registry"),
    ("variables.containers.all(c, c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0))", "hostPort"),
    ("object.spec.?volumes.orValue([]).all(v, !has(v.hostPath))", "hostPath volume")]
CONTAINERS = ("object.spec.containers + object.spec.?initContainers.orValue([]) + "
              "object.spec.?ephemeralContainers.orValue([])")


def policy(name, resource, checks):
    """A policy with these checks, and a binding that puts it to work."""
    group = "admissionregistration.k8s.io/v1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": [resource]}
    spec = {"matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": expression, "message": message} for expression, message in checks]}
    if any("variables" in expression for expression, _ in checks):
        spec["variables"] = [{"name": "containers", "expression": CONTAINERS}]
    return [{"apiVersion": group, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
            {"apiVersion": group, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
             "spec": {"policyName": name, "validationActions": ["Deny"]}}]


def with_rules(folder, name, port, policies, *options):
    """A server with these policies, each in a file of its own; waits until it answers."""
    rules = os.path.join(folder, name)
    os.makedirs(rules, exist_ok=True)
    for documents in policies:
        with open(os.path.join(rules, documents[0]["metadata"]["name"] + ".json"), "w") as file:
            json.dump({"apiVersion": "v1", "kind": "List", "items": documents}, file)
    server = ours(folder, name, port, "--rules", rules, *options)
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server
        except OSError:
            if time.monotonic() > end or server.process.poll() is not None:
                sys.exit(f"{name} does not start: {open(server.log.name).read()}")
            time.sleep(0.01)


def servers(folder):
    subprocess.run(["cp", os.path.join(SHARED, "peers", "nginx.conf"), folder], check=True)
    subprocess.run(
        ["go", "build", "-o", os.path.join(folder, "go-webhook"), "."], check=True,
        cwd=os.path.join(SHARED, "peers", "go-webhook"))
    return [
        ours(folder, "portcullis", 9446),
        Server("nginx", ["nginx", "-p", folder, "-c", os.path.join(folder, "nginx.conf")],
               "https://127.0.0.1:9444/floor", folder),
        Server("go", [os.path.join(folder, "go-webhook"), "-listen", "127.0.0.1:9445", "-cert", "server.crt", "-key", "server.key"],
               "https://127.0.0.1:9445/validate", folder)]


def script(folder, body, extra=""):
    path = os.path.join(folder, "post.lua")
    with open(path, "w") as file:
        file.write(LUA % (body, extra))
    return path


def side_by_side(what, running, lua, options, connections=8):
    """Loads every server in turn, round after round; the number of bars missed."""
    missed = 0
    seen = {server.name: [] for server in running}
    for _ in range(options.rounds):
        for server in running:
            seen[server.name].append(server.load(lua, options.seconds, connections))
    for server in running:
        rows = seen[server.name]
        middle = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        ratio = statistics.median(a["cpu"] / b["cpu"] for a, b in zip(seen["portcullis"], rows))
        bar = BARS.get((what, server.name))
        verdict = "" if bar is None else f" [bar {bar}: {'holds' if ratio <= bar else 'MISSED'}]"
        missed += bar is not None and ratio > bar
        print(f"{what:12}{server.name:12}{middle['cpu']:10.1f} µs{middle['rate']:12.0f}"
              f"{middle['p50'] / 1000:7.2f} ms{middle['p99'] / 1000:7.2f} ms   {ratio:.2f}{verdict}", flush=True)
    return missed


def verdict(what, value, unit, bar):
    print(f"{what}: {value:.2f} {unit} [bar {bar}: {'holds' if value <= bar else 'MISSED'}]", flush=True)
    return value > bar


def measure_bodies(folder, running, options):
    return sum(side_by_side(name, running, script(folder, path), options) for name, path in bodies(folder).items())


def measure_handshakes(folder, running, options):
    lua = script(folder, bodies(folder)["1.5 KB"], 'wrk.headers["Connection"] = "close"')
    return side_by_side("handshake", running[:2], lua, options)


def measure_connections(folder, running, options):
    """What a request costs with a thousand connections, against eight; their handshakes are over before it is measured."""
    ratios = []
    for _ in range(options.rounds):
        few, many = (
            running[0].bench(folder, bodies(folder)["6 KB"], options.seconds, "--connections", count)["serverCPUSecondsPerRequest"]
            for count in ("8", "1000"))
        ratios.append(many / few)
    return verdict("CPU per request, 1000 connections over 8", statistics.median(ratios), "times", 1.5)


def watch_stalls(seconds, pipe):
    """Sleeps on the first processor in steps of three milliseconds and tells by how much it woke too late at worst: what no server
    could help. More often, and it would itself be what one request in a hundred waits for."""
    os.sched_setaffinity(0, {0})
    time.sleep(1)
    worst, end = 0.0, time.monotonic() + seconds
    while (due := time.monotonic() + 0.003) < end:
        time.sleep(0.003)
        worst = max(worst, time.monotonic() - due)
    pipe.send(worst)


def quiet_window(server, folder, path, seconds):
    """A run at a thousand requests a second; nothing when the machine itself stood still for a while during it. The load has
    the second processor to itself and does not sleep, so that waking it up, which takes as long as an answer, is not measured."""
    here, there = multiprocessing.Pipe(False)
    watcher = multiprocessing.Process(target=watch_stalls, args=(seconds, there))
    watcher.start()
    report = server.bench(folder, path, seconds, "--rate", "1000", "--connections", "8", "--spin")
    stall = max(here.recv(), report["longestPause"])
    watcher.join()
    return report["responseTime"] if stall < STALL_SECONDS_MAX else None


def measure_latency(folder, running, options):
    """At a thousand requests a second, whatever the servers do, in windows in which the machine did not stall; medians over
    the windows, the longest of all of them."""
    seen = {"portcullis": [], "go": []}
    tries = 0
    while min(map(len, seen.values())) < options.rounds and tries < options.rounds * 20:
        tries += 1
        for server in (running[0], running[2]):
            report = quiet_window(server, folder, bodies(folder)["6 KB"], WINDOW_SECONDS)
            if report:
                seen[server.name].append(report)
    if not all(seen.values()):
        print("latency     the machine was never quiet for long enough")
        return 1
    middle = {name: {key: statistics.median(row[key] for row in rows) * 1000 for key in ("p50", "p99", "p99.9")}
              for name, rows in seen.items()}
    for name, row in middle.items():
        print(f"latency     {name:12}" + "".join(f"{key:>8}{value:7.2f} ms" for key, value in row.items())
              + f"   {len(seen[name])} quiet windows of {tries}", flush=True)
    missed = verdict("p99 at 1,000 requests/s over Go's", middle["portcullis"]["p99"] / middle["go"]["p99"], "times", 0.5)
    missed += verdict("p99.9 over Go's", middle["portcullis"]["p99.9"] / middle["go"]["p99.9"], "times", 1.0)
    missed += verdict("resident at that rate", running[0].resident(), "MiB", 32)
    return missed + verdict("longest", max(row["max"] for row in seen["portcullis"]) * 1000, "ms", 20)


def measure_memory(folder, running, options):
    """Of a server of its own, so that nothing has been asked of it before."""
    server = ours(folder, "fresh", 9456)
    try:
        time.sleep(1)
        missed = verdict("resident when idle", server.resident(), "MiB", 20)
        many = bodies(folder)
        run = subprocess.Popen(
            ["taskset", "-c", "1", "wrk", "-t1", "-c16", "-d8", "-s", script(folder, many["2 MiB"]), server.url],
            stdout=subprocess.DEVNULL)
        most = 0
        while run.poll() is None:
            most = max(most, server.resident())
            time.sleep(0.05)
        missed += verdict("resident under 16 connections of 2 MiB", most, "MiB", 128)
        time.sleep(30)
        return missed + verdict("resident 30 s later", server.resident(), "MiB", 40)
    finally:
        server.stop()


def measure_start(folder, running, options):
    """From exec to the first answered connection."""
    times = []
    for _ in range(max(options.rounds, 5)):
        begin = time.monotonic()
        server = ours(folder, "start", 9466)
        while True:
            try:
                socket.create_connection(("127.0.0.1", 9466), 1).close()
                break
            except OSError:
                time.sleep(0.0005)
        times.append((time.monotonic() - begin) * 1000)
        server.stop()
    return verdict("ready after exec", statistics.median(times), "ms", 30)


def in_turn(pair, lua, options):
    """The CPU time for each request of two servers, as medians over the rounds, and the median of the ratios."""
    rows = [[server.load(lua, options.seconds, 8)["cpu"] for server in pair] for _ in range(options.rounds)]
    middle = [statistics.median(row[side] for row in rows) for side in (0, 1)]
    return *middle, statistics.median(row[0] / row[1] for row in rows)


def measure_rules(folder, running, options):
    """Ten checks as CEL, and fifty, beside ten that are compiled into the webhook in Go."""
    lua, missed = script(folder, bodies(folder)["6 KB"]), 0
    for count, bar, port in ((1, 0.35, 9476), (5, 0.6, 9478)):
        server = with_rules(folder, f"rules-{count * 10}", port, [policy(f"pods-{one}", "pods", CHECKS) for one in range(count)])
        try:
            mine, theirs, ratio = in_turn((server, running[2]), lua, options)
            print(f"rules       {count * 10} in CEL {mine:.1f} µs, in Go 10 {theirs:.1f} µs", flush=True)
            missed += verdict(f"CPU per request, {count * 10} rules in CEL over Go's 10", ratio, "times", bar)
        finally:
            server.stop()
    return missed


def measure_many(folder, running, options):
    """What 990 policies that are about other things cost: at each request, when they are loaded, and in memory."""
    def one(number, resource):
        return policy(f"{resource}-{number:04}", resource, [CHECKS[number % len(CHECKS)]])

    matching = [one(number, "pods") for number in range(10)]
    kinds = ("services", "configmaps", "secrets", "widgets", "replicationcontrollers", "endpoints")
    others = [one(number, kinds[number % len(kinds)]) for number in range(990)]
    few = with_rules(folder, "few", 9486, matching)
    many = with_rules(folder, "many", 9488, matching + others)
    try:
        time.sleep(1)
        loading = many.cpu() - few.cpu()
        memory = (many.resident() - few.resident()) * 1024 / len(others)
        mine, theirs, ratio = in_turn((many, few), script(folder, bodies(folder)["6 KB"]), options)
        print(f"many        1000 policies {mine:.1f} µs, 10 policies {theirs:.1f} µs", flush=True)
        missed = verdict("CPU per request, 1000 policies over the 10 of them that match", ratio, "times", 1.15)
        missed += verdict("CPU time to load 990 more policies", loading, "s", 2)
        return missed + verdict("memory for each policy", memory, "KiB", 40)
    finally:
        few.stop()
        many.stop()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def with_hook(folder, name, run, failure_policy="Fail"):
    """The ten checks and a hook beside them, if there is one; asks until the breaker of one that hangs is open, for an hour."""
    match = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods"]}]}
    spec = {"phase": "validate", "match": match, "failurePolicy": failure_policy, "budget": "50ms", "run": run,
            "breaker": {"window": "10s", "minimumCalls": 5, "failureRate": 0.5, "openFor": "1h", "maxOpenFor": "1h"}}
    hook = {"apiVersion": "portcullis.dev/v1", "kind": "Hook", "metadata": {"name": "beside"}, "spec": spec}
    config = os.path.join(folder, name + ".yaml")
    with open(config, "w") as file:
        spec = {"hookCalls": {"allowedTargets": ["127.0.0.0/8"]}, "logLevel": "error"}
        json.dump({"apiVersion": "portcullis.dev/v1", "kind": "Server", "spec": spec}, file)
    server = with_rules(folder, name, free_port(), [policy("pods", "pods", CHECKS)] + ([[hook]] if run else []), "--config", config)
    server.bench(folder, bodies(folder)["6 KB"], 1, "--rate", "20")
    return server


def measure_breaker(folder, running, options):
    """What a hook costs that nobody asks any more because its breaker is open. Where it fails closed every request is denied, so
    that is measured against a rule that denies too."""
    missed = 0
    lua = script(folder, bodies(folder)["6 KB"])
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        hanging = {"http": {"url": f"http://127.0.0.1:{silent.getsockname()[1]}/"}}
        denying = {"cel": {"validations": [{"expression": "false", "message": "never"}]}}
        kinds = {"none": (None,), "a denial": (denying,), "closed": (hanging, "Fail"), "open": (hanging, "Ignore")}
        for one, other in (("closed", "none"), ("closed", "a denial"), ("open", "none")):
            pair = [with_hook(folder, name.replace(" ", "-") + f"-{place}-{other[:1]}", *kinds[name])
                    for place, name in enumerate((one, other))]
            try:
                mine, theirs, ratio = in_turn(pair, lua, options)
            finally:
                for server in pair:
                    server.stop()
            print(f"breaker     open, failing {one}, {mine:.1f} µs; {other} {theirs:.1f} µs", flush=True)
            missed += verdict(f"CPU per request, an open breaker that fails {one} over {other}", ratio, "times", 1.1)
    return missed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("what", nargs="*")
    options = parser.parse_args()
    sections = {"bodies": measure_bodies, "latency": measure_latency, "connections": measure_connections, "handshakes": measure_handshakes,
                "memory": measure_memory, "start": measure_start, "rules": measure_rules, "many": measure_many, "breaker": measure_breaker}
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([BINARY, "certs", "dev", folder], check=True, stdout=subprocess.DEVNULL)
        running = servers(folder) if set(options.what or sections) - {"breaker"} else []
        try:
            time.sleep(1)
            print(f"{'':12}{'server':12}{'CPU/request':>13}{'requests/s':>12}{'p50':>10}{'p99':>10}   ours/theirs")
            for name in options.what or sections:
                missed += sections[name](folder, running, options)
        finally:
            for server in running:
                server.stop()
    sys.exit(1 if missed else 0)


main()
