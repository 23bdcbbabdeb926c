#!/usr/bin/env python3
"""Takes the configuration of one vmsd to another, fresh one: users, settings, certificates and devices whose passwords work there.
Then files that are not right, and power cuts while a configuration is put in place.

usage: configuration_file.py VMSD
"""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

SETTINGS = ("--set", "http.port=0", "--set", "rtsp.port=0")
FILE_PASSWORD = "Old.Oak.Tree"
MEBI = 1 << 20
PICTURE = (bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001080000000057e3") + os.urandom(700_000)
           + b"IEND\xae\x42\x60\x82")
failures = []


def expect(what, found, expected=True):
    if found != expected:
        failures.append(f"{what}: {found!r}, not {expected!r}")


def send(client, method, path, data):
    """The answer to bytes, as bytes."""
    request = urllib.request.Request(client.base_url + path, data=data, method=method)
    request.add_header("Authorization", f"Bearer {client.session['token']}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}", error.code) from error


def sign_in(client, name="admin", password=PASSWORD):
    client.session = None
    client.session = client.call("POST", "/api/v1/sessions", {"username": name, "password": password})
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": password})


def upload(client, file):
    for offset in range(0, max(len(file), 1), MEBI):
        send(client, "PUT", f"/api/v1/system/uploads/configuration?offset={offset}", file[offset:offset + MEBI])


def exported(client):
    return send(client, "POST", "/api/v1/system/configuration/export", json.dumps({"password": FILE_PASSWORD}).encode())


def fill(client):
    """A configuration that is larger than one piece of an upload."""
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    client.add_camera("Gate", "rtsp://127.0.0.1:1/nowhere", username="admin", password="Secret.of.gate")
    client.call("PATCH", "/api/v1/settings/accounts", {"idle_logout": 77})
    client.call("PATCH", "/api/v1/settings/mail", {"server": "127.0.0.1", "sender": "vms@example.org", "password": "Secret.of.mail"})
    client.call("POST", "/api/v1/groups", {"name": "watch", "authorities": {"live": True}})
    client.call("POST", "/api/v1/users", {"name": "ann", "group": "watch", "password": "k7Pw.x2z", "password_again": "k7Pw.x2z"})
    client.call("POST", "/api/v1/certificates", {"name": "own", "country": "DE", "address": "127.0.0.1", "valid_days": 9})
    for name in ("north", "south"):
        icon = client.call("POST", "/api/v1/map-icons", {"name": name})["id"]
        send(client, "PUT", f"/api/v1/map-icons/{icon}/picture", PICTURE)


def until_restarted(client, since):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            sign_in(client)
            if client.call("GET", "/api/v1/system")["started"] != since:
                return
        except (OSError, Refused):
            pass
        time.sleep(0.2)
    raise SystemExit("FAILED: the server has not started again with the imported accounts")


def check_content(client, what):
    expect(f"{what}: devices", client.call("GET", "/api/v1/devices?limit=1")["total"], 1)
    icons = client.call("GET", "/api/v1/map-icons")
    icon = next(value for value in icons.values() if isinstance(value, list))[0]["id"]
    expect(f"{what}: a picture", send(client, "GET", f"/api/v1/map-icons/{icon}/picture", None) == PICTURE)
    expect(f"{what}: settings", client.call("GET", "/api/v1/settings/accounts")["idle_logout"], 77)
    mail = client.call("GET", "/api/v1/settings/mail")
    expect(f"{what}: the mail server", mail["server"], "127.0.0.1")
    expect(f"{what}: certificates", [entry["name"] for entry in client.call("GET", "/api/v1/certificates")["certificates"]], ["own"])
    gate = client.call("GET", "/api/v1/devices?q=Gate")["devices"][0]
    expect(f"{what}: the device's password can be read", "password" in gate.get("cause", ""), False)
    ann = Client(client.base_url)
    ann.session = ann.call("POST", "/api/v1/sessions", {"username": "ann", "password": "k7Pw.x2z"})
    backup = send(client, "GET", "/api/v1/devices/export.backup", None)
    expect(f"{what}: the key came along", backup.startswith(b"v1."))


def key_of(data):
    return (data / "secrets.key").read_bytes()


def check_refusals(client, data, file, of_newer):
    before = client.call("GET", "/api/v1/devices?limit=1")["total"], key_of(data)
    flipped = bytearray(file)
    flipped[len(file) // 2] ^= 1
    cases = {"no file": (b"x", FILE_PASSWORD, 400), "empty": (b"", FILE_PASSWORD, 400), "cut off": (file[:-1], FILE_PASSWORD, 400),
             "half": (file[:len(file) // 2], FILE_PASSWORD, 400), "a flipped byte": (bytes(flipped), FILE_PASSWORD, 400),
             "another password": (file, "Old.Oak.tree", 403),
             "a newer database": (of_newer, FILE_PASSWORD, 400),
             "a newer file": (file.replace(b"CONFIGURATION 1", b"CONFIGURATION 2", 1), FILE_PASSWORD, 400)}
    # A digest that fits shows that the encryption itself looks at every byte.
    cases["a flipped byte with its digest"] = (bytes(flipped[:-32]) + hashlib.sha256(bytes(flipped[:-32])).digest(), FILE_PASSWORD, 403)
    for what, (bytes_, password, status) in cases.items():
        upload(client, bytes_)
        try:
            client.call("POST", "/api/v1/system/configuration/import", {"password": password})
            failures.append(f"{what} was imported")
        except Refused as refused:
            expect(what, refused.status, status)
    expect("nothing has changed", (client.call("GET", "/api/v1/devices?limit=1")["total"], key_of(data)), before)
    expect("no parts are left", [entry.name for entry in data.iterdir() if ".part" in entry.name or entry.name == "import"], [])


def check_power_cuts(vmsd, waiting, folder, log):
    """A start that was cut off after each step of putting the files in place: the next one goes on."""
    names = (waiting / "import" / "names").read_text().split()
    aside = (waiting / "import" / "aside").read_text()
    for done in range(0, len(names) * 2, 3):
        data = folder / f"cut{done}"
        shutil.copytree(waiting, data)
        for step in range(done):
            name = names[step // 2]
            for end in ([""] if step % 2 else ["-wal", "-shm", ""]):
                source, target = (data / "import", data) if step % 2 else (data, data / aside)
                if (source / (name + end)).exists():
                    (target / name).parent.mkdir(parents=True, exist_ok=True)
                    (source / (name + end)).rename(target / (name + end))
        with Program(log, vmsd, "--data", data, *SETTINGS) as server:
            client = Client(server.ready["http"])
            sign_in(client)
            check_content(client, f"cut off after {done} steps")
            expect(f"{done}: done with", (data / "import").exists(), False)
            expect(f"{done}: the old accounts", (data / aside / "accounts.db").exists())
        shutil.rmtree(data)


def main():
    vmsd = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        folder = pathlib.Path(folder)
        with Program(log, vmsd, "--data", folder / "a", *SETTINGS) as server:
            client = Client(server.ready["http"]).initialise()
            fill(client)
            file = exported(client)
            with sqlite3.connect(folder / "a" / "schedules.db") as database:  # as a newer program leaves it
                database.execute("PRAGMA user_version=9999")
            database.close()
            of_newer = exported(client)
        expect("more than one piece", len(file) > MEBI)
        expect("secrets in the file", [word for word in (b"Secret.of", b"SQLite", b"example.org") if word in file], [])
        with Program(log, vmsd, "--data", folder / "b", *SETTINGS) as server:
            client = Client(server.ready["http"]).initialise()
            sign_in(client)
            client.add_camera("Of B", "rtsp://127.0.0.1:1/nowhere")
            of_b, key = client.call("GET", "/api/v1/system")["started"], key_of(folder / "b")
            check_refusals(client, folder / "b", file, of_newer)
            upload(client, file)
            client.call("POST", "/api/v1/system/configuration/import", {"password": FILE_PASSWORD})
            server.process.send_signal(signal.SIGSTOP)  # before it restarts, half a second later
            expect("the order on the disk", (folder / "b" / "import" / "names").exists())
            shutil.copytree(folder / "b", folder / "waiting")
            server.process.send_signal(signal.SIGCONT)
            until_restarted(client, of_b)
            check_content(client, "on another server")
            expect("the key of A", key_of(folder / "b"), key_of(folder / "a"))
            kept = next((folder / "b").glob("replaced-*"))
            expect("the old key is kept", key_of(kept), key)
            expect("the old devices are kept", (kept / "devices.db").exists())
            added = client.add_camera("Later", "rtsp://127.0.0.1:1/nowhere")
            expect("ids go on", added, "c2")
        check_power_cuts(vmsd, folder / "waiting", folder, log)
    for line in failures:
        print(f"FAILED: {line}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
