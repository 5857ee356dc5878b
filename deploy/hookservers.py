#!/usr/bin/env python3
"""Services that hooks ask, for soak.py: `hookservers.py good|bad`, each on a free port of 127.0.0.2.

Where they are is printed as a line of JSON; they end when their standard input does. The good one passes everything:

    /quick          at once
    /steady         after 5 ms
    /mixed          after 2 ms; of twenty calls two fail with 500, and three are never answered
    /asked          what it was asked, by path and by what it did, and how long /steady took it at the 50th and 99th percentile

The bad one has a way of being bad for each path (/silent, /drip, /gigabyte, /reset, /redirect, /garbage); beside it there are a
port where nobody accepts (`unaccepted`), one where nobody is (`refused`), and on 127.0.0.1 a `trap`, where nobody must come.
"""
import asyncio
import json
import os
import socket
import struct
import sys
import threading
import time

HOST = "127.0.0.2"
PASS = b'{"result":"pass"}'


def answer(status, body, *fields):
    head = "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields])
    return head.encode() + b"\r\n\r\n" + body


class Service(asyncio.Protocol):
    """A connection: requests one after the other, each given to the method that its path names."""

    paths = ("asked",)
    counts = {}
    times = []

    def connection_made(self, transport):
        self.transport, self.pending = transport, b""
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data):
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:end].decode("latin-1")
            length = next((int(line.split(":")[1]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0)
            if len(self.pending) < end + 4 + length:
                return
            self.pending = self.pending[end + 4 + length:]
            path = head.split(" ")[1].strip("/")
            if path not in self.paths:
                return self.transport.close()
            getattr(self, path)()

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]

    def write(self, data, begun=None):
        if not self.transport.is_closing():
            self.transport.write(data)
        if begun:
            self.times.append(time.monotonic() - begun)

    def asked(self):
        times = sorted(self.times) or [0]
        quantiles = {f"p{share}": times[len(times) * share // 100] for share in (50, 99)}
        self.write(answer("200 OK", json.dumps({**self.counts, **quantiles}).encode()))

    def later(self, seconds, data, begun=None):
        asyncio.get_running_loop().call_later(seconds, self.write, data, begun)


class Good(Service):
    paths = ("quick", "steady", "mixed", "asked")

    def quick(self):
        self.count("quick")
        self.write(answer("200 OK", PASS))

    def steady(self):
        self.count("steady")
        self.later(0.005, answer("200 OK", PASS), time.monotonic())

    def mixed(self):
        turn = self.count("mixed") % 20
        if turn in (3, 10, 17):
            self.count("mixed unanswered")
        elif turn in (6, 13):
            self.count("mixed failed")
            self.later(0.002, answer("500 Internal Server Error", b"{}"))
        else:
            self.count("mixed passed")
            self.later(0.002, answer("200 OK", PASS))


class Bad(Service):
    paths = ("silent", "drip", "gigabyte", "reset", "redirect", "garbage", "asked")

    def connection_lost(self, _):
        self.transport = None

    def silent(self):
        self.count("silent")

    def drip(self):
        self.count("drip")
        self.drop(answer("200 OK", PASS))

    def drop(self, rest):
        """A byte each second, as long as somebody listens."""
        if rest and self.transport:
            self.write(rest[:1])
            asyncio.get_running_loop().call_later(1, self.drop, rest[1:])

    def gigabyte(self):
        self.count("gigabyte")
        self.left = 1 << 30
        self.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        self.pour()

    def pour(self):
        """As much as the other side takes."""
        if not self.transport or self.left <= 0:
            return self.transport and self.transport.close()
        if self.transport.get_write_buffer_size() < 1 << 18:
            self.write(b"x" * (1 << 16))
            self.left -= 1 << 16
        asyncio.get_running_loop().call_later(0.0005, self.pour)

    def reset(self):
        self.count("reset")
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def redirect(self):
        self.count("redirect")
        self.write(answer("302 Found", b"", f"Location: http://127.0.0.1:{Trap.port}/trapped"))

    def garbage(self):
        self.count("garbage")
        self.write(answer("200 OK", b"\xff\x00<html>" * 20))


class Trap(asyncio.Protocol):
    port = 0

    def connection_made(self, transport):
        Service.counts["trapped"] = Service.counts.get("trapped", 0) + 1
        transport.close()


def listening(host, backlog=128):
    one = socket.socket()
    one.bind((host, 0))
    one.listen(backlog)
    return one


async def serve(sort):
    loop = asyncio.get_running_loop()
    places, kept = {}, []

    async def start(name, kind, host):
        server = await loop.create_server(kind, host, 0)
        places[name] = server.sockets[0].getsockname()[1]
        kept.append(server)

    await start("port", Good if sort == "good" else Bad, HOST)
    if sort == "bad":
        await start("trap", Trap, "127.0.0.1")
        Trap.port = places["trap"]
        kept.append(listening(HOST, 0))
        places["unaccepted"] = kept[-1].getsockname()[1]
        with listening(HOST) as gone:
            places["refused"] = gone.getsockname()[1]
    print(json.dumps(places), flush=True)
    ended = asyncio.Event()

    def wait():
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
    await ended.wait()
    os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("good", "bad"):
        sys.exit(__doc__)
    asyncio.run(serve(sys.argv[1]))
