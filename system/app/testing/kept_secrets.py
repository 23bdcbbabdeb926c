#!/usr/bin/env python3
"""Gives vmsd secrets wherever it takes some, and looks for them in every file that it writes, in its answers and in its log.
usage: kept_secrets.py VMSD
"""
import json
import pathlib
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from conditional_requests import Check, ask, sign_in  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SECRETS = ["Qz-first-77", "Qz-of-the-address-88", "Qz-changed-99"]
# Where else secrets are given: each with one of its own.
MORE = [
    ("POST", "users", {"name": "ann", "group": "admin", "password": "Qz-Of.a.user-1", "password_again": "Qz-Of.a.user-1"}, "Qz-Of.a.user-1"),
    ("POST", "onvif/users", {"name": "wall", "group": "user", "password": "Qz-Of.onvif-2", "password_again": "Qz-Of.onvif-2"}, "Qz-Of.onvif-2"),
    ("PATCH", "settings/mail", {"password": "Qz-of-the-mailbox-3"}, "Qz-of-the-mailbox-3"),
    ("PATCH", "settings/ddns", {"password": "Qz-of-ddns-4"}, "Qz-of-ddns-4"),
    ("PATCH", "settings/metrics", {"token": "Qz-of-prometheus-555"}, "Qz-of-prometheus-555"),
    ("POST", "devices/adding", {"rows": [{"name": "R", "address": "127.0.0.1", "username": "u", "password": "Qz-of-a-row-6"}], "start": False}, "Qz-of-a-row-6"),
    ("POST", "devices/batch", {"devices": [{"name": "B", "address": "127.0.0.1", "port": 1, "username": "u", "password": "Qz-of-a-batch-7"}]}, "Qz-of-a-batch-7"),
    ("PUT", "account/questions", {"questions": [{"question": "Name of the first dog?", "answer": "Qz-of-a-dog-8"}, {"question": "Town of your school?", "answer": "Qz-of-a-town-9"}]},
     "Qz-of-a-dog-8"),
    ("POST", "system/configuration/export", {"password": "Qz-Of.a.file-10"}, "Qz-Of.a.file-10"),
    ("POST", "sessions", {"username": "ann", "password": "Qz-Wrong-11"}, "Qz-Wrong-11"),
]


def add_secrets(check, admin):
    first = ask(admin, "POST", "/api/v1/devices", {"name": "S1", "address": "127.0.0.1", "port": 1, "username": "u", "password": SECRETS[0]})
    check.equal("with a password", first[0], 201)
    url = f"rtsp://u:{SECRETS[1]}@127.0.0.1:1/x"
    check.equal("with an address", ask(admin, "POST", "/api/v1/devices", {"name": "S2", "streams": {"main": url}})[0], 201)
    check.equal("changed", ask(admin, "PATCH", f"/api/v1/devices/{first[1]['id']}", {"password": SECRETS[2]})[0], 200)
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    for number, (method, path, body, secret) in enumerate(MORE):
        status = status_of(admin, method, f"/api/v1/{path}", body, f"k{number}")
        check.equal(f"{method} {path}", status in (200, 201, 202, 204) or path == "sessions", True)
        SECRETS.append(secret)
    SECRETS.append(PASSWORD)
    return first[1]["id"]


def status_of(admin, method, path, body, key):
    request = urllib.request.Request(admin.base_url + path, method=method, data=json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {admin.session['token']}")
    request.add_header("Idempotency-Key", key)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def check_answers(check, admin):
    """Whatever can be read, tables included."""
    for path, operations in admin.call("GET", "/api/v1/openapi.json")["paths"].items():
        if "get" not in operations or "{" in path or "x-websocket" in operations and path != "/api/v1/events":
            continue
        request = urllib.request.Request(admin.base_url + path)
        request.add_header("Authorization", f"Bearer {admin.session['token']}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            text = error.read()
        for secret in [*SECRETS, admin.session["token"], admin.session["stream_key"]]:
            check.equal(f"{secret} in the answer to GET {path}", secret.encode() in text, False)


def look_for_secrets(check, when, *places):
    files = [f for place in places for f in ([place] if place.is_file() else place.rglob("*")) if f.is_file()]
    check.equal("files have what is no secret", any(b"rtsp://127.0.0.1:1/x" in file.read_bytes() for file in files), True)
    for file in files:
        text = file.read_bytes()
        for secret in SECRETS:
            check.equal(f"{secret} in {file.name} {when}", secret.encode() in text, False)


def main():
    check = Check()
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+") as log:
        folder = pathlib.Path(name)
        data = folder / "data"
        command = [log, sys.argv[1], "--data", data, "--set", "http.port=0", "--set", "rtsp.port=0", "--set", "log.level=debug"]
        with Program(*command) as vmsd:
            admin = Client(vmsd.ready["http"]).initialise()
            device = add_secrets(check, admin)
            check_answers(check, admin)
            look_for_secrets(check, "while vmsd runs", data, folder / "log")
        look_for_secrets(check, "after its end", data, folder / "log")
        (data / "secrets.key").unlink()
        with Program(*command) as vmsd:
            admin = sign_in(vmsd.ready["http"])
            lost = ask(admin, "GET", f"/api/v1/devices/{device}")[1]
            check.equal("a lost key is told", "enter it again" in lost["cause"], True)
            ask(admin, "PATCH", f"/api/v1/devices/{device}", {"password": SECRETS[0]})
            check.equal("entered again", "enter it again" in ask(admin, "GET", f"/api/v1/devices/{device}")[1]["cause"], False)
            look_for_secrets(check, "with a new key", data, folder / "log")
    print(f"{check.wrong} checks failed")
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
