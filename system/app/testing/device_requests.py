#!/usr/bin/env python3
"""Asks vmsd for devices with the headers that a scenario does not send: ETag and If-Match, Idempotency-Key; and looks for
their passwords in every file that vmsd writes, and in its log. usage: device_requests.py VMSD
"""
import json
import pathlib
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SECRETS = ["Qz-first-77", "Qz-of-the-address-88", "Qz-changed-99"]


class Check:
    """Counts what is not as expected."""

    def __init__(self):
        self.wrong = 0

    def equal(self, what, found, expected):
        if found != expected:
            self.wrong += 1
            print(f"FAILED: {what}: {found!r}, not {expected!r}")


def ask(client, method, path, body=None, **headers):
    """Status, parsed body and ETag of the answer."""
    request = urllib.request.Request(client.base_url + path, method=method,
                                     data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {client.session['token']}")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers["ETag"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), error.headers["ETag"]


def check_etags(check, admin):
    for path, body in (("/api/v1/devices", {"name": "E", "address": "127.0.0.1", "port": 1}), ("/api/v1/areas", {"name": "E"})):
        status, made, first = ask(admin, "POST", path, body)
        check.equal(f"{path}: made", status, 201)
        one = f"{path}/{made['id']}"
        check.equal(f"{one}: ETag of GET", ask(admin, "GET", one)[2], first)
        status, _, second = ask(admin, "PATCH", one, {"name": "F"}, If_Match=first)
        check.equal(f"{one}: changed", (status, second != first), (200, True))
        for method, change in (("PATCH", {"name": "G"}), ("DELETE", None)):
            status, error, _ = ask(admin, method, one, change, If_Match=first)
            check.equal(f"{method} {one}: outdated", (status, error["error"]["field"]), (412, "If-Match"))
        check.equal(f"{one}: as before", ask(admin, "GET", one)[1]["name"], "F")
        check.equal(f"{one}: removed", ask(admin, "DELETE", one, None, If_Match=second)[0], 204)


def check_keys(check, admin):
    body = {"name": "K", "address": "127.0.0.1", "port": 1}
    first = ask(admin, "POST", "/api/v1/devices", body, Idempotency_Key="k1")
    check.equal("made", first[0], 201)
    check.equal("the same again", ask(admin, "POST", "/api/v1/devices", body, Idempotency_Key="k1"), first)
    check.equal("another body", ask(admin, "POST", "/api/v1/devices", {**body, "name": "L"}, Idempotency_Key="k1")[0], 422)
    check.equal("another key", ask(admin, "POST", "/api/v1/devices", body, Idempotency_Key="k2")[0], 409)
    check.equal("one device", ask(admin, "GET", "/api/v1/devices?q=k")[1]["total"], 1)
    several = {"devices": [{"name": "M", "address": "127.0.0.1", "port": 1}]}
    made = ask(admin, "POST", "/api/v1/devices/batch", several, Idempotency_Key="k3")
    check.equal("several, the same again", ask(admin, "POST", "/api/v1/devices/batch", several, Idempotency_Key="k3"), made)


def check_description(check, admin):
    description = ask(admin, "GET", "/api/v1/openapi.json")[1]
    names = [p["name"] for p in description["paths"]["/api/v1/devices"]["get"]["parameters"]]
    for name in ("offset", "limit", "q", "state", "area", "sort"):
        check.equal(f"query parameter {name} is described", name in names, True)


def add_secrets(check, admin):
    first = ask(admin, "POST", "/api/v1/devices", {"name": "S1", "address": "127.0.0.1", "port": 1, "username": "u", "password": SECRETS[0]})
    check.equal("with a password", first[0], 201)
    url = f"rtsp://u:{SECRETS[1]}@127.0.0.1:1/x"
    check.equal("with an address", ask(admin, "POST", "/api/v1/devices", {"name": "S2", "streams": {"main": url}})[0], 201)
    check.equal("changed", ask(admin, "PATCH", f"/api/v1/devices/{first[1]['id']}", {"password": SECRETS[2]})[0], 200)
    answers = [ask(admin, "GET", path)[1] for path in ("/api/v1/devices", "/api/v1/channels", "/api/v1/events")]
    for secret in SECRETS:
        check.equal(f"{secret} in answers", secret in json.dumps(answers), False)
    return first[1]["id"]


def look_for_secrets(check, when, *places):
    for file in (f for place in places for f in ([place] if place.is_file() else place.rglob("*")) if f.is_file()):
        text = file.read_bytes()
        for secret in SECRETS:
            check.equal(f"{secret} in {file.name} {when}", secret.encode() in text, False)


def sign_in(url):
    client = Client(url)
    client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
    return client


def main():
    check = Check()
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+") as log:
        folder = pathlib.Path(name)
        data = folder / "data"
        command = [log, sys.argv[1], "--data", data, "--set", "http.port=0", "--set", "rtsp.port=0", "--set", "log.level=debug"]
        with Program(*command) as vmsd:
            admin = Client(vmsd.ready["http"]).initialise()
            check_etags(check, admin)
            check_keys(check, admin)
            check_description(check, admin)
            device = add_secrets(check, admin)
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
