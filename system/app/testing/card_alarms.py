#!/usr/bin/env python3
"""What a real network card goes through is in the log and among the alarms: its cable is pulled, another host has its IPv4 address, or its
MAC address. Each is told once when it begins and once when it ends, also over restarts. The other host is Linux in a network namespace of its own.
Exit 77 where namespaces are not permitted. usage: card_alarms.py VMSD
"""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from namespaces import permitted, run  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

NEAR, FAR = f"wc{os.getpid()}", f"wc{os.getpid()}far"
OURS, OTHER = "10.1.1.2", "10.1.1.9"
SKIPPED = 77
SETTINGS = ["--set", "http.port=0", "--set", "rtsp.port=0", "--set", f"host.namespace={NEAR}"]
# Five minutes of silence are five seconds.
FAST = ["--clock", "scale=60"]
SPEAK = f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('{OURS[:-1]}77', 9))"
failures = []


def expect(what, found, expected):
    if found != expected:
        failures.append(f"{what}: {found!r}, not {expected!r}")


@contextlib.contextmanager
def cable():
    try:
        for name in (NEAR, FAR):
            run("ip", "netns", "add", name)
        run("ip", "-n", NEAR, "link", "add", "lan1", "type", "veth", "peer", "name", "port1", "netns", FAR)
        run("ip", "-n", NEAR, "address", "add", f"{OURS}/24", "dev", "lan1")
        for name, card in ((NEAR, "lan1"), (FAR, "port1")):
            run("ip", "-n", name, "link", "set", card, "up")
        yield
    finally:
        for name in (NEAR, FAR):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def mac_of(name, card):
    return json.loads(run("ip", "-n", name, "-j", "link", "show", "dev", card))[0]["address"]


class Judge:
    def __init__(self, client):
        self.client = client

    def entries(self, kind):
        path = f"/api/v1/logs/system?class=hardware-detection&type={kind}"
        return [entry for entry in self.client.call("GET", path)["entries"] if entry["type"] == kind]

    def alarms(self, kind):
        return self.client.call("GET", f"/api/v1/alarm-log?type={kind}")["alarms"]

    def wait(self, kind, count=1):
        """The newest of so many entries, as soon as there are; of more nobody hears here."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if len(found := self.entries(kind)) >= count:
                return found[0]
            time.sleep(0.2)
        failures.append(f"there is no {kind} number {count}; there are {[e['type'] for e in self.client.call('GET', '/api/v1/logs/system')['entries']]}")
        return {"severity": "", "data": {}}

    def check(self, name, began, ended, severity, data, begin, end):
        """A whole alarm, from what begins it to what ends it."""
        begin()
        entry = self.wait(began)
        expect(f"severity of {began}", entry["severity"], severity)
        expect(f"data of {began}", {key: entry["data"].get(key) for key in data}, data)
        expect(f"{name} goes on", [(a["source"], a["end"]) for a in self.alarms(name)], [("lan1", None)])
        end()
        self.wait(ended)
        expect(f"{name} has ended", [(a["source"], a["ended_by"]) for a in self.alarms(name)], [("lan1", ended)])
        expect(f"{began} was told", len(self.entries(began)), 1)
        expect(f"{ended} was told", len(self.entries(ended)), 1)


def far(*words):
    return lambda: run("ip", "-n", FAR, *words)


def takes_our_mac():
    run("ip", "-n", FAR, "link", "set", "port1", "down")
    run("ip", "-n", FAR, "link", "set", "port1", "address", mac_of(NEAR, "lan1"))
    run("ip", "-n", FAR, "address", "add", f"{OTHER}/24", "dev", "port1")
    run("ip", "-n", FAR, "link", "set", "port1", "up")
    run("ip", "netns", "exec", FAR, sys.executable, "-c", SPEAK)


def is_away():
    run("ip", "-n", FAR, "address", "flush", "dev", "port1")


def check_alarms(client):
    judge = Judge(client)
    judge.check("network-link", "network.link-lost", "network.link-restored", "warning", {"card": "lan1"},
                far("link", "set", "port1", "down"), far("link", "set", "port1", "up"))
    judge.check("address-conflict", "network.address-conflict", "network.address-conflict-ended", "error",
                {"card": "lan1", "address": OURS, "mac": mac_of(FAR, "port1")},
                far("address", "add", f"{OURS}/24", "dev", "port1"), far("address", "del", f"{OURS}/24", "dev", "port1"))
    judge.check("mac-conflict", "network.mac-conflict", "network.mac-conflict-ended", "error",
                {"card": "lan1", "address": OTHER, "mac": mac_of(NEAR, "lan1")}, takes_our_mac, is_away)


@contextlib.contextmanager
def server(folder, log, *options):
    fresh = not os.path.exists(folder)
    with Program(log, sys.argv[1], "--data", folder, *SETTINGS, *options) as vmsd:
        client = Client(vmsd.ready["http"])
        if fresh:
            client.initialise()
        else:
            client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
        yield client


def check_restarts(run_server):
    """A start ends alarms, so what goes on is told again."""
    lost, restored = "network.link-lost", "network.link-restored"
    unplug, plug = far("link", "set", "port1", "down"), far("link", "set", "port1", "up")

    def goes_on(judge):
        return [(a["source"], a["end"]) for a in judge.alarms("network-link") if a["end"] is None]

    unplug()
    with run_server() as client:
        judge = Judge(client)
        judge.wait(lost)
        expect("a link lost while the server was away goes on", goes_on(judge), [("lan1", None)])
    with run_server() as client:
        judge = Judge(client)
        judge.wait(lost, 2)
        expect("a link that is still lost goes on", goes_on(judge), [("lan1", None)])
        expect("restored meanwhile", len(judge.entries(restored)), 0)
        plug()
        judge.wait(restored)
        expect("a link lost before the start has ended", goes_on(judge), [])
        unplug()
        judge.wait(lost, 3)
    plug()
    with run_server() as client:
        judge = Judge(client)
        judge.wait(restored, 2)
        expect("a link restored while the server was away has ended", goes_on(judge), [])
        expect("lost in all", len(judge.entries(lost)), 3)


def main():
    if not permitted():
        print("skipped: needs iproute2 and the right to make network namespaces")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log, cable():
        with server(f"{folder}/fast", log, *FAST) as client:
            check_alarms(client)
        check_restarts(lambda: server(f"{folder}/data", log))
        if failures:
            log.seek(0)
            print(log.read())
    for line in failures:
        print(f"FAILED: {line}")
    print(f"{len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
