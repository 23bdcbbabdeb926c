#!/usr/bin/env python3
"""Figures of vmsd with many devices that cannot be reached, and of its event stream to many clients.

  bench/load/many_devices.py [--devices 10000] [--clients 100] [--seconds 10] [--out FILE] [--build build]

Every device has two channels at an address of the loopback network where nobody listens. Exit 1 when a goal is missed.
"""

import argparse
import datetime
import json
import pathlib
import random
import re
import selectors
import socket
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tools/python"), str(ROOT / "bench/peers")]
import processes  # noqa: E402
from vmsd_client import PASSWORD, Client  # noqa: E402

BATCH = 1000
SEQUENCE = re.compile(rb'\{"seq":(\d+),')


class Server:
    """vmsd on a data folder, signed in as its administrator."""

    def __init__(self, build, folder):
        begin = time.monotonic()
        log = folder / "vmsd.log"
        self.process = processes.start(
            [str(build / "bin/vmsd"), "--data", str(folder / "data"), "--set", "http.port=0", "--set", "rtsp.port=0",
             "--set", "log.level=error"], log)
        ready = processes.read_ready(self.process, log, 120)
        self.start_up = time.monotonic() - begin
        self.client = Client(ready["http"])

    def sign_in(self):
        self.client.session = self.client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})

    def cpu(self):
        return processes.cpu_seconds(self.process.pid)


def address(number):
    return f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def add_devices(client, count):
    begin = time.monotonic()
    for first in range(0, count, BATCH):
        devices = [{"name": f"Device {n:05}", "address": address(n), "port": 9, "channel_count": 2}
                   for n in range(first, min(first + BATCH, count))]
        answer = client.call("POST", "/api/v1/devices/batch", {"devices": devices})
        if answer["added"] != len(devices):
            raise SystemExit(f"only {answer['added']} of {len(devices)} devices were added")
    return time.monotonic() - begin


def list_pages(client, count, requests=300):
    """Milliseconds of each request for a page of 100, all kinds in turn."""
    generator = random.Random(26)
    kinds = ["", "&q=vice%2001", "&state=offline", "&sort=-name", "&address=127.1.7", "&sort=address&state=offline"]
    took = []
    for number in range(requests):
        kind = kinds[number % len(kinds)]
        offset = generator.randrange(count) if kind in ("", "&sort=-name", "&state=offline") else 0
        begin = time.perf_counter()
        client.call("GET", f"/api/v1/devices?limit=100&offset={offset}{kind}")
        took.append((time.perf_counter() - begin) * 1000)
    for number in range(requests // 3):
        begin = time.perf_counter()
        client.call("GET", f"/api/v1/channels?limit=100&offset={generator.randrange(2 * count)}")
        took.append((time.perf_counter() - begin) * 1000)
    return sorted(took)


class EventClients:
    """WebSockets that count the events they get, and how many of them do not follow the one before."""

    def __init__(self, client, count, since):
        self.selector = selectors.DefaultSelector()
        self.last = {}
        self.events = self.gaps = 0
        url = urllib.parse.urlparse(client.base_url)
        for _ in range(count):
            sock = socket.create_connection((url.hostname, url.port))
            sock.sendall((f"GET /api/v1/events?since={since}&access_token={client.session['token']} HTTP/1.1\r\nHost: x\r\n"
                          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
            sock.setblocking(False)
            self.last[sock] = since
            self.selector.register(sock, selectors.EVENT_READ, bytearray())

    def receive(self, wanted, deadline):
        """Until every client has seen the event `wanted`."""
        while min(self.last.values()) < wanted and time.monotonic() < deadline:
            for key, _ in self.selector.select(0.1):
                data = key.data
                chunk = key.fileobj.recv(1 << 18)
                if not chunk:
                    raise SystemExit("vmsd closed an event client")
                data += chunk
                end = 0
                for match in SEQUENCE.finditer(data):
                    number = int(match[1])
                    self.gaps += number != self.last[key.fileobj] + 1
                    self.last[key.fileobj] = number
                    self.events += 1
                    end = match.end()
                del data[:end]


def fan_out(server, clients, seconds):
    """1,000 events a second, by changes of 1,000 devices at once."""
    client = server.client
    ids = [device["id"] for device in client.call("GET", f"/api/v1/devices?limit={BATCH}")["devices"]]
    since = client.call("GET", "/api/v1/events?limit=1")["last"]
    group = EventClients(client, clients, since)

    def change():
        begin = time.monotonic()
        for second in range(seconds):
            client.call("PATCH", "/api/v1/devices", {"ids": ids, "change": {"description": f"change {second}"}})
            time.sleep(max(0.0, begin + second + 1 - time.monotonic()))

    cpu, begin = server.cpu(), time.monotonic()
    changer = threading.Thread(target=change)
    changer.start()
    group.receive(since + seconds * len(ids), begin + 4 * seconds)
    took = time.monotonic() - begin
    changer.join()
    return {"events a client": min(group.last.values()) - since, "wanted": seconds * len(ids), "gaps": group.gaps,
            "seconds": took, "cpu": (server.cpu() - cpu) / took}


def report(rows, out):
    """Prints the figures, each a tuple of name, value, goal and whether it is met, and keeps them in the file. The exit code."""
    missed = 0
    for name, value, goal, fine in rows:
        missed += not fine
        print(f"{name:52} {value:>14}   {goal:18} {'ok' if fine else 'MISSED'}")
    if out:
        command = " ".join([f"bench/load/{pathlib.Path(sys.argv[0]).name}", *sys.argv[1:]])
        figures = [{"figure": name, "value": value, "goal": goal, "met": fine} for name, value, goal, fine in rows]
        out.write_text(json.dumps({
            "command": command, "machine": processes.machine(),
            "measured": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "figures": figures}, indent=2) + "\n")
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--out", type=pathlib.Path, help="file for the figures")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = Server(options.build, folder)
        try:
            server.client.initialise()
            added = add_devices(server.client, options.devices)
        finally:
            processes.stop(server.process, 60)
        server = Server(options.build, folder)
        try:
            server.sign_in()
            time.sleep(20)  # every channel has been tried several times
            cpu, begin = server.cpu(), time.monotonic()
            time.sleep(10)
            idle = (server.cpu() - cpu) / (time.monotonic() - begin)
            before = server.cpu()
            begin = time.monotonic()
            took = list_pages(server.client, options.devices)
            page_cpu = (server.cpu() - before - idle * (time.monotonic() - begin)) / len(took) * 1000
            p95 = took[int(len(took) * 0.95)]
            events = fan_out(server, options.clients, options.seconds)
            rss = processes.rss_bytes(server.process.pid) / 1e6
        finally:
            processes.stop(server.process, 60)
    return report([
        (f"{options.devices} devices added, s", f"{added:.1f}", "", True),
        ("start-up with them, s", f"{server.start_up:.1f}", "under 5", server.start_up < 5),
        ("memory at the end, MB", f"{rss:.0f}", "under 1000", rss < 1000),
        ("CPU while all channels are tried again, cores", f"{idle:.2f}", "", True),
        ("list page, median ms", f"{took[len(took) // 2]:.1f}", "", True),
        ("list page, p95 ms", f"{p95:.1f}", "under 50", p95 < 50),
        ("CPU of a list page, ms", f"{page_cpu:.1f}", "", True),
        (f"events to each of {options.clients} clients", f"{events['events a client']}", f"{events['wanted']}",
         events["events a client"] >= events["wanted"] and events["gaps"] == 0),
        ("until the last client had the last, s", f"{events['seconds']:.1f}", f"under {options.seconds + 1}",
         events["seconds"] < options.seconds + 1),
        ("CPU of vmsd meanwhile, cores", f"{events['cpu']:.2f}", "", True),
    ], options.out)


if __name__ == "__main__":
    sys.exit(main())
