#!/usr/bin/env python3
"""Looks for the passwords of devices in every file that vmsd writes, in its answers and in its log. usage: device_requests.py VMSD
"""
import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from conditional_requests import Check, ask, sign_in  # noqa: E402
from vmsd_client import Client, Program  # noqa: E402

SECRETS = ["Qz-first-77", "Qz-of-the-address-88", "Qz-changed-99"]


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


def main():
    check = Check()
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+") as log:
        folder = pathlib.Path(name)
        data = folder / "data"
        command = [log, sys.argv[1], "--data", data, "--set", "http.port=0", "--set", "rtsp.port=0", "--set", "log.level=debug"]
        with Program(*command) as vmsd:
            admin = Client(vmsd.ready["http"]).initialise()
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
