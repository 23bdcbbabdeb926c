"""A raw RTSP client: what a server says, byte for byte, and the packets that it sends between its answers (RFC 2326, 10.12)."""
import hashlib
import re
import socket
import struct
import time

from vmsd_client import PATIENCE

TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"


class Client:
    """One connection to a server of RTSP."""

    def __init__(self, address):
        self.address = address
        host, port = re.match(r"rtsp://([^:/]+):(\d+)", address).groups()
        self.socket = socket.create_connection((host, int(port)), PATIENCE)
        self.buffer, self.sequence, self.session, self.packets = b"", 0, None, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def step(self):
        """The next answer; None after a packet, which is kept with its channel."""
        while len(self.buffer) < 4:
            self.more()
        if self.buffer[:1] == b"$":
            channel, size = struct.unpack(">BH", self.buffer[1:4])
            while len(self.buffer) < 4 + size:
                self.more()
            self.packets.append((channel, self.buffer[4:4 + size]))
            self.buffer = self.buffer[4 + size:]
            return None
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = [line.split(": ", 1) for line in lines[1:]]
        size = next((int(value) for name, value in headers if name == "Content-Length"), 0)
        while len(self.buffer) < size:
            self.more()
        body, self.buffer = self.buffer[:size].decode(), self.buffer[size:]
        return int(lines[0].split()[1]), headers, body

    def ask(self, method, address=None, **headers):
        """Status, headers (a list of pairs) and body; status 0 when the server has hung up."""
        self.sequence += 1
        if self.session:
            headers["Session"] = self.session
        text = f"{method} {address or self.address} RTSP/1.0\r\nCSeq: {self.sequence}\r\n"
        text += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        try:
            self.socket.sendall(text.encode() + b"\r\n")
            while True:
                answer = self.step()
                if answer:
                    break
        except (EOFError, ConnectionError):
            return 0, [], ""
        self.session = next((value.split(";")[0] for name, value in answer[1] if name == "Session"), self.session)
        return answer

    def play(self, track="/track0"):
        setup = self.ask("SETUP", self.address + track, Transport=TCP)[0]
        return setup if setup != 200 else self.ask("PLAY")[0]

    def watch(self, seconds):
        """The packets of so long; whether the server hung up meanwhile."""
        self.packets = []
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self.socket.settimeout(left)
                self.step()
        except (TimeoutError, socket.timeout):
            pass
        except (EOFError, ConnectionError):
            return True
        finally:
            self.socket.settimeout(PATIENCE)
        return False


def answer_to(challenge, method, address, account="admin", password="secret"):
    """Authorization of an account, for a challenge without qop or that lets it be left out (RFC 2069)."""
    realm, nonce = (re.search(f'{name}="([^"]*)"', challenge).group(1) for name in ("realm", "nonce"))
    digest = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
    response = digest(f"{digest(f'{account}:{realm}:{password}')}:{nonce}:{digest(f'{method}:{address}')}")
    return f'Digest username="{account}", realm="{realm}", nonce="{nonce}", uri="{address}", response="{response}"'


def all_of(answer, name):
    return [value for own, value in answer[1] if own == name]
