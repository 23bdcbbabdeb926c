#!/usr/bin/env python3
"""Asks every route of vmsd's own description, as nobody: a fresh server, then an initialised one.

Only the routes below are open; each other one must refuse before it does anything. usage: every_route.py VMSD
"""
import base64
import http.client
import json
import os
import pathlib
import sys
import tempfile
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

OPEN = {("get", "/healthz"), ("get", "/metrics"), ("get", "/api/v1/openapi.json"), ("get", "/api/v1/initialisation"),
        ("post", "/api/v1/initialisation"), ("post", "/api/v1/password-strength"), ("post", "/api/v1/sessions")}
# What else a client could bring along in place of a token.
CREDENTIALS = {"nothing": {}, "an empty token": {"Authorization": "Bearer "}, "a wrong token": {"Authorization": "Bearer 00"},
               "a password": {"Authorization": "Basic " + base64.b64encode(b"admin:Watchrig.26").decode()}}


def ask(address, method, path, headers):
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
    try:
        connection.request(method.upper(), path, headers=headers)
        answer = connection.getresponse()
        body = json.loads(answer.read() or b"{}")
        return answer.status, body.get("error", {}).get("code", "")
    finally:
        connection.close()


def guarded(description):
    """Method, path and headers of each request that only somebody may make."""
    for pattern, operations in sorted(description["paths"].items()):
        path = pattern.replace("{", "").replace("}", "")
        for method in sorted(set(operations) & {"get", "post", "put", "patch", "delete"}):
            is_open = operations[method].get("security") == []
            if is_open != ((method, pattern) in OPEN):
                raise SystemExit(f"FAILED: {method} {pattern} is {'open' if is_open else 'closed'}; this test expects otherwise")
            if not is_open:
                yield method, path, {}
        if "x-websocket" in operations:
            key = base64.b64encode(os.urandom(16)).decode()
            yield "get", path, {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                                "Sec-WebSocket-Key": key}


def check(server, expected):
    address = urllib.parse.urlparse(server)
    description = Client(server).call("GET", "/api/v1/openapi.json")
    asked, wrong = 0, []
    for method, path, headers in guarded(description):
        for title, credentials in CREDENTIALS.items():
            asked += 1
            found = ask(address, method, path, {**headers, **credentials})
            # A path that only takes a WebSocket says so to everybody.
            if found != expected and found != (426, "invalid"):
                wrong.append(f"{method} {path} with {title}: {found}, not {expected}")
    return asked, wrong


def main():
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        with Program(log, sys.argv[1], "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd:
            server = vmsd.ready["http"]
            fresh, wrong = check(server, (403, "uninitialised"))
            Client(server).initialise()
            later, also_wrong = check(server, (401, "unauthenticated"))
    for line in wrong + also_wrong:
        print(f"FAILED: {line}")
    print(f"{fresh + later} requests, {len(wrong + also_wrong)} not refused")
    return 1 if wrong + also_wrong or fresh < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
