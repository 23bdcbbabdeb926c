"""A raw client of recordings by RTSP that is signed in, and what it was sent: pictures by the header extension of ONVIF."""
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from raw_rtsp import TCP, all_of, answer_to  # noqa: E402
from raw_rtsp import Client as Rtsp  # noqa: E402
from vmsd_client import PATIENCE  # noqa: E402

MARK = 0xABAC
NTP_TO_UNIX = 2208988800
BYE = 203


class Session(Rtsp):
    """A raw client that is signed in."""

    def __init__(self, address, user):
        super().__init__(address)
        self.user, self.challenge = user, None

    def ask(self, method, address=None, **headers):
        if self.challenge:
            headers["Authorization"] = answer_to(self.challenge, method, address or self.address, self.user["id"], self.user["stream_key"])
        answer = super().ask(method, address, **headers)
        if answer[0] != 401 or self.challenge:
            return answer
        self.challenge = next(text for text in all_of(answer, "WWW-Authenticate") if "MD5" in text or "algorithm" not in text)
        headers.pop("Authorization", None)
        return self.ask(method, address, **headers)

    def begin(self, **headers):
        """SETUP and PLAY; the latter's answer."""
        answer = self.ask("SETUP", self.address + "/track0", Transport=TCP, **({"Require": headers["Require"]} if "Require" in headers else {}))
        return answer if answer[0] != 200 else self.ask("PLAY", **headers)

    def until_end(self):
        """Whether a BYE came, before the server hung up or the patience was over."""
        end = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < end:
                for channel, packet in self.packets[-1:]:
                    if channel == 1 and BYE in kinds(packet):
                        return True
                self.step()
        except (EOFError, OSError):
            pass
        return False

    def take(self):
        """The pictures that came since the last call, each by the mark of its first packet; None where it has none."""
        pictures = []
        for channel, packet in self.packets:
            if channel != 0:
                continue
            if packet[0] & 0x10 and struct.unpack(">H", packet[12:14])[0] == MARK:
                whole, part, flags = struct.unpack(">IIB", packet[16:25])
                pictures.append({"time": whole - NTP_TO_UNIX + part / 2**32, "key": bool(flags & 0x80), "hole": bool(flags & 0x40), "begins": bool(flags & 0x20),
                                 "last": bool(flags & 0x10), "stamp": struct.unpack(">I", packet[4:8])[0], "number": struct.unpack(">H", packet[2:4])[0],
                                 "cseq": packet[25]})
            elif packet[0] & 0x10:
                pictures.append(None)
        self.packets = []
        return pictures

    def next_pictures(self, count):
        found = []
        while len(found) < count:
            self.step()
            if self.packets:
                found += self.take()
        return found


def kinds(packet):
    """The types of the RTCP packets of a compound."""
    at, found = 0, []
    while at + 4 <= len(packet):
        found.append(packet[at + 1])
        at += 4 * (struct.unpack(">H", packet[at + 2:at + 4])[0] + 1)
    return found
