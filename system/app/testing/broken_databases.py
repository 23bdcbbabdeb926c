#!/usr/bin/env python3
"""Breaks each database of a vmsd that has ended, in every way that a disk or a person can, and starts it again: it must say which
file is broken and what to do, and what it says to do must bring everything back. So it is with its key, its memory of the
network and the file of --config, of which it has no backups.

usage: broken_databases.py VMSD
"""
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SETTINGS = ("--set", "http.port=0", "--set", "rtsp.port=0")
START = 5  # seconds within which vmsd has refused to start, or has started
DATABASES = ("accounts.db", "devices.db", "settings.db", "schedules.db", "layouts.db", "access.db", "events.db",
             "certificates/own.db", "certificates/trusted.db", "onvif_accounts.db", "ptz.db", "disk_groups.db")
failures = []


def overwrite(file, at, data):
    with file.open("r+b") as stream:
        stream.seek(at)
        stream.write(data)


def newer(file):
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version=9999")
    database.close()


DAMAGES = {
    "header overwritten": lambda file: overwrite(file, 0, b"x" * 64),
    "page overwritten": lambda file: overwrite(file, 4096, b"\xff" * 4096),
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:file.stat().st_size // 2 + 100]),
    "empty": lambda file: file.write_bytes(b""),
    "missing": lambda file: file.unlink(),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "of a newer program": newer,
}

# SQLite finds nothing wrong with these; the server does, when it reads them.
ROWS = {
    "settings.db": "INSERT OR REPLACE INTO setting VALUES('accounts', '{', 1)",
    "accounts.db": "UPDATE account_group SET grants='{'",
    "schedules.db": "INSERT INTO schedule(name, always, periods) VALUES('Night', 0, '{')",
    "layouts.db": "INSERT INTO layout(kind, parent, name, content, version) VALUES(1, 0, 'Hall', '{', 1)",
}


def damage_row(file):
    with sqlite3.connect(file) as database:
        database.execute(ROWS[file.name])
    database.close()


KEY_REMEDY = "does not hold 32 bytes: put it back from a backup, or remove it and enter the passwords of all devices again"
SIGNING_REMEDY = "holds no Ed25519 private key: put it back from a backup, or remove it, so that a new one is made"
NETWORK_REMEDY = "is damaged: remove it and set the network again, or put a backup of it in place"
NO_TEXT = "this is no text; is it the right file? It has lines such as http.port = 8080"
BINARY = bytes(range(11, 256))


def put(data, mode=0o600):
    def write(file):
        file.write_bytes(data)
        file.chmod(mode)
    return write


def make_folder(file):
    file.unlink(missing_ok=True)
    file.mkdir()


# What is put in place of a file, and what vmsd says besides its name.
OTHERS = [
    ("secrets.key", "cut short", put(b"short"), KEY_REMEDY),
    ("secrets.key", "empty", put(b""), KEY_REMEDY),
    ("secrets.key", "too long", put(bytes(33)), KEY_REMEDY),
    ("secrets.key", "a folder", make_folder, KEY_REMEDY),
    ("secrets.key", "for all to read", put(bytes(32), 0o644), "others may read it; chmod 600 it"),
    ("signing.pem", "cut short", put(b"-----BEGIN PRIVATE KEY-----\nMC4CAQAw"), SIGNING_REMEDY),
    ("signing.pem", "empty", put(b""), SIGNING_REMEDY),
    ("signing.pem", "binary", put(BINARY), SIGNING_REMEDY),
    ("signing.pem", "a folder", make_folder, SIGNING_REMEDY),
    ("signing.pem", "for all to read", put(b"", 0o644), "others may read this key; chmod 600 it"),
    ("network.json", "empty", put(b""), NETWORK_REMEDY),
    ("network.json", "cut short", put(b'{"cards":{"eth0":'), NETWORK_REMEDY),
    ("network.json", "of another kind", put(b"[]"), NETWORK_REMEDY),
    ("network.json", "with what no card is", put(b'{"cards":{"-h":{}}}'), NETWORK_REMEDY),
    ("network.json", "binary", put(BINARY), NETWORK_REMEDY),
    ("network.json", "a folder", make_folder, NETWORK_REMEDY),
]
CONFIGURATIONS = [
    ("without a value", put(b"# ports\nhttp.port\n"), ":2: http: port must be a whole number from 1 to 65535"),
    ("with a wrong value", put(b"http.port = 70000\n"), ":1: http: port must be a whole number from 1 to 65535"),
    ("with what is no setting", put(b"http.prot = 1\n"), ':1: "http.prot" is no setting; there are threads, '),
    ("binary", put(BINARY), f":1: {NO_TEXT}"),
    ("missing", lambda file: None, ": No such file or directory"),
    ("a folder", make_folder, ": Is a directory"),
]


def refusal(vmsd, data, *options, code=1):
    """What vmsd says instead of starting."""
    try:
        ended = subprocess.run([vmsd, "--data", data, *SETTINGS, *options], capture_output=True, timeout=START, check=False)
    except subprocess.TimeoutExpired:
        return "it has started"
    told = ended.stderr.decode(errors="replace")
    return told if ended.returncode == code else f"exit code {ended.returncode}: {told}"


def contents(path):
    """None of what is a folder or not there."""
    return path.read_bytes() if path.is_file() else None


def check_others(vmsd, good, folder):
    for name, damage, put_in_place, remedy in OTHERS:
        data = folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(good, data)
        put_in_place(data / name)
        before = contents(data / name)
        told = refusal(vmsd, data)
        # What it says first: it ends with the backups of databases.
        if not re.match(rf"vmsd: (key file )?{re.escape(str(data / name))}:? {re.escape(remedy)}", told) or told.count("\n") != 1:
            failures.append(f"{name} {damage}: {told!r}")
        if not (data / name).exists() or contents(data / name) != before:
            failures.append(f"{name} {damage}: it was changed")
    for damage, put_in_place, remedy in CONFIGURATIONS:
        file = folder / f"{damage}.conf"
        put_in_place(file)
        told = refusal(vmsd, good, "--config", file, code=2)
        if f"{file}{remedy}" not in told or told.count("\n") != 1:
            failures.append(f"a configuration {damage}: {told!r}")


def check(vmsd, good, folder, name, damage, log):
    what = f"{name} {damage}"
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(good, data)
    (damage_row if damage == "row" else DAMAGES[damage])(data / name)
    told = refusal(vmsd, data)
    if (name not in told and damage != "row") or not "--restore-backup" in told:
        failures.append(f"{what}: {told!r}")
        return
    if damage == "of a newer program" and not re.match(
            rf"vmsd: database {re.escape(str(data / name))} has schema 9999, this program knows schema \d+: start the newer program, "
            "or put the backup made before its first start in place; ", told):
        failures.append(f"{what}: it tells of other than both versions and what to do: {told!r}")
    with Program(log, vmsd, "--data", data, *SETTINGS, "--restore-backup") as server:
        client = Client(server.ready["http"])
        client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
        names = [device["name"] for device in client.call("GET", "/api/v1/devices")["devices"]]
        events = {event["type"] for event in client.call("GET", "/api/v1/events")["events"]}
    if names != ["Gate"] or "system.backup-restored" not in events or "device.added" not in events:
        failures.append(f"{what}: after the backup there are {names} and {sorted(events)}")
    if damage != "missing" and not any((aside / name).exists() for aside in data.glob("broken-*")):
        failures.append(f"{what}: the broken file was not kept")


def main():
    vmsd = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        folder = pathlib.Path(folder)
        good = folder / "good"
        with Program(log, vmsd, "--data", good, *SETTINGS) as server:
            client = Client(server.ready["http"]).initialise()
            client.add_camera("Gate", "rtsp://127.0.0.1:1/nowhere")
            if "two servers cannot share" not in refusal_of_restore(vmsd, good):
                failures.append("a backup was put under a running server")
        for name in DATABASES:
            for damage in DAMAGES:
                check(vmsd, good, folder, name, damage, log)
        for name in ROWS:
            check(vmsd, good, folder, name, "row", log)
        check_others(vmsd, good, folder)
    for line in failures:
        print(f"FAILED: {line}")
    print(f"{len(DATABASES) * len(DAMAGES) + len(ROWS) + len(OTHERS) + len(CONFIGURATIONS)} damages, {len(failures)} failed")
    return 1 if failures else 0


def refusal_of_restore(vmsd, data):
    ended = subprocess.run([vmsd, "--data", data, *SETTINGS, "--restore-backup"], capture_output=True, text=True,
                           timeout=PATIENCE, check=False)
    return ended.stderr


if __name__ == "__main__":
    sys.exit(main())
