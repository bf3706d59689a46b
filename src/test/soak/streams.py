"""Clients of HTTP/2 that a soak is short of: WebSockets on streams (RFC 8441) that are many, brief and often broken off, and
calls as gRPC makes them, whose outcome is in the trailers; and the server of those calls.

    streams.py serve                     answers calls by HTTP/1.1: the body back, and grpc-status behind it
    streams.py clients TLS_PORT OVER     until the file OVER is there; then a line of what was done

Every byte that comes back is compared. On standard error a line for each stream that failed. Exit status: 0, or 1 if what came
back was not what was sent, which no server's death excuses.
"""

import os
import random
import socket
import ssl
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tls"))
from violations import (  # noqa: E402
    ACK, DATA, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST, SETTINGS, WINDOW, data, frame, headers, reset, setting, window)

CLIENTS = 4
WINDOW_SIZE = 65535
OK = b"\x88"          # :status 200, by the static table.
NEW_SIZE = 0x20       # What may stand before it: the table is of no bytes, as asked.


# --- the server of calls ---------------------------------------------------------------------------------------------------

def serve():
    """A body comes in chunks, and goes back in chunks while it comes; trailers are awaited and answered."""

    def line(file):
        read = file.readline()
        if not read.endswith(b"\r\n"):
            raise ConnectionError
        return read[:-2]

    def call(file, out):
        head = line(file)
        while line(file):
            pass
        if head.startswith(b"GET "):
            out(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        out(b"HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n")
        while (size := int(line(file).split(b";")[0], 16)) > 0:
            out(b"%x\r\n%s\r\n" % (size, file.read(size)))
            line(file)
        asked = b""
        while trailer := line(file):
            asked = trailer if trailer.lower().startswith(b"x-asked:") else asked
        out(b"0\r\ngrpc-status: %d\r\n\r\n" % (0 if asked else 13))

    def conversation(connection):
        try:
            with connection, connection.makefile("rb") as file:
                while True:
                    call(file, connection.sendall)
        except (OSError, ValueError):
            pass  # The edge went first, amid a call or between two.

    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    print("calls listens on port", listening.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=conversation, args=(listening.accept()[0],), daemon=True).start()


# --- frames of WebSockets ----------------------------------------------------------------------------------------------------

BINARY, CLOSE = 2, 8


def masked(opcode, payload):
    mask = os.urandom(4)
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + struct.pack(">H", size)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return bytes((0x80 | opcode,)) + length + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def unwrap(stream):
    """Takes the next whole message off what a tunnel brought: its opcode and payload, or None."""
    had = stream.got
    if len(had) < 2:
        return None
    size, at = had[1] & 0x7F, 2
    if size == 126:
        size, at = int.from_bytes(had[2:4], "big"), 4
    elif size == 127:
        size, at = int.from_bytes(had[2:10], "big"), 10
    if len(had) < at + size:
        return None
    stream.got = had[at + size:]
    return had[0] & 15, had[at:at + size]


# --- a connection ------------------------------------------------------------------------------------------------------------

class Wrong(Exception):
    """What came back is not what was sent."""


class Failed(Exception):
    """A stream or the connection ended before its time."""


class Stream:
    def __init__(self, number, room):
        self.number, self.room = number, room
        self.got, self.answered, self.ended, self.trailers, self.failed = b"", False, False, None, None


class Connection:
    """One connection by TLS, of one thread, which keeps to the windows of both sides."""

    def __init__(self, port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname="a.test")
        self.buffer, self.streams, self.next = bytearray(), {}, 1
        self.room, self.first_room = WINDOW_SIZE, WINDOW_SIZE
        # Without a table every field comes as it is.
        self.send(PREFACE + setting(1, 0))

    def send(self, frames):
        try:
            self.socket.sendall(frames)
        except OSError as error:
            raise Failed(f"the connection, sending: {type(error).__name__}") from error

    def open(self, *fields, end=False):
        stream = Stream(self.next, self.first_room)
        self.next += 2
        self.streams[stream.number] = stream
        self.send(headers(stream.number, *fields, end=end))
        return stream

    def write(self, stream, payload):
        while payload:
            self.until(stream, lambda: min(stream.room, self.room) > 0)
            part = payload[:min(stream.room, self.room, 16384)]
            payload = payload[len(part):]
            stream.room -= len(part)
            self.room -= len(part)
            self.send(data(stream.number, part))

    def until(self, stream, reached):
        ends = time.monotonic() + 20
        while not reached():
            if stream.failed or stream.ended:
                raise Failed(stream.failed or "ended early")
            self.socket.settimeout(max(0.01, ends - time.monotonic()))
            self.read()

    def read(self):
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            try:
                more = self.socket.recv(65536)
            except OSError as error:
                raise Failed(f"the connection: {type(error).__name__}") from error
            if not more:
                raise Failed("the connection: closed")
            self.buffer += more
        size, kind, flags = int.from_bytes(self.buffer[:3], "big"), self.buffer[3], self.buffer[4]
        number, payload = int.from_bytes(self.buffer[5:9], "big"), bytes(self.buffer[9:9 + size])
        del self.buffer[:9 + size]
        if number:
            # Of one that was taken back there is still something on its way.
            if number in self.streams:
                self.of_stream(self.streams[number], kind, flags, payload)
            if kind == DATA:
                self.take(number, size)
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, size, 6):
                if int.from_bytes(payload[at:at + 2], "big") == 4:
                    room = int.from_bytes(payload[at + 2:at + 6], "big")
                    for opened in self.streams.values():
                        # RFC 9113 section 6.9.2: those that were opened before are meant as well.
                        opened.room += room - self.first_room
                    self.first_room = room
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == WINDOW:
            self.room += int.from_bytes(payload, "big")
        elif kind == GOAWAY and any(payload[4:8]):
            raise Failed(f"the connection: GOAWAY {int.from_bytes(payload[4:8], 'big')}")

    def of_stream(self, stream, kind, flags, payload):
        if kind == HEADERS and not stream.answered:
            fragment = payload[1:] if payload[0] == NEW_SIZE else payload
            if not fragment.startswith(OK):
                stream.failed = "not answered with 200"
            stream.answered = True
        elif kind == HEADERS:
            stream.trailers = payload
        elif kind == DATA:
            stream.got += payload
        elif kind == RST:
            stream.failed = stream.failed or f"RST_STREAM {int.from_bytes(payload, 'big')}"
        elif kind == WINDOW:
            stream.room += int.from_bytes(payload, "big")
        stream.ended |= kind in (HEADERS, DATA) and bool(flags & END_STREAM)

    def take(self, number, size):
        """Gives back the windows of what was read."""
        if size:
            self.send(window(0, size) + (window(number, size) if number in self.streams else b""))

    def forget(self, stream):
        del self.streams[stream.number]

    def close(self):
        self.socket.close()


# --- what clients do -----------------------------------------------------------------------------------------------------------

class Clients:
    def __init__(self, port, over):
        self.port, self.over = port, over
        self.lock, self.did, self.wrong = threading.Lock(), {}, []

    def count(self, what, by=1):
        with self.lock:
            self.did[what] = self.did.get(what, 0) + by

    def failed(self, why):
        with self.lock:
            self.did["failed"] = self.did.get("failed", 0) + 1
            print(f"stream: {why}", file=sys.stderr, flush=True)

    def run(self, seed):
        chance = random.Random(seed)
        while not os.path.exists(self.over):
            try:
                self.connection(chance)
            except Failed as failed:
                self.failed(failed)
            except OSError as error:
                self.failed(f"the handshake: {type(error).__name__}")
            except Wrong as wrong:
                self.wrong.append(wrong)
                self.failed(f"WRONG: {wrong}")
            time.sleep(0.05)

    def connection(self, chance):
        """Some rounds of tunnels and calls on one connection, which is dropped amid a last one half of the time."""
        connection = Connection(self.port)
        try:
            for _ in range(chance.randint(1, 6)):
                if chance.random() < 0.7:
                    self.tunnels(connection, chance)
                else:
                    self.call(connection, chance)
                time.sleep(0.02)
            if chance.random() < 0.5:
                for tunnel in self.open(connection, chance.randint(1, 4)):
                    connection.send(data(tunnel.number, masked(BINARY, chance.randbytes(5000))))
                    self.count("dropped")
                if chance.random() < 0.5:
                    # A reset instead of an end.
                    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            connection.close()

    def open(self, connection, count):
        opened = [connection.open(":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "a.test",
                                  ":path", "/api/v1/ws/chat", "sec-websocket-version", "13", "origin", "https://a.test")
                  for _ in range(count)]
        for tunnel in opened:
            connection.until(tunnel, lambda: tunnel.answered and not tunnel.failed)
            self.count("tunnels")
        return opened

    def tunnels(self, connection, chance):
        """Opens some at once, uses them by turns, and ends each in one way or another."""
        opened = self.open(connection, chance.randint(1, 8))
        sent = {tunnel.number: [] for tunnel in opened}
        for _ in range(chance.randint(1, 5)):
            for tunnel in opened:
                message = chance.randbytes(chance.choice((0, 1, 125, 126, 4000, 30000)))
                sent[tunnel.number].append(message)
                connection.write(tunnel, masked(BINARY, message))
        for tunnel in opened:
            if chance.random() < 0.4:
                connection.send(reset(tunnel.number))
                self.count("reset")
            else:
                self.echoed(connection, tunnel, sent[tunnel.number])
                connection.write(tunnel, masked(CLOSE, b"\x03\xe8"))
                self.message(connection, tunnel, CLOSE)
                connection.send(data(tunnel.number, b"", end=True))
                connection.until(tunnel, lambda: tunnel.ended)
                self.count("closed")
            connection.forget(tunnel)

    def echoed(self, connection, tunnel, messages):
        for message in messages:
            if self.message(connection, tunnel, BINARY) != message:
                raise Wrong(f"{len(message)} bytes came back as others")
            self.count("bytes", len(message))

    def message(self, connection, tunnel, opcode):
        """The payload of the next message of a kind; what the room tells is passed over."""
        while True:
            came = unwrap(tunnel)
            if came is None:
                had = len(tunnel.got)
                connection.until(tunnel, lambda: len(tunnel.got) > had)
            elif came[0] == opcode:
                return came[1]
            elif came[0] in (BINARY, CLOSE):
                raise Wrong(f"a frame of kind {came[0]} instead of {opcode}")

    def call(self, connection, chance):
        stream = connection.open(":method", "POST", ":scheme", "https", ":authority", "a.test", ":path", "/soak.Echo/Call",
                                 "content-type", "application/grpc", "te", "trailers")
        payload = b""
        for _ in range(chance.randint(1, 6)):
            message = chance.randbytes(chance.randint(0, 20000))
            payload += b"\0" + struct.pack(">I", len(message)) + message
        half = len(payload) // 2
        connection.write(stream, payload[:half])
        if chance.random() < 0.2:
            connection.send(reset(stream.number))
            connection.forget(stream)
            self.count("calls taken back")
            return
        connection.write(stream, payload[half:])
        connection.send(headers(stream.number, "x-asked", "yes"))
        connection.until(stream, lambda: stream.trailers is not None)
        if stream.got != payload:
            raise Wrong(f"a call of {len(payload)} bytes came back as {len(stream.got)}")
        if b"grpc-status" not in stream.trailers or not stream.trailers.endswith(b"\x010"):
            raise Wrong(f"a call's trailers are {stream.trailers}")
        connection.forget(stream)
        self.count("calls")
        self.count("bytes", len(payload))

    def all(self):
        threads = [threading.Thread(target=self.run, args=(seed,)) for seed in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(" ".join(f"{what.replace(' ', '-')}={count}" for what, count in sorted(self.did.items())), flush=True)
        return not self.wrong


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    elif sys.argv[1:2] == ["clients"] and len(sys.argv) == 4:
        sys.exit(0 if Clients(int(sys.argv[2]), sys.argv[3]).all() else 1)
    else:
        sys.exit(__doc__)
