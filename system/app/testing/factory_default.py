#!/usr/bin/env python3
"""Erases the configuration of a vmsd that holds some of everything, also through a power cut at any moment of it: what is left are
the recordings and what keeps them in order, or everything.

usage: factory_default.py VMSD
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SETTINGS = ("--set", "http.port=0", "--set", "rtsp.port=0")
STAYS = {"recordings", "given_ids", "licence", "lock", "serial_number", "upgrade"}
OF_A_START = {"accounts.db", "devices.db", "settings.db", "schedules.db", "layouts.db", "access.db", "events.db", "ptz.db", "onvif_accounts.db", "disk_groups.db", "answers.db", "locked.db", "password_resets.db", "secrets.key", "signing.pem",
              "certificates", "voices", "exports", "scratch"}
failures = []


def expect(what, is_so, found=""):
    if not is_so:
        failures.append(f"{what}: {found}")


def until_uninitialised(client):
    """The server has started again, fresh."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if not client.call("GET", "/api/v1/initialisation")["initialised"]:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("FAILED: the server has not started again uninitialised")


def fill(client):
    client.add_camera("Gate", "rtsp://127.0.0.1:1/nowhere", username="admin", password="Secret.of.gate")
    client.call("PATCH", "/api/v1/settings/accounts", {"idle_logout": 77})
    client.call("POST", "/api/v1/certificates", {"name": "own", "country": "DE", "address": "127.0.0.1", "valid_days": 9})
    client.call("PUT", "/api/v1/system/uploads/voice", "Spoken words. " * 300)
    client.call("POST", "/api/v1/voice-files", {"name": "words.pcm"})


def order(client):
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    client.call("POST", "/api/v1/system/factory-default")


def bytes_of(data):
    return b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file() and "recordings" not in file.parts)


def check_whole(vmsd, data, log):
    """Erased by the server itself: same process, same port, and the given settings still hold."""
    with Program(log, vmsd, "--data", data, *SETTINGS, "--set", "accounts.password_reminder=5") as server:
        client = Client(server.ready["http"]).initialise()
        fill(client)
        (data / "broken-20260101T000000Z").mkdir()
        (data / "a file of a later program").write_text("x")
        order(client)
        until_uninitialised(client)
        names = {entry.name.removesuffix("-wal").removesuffix("-shm") for entry in data.iterdir()}
        expect("what is there after it", names - OF_A_START - STAYS <= {"running", "backups"}, names)
        expect("the old secret", b"Secret.of.gate" not in bytes_of(data))
        expect("the old device", b"nowhere" not in bytes_of(data))
        expect("the old voice", b"Spoken words." not in bytes_of(data))
        client.session = None
        client.initialise()
        expect("devices", client.call("GET", "/api/v1/devices")["total"] == 0)
        values = client.call("GET", "/api/v1/settings/accounts")
        expect("settings", (values["idle_logout"], values["password_reminder"]) == (30, 5), values)
        server.process.poll()
        expect("the process", server.process.returncode is None)


def check_power_cut(vmsd, data, log, removed_before):
    """Ordered, and killed before it was carried out, with some files gone already."""
    shutil.rmtree(data, ignore_errors=True)
    with Program(log, vmsd, "--data", data, *SETTINGS) as server:
        client = Client(server.ready["http"]).initialise()
        fill(client)
        order(client)
        server.process.kill()
        server.process.wait(PATIENCE)
    for name in removed_before:
        (data / name).unlink(missing_ok=True)  # a slow machine has erased it already
    with Program(log, vmsd, "--data", data, *SETTINGS) as server:
        client = Client(server.ready["http"])
        expect(f"after a power cut with {removed_before} gone", not client.call("GET", "/api/v1/initialisation")["initialised"])
        expect("the order is done with", not (data / "factory-default").exists())
        client.initialise()
        added = client.add_camera("Yard", "rtsp://127.0.0.1:1/nowhere")
        expect("the id of a new channel", added == "c2", added)
    with Program(log, vmsd, "--data", data, *SETTINGS) as server:
        expect("it is erased once only", Client(server.ready["http"]).call("GET", "/api/v1/initialisation")["initialised"])


def check_refusals(vmsd, data, log):
    """A server that runs is not erased by another one, and what cannot be erased is told."""
    with Program(log, vmsd, "--data", data, *SETTINGS):
        (data / "factory-default").write_text("by hand")
        told = subprocess.run([vmsd, "--data", data, *SETTINGS], capture_output=True, text=True, timeout=PATIENCE, check=False)
        expect("under a running server", told.returncode == 1 and "in use by" in told.stderr, told.stderr)
        expect("the database", (data / "accounts.db").exists())
        (data / "factory-default").unlink()


def main():
    vmsd = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        data = pathlib.Path(folder) / "data"
        check_whole(vmsd, data, log)
        for removed_before in ([], ["accounts.db"], ["secrets.key", "devices.db"]):
            check_power_cut(vmsd, data, log, removed_before)
        check_refusals(vmsd, data, log)
    for line in failures:
        print(f"FAILED: {line}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
