#!/usr/bin/env python3
"""Asks vmsd with the headers that a scenario does not send: ETag, If-Match and If-None-Match on everything that can be changed, and
Idempotency-Key on what is made, also over a restart. usage: conditional_requests.py VMSD
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

OTHER = "Other.Watch.77"
PASSWORDS = {"password": OTHER, "password_again": OTHER}
PERIODS = [{"day": "monday", "from": "08:00", "to": "18:00"}]
SUBJECT = {"country": "DE", "address": "127.0.0.1"}
# What is made, by which member of the answer it is asked for, and how it is changed twice.
THINGS = [
    ("devices", {"name": "E", "address": "127.0.0.1", "port": 1}, "id", "PATCH", {"name": "F"}, {"name": "G"}),
    ("areas", {"name": "E"}, "id", "PATCH", {"name": "F"}, {"name": "G"}),
    ("groups", {"name": "team", "authorities": {"live": True}}, "name", "PUT", {"authorities": {"playback": True}}, {"authorities": {}}),
    ("users", {"name": "ann", "group": "admin", **PASSWORDS}, "name", "PUT", {"group": "admin", "email": "a@example.org"}, {"group": "admin", "email": "b@example.org"}),
    ("onvif/users", {"name": "ann", "group": "user", **PASSWORDS}, "name", "PUT", {"group": "operator"}, {"group": "user", "description": "d"}),
    ("schedules", {"name": "E", "periods": PERIODS}, "id", "PUT", {"name": "F", "periods": PERIODS}, {"name": "G", "periods": []}),
    ("certificates", {**SUBJECT, "name": "E", "valid_days": 9}, "id", "PUT", {"name": "F"}, {"name": "G"}),
    ("view-groups", {"name": "E"}, "id", "PATCH", {"name": "F"}, {"name": "G"}),
    ("maps", {"name": "E", "area": "a0"}, "id", "PATCH", {"name": "F"}, {"name": "G"}),
]
# What is there from the beginning: (who shows it, who changes it, the change, another).
PARTS = [
    ("settings/mail", "PATCH", "settings/mail", {"port": 26}, {"port": 27}),
    ("access-filter", "PUT", "access-filter", {"mode": "reject_list"}, {"mode": "off"}),
    ("access-filter", "POST", "access-filter/entries", {"list": "reject", "first": "192.0.2.1"}, {"list": "reject", "first": "192.0.2.2"}),
    ("services", "PUT", "services/onvif", {"enabled": True}, {"enabled": False}),
]


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
        text = error.read()
        return error.code, json.loads(text) if text else None, error.headers["ETag"]


def sign_in(url):
    client = Client(url)
    client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
    return client


def steady(thing):
    """Without what changes by itself."""
    return {name: value for name, value in thing.items() if name not in ("state", "cause", "streams", "channels", "online")}


def check_things(check, admin):
    for kind, body, key, method, change, another in THINGS:
        path = f"/api/v1/{kind}"
        status, made, _ = ask(admin, "POST", path, body, Idempotency_Key=f"make {kind}".replace(" ", "-"))
        check.equal(f"{path}: made {made}", status, 201)
        one = f"{path}/{made[key]}"
        status, before, first = ask(admin, "GET", one)
        check.equal(f"{one}: shown with an ETag", (status, bool(first)), (200, True))
        check.equal(f"{one}: the same again", ask(admin, "GET", one)[2], first)
        check.equal(f"{one}: known already", ask(admin, "GET", one, If_None_Match=first)[:2], (304, None))
        status, changed, _ = ask(admin, method, one, change, If_Match=first)
        check.equal(f"{one}: changed {changed}", status, 200)
        status, after, second = ask(admin, "GET", one, If_None_Match=first)
        check.equal(f"{one}: another", (status, before != after, first != second), (200, True, True))
        for outdated, what in ((method, another), ("DELETE", None)):
            status, error, _ = ask(admin, outdated, one, what, If_Match=first)
            check.equal(f"{outdated} {one}: outdated", (status, (error or {}).get("error", {}).get("field")), (412, "If-Match"))
        check.equal(f"{one}: as before", steady(ask(admin, "GET", one)[1]), steady(after))
        check.equal(f"{one}: removed", ask(admin, "DELETE", one, None, If_Match=second)[0], 204)


def check_parts(check, admin):
    for shown, method, path, change, another in PARTS:
        shown, path = f"/api/v1/{shown}", f"/api/v1/{path}"
        first = ask(admin, "GET", shown)[2]
        status, answer, _ = ask(admin, method, path, change, If_Match=first)
        check.equal(f"{method} {path}: {answer}", status in (200, 201, 204), True)
        now = ask(admin, "GET", shown)[1:]
        check.equal(f"{method} {path}: outdated", ask(admin, method, path, another, If_Match=first)[0], 412)
        check.equal(f"{shown}: as before", ask(admin, "GET", shown)[1:], now)
    camera = admin.add_camera("Gate", "rtsp://127.0.0.1:1/x")
    first = ask(admin, "GET", f"/api/v1/channels/{camera}")[2]
    plan = f"/api/v1/channels/{camera}/recording"
    check.equal("a plan", ask(admin, "PUT", plan, {"plan": "continuous"}, If_Match=first)[0], 200)
    second = ask(admin, "GET", f"/api/v1/channels/{camera}")[2]
    check.equal("a limit", ask(admin, "PUT", plan, {"plan": "continuous", "keep_days": 30}, If_Match=second)[0], 200)
    check.equal("a limit, outdated", ask(admin, "PUT", plan, {"plan": "continuous", "keep_days": 3}, If_Match=second)[0], 412)
    check.equal("a plan, outdated", ask(admin, "PUT", plan, {"plan": "none"}, If_Match=first)[0], 412)
    check.equal("without a version", ask(admin, "POST", "/api/v1/password-strength", {"password": "a"}, If_Match="*")[0], 200)
    check.equal("nothing with a version", ask(admin, "POST", "/api/v1/lockouts/removal", {"accounts": ["x"]}, If_Match='"x"')[0], 412)


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
    check.equal("no key", ask(admin, "POST", "/api/v1/areas", {"name": "x"}, Idempotency_Key="a b")[0], 400)
    return body, first


def check_curl(check, admin, folder):
    """What curl makes of an answer without a body, and of the version that it has kept."""
    command = ["curl", "-sS", "--max-time", str(PATIENCE), "-o", f"{folder}/body", "-w", "%{http_code} %{size_download}", "-H",
               f"Authorization: Bearer {admin.session['token']}", "--etag-save", f"{folder}/etag", "--etag-compare", f"{folder}/etag"]
    url = f"{admin.base_url}/api/v1/areas"
    pathlib.Path(f"{folder}/etag").touch()
    first, second = (subprocess.run([*command, url], capture_output=True, text=True, check=False).stdout for _ in range(2))
    check.equal("curl, at first", first.split()[0], "200")
    check.equal("curl, again", second, "304 0")


def main():
    check = Check()
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+", encoding="utf-8") as log:
        data = pathlib.Path(name) / "data"
        command = [log, sys.argv[1], "--data", data, "--set", "http.port=0", "--set", "rtsp.port=0"]
        with Program(*command) as vmsd:
            admin = Client(vmsd.ready["http"]).initialise()
            admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
            check_things(check, admin)
            check_parts(check, admin)
            body, first = check_keys(check, admin)
            check_curl(check, admin, name)
        with Program(*command) as vmsd:
            again = ask(sign_in(vmsd.ready["http"]), "POST", "/api/v1/devices", body, Idempotency_Key="k1")
            check.equal("the same after a restart", again, first)
        (data / "answers.db").write_bytes(b"x" * 9999)
        with Program(*command) as vmsd:
            again = ask(sign_in(vmsd.ready["http"]), "POST", "/api/v1/devices", body, Idempotency_Key="k1")
            check.equal("with a broken file", again[0], 409)
    print(f"{check.wrong} checks failed")
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
