"""readers.py PORT NUMBER BYTES: asks for that many bytes on each of that many connections to 127.0.0.1, and reads nothing.

Says "open NUMBER" when all have asked, and ends with its input. A small segment has the system hold tens of KB for each of
them in place of megabytes: what is to run short is the memory of whoever answers, not that of the system.
"""

import socket
import sys
import time

SEGMENT = 536
WINDOW = 4096

port, number, length = map(int, sys.argv[1:])
request = f"GET /api/v1/bytes/{length} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
readers = []
for _ in range(number):
    reader = socket.socket()
    reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
    try:
        reader.connect(("127.0.0.1", port))
        reader.sendall(request)
    except ConnectionResetError:
        pass  # Refused, since there is no memory.
    readers.append(reader)
    time.sleep(0.002)
print("open", len(readers), flush=True)
sys.stdin.read()
