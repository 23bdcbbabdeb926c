"""A client of a camera's metadata stream, of Python's library alone: documents, the pictures beside them, and what joins them. Part of onvif_metadata.py."""
import re
import struct
import subprocess

from raw_rtsp import Client

CLOCK = 90000
EPOCH = 2208988800  # seconds from 1900 to 1970


class Track:
    """One track as it comes: units (RTP timestamp, payloads) up to each marker, and the last sender report."""

    def __init__(self):
        self.units, self.open, self.report, self.lost, self.next = [], [], None, 0, None

    def packet(self, packet):
        sequence, timestamp = struct.unpack(">HI", packet[2:8])
        self.lost += self.next is not None and sequence != self.next
        self.next = (sequence + 1) & 0xffff
        self.open.append(packet[12:])
        if packet[1] & 0x80:
            self.units.append((timestamp, self.open))
            self.open = []

    def rtcp(self, packet):
        if packet[1] == 200:
            seconds, fraction, timestamp = struct.unpack(">III", packet[8:20])
            self.report = (seconds - EPOCH + fraction / 2 ** 32, timestamp)

    def time_of(self, timestamp):
        """UTC by the last sender report (RFC 3550, 6.4.1)."""
        utc, at = self.report
        return utc + ((timestamp - at + 2 ** 31) % 2 ** 32 - 2 ** 31) / CLOCK


class Watch:
    """What a stream sends in so many seconds, from DESCRIBE to the end."""

    def __init__(self, url, seconds):
        self.tracks = {}
        with Client(url) as client:
            self.sdp = self.ask(client, "DESCRIBE", url)
            kinds = [section.split()[0] for section in re.split(r"^m=", self.sdp, flags=re.MULTILINE)[1:]]
            for number, _ in enumerate(kinds):
                self.ask(client, "SETUP", f"{url}/track{number}", Transport=f"RTP/AVP/TCP;unicast;interleaved={2 * number}-{2 * number + 1}")
                self.tracks[2 * number] = Track()
            self.ask(client, "PLAY", url)
            early = client.packets
            if client.watch(seconds):
                raise EOFError(f"{url} has hung up")
        self.named = {kind: self.tracks[2 * number] for number, kind in enumerate(kinds)}
        for channel, packet in early + client.packets:
            track = self.tracks[channel & ~1]
            (track.rtcp if channel & 1 else track.packet)(packet)

    @staticmethod
    def ask(client, method, url, **headers):
        status, answered, body = client.ask(method, url, **headers)
        if status != 200:
            raise ValueError(f"{method} {url}: {status} {answered}")
        return body

    def documents(self):
        """RTP timestamp and text of each."""
        track = self.named.get("application")
        return [(timestamp, b"".join(parts).decode()) for timestamp, parts in track.units] if track else []

    def h264(self):
        """The video as a file has it (ITU-T H.264, annex B); packets by RFC 6184."""
        stream = b""
        for _, parts in self.named["video"].units:
            for part in parts:
                kind = part[0] & 31
                if kind != 28:
                    stream += b"\0\0\0\1" + part
                elif part[1] & 0x80:
                    stream += b"\0\0\0\1" + bytes([(part[0] & 0xe0) | (part[1] & 31)]) + part[2:]
                else:
                    stream += part[2:]
        return stream


def pictures(stream, width, height):
    """Luma planes of a coded stream by the times in their stamps, in microseconds."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-f", "h264", "-i", "-", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"], input=stream,
                          capture_output=True, timeout=60, check=True).stdout
    size = width * height
    planes = [done[at:at + size] for at in range(0, len(done), size)]
    return {stamp: plane for plane in planes if (stamp := stamp_time(plane, width, height)) is not None}


def stamp_time(plane, width, height):
    """When the picture was captured, in microseconds, as its stamp says (simulators/scene/stamp_strip.cpp); None where it is unreadable."""
    columns = 56 if width >= 448 else 28
    row_height = min(max(width // columns * 3 // 4, 4), max(4, height // 32)) & ~1
    bits = 0
    for bit in range(112):
        row, column = divmod(bit, columns)
        x = (column * width // columns + (column + 1) * width // columns) // 2
        y = row * row_height + row_height // 2
        bits = bits << 1 | (plane[y * width + x] > 125)
    content = bits.to_bytes(14, "big")
    crc = 0xffff
    for byte in content[:12]:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xffff
    return int.from_bytes(content[4:12], "big") if crc == int.from_bytes(content[12:], "big") else None
