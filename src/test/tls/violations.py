"""A client that breaks HTTP/2's rules, frame by frame, and the server behind the edge that tells what reached it.

    violations.py serve FILE                        keeps the head of each request in FILE, a JSON string a line
    violations.py attack H2C_PORT TLS_PORT FILE PID  attacks the edge of that PID

Python's own library is all it needs: requests are written as literals of HPACK without an index, and of responses only
the status is read.
"""

import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONT = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITISED = 1, 1, 4, 8, 32
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO, PROTOCOL, INTERNAL, FLOW, _, CLOSED, SIZE, REFUSED, CANCEL, COMPRESSION, _, CALM = range(12)


# --- the server ------------------------------------------------------------------------------------------------------------

def serve(file):
    lock = threading.Lock()

    def told(head):
        with lock, open(file, "a") as out:
            out.write(json.dumps(head.decode("latin-1")) + "\n")

    def conversation(connection):
        data = b""
        with connection:
            while True:
                while b"\r\n\r\n" not in data:
                    more = connection.recv(65536)
                    if not more:
                        if data:
                            told(data)
                        return
                    data += more
                head, data = data.split(b"\r\n\r\n", 1)
                path = head.split(b" ")[1] if head.count(b" ") > 1 else b""
                if path == b"/health":
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    continue
                told(head)
                if path == b"/never-reads":
                    time.sleep(30)
                    return
                length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
                    while not data.startswith(b"0\r\n\r\n") and b"\r\n0\r\n\r\n" not in data:
                        more = connection.recv(65536)
                        if not more:
                            return
                        data += more
                    data = data[5:] if data.startswith(b"0\r\n\r\n") else data.split(b"\r\n0\r\n\r\n", 1)[1]
                elif length:
                    while len(data) < int(length[1]):
                        more = connection.recv(65536)
                        if not more:
                            return
                        data += more
                    data = data[int(length[1]):]
                if path == b"/silent":
                    time.sleep(30)
                    return
                if path == b"/cut":
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
                    time.sleep(0.2)
                    return
                body = b"x" * 1_000_000 if path == b"/big" else head
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def quietly(connection):
        try:
            conversation(connection)
        except OSError:
            pass  # The edge went first.

    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    print("raw listens on port", listening.getsockname()[1], flush=True)
    open(file, "w").close()
    while True:
        threading.Thread(target=quietly, args=(listening.accept()[0],), daemon=True).start()


# --- frames ----------------------------------------------------------------------------------------------------------------

def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def number(value, bits, first=0):
    most = (1 << bits) - 1
    if value < most:
        return bytes((first | value,))
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + [value])


def literal(name, value):
    name, value = (x.encode("latin-1") for x in (name, value))
    return b"\0" + number(len(name), 7) + name + number(len(value), 7) + value


def block(*fields):
    return b"".join(literal(n, v) for n, v in zip(fields[::2], fields[1::2]))


def fields(method="GET", path="/case", authority="a.test", scheme="http"):
    return (":method", method, ":scheme", scheme, ":authority", authority, ":path", path)


def get(stream, *more, end=True, **pseudo):
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(*fields(**pseudo), *more))


def headers(stream, *all_fields, end=True):
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(*all_fields))


def post(stream, *more, path="/case"):
    return get(stream, *more, method="POST", path=path, end=False)


def data(stream, payload, end=False):
    return frame(DATA, END_STREAM if end else 0, stream, payload)


def setting(key, value):
    return frame(SETTINGS, 0, 0, struct.pack(">HI", key, value))


def reset(stream):
    return frame(RST, 0, stream, struct.pack(">I", CANCEL))


def window(stream, size):
    return frame(WINDOW, 0, stream, struct.pack(">I", size))


def huffman_digits(encoded):
    bits = "".join(f"{byte:08b}" for byte in encoded)
    digits = ""
    while len(digits) < 3:
        short = int(bits[:5], 2)
        digits, bits = (digits + str(short), bits[5:]) if short < 3 else (digits + str(int(bits[:6], 2) - 22), bits[6:])
    return digits


def status_of(fragment):
    """The status of the first response on a connection, whose first field it is."""
    while fragment[0] & 0xE0 == 0x20:  # A new size of the table.
        fragment = fragment[1:]
    if fragment[0] & 0x80:
        return (200, 204, 206, 304, 400, 404, 500)[(fragment[0] & 0x7F) - 8]
    coded, length = fragment[1] & 0x80, fragment[1] & 0x7F
    return int(huffman_digits(fragment[2:2 + length]) if coded else fragment[2:2 + length])


class Connection:
    """One connection, which reads all frames and keeps what it saw of each stream."""

    def __init__(self, port, tls=False, begin=PREFACE + frame(SETTINGS, 0, 0)):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname="a.test")
        self.buffer, self.outcomes, self.closed = b"", {}, False
        self.send(begin)

    def send(self, frames):
        try:
            self.socket.sendall(frames)
            return True
        except (TimeoutError, OSError):
            return False

    def read(self, seconds):
        """Reads one frame; False without one."""
        self.socket.settimeout(max(seconds, 0.001))
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                return False
            except OSError:
                more = b""
            if not more:
                self.outcomes.setdefault(0, "closed")
                self.closed = True
                return False
            self.buffer += more
            if self.buffer.startswith(b"HTTP/1.1 "):
                self.outcomes[0] = "HTTP/1.1 " + self.buffer[9:12].decode()
                return False
        size, kind, flags = int.from_bytes(self.buffer[:3], "big"), self.buffer[3], self.buffer[4]
        stream, payload = int.from_bytes(self.buffer[5:9], "big"), self.buffer[9:9 + size]
        self.buffer = self.buffer[9 + size:]
        if kind == GOAWAY:
            code = int.from_bytes(payload[4:8], "big")
            # The first of two that part in peace says no error.
            self.outcomes[0] = f"GOAWAY {code}"
        elif kind == RST:
            self.outcomes[stream] = f"RST {int.from_bytes(payload[:4], 'big')}"
        elif kind == HEADERS and stream not in self.outcomes:
            # Any later status would need the table of the first; that it came is enough then.
            first = not any(str(o).startswith("status") for o in self.outcomes.values())
            self.outcomes[stream] = f"status {status_of(payload)}" if first else "status"
            if flags & END_STREAM:
                self.outcomes[-stream] = "end"
        elif kind == DATA and flags & END_STREAM:
            self.outcomes[-stream] = "end"
        elif kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK, 0))
        return True

    def outcome(self, stream, seconds=4, whole=False):
        """What became of the stream, or of the connection."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            now = self.outcomes.get(stream)
            if now and (not whole or now.startswith("RST") or -stream in self.outcomes):
                return now
            if 0 in self.outcomes:
                return self.outcomes[0]
            self.read(until - time.monotonic())
        return "nothing"

    def close(self):
        self.socket.close()


# --- violations ------------------------------------------------------------------------------------------------------------
# Name, frames after the preface, and what may become of stream 1 or of the connection. An error of a stream that names the
# code leaves the connection alone, which is tried. Where RFC 9113 leaves a choice both are there: a malformed request may
# be answered, too (8.1.1). Twice the edge, by Netty, ends one stream where the connection should end: HEADERS on a stream
# below the last (5.1.1), marked (a), and a setting that overflows a stream's window (6.9.2), marked (b). Neither reaches a
# server or leaves anything behind.

def goaway(*codes):
    return tuple(f"GOAWAY {code}" for code in codes)


def rst(*codes):
    return tuple(f"RST {code}" for code in codes)


GOOD = ("status 200",)
CASES = [
    # Section 4: frames and compression.
    ("4.2 DATA above the frame size", post(1) + data(1, bytes(16385)), goaway(SIZE)),
    ("4.2 HEADERS above the frame size", frame(HEADERS, 5, 1, bytes(16385)), goaway(SIZE)),
    ("4.2 PING of 16 MB", b"\xff\xff\xff" + bytes((PING, 0)) + bytes(4) + bytes(100), goaway(SIZE)),
    ("4.1 an unknown frame is ignored", frame(0xBE, 255, 7, b"x") + get(1), GOOD),
    ("4.1 a reserved bit is ignored", frame(PING, 0, 1 << 31, bytes(8)) + get(1), GOOD),
    ("4.3 an index beyond the tables", frame(HEADERS, 5, 1, b"\xff\xff\x0f"), goaway(COMPRESSION)),
    ("4.3 index 0", frame(HEADERS, 5, 1, b"\x80"), goaway(COMPRESSION)),
    ("4.3 a table above its size", frame(HEADERS, 5, 1, b"\x3f\xff\xff\x03"), goaway(COMPRESSION)),
    ("4.3 a new size behind a field", frame(HEADERS, 5, 1, block(*fields()) + b"\x20"), goaway(COMPRESSION)),
    ("4.3 a literal cut short", frame(HEADERS, 5, 1, b"\x00\x05ab"), goaway(COMPRESSION)),
    ("4.3 an integer without an end", frame(HEADERS, 5, 1, b"\xff" * 20), goaway(COMPRESSION)),
    ("4.3 EOS in a Huffman string", frame(HEADERS, 5, 1, b"\x00\x84\xff\xff\xff\xff\x00"), goaway(COMPRESSION)),
    ("4.3 zeros for a Huffman string's padding", frame(HEADERS, 5, 1, b"\x00\x81\x18\x00"), goaway(COMPRESSION)),
    # Section 5: streams.
    ("5.1 DATA on an idle stream", data(1, b"x"), goaway(PROTOCOL)),
    ("5.1 RST_STREAM on an idle stream", reset(1), goaway(PROTOCOL)),
    ("5.1 WINDOW_UPDATE on an idle stream", window(1, 1), goaway(PROTOCOL)),
    ("5.1 CONTINUATION on an idle stream", frame(CONT, 4, 1, block(*fields())), goaway(PROTOCOL)),
    ("5.1 DATA behind the end", get(1, path="/silent") + data(1, b"x"), rst(CLOSED) + goaway(CLOSED), 1),
    ("5.1 HEADERS behind the end", get(1, path="/silent") + get(1), rst(CLOSED, PROTOCOL) + goaway(CLOSED, PROTOCOL), 1),
    ("5.1.1 a stream of the server", get(2), goaway(PROTOCOL)),
    ("5.1.1 stream 0", get(0), goaway(PROTOCOL)),
    ("5.1.1 a stream below the last", get(5, path="/silent") + get(3), goaway(PROTOCOL, CLOSED) + rst(CLOSED), 1, 3),  # (a)
    ("5.1.2 more streams than allowed", b"".join(get(s, path="/silent") for s in range(3, 205, 2)) + get(205),
     rst(REFUSED), 100, 205),
    ("5.5 an unknown frame amid a head", frame(HEADERS, 1, 1, block(":method", "GET")) + frame(0xBE, 0, 1), goaway(PROTOCOL)),
    # Section 6: each kind of frame.
    ("6.1 DATA on stream 0", data(0, b"x"), goaway(PROTOCOL)),
    ("6.1 DATA of padding alone, and too much", post(1) + frame(DATA, PADDED, 1, b"\x05ab"), goaway(PROTOCOL), 1),
    ("6.1 DATA without its padding's length", post(1) + frame(DATA, PADDED, 1), rst(SIZE) + goaway(SIZE, PROTOCOL), 1),
    ("6.2 HEADERS with too much padding", frame(HEADERS, 5 | PADDED, 1, b"\xc8" + block(*fields())), goaway(PROTOCOL)),
    ("6.2 HEADERS too short for its priority", frame(HEADERS, 5 | PRIORITISED, 1, b"\0\0"), goaway(SIZE, PROTOCOL)),
    ("6.2 HEADERS, then PING", frame(HEADERS, 1, 1, block(":method", "GET")) + frame(PING, 0, 0, bytes(8)), goaway(PROTOCOL)),
    ("6.3 PRIORITY on stream 0", frame(PRIORITY, 0, 0, bytes(5)), goaway(PROTOCOL)),
    ("6.3 PRIORITY of 4 bytes", get(1, path="/silent") + frame(PRIORITY, 0, 1, bytes(4)), rst(SIZE) + goaway(SIZE), 1),
    ("6.4 RST_STREAM on stream 0", reset(0), goaway(PROTOCOL)),
    ("6.4 RST_STREAM of 3 bytes", get(1, path="/silent") + frame(RST, 0, 1, bytes(3)), goaway(SIZE), 1),
    ("6.5 SETTINGS on a stream", frame(SETTINGS, 0, 1), goaway(PROTOCOL)),
    ("6.5 SETTINGS of 5 bytes", frame(SETTINGS, 0, 0, bytes(5)), goaway(SIZE)),
    ("6.5 an acknowledgement with settings", frame(SETTINGS, ACK, 0, bytes(6)), goaway(SIZE)),
    ("6.5.2 push that is neither on nor off", setting(2, 2), goaway(PROTOCOL)),
    ("6.5.2 a window above 2^31-1", setting(4, 1 << 31), goaway(FLOW)),
    ("6.5.2 frames below 16384", setting(5, 16383), goaway(PROTOCOL)),
    ("6.5.2 frames above 2^24-1", setting(5, 1 << 24), goaway(PROTOCOL)),
    ("6.5.2 an unknown setting is ignored", setting(0xBEEF, 7) + get(1), GOOD),
    ("6.6 PUSH_PROMISE of a client", frame(PUSH, 4, 1, struct.pack(">I", 2) + block(*fields())), goaway(PROTOCOL)),
    ("6.7 PING on a stream", frame(PING, 0, 1, bytes(8)), goaway(PROTOCOL)),
    ("6.7 PING of 7 bytes", frame(PING, 0, 0, bytes(7)), goaway(SIZE)),
    ("6.8 GOAWAY on a stream", frame(GOAWAY, 0, 1, bytes(8)), goaway(PROTOCOL)),
    ("6.8 GOAWAY of 7 bytes", frame(GOAWAY, 0, 0, bytes(7)), goaway(SIZE)),
    ("6.9 a window of 0 more", window(0, 0), goaway(PROTOCOL)),
    ("6.9 a stream's window of 0 more", get(1, path="/silent") + window(1, 0), rst(PROTOCOL), 1),
    ("6.9 WINDOW_UPDATE of 3 bytes", frame(WINDOW, 0, 0, bytes(3)), goaway(SIZE)),
    ("6.9.1 a window that overflows", window(0, 0x7FFFFFFF), goaway(FLOW)),
    ("6.9.1 a stream's window that overflows", get(1, path="/silent") + window(1, 0x7FFFFFFF), rst(FLOW), 1),
    ("6.9.1 DATA beyond the window", post(1, path="/never-reads") + data(1, bytes(16384)) * 800,
     rst(FLOW) + goaway(FLOW, CALM) + ("closed",), 1),  # What comes behind the error is too much of it.
    ("6.9.2 a new window that overflows a stream's", get(1, path="/silent") + window(1, 0x7FFF0000) + setting(4, 0x7FFFFFFF),
     rst(FLOW) + goaway(FLOW), 1),  # (b)
    ("6.10 CONTINUATION on stream 0", frame(HEADERS, 1, 1, block(":method", "GET")) + frame(CONT, 4, 0), goaway(PROTOCOL)),
    ("6.10 CONTINUATION of another stream", frame(HEADERS, 1, 1, block(":method", "GET")) + frame(CONT, 4, 3), goaway(PROTOCOL)),
    ("6.10 CONTINUATION of a whole head", get(1, path="/silent", end=False) + frame(CONT, 4, 1, block("x", "y")),
     goaway(PROTOCOL), 1),
    ("6.10 DATA amid a head", frame(HEADERS, 0, 1, block(":method", "GET")) + data(1, b"x"), goaway(PROTOCOL)),
    # Section 8: messages.
    ("8.1 trailers that do not end", post(1) + headers(1, "x", "y", end=False), rst(PROTOCOL), 1),
    ("8.1 a pseudo-field in the trailers", post(1) + headers(1, ":path", "/x"), rst(PROTOCOL), 1),
    ("8.1 content-length in the trailers", post(1) + data(1, b"x") + headers(1, "content-length", "9"), rst(PROTOCOL), 1),
    ("8.1 a coding in the trailers", post(1) + headers(1, "transfer-encoding", "chunked"), rst(PROTOCOL), 1),
    ("8.1.1 more DATA than content-length", post(1, "content-length", "4") + data(1, b"12345GET /smuggled HTTP/1.1\r\n\r\n", True),
     rst(PROTOCOL), 1),
    ("8.1.1 less DATA than content-length", post(1, "content-length", "40") + data(1, b"123", True), rst(PROTOCOL), 1),
    ("8.1.1 content-length without DATA", get(1, "content-length", "40"), rst(PROTOCOL)),
    ("8.1.1 two content-lengths", post(1, "content-length", "1", "content-length", "2") + data(1, b"1", True), rst(PROTOCOL)),
    ("8.1.1 a list of content-lengths", post(1, "content-length", "1, 1") + data(1, b"1", True), rst(PROTOCOL)),
    ("8.1.1 a content-length that is none", post(1, "content-length", "0x1") + data(1, b"1", True), rst(PROTOCOL)),
    ("8.2 a capital in a name", get(1, "X-Upper", "1"), rst(PROTOCOL)),
    ("8.2.1 a colon in a name", get(1, "x:y", "1"), rst(PROTOCOL)),
    ("8.2.1 a blank in a name", get(1, "x y", "1"), rst(PROTOCOL)),
    ("8.2.1 no name", get(1, "", "1"), rst(PROTOCOL)),
    ("8.2.1 CR LF in a name", get(1, "x: 1\r\nsmuggled", "1"), rst(PROTOCOL)),
    ("8.2.1 NUL in a name", get(1, "x\0", "1"), rst(PROTOCOL)),
    ("8.2.1 a byte above ASCII in a name", get(1, "x\xe9", "1"), rst(PROTOCOL)),
    ("8.2.1 CR LF in a value", get(1, "x", "1\r\nsmuggled: 1"), rst(PROTOCOL)),
    ("8.2.1 a request in a value", get(1, "x", "1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"), rst(PROTOCOL)),
    ("8.2.1 CR in a value", get(1, "x", "1\rsmuggled: 1"), rst(PROTOCOL)),
    ("8.2.1 LF in a value", get(1, "x", "1\nsmuggled: 1"), rst(PROTOCOL)),
    ("8.2.1 NUL in a value", get(1, "x", "1\0"), rst(PROTOCOL)),
    ("8.2.1 a blank before a value", get(1, "x", " 1"), rst(PROTOCOL)),
    ("8.2.1 a blank behind a value", get(1, "x", "1 "), rst(PROTOCOL)),
    ("8.2.2 connection", get(1, "connection", "close"), rst(PROTOCOL)),
    ("8.2.2 keep-alive", get(1, "keep-alive", "timeout=5"), rst(PROTOCOL)),
    ("8.2.2 proxy-connection", get(1, "proxy-connection", "close"), rst(PROTOCOL)),
    ("8.2.2 upgrade", get(1, "upgrade", "websocket"), rst(PROTOCOL)),
    ("8.2.2 transfer-encoding", post(1, "transfer-encoding", "chunked") + data(1, b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n", True),
     rst(PROTOCOL)),
    ("8.2.2 te of more than trailers", get(1, "te", "gzip"), rst(PROTOCOL)),
    ("8.3 an unknown pseudo-field", get(1, ":nonsense", "1"), rst(PROTOCOL)),
    ("8.3 a pseudo-field of responses", get(1, ":status", "200"), rst(PROTOCOL)),
    ("8.3 a pseudo-field behind a field", headers(1, *fields()[:6], "x", "1", ":path", "/case"), rst(PROTOCOL)),
    ("8.3 a pseudo-field twice", get(1, ":path", "/smuggled"), rst(PROTOCOL)),
    ("8.3.1 no method", headers(1, *fields()[2:]), rst(PROTOCOL)),
    ("8.3.1 no scheme", headers(1, *fields()[:2], *fields()[4:]), rst(PROTOCOL)),
    ("8.3.1 no path", headers(1, *fields()[:6]), rst(PROTOCOL)),
    ("8.3.1 an empty path", get(1, path=""), rst(PROTOCOL)),
    ("8.3.1 a path without a slash", get(1, path="smuggled"), rst(PROTOCOL)),
    ("8.3.1 a user in the authority", get(1, authority="u@a.test"), rst(PROTOCOL)),
    ("8.3.1 a host against the authority", get(1, "host", "other.test"), rst(PROTOCOL)),
    ("8.3.1 CR LF in the authority", get(1, authority="a\r\nsmuggled: 1"), rst(PROTOCOL)),
    ("8.3.1 a blank in the path", get(1, path="/case HTTP/1.1 /smuggled"), rst(PROTOCOL)),
    ("8.3.1 a fragment in the path", get(1, path="/case#smuggled"), rst(PROTOCOL)),
    ("8.3.1 a request in the path", get(1, path="/ HTTP/1.1\r\nHost: a\r\n\r\nGET /smuggled"), rst(PROTOCOL)),
    ("8.3.1 a request in the method", get(1, method="GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nGET"), rst(PROTOCOL)),
    ("8.3.1 NUL in the path", get(1, path="/case\0"), rst(PROTOCOL)),
    ("8.3.1 another scheme", get(1, scheme="ftp"), rst(PROTOCOL)),
    ("8.5 CONNECT", headers(1, ":method", "CONNECT", ":authority", "a.test:443"), ("status 405",) + rst(PROTOCOL)),
    ("8.5 CONNECT with a path", headers(1, *fields(method="CONNECT")), ("status 405",) + rst(PROTOCOL)),
    ("RFC 8441 a protocol without CONNECT", get(1, ":protocol", "websocket"), rst(PROTOCOL)),
    ("RFC 9110 TRACE", get(1, method="TRACE"), ("status 405",)),
    ("10.5.1 too many fields", get(1, *["x", "y"] * 200), ("status 431",)),
    ("10.5.1 a field above the limit", frame(HEADERS, 1, 1, block(*fields())) + frame(CONT, 0, 1, b"\0\1x" + number(40000, 7)
     + b"y" * 15000) + frame(CONT, 0, 1, b"y" * 15000) + frame(CONT, 4, 1, b"y" * 10000), ("status 431",) + rst(PROTOCOL, CALM)),
    # Fault 7: what the server breaks off.
    ("8.1 a response cut short", get(1, path="/cut"), rst(INTERNAL, PROTOCOL, CANCEL), 1),
]
BEGINNINGS = [
    ("3.4 another preface", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + frame(SETTINGS, 0, 0), goaway(PROTOCOL) + ("closed", "HTTP/1.1 400", "HTTP/1.1 505")),
    ("3.4 no SETTINGS behind the preface", PREFACE + frame(PING, 0, 0, bytes(8)), goaway(PROTOCOL)),
    ("3.4 an acknowledgement for SETTINGS", PREFACE + frame(SETTINGS, ACK, 0), goaway(PROTOCOL)),
]


class Attack:
    def __init__(self, h2c, tls, file, pid):
        self.h2c, self.tls, self.file, self.pid = h2c, tls, file, pid
        self.goods, self.broken = 0, []

    def reached(self):
        with open(self.file) as file:
            return [json.loads(line) for line in file]

    def check(self, name, held, what):
        if not held:
            self.broken.append(name)
            print(f"FAILED  {name}: {what}", flush=True)

    def good(self, name):
        """A request on a new connection, by TLS every other time."""
        self.goods += 1
        with_tls = self.goods % 2 == 0
        client = Connection(self.tls if with_tls else self.h2c, with_tls)
        client.send(get(1, path="/good", scheme="https" if with_tls else "http"))
        became = client.outcome(1, whole=True)
        self.check(name, became == "status 200", f"a good request afterwards gave {became}")
        client.close()

    def violation(self, name, frames, expected, may_reach=0, stream=1, begin=None):
        before = len(self.reached())
        for with_tls in (False, True) if begin is None else (False,):
            port = self.tls if with_tls else self.h2c
            client = Connection(port, with_tls) if begin is None else Connection(port, with_tls, begin)
            client.send(frames)
            became = client.outcome(stream, whole=True)
            self.check(name, became in expected, f"{became} instead of {' or '.join(expected)}, {'TLS' if with_tls else 'h2c'}")
            if became.startswith("RST") and "beyond the window" not in name:
                client.send(get(stream + 200, path="/neighbour"))
                beside = client.outcome(stream + 200, whole=True)
                if not (became.endswith(f" {REFUSED}") and beside == became):
                    self.check(name, beside.startswith("status"), f"a neighbour's stream came to {beside}")
            client.close()
        self.good(name)
        heads = self.reached()[before:]
        self.check(name, not any("smuggled" in head for head in heads), f"what was smuggled reached the server: {heads}")
        if expected != GOOD:
            mine = [h for h in heads if not re.match(r"GET /(good|neighbour) HTTP/1.1\r\n", h)]
            self.check(name, len(mine) <= 2 * may_reach, f"the server got {mine}")
        self.check(name, all(re.match(r"(GET|POST) /[a-z-]+ HTTP/1\.1\r\n", head) for head in heads), f"the server got {heads}")

    # --- floods ---

    def cpu(self):
        fields_of = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields_of[11]) + int(fields_of[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{self.pid}/status").read())[1]) // 1024

    def flood(self, name, start, frames_of, most, expected=goaway(CALM), stream=0):
        """Sends frames until the edge has had enough, or most of them are sent."""
        cpu, rss, began = self.cpu(), self.rss_mb(), time.monotonic()
        client = Connection(self.h2c)
        client.send(start)
        sent = 0
        while sent < most and client.send(b"".join(frames_of(i) for i in range(sent, min(sent + 100, most)))):
            sent += min(100, most - sent)
            while client.read(0.001):
                pass
            if 0 in client.outcomes:
                break
        became = client.outcomes.get(0) or client.outcome(stream, 10, whole=True)
        client.close()
        used, grown = self.cpu() - cpu, self.rss_mb() - rss
        print(f"flood   {name}: {became} after {sent} of {most} in {time.monotonic() - began:.1f} s; CPU {used:.2f} s, "
              f"memory {grown:+d} MB", flush=True)
        # Of a connection that was still sent to as it closed, TCP may lose what the edge said last.
        self.check(name, became in expected or (became == "closed" and sent < most), f"{became} instead of {' or '.join(expected)}")
        self.check(name, used < 3, f"{used:.2f} s of CPU")
        self.check(name, grown < 64, f"{grown} MB more")
        self.good(name)

    def floods(self):
        self.flood("rapid reset", b"", lambda i: get(2 * i + 1, path="/silent") + reset(2 * i + 1), 20000)
        self.flood("made-you-reset by a window", b"", lambda i: post(2 * i + 1, path="/silent") + window(2 * i + 1, 0), 20000)
        self.flood("made-you-reset by a field", b"", lambda i: get(2 * i + 1, "connection", "x"), 20000)
        self.flood("CONTINUATION without a field", frame(HEADERS, 1, 1, block(":method", "GET")), lambda i: frame(CONT, 0, 1), 20000)
        self.flood("CONTINUATION of fields", frame(HEADERS, 1, 1, block(*fields())),
                   lambda i: frame(CONT, 0, 1, block("x", "y" * 1000)), 20000, goaway(CALM) + ("status 431",), 1)
        self.flood("SETTINGS", b"", lambda i: setting(3, i), 100000)
        self.flood("PING", b"", lambda i: frame(PING, 0, 0, bytes(8)), 100000)
        self.flood("PRIORITY", b"", lambda i: frame(PRIORITY, 0, 2 * i + 1, bytes((0, 0, 0, 0, 16))), 100000)
        self.flood("empty DATA", post(1, path="/never-reads"), lambda i: data(1, b""), 100000)
        self.flood("WINDOW_UPDATE", b"", lambda i: window(0, 1), 100000)
        self.flood("unknown frames", b"", lambda i: frame(0xBE, 0, 0, b"x"), 100000)
        # One field of 3,900 bytes in the table, then a byte each for a copy of it: 16 KB become 47 MB.
        big = b"\x40\x01x" + number(3900, 7) + b"y" * 3900
        bomb = frame(HEADERS, 5, 1, block(*fields()) + big + b"\xbe" * 12000)
        self.flood("HPACK bomb", bomb, lambda i: frame(PING, 0, 0, bytes(8)), 1, ("status 431",) + rst(PROTOCOL, CALM) + goaway(CALM), 1)
        self.stall()

    def stall(self):
        """A hundred responses of 1 MB that nobody takes, on each of five connections: held for the least of them, then cut."""
        rss, began = self.rss_mb(), time.monotonic()
        clients = [Connection(self.h2c, begin=PREFACE + setting(4, 0)) for _ in range(5)]
        for client in clients:
            client.send(b"".join(get(2 * i + 1, path="/big") for i in range(100)))
        time.sleep(2)
        grown = self.rss_mb() - rss
        self.good("window stall")
        cut = [client.outcome(1, 30, whole=True) for client in clients]
        print(f"flood   window stall: {set(cut)} after {time.monotonic() - began:.1f} s; memory {grown:+d} MB", flush=True)
        self.check("window stall", all(c.startswith(("RST", "GOAWAY", "closed")) for c in cut), f"{cut}")
        self.check("window stall", grown < 256, f"{grown} MB more for 500 MB of responses")
        for client in clients:
            client.close()
        self.good("window stall")

    def run(self):
        for case in CASES:
            self.violation(*case)
        for name, begin, expected in BEGINNINGS:
            self.violation(name, b"", expected, begin=begin)
        print(f"{len(CASES) + len(BEGINNINGS)} violations, {len(self.broken)} not as they should be", flush=True)
        rss = self.rss_mb()
        self.floods()
        cpu = self.cpu()
        time.sleep(2)
        idle = (self.cpu() - cpu) / 2
        print(f"afterwards: {idle * 100:.0f} % of a core without traffic, memory {self.rss_mb() - rss:+d} MB", flush=True)
        self.check("afterwards", idle < 0.3, f"the edge uses {idle * 100:.0f} % of a core without traffic")
        return not self.broken


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"] and len(sys.argv) == 3:
        serve(sys.argv[2])
    elif sys.argv[1:2] == ["attack"] and len(sys.argv) == 6:
        sys.exit(0 if Attack(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])).run() else 1)
    else:
        sys.exit(__doc__)
