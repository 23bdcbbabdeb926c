#!/usr/bin/env python3
"""Settings of a vmsd that is alone in a network namespace: entity tags, and ports that change while it runs.

usage: settings_over_http.py VMSD. Ends with 77 where no namespace can be made.
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SKIPPED = 77


def enter_namespace():
    """Runs this program once more, in a namespace with nothing but a loopback interface, where every port is free."""
    if os.environ.get("WATCHRIG_ALONE") or subprocess.run(["unshare", "--net", "true"], check=False).returncode:
        return bool(os.environ.get("WATCHRIG_ALONE"))
    command = 'ip link set lo up && exec "$@"'
    os.execvpe("unshare", ["unshare", "--net", "sh", "-c", command, "sh", sys.executable, *sys.argv],
               {**os.environ, "WATCHRIG_ALONE": "1"})


def patch(client, section, body, tag=None):
    """Status, entity tag and JSON of a change."""
    request = urllib.request.Request(f"{client.base_url}/api/v1/settings/{section}", json.dumps(body).encode(), method="PATCH")
    request.add_header("Authorization", f"Bearer {client.session['token']}")
    if tag is not None:
        request.add_header("If-Match", tag)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers["ETag"], json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None, json.load(error)


def expect(what, found, expected):
    if found != expected:
        raise SystemExit(f"FAILED: {what}: {found}, not {expected}")


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"FAILED: {what} did not happen in {PATIENCE} s")
        time.sleep(0.1)


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def check_tags(client):
    status, tag, values = patch(client, "accounts", {"idle_logout": 20})
    expect("a change", (status, values["idle_logout"]), (200, 20))
    expect("a change on the present revision", patch(client, "accounts", {"idle_logout": 21}, tag)[0], 200)
    status, _, answer = patch(client, "accounts", {"idle_logout": 22}, tag)
    expect("a change on an old revision", (status, answer["error"]["code"]), (412, "outdated"))
    expect("a change on any revision", patch(client, "accounts", {"idle_logout": 23}, "*")[0], 200)
    for wrong in ('"x"', "x", '"-"', ""):
        expect(f"a change on the revision {wrong}", patch(client, "accounts", {"idle_logout": 24}, wrong)[0], 412)
    expect("the value", client.call("GET", "/api/v1/settings/accounts")["idle_logout"], 23)


def check_ports(client):
    """IVSS 8.3.1.3: a change of a port opens the service there and needs a new sign-in."""
    for port in (0, 65536, "8081", 80.5):
        expect(f"HTTP port {port}", patch(client, "http", {"port": port})[0], 400)
    status, _, answer = patch(client, "http", {"port": 8554})
    expect("a port that RTSP uses", (status, answer["error"]["field"]), (409, "port"))
    status, _, answer = patch(client, "http", {"address": "gate"})
    expect("an address that is none", (status, answer["error"]["field"]), (400, "address"))
    status, _, answer = patch(client, "http", {"address": "192.0.2.1"})
    expect("an address of another machine", (status, answer["error"]["field"]), (409, "address"))
    expect("the port before", is_open(8080), True)
    for port in (8555, 8556):  # the second before the first has opened
        expect(f"rtsp to port {port}", patch(client, "rtsp", {"port": port})[0], 200)
    until("the later port opens", lambda: is_open(8556))
    time.sleep(1)
    expect("the earlier port", is_open(8555), False)
    client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
    for section, old, new in (("rtsp", 8556, 65535), ("http", 8080, 1)):
        expect(f"{section} to port {new}", patch(client, section, {"port": new})[0], 200)
        until(f"port {new} opens", lambda port=new: is_open(port))
        until(f"port {old} closes", lambda port=old: not is_open(port))
        if section == "rtsp":
            client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
    moved = Client("http://127.0.0.1:1")
    moved.session = client.session
    status, _, _ = patch(moved, "accounts", {})
    expect("the sign-in of before", status, 401)
    moved.session = moved.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
    return moved


def check_rtsps(client):
    """A port for RTSP by TLS is tried when it is to be opened, whether it is new or was entered before."""
    made = client.call("POST", "/api/v1/certificates", {"country": "DE", "address": "127.0.0.1", "valid_days": 9})
    client.call("PUT", "/api/v1/https", {"enabled": True, "certificate": made["id"]})
    with socket.create_server(("127.0.0.1", 8400)):
        status, _, answer = patch(client, "rtsps", {"enabled": True, "port": 8400})
        expect("RTSP by TLS on a taken port", (status, answer.get("error", {}).get("field")), (409, "port"))
        expect("RTSP by TLS to a taken port while it is off", patch(client, "rtsps", {"port": 8400})[0], 200)
        status, _, answer = patch(client, "rtsps", {"enabled": True})
        expect("RTSP by TLS on a port that was entered before", (status, answer.get("error", {}).get("field")), (409, "port"))
        expect("whether it is on", client.call("GET", "/api/v1/settings/rtsps")["enabled"], False)
    expect("RTSP by TLS on a port that is free again", patch(client, "rtsps", {"enabled": True})[0], 200)
    until("RTSP by TLS opens", lambda: is_open(8400))
    client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
    expect("another change of what is open", patch(client, "rtsps", {"port": 8400})[0], 200)
    with socket.create_server(("127.0.0.1", 8401)):
        expect("RTSP by TLS to another taken port", patch(client, "rtsps", {"port": 8401})[0], 409)
    expect("the port before", is_open(8400), True)


def main():
    if not enter_namespace():
        print("skipped: no network namespace can be made here (root is needed)")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        with Program(log, sys.argv[1], "--data", f"{folder}/data") as vmsd:
            expect("the addresses", (vmsd.ready["http"], vmsd.ready["rtsp"]), ("http://127.0.0.1:8080", "rtsp://127.0.0.1:8554"))
            client = Client(vmsd.ready["http"]).initialise()
            check_tags(client)
            check_rtsps(client)
            check_ports(client)
        with Program(log, sys.argv[1], "--data", f"{folder}/data") as vmsd:
            expect("the addresses after a restart", (vmsd.ready["http"], vmsd.ready["rtsp"]), ("http://127.0.0.1:1", "rtsp://127.0.0.1:65535"))
    print("tags and ports as they should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
