#!/usr/bin/env python3
"""Breaks each database of a vmsd that has ended, in every way that a disk or a person can, and starts it again: it must say which
file is broken and what to do, and what it says to do must bring everything back.

usage: broken_databases.py VMSD
"""
import pathlib
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
             "certificates/own.db", "certificates/trusted.db", "onvif_accounts.db", "ptz.db")
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


def refusal(vmsd, data):
    """What vmsd says instead of starting."""
    try:
        ended = subprocess.run([vmsd, "--data", data, *SETTINGS], capture_output=True, text=True, timeout=START, check=False)
    except subprocess.TimeoutExpired:
        return "it has started"
    return ended.stderr if ended.returncode == 1 else f"exit code {ended.returncode}"


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
    for line in failures:
        print(f"FAILED: {line}")
    print(f"{len(DATABASES) * len(DAMAGES) + len(ROWS)} damages, {len(failures)} failed")
    return 1 if failures else 0


def refusal_of_restore(vmsd, data):
    ended = subprocess.run([vmsd, "--data", data, *SETTINGS, "--restore-backup"], capture_output=True, text=True,
                           timeout=PATIENCE, check=False)
    return ended.stderr


if __name__ == "__main__":
    sys.exit(main())
