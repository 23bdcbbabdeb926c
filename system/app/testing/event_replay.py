#!/usr/bin/env python3
"""A client that follows events by WebSocket and was away gets what it missed, once and in order, and is told when it cannot have it.
usage: event_replay.py VMSD
"""
import base64
import json
import os
import pathlib
import socket
import sys
import tempfile
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402


class Feed:
    """The events after a number, as they come."""

    def __init__(self, client, since):
        address = urllib.parse.urlparse(client.base_url)
        self.link = socket.create_connection((address.hostname, address.port), PATIENCE)
        self.link.sendall(f"GET /api/v1/events?since={since}&access_token={client.session['token']} HTTP/1.1\r\nHost: x\r\n"
                          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode())
        self.input = self.link.makefile("rb")
        if b" 101 " not in self.input.readline():
            raise SystemExit("FAILED: the WebSocket was refused")
        while self.input.readline() != b"\r\n":
            pass

    def event(self):
        while True:
            first, size = self.input.read(2)
            if size == 126:
                size = int.from_bytes(self.input.read(2), "big")
            elif size == 127:
                size = int.from_bytes(self.input.read(8), "big")
            body = self.input.read(size)
            if first & 0x0F == 1:
                return json.loads(body)

    def up_to(self, last):
        events = [self.event()]
        while events[-1]["seq"] < last:
            events.append(self.event())
        return events

    def close(self):
        self.input.close()
        self.link.close()


def change(client, count):
    for number in range(count):
        client.call("PATCH", "/api/v1/settings/accounts", {"idle_logout": 40 + number % 1000})
    return client.call("GET", "/api/v1/events?limit=1")["last"]


def expect(found, wanted, what):
    if found != wanted:
        raise SystemExit(f"FAILED: {what}: {found}, not {wanted}")


def check(client):
    last = change(client, 3)
    feed = Feed(client, 0)
    expect([event["seq"] for event in feed.up_to(last)], list(range(1, last + 1)), "everything since the begin")
    feed.close()
    later = change(client, 2500)  # more than is kept in memory
    feed = Feed(client, last)
    missed = feed.up_to(later)
    expect([event["seq"] for event in missed], list(range(last + 1, later + 1)), "what happened while the client was away")
    now = change(client, 1)
    expect([event["seq"] for event in feed.up_to(now)], list(range(later + 1, now + 1)), "what happens then")
    feed.close()

    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    cleared = client.call("DELETE", "/api/v1/logs/operation")["cleared"]
    now = change(client, 1)
    feed = Feed(client, 0)
    gap = feed.event()
    expect((gap["type"], gap["seq"], gap["data"]["missing"]), ("log.gap", 0, cleared), "what is cleared is told")
    expect(feed.up_to(now)[-1]["type"], "settings.changed", "and the rest comes")
    feed.close()

    feed = Feed(client, now + 1000)
    gap = feed.event()
    expect((gap["type"], gap["seq"], gap["data"]["missing"]), ("log.gap", now, None), "a number that was not given yet")
    expect(feed.up_to(change(client, 1))[0]["seq"], now + 1, "and the log goes on")
    feed.close()


def main():
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        with Program(log, sys.argv[1], "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd:
            check(Client(vmsd.ready["http"]).initialise())
    print("events are replayed")


if __name__ == "__main__":
    main()
