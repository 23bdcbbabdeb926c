#!/usr/bin/env python3
"""What a flood of wrong sign-ins does to others: their sign-ins and list pages with and without it.

  bench/load/login_flood.py [--rate 200] [--seconds 10] [--sources 10] [--build build]

The flood comes from addresses of the loopback network, which the server never locks: a kinder case are others, of which each is refused
after five. Half of it is for one account, which is locked soon; the other half has a new name each time, so that every sign-in would be
hashed. Exit 1 when a goal is missed.
"""

import argparse
import asyncio
import collections
import json
import pathlib
import sys
import tempfile
import threading
import time
import urllib.parse

import many_devices
from many_devices import ROOT, processes
from vmsd_client import Client, Refused

DEVICES = 1000
NETWORK = "127.0.9."
USER = {"username": "ann", "password": "Other.Watch.77"}


class Flood:
    """Wrong sign-ins at a rate that does not wait for answers, from several addresses."""

    def __init__(self, server, options):
        self.server, self.rate, self.sources = server, options.rate, options.sources
        self.seconds = options.seconds
        self.answers = collections.Counter()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.send_all()))

    async def send_all(self):
        begin = asyncio.get_running_loop().time()
        tasks = []
        for number in range(int(self.rate * self.seconds)):
            await asyncio.sleep(max(0.0, begin + number / self.rate - asyncio.get_running_loop().time()))
            tasks.append(asyncio.create_task(self.send(number)))
        await asyncio.wait(tasks, timeout=60)

    async def send(self, number):
        name = "victim" if number % 2 else f"ghost{number}"
        body = json.dumps({"username": name, "password": f"wrong.{number}"}).encode()
        try:
            reader, writer = await asyncio.open_connection(
                self.server.hostname, self.server.port, local_addr=(f"{NETWORK}{1 + number % self.sources}", 0))
            writer.write(b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            answer = await reader.read()
            writer.close()
            self.answers[answer[9:12].decode()] += 1
        except OSError as error:
            self.answers[type(error).__name__] += 1


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def timed(work):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def others(admin, user, until):
    """Milliseconds of each sign-in and each list page until then, and how many sign-ins were refused."""
    sign_ins, pages, refused = [], [], 0

    def sign_in():
        user.session = None
        user.session = user.call("POST", "/api/v1/sessions", USER)

    while time.monotonic() < until:
        try:
            sign_ins.append(timed(sign_in))
            user.call("DELETE", "/api/v1/sessions/current")
        except Refused:
            refused += 1
        for _ in range(5):
            pages.append(timed(lambda: admin.call("GET", "/api/v1/devices?limit=100")))
    return sign_ins, pages, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--sources", type=int, default=10)
    parser.add_argument("--out", type=pathlib.Path, help="file for the figures")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        server = many_devices.Server(options.build, pathlib.Path(name))
        try:
            admin = server.client.initialise()
            many_devices.add_devices(admin, DEVICES)
            admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": many_devices.PASSWORD})
            for user in (USER["username"], "victim"):
                admin.call("POST", "/api/v1/users", {"name": user, "group": "admin", "password": USER["password"],
                                                     "password_again": USER["password"]})
            user = Client(admin.base_url)
            quiet = others(admin, user, time.monotonic() + 5)
            before = processes.rss_bytes(server.process.pid)
            flood = Flood(urllib.parse.urlparse(admin.base_url), options)
            cpu, begin = server.cpu(), time.monotonic()
            flood.thread.start()
            loud = others(admin, user, begin + options.seconds)
            cpu = (server.cpu() - cpu) / (time.monotonic() - begin)
            flood.thread.join()
            grown = (processes.rss_bytes(server.process.pid) - before) / 1e6
            told = admin.call("GET", "/api/v1/logs/link?type=session.blast")["entries"]
            entries = sum(entry["source"].startswith(NETWORK) for entry in told)
        finally:
            processes.stop(server.process, 60)
    answered = ", ".join(f"{count} x {status}" for status, count in sorted(flood.answers.items()))
    print(f"the flood was answered {answered}")
    sign_in, page = percentile(loud[0], 0.95), percentile(loud[1], 0.95)
    return many_devices.report([
        ("sign-in of another user, quiet, median / p95 ms", f"{percentile(quiet[0], 0.5):.0f} / {percentile(quiet[0], 0.95):.0f}", "", True),
        ("the same in the flood", f"{percentile(loud[0], 0.5):.0f} / {sign_in:.0f}", "p95 under 2000", sign_in < 2000),
        ("sign-ins of the other user refused in the flood", f"{loud[2]} of {loud[2] + len(loud[0])}", "0", loud[2] == 0),
        ("list page, quiet, median / p95 ms", f"{percentile(quiet[1], 0.5):.1f} / {percentile(quiet[1], 0.95):.1f}", "", True),
        ("the same in the flood", f"{percentile(loud[1], 0.5):.1f} / {page:.1f}", "p95 under 50", page < 50),
        ("CPU of vmsd in the flood, cores", f"{cpu:.2f}", "", True),
        ("memory that it has grown by, MB", f"{grown:.0f}", "under 100", grown < 100),
        ("hosts that the link log names for a blast", f"{entries}", f"{options.sources}", entries == options.sources),
        ("the flood as sent, wrong sign-ins a second", f"{sum(flood.answers.values()) / options.seconds:.0f}", "", True),
    ], options.out)


if __name__ == "__main__":
    sys.exit(main())
