#!/usr/bin/env python3
"""Tries to break the server while well-behaved clients ask it at a constant rate.

    soak.sh [--seconds N] [--requests N] [--reloads N] [--kills N]
            [--rounds N] [--untimed]
            [changes|slow|descriptors|log|vanish|end|tls|memory|reloads|journal|hooks|prometheus|scrape|page|dashboards|rotation …]

changes      the certificate is replaced and the configuration read again, a hundred times each, beside 1,000 idle and 200
             slow-sending connections: no request fails
slow         slowhttptest sends heads and bodies slowly and reads answers slowly: the p99 of others moves by at most 5 ms
descriptors  with room for 64 descriptors and 200 clients the server stays, and answers when they have gone
log          nobody reads the log: no request waits for it, and dropped lines are counted
vanish       clients vanish in the middle of requests and answers: no failures for others
end          SIGTERM under load: every request that was sent on an open connection is answered, and the exit status is 0
tls          testssl.sh finds nothing of medium severity or worse, and gives an A where it gives grades
reloads      a thousand revisions of the rules at 500 requests a second: none fails, each answer is one revision's and no older
             than the one before it on its connection, a rule whose file is truncated and written again all the time never
             disappears, and memory stays
journal      10,000 times a writer of entries is killed (kill -9) at a random moment: no entry that it had acknowledged is
             lost, and none is damaged
hooks        hooks that hang, drip, pour, reset, refuse, redirect, lead to forbidden addresses, talk nonsense, flood, breed, are deaf to
             SIGTERM, eat memory or crash: at 300 requests a second all are answered in time, the p99 of good hooks moves by less
             than 2 ms, nothing is left running, memory stays under 60 MiB, and counters, ledger and warnings of what was admitted
             unchecked agree to the last one
prometheus   a real Prometheus scrapes each second under load: it is never missed, promtool has nothing to say, and PromQL's counts,
             success rates and quantiles are what the load generator and the servers of the hooks saw
scrape       a scrape of 1,000 hooks costs less than 20 ms of CPU time and moves the p99 of requests by less than 1 ms
page         the status page in a real browser shows revision, hooks and a denial, and nothing is complained of
dashboards   a real Prometheus scrapes a server whose hooks fail in every way and evaluates the rules of deploy/monitoring: every query of
             every dashboard and every recording rule has data, and every metric that they name is exported
rotation     authority and certificate are replaced three times in all the steps of `certs ensure` while clients that verify ask 500
             times a second, on kept connections and on new ones, each of which gets the new ca.crt late: no request fails
memory       resident memory after the last of so many requests is at most a tenth more than after a tenth of them

`--untimed` leaves the bars out that are about time and memory, for machines that have other things to do, and PORTCULLIS_BINARY
names another program than the release build's. The exit status is 1 if one of these does not hold. Reviews come from `../shared`, or from PORTCULLIS_SHARED.
"""
import argparse
import json
import os
import random
import re
import resource
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.environ.get("PORTCULLIS_SHARED", os.path.join(os.path.dirname(ROOT), "shared"))
BINARY = os.environ.get("PORTCULLIS_BINARY", os.path.join(ROOT, ".build", "release", "portcullis"))
WRITER = os.path.join(ROOT, ".build", "release", "JournalWriter")
REVIEW = os.path.join(SHARED, "corpus", "reviews", "pod-create.json")
SERVER = """apiVersion: portcullis.dev/v1
kind: Server
spec: {hooks: [benchmark-pod-checks], logLevel: %s}
"""


class Server:
    """`portcullis serve` with certificates of its own on free ports."""

    def __init__(self, log=subprocess.DEVNULL, descriptors=None, level="warning", rules=None, spec=None,
                 certificate="server.crt", key="server.key"):
        self.folder = tempfile.TemporaryDirectory()
        subprocess.run([BINARY, "certs", "dev", self.folder.name], check=True, stdout=subprocess.DEVNULL)
        self.configure(level, spec)
        self.port, self.admin = free_port(), free_port()
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else None
        self.process = subprocess.Popen(
            [BINARY, "serve", "--config", "server.yaml", "--listen", f"127.0.0.1:{self.port}", "--admin-listen",
             f"127.0.0.1:{self.admin}", "--certificate", certificate, "--key", key,
             *(["--rules", rules] if rules else [])],
            cwd=self.folder.name, stderr=log, preexec_fn=limit)
        wait_until(lambda: self.metric("process_start_time_seconds") > 0, 10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def certify(self):
        """Another pair from the same authority; for a moment certificate and key do not belong together."""
        extensions = os.path.join(self.folder.name, "extensions")
        with open(extensions, "w") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        for words in (
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
             "-keyout", "next.key", "-out", "next.csr"],
            ["x509", "-req", "-in", "next.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
             "-extfile", extensions, "-out", "next.crt"]):
            subprocess.run(["openssl"] + words, cwd=self.folder.name, check=True, capture_output=True)
        for name in ("crt", "key"):
            os.replace(os.path.join(self.folder.name, f"next.{name}"), os.path.join(self.folder.name, f"server.{name}"))

    def configure(self, level, spec=None):
        """Writes the configuration; JSON is YAML."""
        with open(os.path.join(self.folder.name, "server.yaml"), "w") as file:
            file.write(json.dumps({"apiVersion": "portcullis.dev/v1", "kind": "Server", "spec": spec}) if spec else SERVER % level)

    def metric(self, name):
        """The sum of a metric's series, or the value of the one that is written with its labels; 0 where there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return 0
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(re.escape(name) + r"[{ ]", line))

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def bench(self, seconds, rate=500, connections=8, extra=()):
        """Asks at a constant rate; the report."""
        command = [BINARY, "bench", f"https://127.0.0.1:{self.port}/validate", "--reviews", REVIEW, "-o", "json",
                   "--connections", str(connections), "--pid", str(self.process.pid)]
        command += list(extra) or ["--rate", str(rate), "--duration", f"{seconds}s"]
        authority = os.path.join(self.folder.name, "ca.crt")
        said = subprocess.run(command + ["--ca", authority], capture_output=True, text=True)
        if said.returncode == 2:
            sys.exit(f"bench: {said.stderr}")
        return json.loads(said.stdout)

    def connect(self):
        """A client's connection; it verifies nothing, as slow and vanishing clients do not care."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 10))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("waited in vain")
        time.sleep(0.02)


def request():
    body = open(REVIEW, "rb").read()
    head = f"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def told(what, holds, detail):
    print(f"{what}: {detail} [{'holds' if holds else 'BROKEN'}]", flush=True)
    return not holds


def send_slowly(connections, stop):
    """A few bytes of a request now and then on each, beginning again on another connection when it was refused."""
    while not stop.wait(0.05):
        for one in random.sample(connections, min(20, len(connections))):
            try:
                one.send(b"x")
            except OSError:
                pass


def changes(options):
    with Server() as server:
        idle = [server.connect() for _ in range(1000)]
        slow = [server.connect() for _ in range(200)]
        for one in slow:
            one.send(b"POST /validate HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        stop = threading.Event()
        threading.Thread(target=send_slowly, args=(slow, stop), daemon=True).start()
        report = {}
        load = threading.Thread(target=lambda: report.update(server.bench(options.seconds)))
        load.start()
        time.sleep(0.5)
        pause = max(0, (options.seconds - 4) / 100 - 0.02)
        for number in range(100):
            server.certify()
            server.configure("info" if number % 2 else "warning")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(pause)
        load.join()
        stop.set()
        reloads = server.metric("portcullis_configuration_reload_total")
        broken = told("changes", report["failures"] == 0 and report["requests"] > 0 and reloads >= 100,
                      f"{report['requests']} requests, {report['failures']} failed, {reloads:.0f} reloads, "
                      f"first failure {report['firstFailure']}")
        for one in idle + slow:
            one.close()
        return broken


def slow(options):
    broken = False
    with Server() as server:
        before = server.bench(options.seconds)["responseTime"]["p99"]
        url = f"https://127.0.0.1:{server.port}/validate"
        ways = {"heads": ["-H"], "bodies": ["-B", "-s", "8192"], "reads": ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32", "-k", "3"]}
        for name, flags in ways.items():
            attack = subprocess.Popen(
                ["slowhttptest", "-c", "500", "-r", "200", "-i", "1", "-l", str(options.seconds + 4), "-u", url, "-t", "POST"] + flags,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=server.folder.name)
            time.sleep(3)
            report = server.bench(options.seconds)
            attack.terminate()
            attack.wait()
            moved = (report["responseTime"]["p99"] - before) * 1000
            broken |= told(f"slow {name}", moved <= 5 and report["failures"] == 0,
                           f"p99 moves by {moved:.2f} ms from {before * 1000:.2f} ms, {report['failures']} failed")
    return broken


def descriptors(options):
    with Server(descriptors=64) as server:
        clients = []
        for _ in range(200):
            try:
                clients.append(socket.create_connection(("127.0.0.1", server.port), 2))
            except OSError:
                pass
        time.sleep(1)
        alive = server.process.poll() is None
        for one in clients:
            one.close()
        time.sleep(0.5)
        report = server.bench(2)
        shed = server.metric("portcullis_http_connections_closed_early_total")
        return told("descriptors", alive and report["failures"] == 0 and shed > 0,
                    f"{shed:.0f} connections closed early, then {report['requests']} requests, {report['failures']} failed")


def log(options):
    read_end, write_end = os.pipe()
    with Server(log=write_end, level="info") as server:
        with server.connect() as one:
            for _ in range(20_000):
                one.sendall(b"POST /validate HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
                one.recv(4096)
        report = server.bench(options.seconds)
        os.close(write_end)
        os.set_blocking(read_end, False)
        text = b""
        end = time.monotonic() + 3
        while time.monotonic() < end:
            try:
                text += os.read(read_end, 1 << 20)
            except BlockingIOError:
                time.sleep(0.05)
        os.close(read_end)
        return told("log", report["failures"] == 0 and b'"dropped":' in text,
                    f"{report['requests']} requests, {report['failures']} failed, p99 {report['responseTime']['p99'] * 1000:.2f} ms, "
                    f"drops {'told' if b'dropped' in text else 'not told'}")


def vanish(options):
    with Server() as server:
        stop = threading.Event()
        count = [0]

        def vanishing():
            whole = request()
            while not stop.is_set():
                try:
                    one = server.connect()
                    one.sendall(whole[:random.choice([20, 200, len(whole) // 2, len(whole)])])
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    one.close()
                    count[0] += 1
                except OSError:
                    pass

        threads = [threading.Thread(target=vanishing, daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        report = server.bench(options.seconds)
        stop.set()
        for thread in threads:
            thread.join()
        wait_until(lambda: server.metric("portcullis_http_connections") == 0, 15)
        return told("vanish", report["failures"] == 0, f"{count[0]} vanished, {report['failures']} of {report['requests']} others failed")


def end(options):
    lost, answered, sent_elsewhere = [0], [0], [0]
    with Server() as server:
        def asking():
            whole = request()
            one = server.connect()
            while True:
                try:
                    one.sendall(whole)
                except OSError:
                    return  # The connection had ended before: whoever asks goes elsewhere.
                text = b""
                try:
                    while b"\r\n\r\n" not in text or len(text) < head_and_body(text):
                        piece = one.recv(65536)
                        if not piece:
                            break
                        text += piece
                except OSError:
                    pass
                if not text:
                    lost[0] += 1
                    return
                answered[0] += text.startswith(b"HTTP/1.1 200")
                sent_elsewhere[0] += text.startswith(b"HTTP/1.1 503")
                if b"Connection: close" in text:
                    return

        threads = [threading.Thread(target=asking) for _ in range(50)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        status = server.process.wait(30)
        return told("end", lost[0] == 0 and status == 0,
                    f"{answered[0]} answered, {sent_elsewhere[0]} sent elsewhere, {lost[0]} lost, exit status {status}")


def head_and_body(text):
    head, _, _ = text.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    return len(head) + 4 + (int(length.group(1)) if length else 0)


# An authority of one's own has no lists of revoked certificates, and what is no page needs no headers for browsers.
EXPECTED = {"cert_revocation", "security_headers"}


def tls(options):
    with Server() as server:
        report = os.path.join(server.folder.name, "testssl.json")
        subprocess.run(
            ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--add-ca", "ca.crt", "--jsonfile", report,
             f"localhost:{server.port}"], cwd=server.folder.name, stdout=subprocess.DEVNULL, timeout=900)
        findings = json.load(open(report))
        grade = next((one["finding"] for one in findings if one["id"] == "overall_grade"), "none")
        bad = [f"{one['id']}: {one['finding']}" for one in findings
               if one["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL") and one["id"] not in EXPECTED]
        # Versions before 3.2 list findings and give no grade.
        holds = not bad and len(findings) > 50 and (grade == "none" or grade.startswith("A"))
        return told("tls", holds, f"grade {grade}, {len(findings)} findings, of which bad: {bad}")


def journal(options):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    safe, number, lost, wrong, early, torn = {}, 1, 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for life in range(options.kills):
            sync = "always" if life % 2 else "never"
            writer = subprocess.Popen([WRITER, folder, sync, str(number)], stdout=subprocess.PIPE)
            # Most die while they write, the others at any moment from their start on.
            killer = threading.Timer(chance.uniform(0.0, 0.03), writer.kill)
            if life % 4 == 0:
                killer.start()
            lines = []
            for line in writer.stdout:
                lines.append(line.decode().rstrip())
                if life % 4 and lines[-1] == "begin":
                    killer.start()
            writer.wait()
            if killer.ident:
                killer.join()
            have = {int(words[1]): int(words[2]) for words in map(str.split, lines) if words[0] == "have"}
            wrong += sum(line.startswith(("wrong", "failed")) for line in lines)
            torn += any(line.startswith("damaged ") and line != "damaged 0" for line in lines)
            if "begin" in lines:
                oldest = min(have, default=0)
                lost += sum(have.get(entry) != content for entry, content in safe.items() if entry >= oldest)
                safe = {entry: content for entry, content in safe.items() if entry >= oldest}
            else:
                early += 1
            safe.update((int(words[1]), int(words[2])) for words in map(str.split, lines) if words[0] == "safe")
            number = max([number, *safe.values()]) + 1
    holds = lost == 0 and wrong == 0 and early < options.kills and number > options.kills
    return told("journal", holds, f"{options.kills} kills (seed {seed}), {early} of them before the entries were read, {torn} left a "
                f"torn end, {number} entries written, {lost} lost, {wrong} damaged")


def memory(options):
    with Server() as server:
        idle = server.resident()
        first = server.bench(0, extra=["--requests", str(options.requests // 10), "--warm-up", "0s", "--duration", "3600s"])
        warm = server.resident()
        rest = server.bench(0, extra=["--requests", str(options.requests * 9 // 10), "--warm-up", "0s", "--duration", "3600s"])
        last = server.resident()
        failures = first["failures"] + rest["failures"]
        return told("memory", last <= warm * 1.1 and failures == 0,
                    f"{idle:.1f} MiB idle, {warm:.1f} after {first['requests']}, {last:.1f} after {rest['requests']} more, {failures} failed")


DENIAL = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: %(name)s}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  validations:
  - {expression: "object.metadata.name == ''", message: "%(message)s"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: %(name)s}
spec: {policyName: %(name)s, validationActions: [Deny]}
"""


class Revisions:
    """A folder of rules as Kubernetes mounts a ConfigMap, both of whose rules tell the revision's number, and beside it a
    file that is truncated and filled again in place."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.number = 0
        self.publish(1)
        for name in ("first.yaml", "second.yaml"):
            os.symlink(os.path.join("..data", name), self.path(name))
        self.rewrite(0)

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def publish(self, number):
        """All files of a revision change in one step."""
        data = f"..{number:06}"
        os.mkdir(self.path(data))
        for name in ("first", "second"):
            with open(self.path(data, f"{name}.yaml"), "w") as file:
                file.write(DENIAL % {"name": name, "message": f"{name} of {number:06}"})
        os.symlink(data, self.path("..next"))
        os.replace(self.path("..next"), self.path("..data"))
        old = self.path(f"..{self.number:06}")
        self.number = number
        if os.path.isdir(old):
            for name in os.listdir(old):
                os.remove(os.path.join(old, name))
            os.rmdir(old)

    def rewrite(self, pause):
        """What careless programs do: the file is empty, then half of it is there, then all."""
        text = DENIAL % {"name": "third", "message": "third of all"}
        with open(self.path("third.yaml"), "w") as file:
            for part in (text[:len(text) // 2], text[len(text) // 2:]):
                time.sleep(pause)
                file.write(part)
                file.flush()


def reloads(options):
    rules = Revisions()
    with Server(rules=rules.folder.name) as server:
        stop = threading.Event()
        seen, wrong, count = [0] * 4, [], [0] * 4

        def rewriting():
            while not stop.wait(random.random() / 10):
                rules.rewrite(random.random() / 50)

        def asking(index):
            """125 requests a second on a connection of its own."""
            whole, one, due = request(), server.connect(), time.monotonic()
            while not stop.is_set():
                due += 1 / 125
                time.sleep(max(0, due - time.monotonic()))
                asked = rules.number
                one.sendall(whole)
                text = b""
                while b"\r\n\r\n" not in text or len(text) < head_and_body(text):
                    piece = one.recv(65536)
                    if not piece:
                        return wrong.append("a connection was closed")
                    text += piece
                problem, number = judge(text, seen[index], rules.number)
                if problem:
                    wrong.append(f"{problem} (asked at {asked}): {text[-600:]!r}")
                seen[index] = number or seen[index]
                count[index] += 1

        def judge(text, last, newest):
            causes = {name.decode(): number.decode() for name, number in re.findall(rb"request: (\w+) of (\w+)", text)}
            if not text.startswith(b"HTTP/1.1 200") or set(causes) != {"first", "second", "third"}:
                return "an answer lacks a rule", None
            number = int(causes["first"])
            if causes["second"] != causes["first"]:
                return "an answer is of two revisions", number
            if not last <= number <= newest:
                return f"an answer is of revision {number} after {last}, of {newest}", number
            return None, number

        threads = [threading.Thread(target=asking, args=(index,), daemon=True) for index in range(4)]
        threads.append(threading.Thread(target=rewriting, daemon=True))
        for thread in threads:
            thread.start()
        early = 0
        for number in range(2, options.reloads + 2):
            rules.publish(number)
            end = time.monotonic() + 10
            while min(seen) < number and time.monotonic() < end and not wrong:
                time.sleep(0.002)
            if wrong or min(seen) < number:
                wrong.append(f"revision {number} does not come into force: {seen}")
                break
            if number == options.reloads // 10:
                early = server.resident()
        stop.set()
        for thread in threads:
            thread.join(10)
        late = server.resident()
        read = server.metric("portcullis_rules_reload_total")
        return told("reloads", not wrong and late <= early * 1.1 and read >= options.reloads,
                    f"{sum(count)} requests, {rules.number - 1} revisions, {read:.0f} readings, {early:.1f} MiB after a tenth of "
                    f"them, {late:.1f} after all, wrong: {wrong[:3]}")


def main():
    # It takes its tools from here, so it cannot be read before they are there.
    import soakcerts
    import soakdashboards
    import soakhooks

    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--untimed", action="store_true")
    parser.add_argument("what", nargs="*")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    sections = {"changes": changes, "slow": slow, "descriptors": descriptors, "log": log, "vanish": vanish, "end": end, "tls": tls, "memory": memory,
                "reloads": reloads, "journal": journal, **soakhooks.SECTIONS, **soakdashboards.SECTIONS,
                **soakcerts.SECTIONS}
    broken = [name for name in options.what or sections if sections[name](options)]
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
