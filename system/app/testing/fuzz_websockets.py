"""WebSockets (RFC 6455) with handshakes, queries and frames that break them: what each sends, and what the server may do about it."""
import json
import os
import re
import socket
import struct
import time

GRACE = 20  # seconds that a loaded machine takes to answer or close
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # of that key (RFC 6455, 1.3)
UPGRADE = {"Host": "x", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY}
MOST = 64 * 1024  # bytes of a message
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

# A header that differs from UPGRADE; None: not sent. With the statuses that may answer.
HANDSHAKES = {
    "no key": ({"Sec-WebSocket-Key": None}, {"400"}),
    "an empty key": ({"Sec-WebSocket-Key": ""}, {"400"}),
    "a key of 15 bytes": ({"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j"}, {"400"}),
    "a key of 17 bytes": ({"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZXM="}, {"400"}),
    "a key that is no base64": ({"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j*Q=="}, {"400"}),
    "a key of 10 kB": ({"Sec-WebSocket-Key": "k" * 10_000}, {"400", "431"}),
    "no version": ({"Sec-WebSocket-Version": None}, {"400", "426"}),
    "version 8": ({"Sec-WebSocket-Version": "8"}, {"400", "426"}),
    "version 13.5": ({"Sec-WebSocket-Version": "13.5"}, {"400", "426"}),
    "no host": ({"Host": None}, {"400"}),
}


def frame(opcode, payload=b"", final=True, masked=True, reserved=0, size=None):
    """`size` lies about the payload's; its field then has 8 bytes."""
    head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
    mask = 0x80 if masked else 0
    if size is not None:
        head += bytes([mask | 127]) + struct.pack(">Q", size)
    elif len(payload) < 126:
        head += bytes([mask | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mask | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", len(payload))
    key = os.urandom(4) if masked else b""
    return head + key + (bytes(byte ^ key[at % 4] for at, byte in enumerate(payload)) if masked else payload)


def closing(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


# What is sent, and by which status codes the server may close (RFC 6455, 7.4.1).
PROTOCOL = {1002}
FRAMES = {
    **{f"reserved bit {bit}": (frame(TEXT, b"x", reserved=bit), PROTOCOL) for bit in (1, 2, 4)},
    **{f"opcode {opcode}": (frame(opcode, b"x"), PROTOCOL) for opcode in (3, 7, 11, 15)},
    "not masked": (frame(TEXT, b"x", masked=False), PROTOCOL),
    "a ping not masked": (frame(PING, masked=False), PROTOCOL),
    "a ping in pieces": (frame(PING, b"x", final=False), PROTOCOL),
    "a close in pieces": (frame(CLOSE, struct.pack(">H", 1000), final=False), PROTOCOL),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), PROTOCOL),
    "a ping of 1 GB": (frame(PING, size=1 << 30), PROTOCOL),
    "a piece of nothing": (frame(0, b"x"), PROTOCOL),
    "a message within another": (frame(TEXT, b"x", final=False) + frame(TEXT, b"y"), PROTOCOL),
    "no UTF-8": (frame(TEXT, b"\xc3\x28"), {1007}),
    "half a character at the end": (frame(TEXT, b"\xe2\x82"), {1007}),
    "half of a pair of UTF-16": (frame(TEXT, b"\xed\xa0\x80"), {1007}),
    "no UTF-8 in the second piece": (frame(TEXT, b"\xc3", final=False) + frame(0, b"\x28"), {1007}),
    "a message of 64 KiB and one byte": (frame(TEXT, b"x" * (MOST + 1)), {1009}),
    "a message of many pieces over 64 KiB": (frame(BINARY, b"x" * 9000, final=False) + frame(0, b"x" * 9000, final=False) * 8, {0, 1009}),  # what follows may tear down the connection first
    "a message of 1 GB": (frame(BINARY, b"x" * 1000, size=1 << 30), {1009}),
    "a message of 2^63 bytes": (frame(BINARY, b"x", size=1 << 63), {1002, 1009}),
    "a close of one byte": (frame(CLOSE, b"\x03"), PROTOCOL),
    **{f"a close by {code}": (closing(code), PROTOCOL) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999)},
    **{f"a close by {code}": (closing(code), {1002, code}) for code in (5000, 65535)},  # of which the standard says nothing
    "a close with a reason that is no UTF-8": (closing(1000, b"\xff\xff"), {1002, 1007}),
    "a close as it should be": (closing(1000, "tschüß".encode()), {1000}),
    "a close by one's own code": (closing(4999), {1000, 4999}),
}
# What is no number of an event; the error comes over the WebSocket.
SINCE = ["", "x", "-1", "1e3", "9223372036854775808", "1%20", "0x1", "1&since=x"]


class Socket:
    """A connection to a WebSocket of the server, after its handshake."""

    def __init__(self, address, path, headers=None):
        self.link = socket.create_connection(address, GRACE)
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**UPGRADE, **(headers or {})}.items() if value is not None)
        self.link.sendall(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        self.received, self.ended = b"", False
        while b"\r\n\r\n" not in self.received and self.read_more():
            pass
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        self.status = (re.findall(rb"^HTTP/1\.1 (\d{3}) ", head) or [b"none"])[0].decode()
        self.accepted = self.status == "101" and ACCEPT in head

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def read_more(self):
        try:
            part = self.link.recv(65536)
        except (ConnectionError, TimeoutError) as error:
            self.ended = not isinstance(error, TimeoutError)
            return False
        self.ended = not part
        self.received += part
        return bool(part)

    def send(self, data):
        """False where the server has closed, or does not take it in time."""
        try:
            self.link.sendall(data)
            return True
        except OSError:
            return False

    def frame(self):
        """Opcode and payload of what the server sends next; None when nothing comes."""
        while True:
            if len(self.received) > 1:
                size, begin = self.received[1] & 0x7F, 2
                if size > 125:
                    begin = 4 if size == 126 else 10
                    size = int.from_bytes(self.received[2:begin], "big") if len(self.received) >= begin else 1 << 62
                if len(self.received) >= begin + size:
                    opcode, payload = self.received[0] & 0x0F, self.received[begin:begin + size]
                    self.received = self.received[begin + size:]
                    return opcode, payload
            if not self.read_more():
                return None

    def until(self, wanted):
        """The payload of the next frame with that opcode."""
        found = self.frame()
        while found and found[0] != wanted:
            found = self.frame()
        return found and found[1]

    def closed_by(self):
        """The status code by which the server says goodbye; 0: by none. None: it does not end the connection."""
        payload = self.until(CLOSE)
        if payload is not None:
            self.send(frame(CLOSE, payload[:2]))
        while not self.ended and self.read_more():
            pass
        if not self.ended:
            return None
        return int.from_bytes(payload[:2], "big") if payload else 0


class Judge:
    def __init__(self, address, token, channel):
        self.address, self.wrong = address, []
        self.events = f"/api/v1/events?since=0&access_token={token}"
        self.talk = f"/api/v1/channels/{channel}/talk?access_token={token}"
        self.routes = [self.events, f"/api/v1/channels/{channel}/live?access_token={token}", self.talk]
        self.token = token

    def expect(self, right, what):
        if not right:
            self.wrong.append(f"WebSocket: {what}")

    def status(self, path, headers=None):
        with Socket(self.address, path, headers) as one:
            return one.status

    def handshakes(self):
        for path in self.routes:
            place = path.split("?", 1)[0]
            for title, (headers, allowed) in HANDSHAKES.items():
                found = self.status(path, headers)
                self.expect(found in allowed, f"{place}, {title}: {found}")
            for name, value, expected in [("access_token", "", "401"), ("access_token", "x", "401"), ("access_token", "%00", "400"),
                                          ("access_token", self.token + "0", "401"), ("access_token", self.token[:-1], "401"),
                                          ("access_token", "%zz", "400"), ("colour", "red", "400")]:
                query = f"{name}={value}" if name == "access_token" else f"access_token={self.token}&{name}={value}"
                found = self.status(f"{place}?{query}")
                self.expect(found == expected, f"{place} with {name}={value[:20]}: {found}, not {expected}")
            found = self.status(place)
            self.expect(found == "401", f"{place} without a token: {found}")
            # Not an upgrade at all, so an ordinary request or none that there is.
            for headers in ({"Upgrade": None}, {"Upgrade": "h2c"}, {"Connection": "close"}):
                found = self.status(path, headers)
                self.expect(found[0] in "24", f"{place}, {headers}: {found}")
        for value in SINCE:
            with Socket(self.address, f"/api/v1/events?access_token={self.token}&since={value}") as one:
                text = one.until(TEXT)
                field = json.loads(text).get("error", {}).get("field") if text else None
                self.expect(one.accepted and field == "since", f"events since {value}: {one.status} {text}")
                self.expect(one.closed_by() == 1000, f"events since {value}: not closed")
        with Socket(self.address, f"/api/v1/channels/none/live?access_token={self.token}") as one:
            self.expect(one.status == "404" or b"error" in (one.until(TEXT) or b""), f"live video of no channel: {one.status}")
        with Socket(self.address, f"{self.routes[1]}&stream=sub2") as one:
            told = json.loads(one.until(TEXT) or b"{}").get("error", {}).get("message", "")
            self.expect(re.search('channel ".+" has no stream "sub2"', told), f"live video of no stream: {told}")

    def frames(self):
        for path in self.routes:
            place = path.split("?", 1)[0]
            for title, (data, allowed) in FRAMES.items():
                with Socket(self.address, path) as one:
                    self.expect(one.accepted, f"{place}: {one.status}")
                    one.send(data)
                    found = one.closed_by()
                self.expect(found in allowed, f"{place}, {title}: closed by {found}, not one of {allowed}")
            if path == self.talk:
                continue  # which reads what it is sent
            with Socket(self.address, path) as one:
                one.send(frame(TEXT, b"x" * MOST) + frame(BINARY, b"\xff", final=False) + frame(PING, b"between") + frame(0) + frame(PONG, b"not asked for"))
                self.expect(one.until(PONG) == b"between", f"{place}: what it need not understand ends it")
                one.send(frame(PING, b"p" * 125))
                self.expect(one.until(PONG) == b"p" * 125, f"{place}: a ping of 125 bytes is not answered")

    def speech(self):
        """What is no beginning of a talk is refused by the field that is wrong."""
        for data, field in ((frame(TEXT, b"x" * MOST), None), (frame(BINARY, b"\xff\x00" * 160), None), (frame(TEXT), None), (frame(TEXT, b"[" * 1000), None),
                            (frame(TEXT, b'{"encoding":"opus"}'), "encoding"), (frame(TEXT, b'{"encoding":7}'), "encoding"),
                            (frame(TEXT, b'{"encoding":"pcmu","sampling_rate":1e9}'), "sampling_rate"), (frame(TEXT, b'{"encoding":"pcmu","colour":1}'), "colour")):
            with Socket(self.address, self.talk) as one:
                one.send(data)
                told = json.loads(one.until(TEXT) or b"{}")
                self.expect((told.get("state"), told.get("reason"), told.get("field")) == ("refused", "invalid", field), f"talk, {data[:40]}: {told}")
                self.expect(one.closed_by() == 1000, f"talk, {data[:40]}: not closed")

    def floods(self):
        """Of pings whose answers nobody reads, of messages, and of connections that are reset in every state."""
        for path in self.routes:
            place = path.split("?", 1)[0]
            for title, data in (("pings", frame(PING, b"x" * 125) * 1000), ("empty messages", frame(TEXT) * 5000), ("pieces", frame(TEXT, b"", final=False) + frame(0, b"", final=False) * 5000)):
                with Socket(self.address, path) as one:
                    one.link.settimeout(2)
                    for _ in range(100):
                        if not one.send(data):
                            break
                    begin = time.monotonic()
                    self.expect(self.status("/healthz", {"Upgrade": None}) == "200", f"during a flood of {title} to {place} nobody else is answered")
                    self.expect(time.monotonic() - begin < GRACE, f"during a flood of {title} to {place} others wait")
            for data in (b"", frame(TEXT, b"half")[:3], frame(TEXT, b"x", final=False), closing(1000)):
                for _ in range(20):
                    with Socket(self.address, path) as one:
                        one.send(data)
                        one.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def check(address, token, channel):
    """Lines of what went wrong."""
    judge = Judge(address, token, channel)
    judge.handshakes()
    judge.frames()
    judge.speech()
    judge.floods()
    with Socket(address, judge.events) as one:
        judge.expect(b'"seq":1' in (one.until(TEXT) or b""), "events come no more")
    return judge.wrong
