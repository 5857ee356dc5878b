#!/usr/bin/env python3
"""A service for hooks that does, by the request's path, what no service should do. It prints its port.

/pass /deny     answers as the contract has it
/hang           reads and never answers          /drip      answers a byte every 0.2 s
/flood          answers with a gigabyte          /reset     resets the connection
/redirect       sends the caller to 127.0.0.1    /garbage   answers what is no verdict
/error          answers 500
"""
import asyncio
import socket
import struct
import sys


async def read(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    return head.split(b" ")[1].partition(b"?")[0].decode()


def answer(body, status="200 OK", fields=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n{body}".encode()


async def serve(reader, writer):
    try:
        while True:
            path = await read(reader)
            if path == "/hang":
                await asyncio.sleep(3600)
            elif path == "/drip":
                for byte in answer('{"result":"pass"}'):
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.2)
            elif path == "/flood":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                for _ in range(1024):
                    writer.write(b" " * (1 << 20))
                    await writer.drain()
                break
            elif path == "/reset":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                break
            else:
                writer.write({
                    "/deny": answer('{"result":"deny","message":"no"}'),
                    "/redirect": answer("", "302 Found", "Location: http://127.0.0.1:1/\r\n"),
                    "/garbage": answer("<html>"), "/error": answer("", "500 Oops"),
                }.get(path, answer('{"result":"pass"}')))
                await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
