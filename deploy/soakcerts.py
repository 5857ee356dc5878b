"""The part of the soak that is about certificates; soak.py says what it shows and runs it."""
import os
import random
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from soak import BINARY, Server, head_and_body, request, told

# A new bundle takes this long at most to reach a client, which is as it is with a webhook configuration's caBundle; and a
# server sees its new certificate within two seconds.
LAG_SECONDS = 1.5
OVERLAP_SECONDS = 4


class Certificates:
    """A folder that `certs ensure` keeps."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.name = ""
        self.ensure()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def ensure(self, *words):
        """One run; the step that it made."""
        names = ["--san", "localhost", *(["--san", self.name] if self.name else [])]
        said = subprocess.run(
            [BINARY, "certs", "ensure", self.folder.name, *names, "--overlap", f"{OVERLAP_SECONDS}s", *words],
            capture_output=True, text=True, check=True)
        return said.stdout.split()[0]

    def bundle(self):
        with open(self.path("ca.crt")) as file:
            return file.read()


class Client(threading.Thread):
    """Asks at a constant rate, verifies whom it asks by the ca.crt that it has, and gets another one late."""

    def __init__(self, certificates, port, stop, rate, keeps):
        super().__init__(daemon=True)
        self.certificates, self.port, self.stop, self.rate, self.keeps = certificates, port, stop, rate, keeps
        self.lag = random.uniform(0, LAG_SECONDS)
        self.count, self.handshakes, self.failures, self.issuers = 0, 0, [], set()
        self.connection, self.version, self.due_bundle = None, None, 0
        self.trust(certificates.bundle())

    def trust(self, bundle):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(cadata=bundle)

    def look(self):
        """Takes a changed ca.crt up, its own time after the change."""
        version = os.readlink(self.certificates.path("..data"))
        if version != self.version:
            self.version, self.due_bundle = version, time.monotonic() + self.lag
        if self.due_bundle and time.monotonic() >= self.due_bundle:
            self.due_bundle = 0
            self.trust(self.certificates.bundle())

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), 10)
        self.connection = self.context.wrap_socket(plain, server_hostname="localhost")
        self.handshakes += 1
        self.issuers.add(self.connection.getpeercert()["issuer"])

    def ask(self, whole):
        if self.connection is None:
            self.connect()
        self.connection.sendall(whole)
        text = b""
        while b"\r\n\r\n" not in text or len(text) < head_and_body(text):
            piece = self.connection.recv(65536)
            if not piece:
                raise OSError("the connection was closed")
            text += piece
        if not text.startswith(b"HTTP/1.1 200"):
            raise OSError(f"the answer was {text[:60]!r}")

    def run(self):
        whole, due = request(), time.monotonic()
        while not self.stop.is_set():
            due += 1 / self.rate
            time.sleep(max(0, due - time.monotonic()))
            try:
                self.look()
                self.ask(whole)
            except OSError as error:
                self.failures.append(str(error))
                self.close()
            self.count += 1
            if not self.keeps:
                self.close()
        self.close()

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def rotation(options):
    certificates = Certificates()
    first = certificates.bundle()
    steps = []
    with Server(certificate=certificates.path("tls.crt"), key=certificates.path("tls.key")) as server:
        stop = threading.Event()
        clients = [Client(certificates, server.port, stop, 50, number < 8) for number in range(10)]
        begin = time.monotonic()
        for one in clients:
            one.start()
        for number in range(options.rounds):
            # Another name makes another certificate of the same authority first.
            certificates.name = f"round-{number}.example"
            steps.append(certificates.ensure())
            steps.append(certificates.ensure("--rotate"))
            while steps[-1] != "retired":
                time.sleep(0.3)
                step = certificates.ensure()
                if step != "unchanged":
                    steps.append(step)
        # The last authority has been the only one for as long as anybody may be late.
        time.sleep(OVERLAP_SECONDS)
        stop.set()
        for one in clients:
            one.join()
        seconds = time.monotonic() - begin
        late = Client(certificates, server.port, stop, 1, False)
        late.trust(first)
        try:
            late.connect()
            refused = False
        except ssl.SSLCertVerificationError:
            refused = True
    count = sum(one.count for one in clients)
    failures = [failure for one in clients for failure in one.failures]
    handshakes = sum(one.handshakes for one in clients)
    issuers = set().union(*(one.issuers for one in clients))
    kept = sum(one.handshakes for one in clients[:8])
    holds = (not failures and refused and len(issuers) == options.rounds + 1 and kept == 8
             and steps == ["renewed", "published", "switched", "retired"] * options.rounds
             and (options.untimed or count > 450 * seconds))
    return told("rotation", holds,
                f"{count} requests in {seconds:.0f} s ({count / seconds:.0f}/s), {len(failures)} failed{': ' + failures[0] if failures else ''}; "
                f"{options.rounds} rotations, {len(issuers)} authorities seen in {handshakes} handshakes, {kept} of them of 8 kept "
                f"connections; who kept the first ca.crt is {'refused' if refused else 'NOT REFUSED'} at the end")


SECTIONS = {"rotation": rotation}
