#!/usr/bin/env python3
"""The time that vmsd takes from chrony: not from one that is not synchronised, and right from one that is.

chronyd runs on a port of its own and leaves this machine's clock alone (-x). usage: ntp_interop.py VMSD. Ends with
77 where there is no chronyd.
"""
import datetime
import getpass
import pathlib
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
import peers  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SKIPPED = 77
CONFIGURATION = """
port {port}
bindaddress 127.0.0.1
allow 127.0.0.1
cmdport 0
bindcmdaddress /
pidfile {folder}/chronyd.pid
{more}
"""
BEHIND = datetime.timedelta(minutes=30)


class Chrony:
    """chronyd in the foreground; a context manager."""

    def __init__(self, folder, port, log, more=""):
        configuration = pathlib.Path(folder) / "chrony.conf"
        configuration.write_text(CONFIGURATION.format(port=port, folder=folder, more=more))
        self.command = [peers.find("chronyd"), "-x", "-d", "-U", "-u", getpass.getuser(), "-f", configuration]
        self.log = log

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        return datagrams.getsockname()[1]


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


def off(client):
    """By how many seconds vmsd's time is not that of this machine."""
    told = client.call("GET", "/api/v1/time")["utc"]
    return abs((datetime.datetime.fromisoformat(told.replace("Z", "+00:00")) - utc_now()).total_seconds())


def synchronise(client, wanted):
    """Asks until the state is that one: chronyd needs a moment to listen."""
    end = utc_now() + datetime.timedelta(seconds=PATIENCE)
    status = {}
    while utc_now() < end and status.get("state") != wanted:
        status = client.call("POST", "/api/v1/time/synchronisation", {})
        if wanted in status.get("reason", ""):
            return status
    if status.get("state") != wanted:
        raise SystemExit(f"FAILED: expected {wanted}, found {status}")
    return status


def check(client, folder, log):
    port = free_port()
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    client.call("PATCH", "/api/v1/settings/ntp", {"server": "127.0.0.1", "port": port})
    if off(client) < 60:
        raise SystemExit("FAILED: vmsd's clock should be behind at first")
    with Chrony(folder, port, log):
        synchronise(client, "its own clock is not synchronised")
    if off(client) < 60:
        raise SystemExit("FAILED: the time was taken from a server that does not know it")
    with Chrony(folder, port, log, "local stratum 3"):
        status = synchronise(client, "synchronised")
    if off(client) > 1 or status["stratum"] != 3:
        raise SystemExit(f"FAILED: vmsd is {off(client)} s off after {status}")
    return status


def main():
    if not peers.find("chronyd"):
        print(peers.missing("chronyd"))
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        now = utc_now()
        form = "%Y-%m-%dT%H:%M:%SZ"
        clock = f"epoch={now.strftime(form)},start={(now - BEHIND).strftime(form)}"
        options = ["--set", "http.port=0", "--set", "rtsp.port=0", "--set", "accounts.idle_logout=0", "--clock", clock]
        with Program(log, sys.argv[1], "--data", f"{folder}/data", *options) as vmsd:
            status = check(Client(vmsd.ready["http"]).initialise(), folder, log)
    print(f"the time is that of chrony: {status}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
