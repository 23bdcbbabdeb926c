"""Connections that break HTTP below the request: what each sends, and what the server may do about it."""
import re
import socket
import threading
import time

DEADLINE = 30  # seconds that the server gives a request to arrive
GRACE = 15     # and what a loaded machine takes beyond it
LINE = b"POST /api/v1/password-strength HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
SECOND = b"GET /api/v1/initialisation HTTP/1.1\r\nHost: x\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")

# What is sent at once, and which statuses may come back before the server closes the connection; none: it just closes.
BROKEN = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500, {"400"}),
    "a line of another protocol": (b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", {"400"}),
    "HTTP/0.9": (b"GET /\r\n\r\n", {"400"}),
    "HTTP/9.9": (b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n", {"400"}),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {"400"}),
    "bare LF": (GET.replace(b"\r\n", b"\n"), {"400"}),
    "bare CR in a header": (b"GET /healthz HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", {"400"}),
    "NUL in a header": (b"GET /healthz HTTP/1.1\r\nHost: x\x00y\r\n\r\n", {"400"}),
    "NUL in the target": (b"GET /health\x00z HTTP/1.1\r\nHost: x\r\n\r\n", {"400"}),
    "space before the colon": (LINE + b"Content-Length : 2\r\n\r\n{}", {"400"}),
    "a header without a name": (b"GET /healthz HTTP/1.1\r\n: x\r\n\r\n", {"400"}),
    "10,000 headers": (b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 10_000 + b"\r\n", {"431"}),
    "one header of 1 MB": (b"GET /healthz HTTP/1.1\r\nA: " + b"b" * 1_000_000 + b"\r\n\r\n", {"431"}),
    "a target of 100 kB": (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", {"431"}),
    "a method of 20 kB": (b"G" * 20_000 + b" / HTTP/1.1\r\n\r\n", {"400", "431"}),
    "Content-Length no number": (LINE + b"Content-Length: x\r\n\r\n{}", {"400"}),
    "Content-Length negative": (LINE + b"Content-Length: -1\r\n\r\n{}", {"400"}),
    "Content-Length over 64 bits": (LINE + b"Content-Length: 99999999999999999999\r\n\r\n{}", {"400", "413"}),
    "Content-Length over the limit": (LINE + b"Content-Length: 999999999\r\n\r\n{}", {"413"}),
    "two lengths that differ": (LINE + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + SECOND, {"400"}),
    "two lengths in one": (LINE + b"Content-Length: 2, 40\r\n\r\n{}" + SECOND, {"400"}),
    "length and chunked": (LINE + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND, {"400"}),
    "chunked and length": (LINE + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + SECOND, {"400"}),
    "an encoding that is not chunked": (LINE + b"Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\n{}" + SECOND, {"400"}),
    "chunked not last": (LINE + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SECOND, {"400"}),
    "chunked twice": (LINE + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND, {"400"}),
    "a chunk's length no number": (LINE + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n", {"400"}),
    "a chunk's length over 64 bits": (LINE + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n", {"400", "413"}),
    "a chunk longer than it says": (LINE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}{}{}\r\n0\r\n\r\n", {"400"}),
    "a chunk of 1 GB": (LINE + b"Transfer-Encoding: chunked\r\n\r\n40000000\r\n" + b"x" * 65536, {"413"}),
    "2 MB of chunks": (LINE + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 32 + b"0\r\n\r\n", {"413"}),
    "an absolute target": (b"GET http://elsewhere/api/v1/account HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {"400", "401", "404"}),
    "a target of *": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {"400", "404", "405"}),
    "CONNECT": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {"400", "404", "405"}),
    "a method nobody knows": (b"BREW /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {"400", "405"}),
}
# What is sent at first, and then again and again each second, until the server closes.
SLOW = {
    "nothing at all": (b"", b""),
    "half a request line": (b"GET /hea", b""),
    "half a header": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: ", b""),
    "a header's bytes one a second": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: ", b"b"),
    "half a body": (LINE + b"Content-Length: 100\r\n\r\n{", b""),
    "a body's bytes one a second": (LINE + b"Content-Length: 100000\r\n\r\n{", b" "),
    "chunks without end": (LINE + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "idle after an answer": (GET, b""),
}


def read_all(sock, until):
    """What comes before the connection ends; None when it does not end in time."""
    received = b""
    while True:
        left = until - time.monotonic()
        if left <= 0:
            return None
        sock.settimeout(left)
        try:
            chunk = sock.recv(65536)
        except TimeoutError:
            return None
        except ConnectionError:
            return received
        if not chunk:
            return received
        received += chunk


def check_broken(address):
    """Lines of what went wrong."""
    wrong = []
    for title, (data, allowed) in BROKEN.items():
        with socket.create_connection(address, timeout=DEADLINE) as sock:
            try:
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # closed before it had all of that
            answer = read_all(sock, time.monotonic() + GRACE)
        statuses = [] if answer is None else [status.decode() for status in STATUS.findall(answer)]
        if answer is None:
            wrong.append(f"{title}: neither answered nor closed")
        elif len(statuses) > 1 or not set(statuses) <= allowed:
            wrong.append(f"{title}: answered {', '.join(statuses)}, not one of {', '.join(sorted(allowed))}")
    return wrong


class SlowClients:
    """Connections that never finish a request, held while other things are tested."""

    def __init__(self, address):
        self.wrong = []
        self.threads = [threading.Thread(target=self.hold, args=(address, *row)) for row in SLOW.items()]
        for thread in self.threads:
            thread.start()

    def hold(self, address, title, sent):
        first, again = sent
        begin = time.monotonic()
        with socket.create_connection(address, timeout=DEADLINE) as sock:
            sock.sendall(first)
            ended = False
            while not ended and time.monotonic() < begin + DEADLINE + GRACE:
                ended = read_all(sock, time.monotonic() + 1) is not None
                try:
                    sock.sendall(again)
                except OSError:
                    ended = True
        if not ended:
            self.wrong.append(f"{title}: still open after {DEADLINE + GRACE} s")

    def finish(self):
        for thread in self.threads:
            thread.join()
        return self.wrong
