#!/usr/bin/env python3
"""Asks every route of vmsd's own description: as nobody, on a fresh and on an initialised server, then with each
authority alone, and with none. foreign_places.py asks them about places that are not one's own.

Only the routes below are open; each other one must refuse whoever lacks its right. usage: every_route.py VMSD
"""
import base64
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

OPEN = {("get", "/healthz"), ("get", "/api/v1/openapi.json"), ("get", "/api/v1/initialisation"),
        ("post", "/api/v1/initialisation"), ("post", "/api/v1/password-strength"), ("post", "/api/v1/sessions"),
        ("post", "/api/v1/password-resets"), ("post", "/api/v1/password-resets/{token}/code"),
        ("put", "/api/v1/password-resets/{token}"), ("get", "/api/v1/password-hint"),
        ("get", "/api/v1/system/legal/{text}")}
AUTHORITIES = ["live", "playback", "download", "record", "events", "devices", "accounts", "system", "logs", "security", "ptz", "outputs"]
# With these one sees channels, or devices.
SEEING = {"live", "playback", "download", "record", "events", "devices", "ptz", "outputs"}
FOR_ALL = {"signed in", "everybody"}
ADMINISTRATORS = ""  # a route that names no right is for them only
# What else a client could bring along in place of a token.
CREDENTIALS = {"nothing": {}, "an empty token": {"Authorization": "Bearer "}, "a wrong token": {"Authorization": "Bearer 00"},
               "a password": {"Authorization": "Basic " + base64.b64encode(b"admin:Watchrig.26").decode()}}


def ask(address, method, path, headers):
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
    try:
        connection.request(method.upper(), path, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        is_json = text and answer.headers.get_content_type() == "application/json"
        error = (json.loads(text) if is_json else {}).get("error", {})
        return answer.status, error.get("code", ""), error.get("message", "")
    finally:
        connection.close()


def guarded(description, places=None):
    """Method, path, headers and right of each request that only somebody may make; of things that are there by `places`."""
    for pattern, operations in sorted(description["paths"].items()):
        path = pattern
        for name, value in (places or {}).items():
            path = path.replace(f"{{{name}}}", value)
        path = path.replace("{", "").replace("}", "")
        for method in sorted(set(operations) & {"get", "post", "put", "patch", "delete"}):
            is_open = operations[method].get("security") == []
            if is_open != ((method, pattern) in OPEN):
                raise SystemExit(f"FAILED: {method} {pattern} is {'open' if is_open else 'closed'}; this test expects otherwise")
            if not is_open:
                yield method, path, {}, operations[method]["x-right"]
        if "x-websocket" in operations:
            key = base64.b64encode(os.urandom(16)).decode()
            yield "get", path, {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                                "Sec-WebSocket-Key": key}, operations["x-websocket"]["x-right"]


def check(server, expected):
    address = urllib.parse.urlparse(server)
    description = Client(server).call("GET", "/api/v1/openapi.json")
    asked, wrong = 0, []
    for method, path, headers, _ in guarded(description):
        for title, credentials in CREDENTIALS.items():
            asked += 1
            found = ask(address, method, path, {**headers, **credentials})[:2]
            # A path that only takes a WebSocket says so to everybody.
            if found != expected and found != (426, "invalid"):
                wrong.append(f"{method} {path} with {title}: {found}, not {expected}")
    return asked, wrong


def sign_in_with(admin, authorities):
    """A client whose group has these authorities."""
    name = "user." + (authorities[0] if authorities else "none")
    admin.call("POST", "/api/v1/groups", {"name": name, "authorities": {a: True for a in authorities}})
    admin.call("POST", "/api/v1/users", {"name": name, "group": name, "password": PASSWORD, "password_again": PASSWORD})
    client = Client(admin.base_url)
    client.session = client.call("POST", "/api/v1/sessions", {"username": name, "password": PASSWORD})
    return client


def stream_status(rtsp, user, password, channel="c1"):
    """What ffprobe is told when it asks for a channel whose camera cannot be reached."""
    url = rtsp.replace("://", f"://{user}:{password}@", 1) + f"/live/{channel}"
    told = subprocess.run(["ffprobe", "-rtsp_transport", "tcp", url], capture_output=True, text=True, timeout=PATIENCE).stderr
    return next((status for status in ("401", "404", "503") if f"DESCRIBE failed: {status}" in told), told)


def check_streams(rtsp, admin, clients):
    """A session's key, and the right to live video, for RTSP."""
    found = {"nobody": stream_status(rtsp, "nobody", "x"), "a wrong key": stream_status(rtsp, admin.session["id"], "00"),
             "the password": stream_status(rtsp, "admin", PASSWORD)}
    found |= {name: stream_status(rtsp, client.session["id"], client.session["stream_key"]) for name, client in clients.items()}
    expected = {"nobody": "401", "a wrong key": "401", "the password": "401", "live": "503", "playback": "404"}
    return len(found), [f"RTSP with {name}: {found[name]}, not {expected[name]}" for name in found if found[name] != expected[name]]


def check_rights(server, admin, clients):
    """Each authority opens the routes that name it, and no other."""
    address = urllib.parse.urlparse(server)
    description = admin.call("GET", "/api/v1/openapi.json")
    rights = {right for *_, right in guarded(description)}
    channel = admin.add_camera("Gate", "rtsp://127.0.0.1:1/nowhere")
    places = {"channel": channel, "device": admin.call("GET", f"/api/v1/channels/{channel}")["device"]}
    missing = [f'there is no {kind} "{value}"' for kind, value in places.items()]
    asked, wrong = 0, [f"the right \"{right}\" is none that this test knows" for right in rights - set(AUTHORITIES) - FOR_ALL - {ADMINISTRATORS}]
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    for authority in [*AUTHORITIES, None]:
        client = clients[authority] = sign_in_with(admin, [authority] if authority else [])
        for method, path, headers, right in guarded(description, places):
            if path == "/api/v1/sessions/current" or "Upgrade" in headers and right == authority:
                continue  # would sign this client out; would go on for ever
            asked += 1
            # Nothing is removed or changed: no body has what it needs, and no version is 0.
            status, code, message = ask(address, method, path, {
                **headers, "If-Match": '"0"', "Authorization": f"Bearer {client.session['token']}"})
            # What one may not see does not exist.
            refused = code == "denied" or status == 401 or message in missing
            may = right in FOR_ALL or right == authority
            hidden = right in FOR_ALL and message in missing and authority not in SEEING
            if (may and refused and not hidden) or (not may and not refused and (status, code) != (426, "invalid")):
                wrong.append(f"{method} {path} ({right}) with {authority}: {status} {code} {message}")
    camera_now = admin.call("GET", f"/api/v1/devices/{places['device']}")
    if camera_now["name"] != "Gate":
        wrong.append("the camera that the routes are about was changed")
    return asked, wrong


def main():
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        with Program(log, sys.argv[1], "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd:
            server = vmsd.ready["http"]
            fresh, wrong = check(server, (403, "uninitialised"))
            admin = Client(server).initialise()
            later, wrong_later = check(server, (401, "unauthenticated"))
            clients = {}
            by_right, wrong_rights = check_rights(server, admin, clients)
            streams, wrong_streams = check_streams(
                vmsd.ready["rtsp"], admin, {name: clients[name] for name in ("live", "playback")})
    wrong += wrong_later + wrong_rights + wrong_streams
    for line in wrong:
        print(f"FAILED: {line}")
    print(f"{fresh + later + by_right + streams} requests, {len(wrong)} answered wrongly")
    return 1 if wrong or min(fresh, later, by_right) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
