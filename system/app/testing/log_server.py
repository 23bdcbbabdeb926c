#!/usr/bin/env python3
"""What vmsd tells a log server, here rsyslog: by UDP and by TCP, over a time in which the server is away.

usage: log_server.py VMSD. Ends with 77 where there is no rsyslog.
"""
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
import peers  # noqa: E402
from vmsd_client import PATIENCE, Client, Program, Refused  # noqa: E402

SKIPPED = 77
CONFIGURATION = """
module(load="imudp")
module(load="imtcp")
template(name="facts" type="string" string="%SYSLOGFACILITY-TEXT%|%SYSLOGSEVERITY-TEXT%|%APP-NAME%|%MSGID%|%MSG%\\n")
input(type="imudp" address="127.0.0.1" port="{port}")
input(type="imtcp" address="127.0.0.1" port="{port}")
action(type="omfile" file="{folder}/received" template="facts" asyncWriting="off" flushOnTXEnd="on")
"""


class LogServer:
    """rsyslog in the foreground; a context manager."""

    def __init__(self, folder, port):
        self.folder = pathlib.Path(folder)
        configuration = self.folder / "rsyslog.conf"
        configuration.write_text(CONFIGURATION.format(port=port, folder=folder))
        self.command = [peers.find("rsyslogd"), "-n", "-f", configuration, "-i", self.folder / "pid"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def await_lines(self, count):
        received = self.folder / "received"
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            lines = received.read_text().splitlines() if received.exists() else []
            if len(lines) >= count:
                return lines
            time.sleep(0.05)
        raise SystemExit(f"FAILED: rsyslog has received {lines}, not {count} entries")


def free_port():
    """A port that neither UDP nor TCP uses now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
            datagrams.bind(("127.0.0.1", 0))
            try:
                stream.bind(("127.0.0.1", datagrams.getsockname()[1]))
            except OSError:
                continue
            return datagrams.getsockname()[1]


def sign_in_wrongly(client, name):
    try:
        client.call("POST", "/api/v1/sessions", {"username": name, "password": "wrong.26"})
    except Refused as refused:
        if refused.status == 401:
            return
    raise SystemExit("FAILED: a wrong password was not refused")


def check(client, folder, port):
    server = LogServer(folder, port)
    settings = {"enabled": True, "server": "127.0.0.1", "port": port}
    with server:
        # UDP tells nobody whether somebody listens yet: try until the first entry is there.
        client.call("PATCH", "/api/v1/settings/syslog", settings | {"protocol": "udp"})
        end = time.monotonic() + PATIENCE
        while not (server.folder / "received").exists() and time.monotonic() < end:
            sign_in_wrongly(client, "udp")
            time.sleep(0.3)
        server.await_lines(1)
    before = len(server.await_lines(1))
    client.call("PATCH", "/api/v1/settings/syslog", {"protocol": "tcp"})
    sign_in_wrongly(client, "while.away")
    with server:
        server.await_lines(before + 1)
        sign_in_wrongly(client, "tcp")
        lines = server.await_lines(before + 2)
    expected = [("udp", lines[0]), ("while.away", lines[before]), ("tcp", lines[before + 1])]
    for name, line in expected:
        if not line.startswith("local0|warning|watchrig|account.refused|") or f'"{name}"' not in line:
            raise SystemExit(f"FAILED: of the sign-in of \"{name}\" rsyslog has understood: {line}")
    if len(lines) != before + 2:
        raise SystemExit(f"FAILED: entries came more than once, or such as do not matter: {lines}")


def main():
    if not peers.find("rsyslogd"):
        print(peers.missing("rsyslogd"))
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        options = ["--set", "http.port=0", "--set", "rtsp.port=0", "--set", "lock.accounts.attempts=0"]
        with Program(log, sys.argv[1], "--data", f"{folder}/data", *options) as vmsd:
            check(Client(vmsd.ready["http"]).initialise(), folder, free_port())
    print("rsyslog has understood all entries")
    return 0


if __name__ == "__main__":
    sys.exit(main())
