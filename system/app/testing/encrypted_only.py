#!/usr/bin/env python3
"""Where streams leave by TLS only, the port of RTSP in the clear is not opened, not even for a moment.

usage: encrypted_only.py VMSD. Another program has that port: vmsd would fail if it wanted it.
"""
import pathlib
import socket
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def require_tls(client):
    made = client.call("POST", "/api/v1/certificates", {"name": "own", "country": "DE", "address": "127.0.0.1", "valid_days": 9})
    client.call("PUT", "/api/v1/https", {"enabled": True, "certificate": made["id"]})
    client.call("PATCH", "/api/v1/settings/rtsps", {"enabled": True, "required": True})


def is_open(port):
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as link:
                link.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
                if link.recv(64).startswith(b"RTSP/1.0 200"):
                    return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


def main():
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        command = [log, sys.argv[1], "--data", f"{folder}/data", "--set", "http.port=0", "--set", "https.port=0", "--set", "rtsps.port=0"]
        with Program(*command, "--set", "rtsp.port=0") as vmsd:
            client = Client(vmsd.ready["http"]).initialise()
            require_tls(client)
        other.listen()
        with Program(*command, "--set", f"rtsp.port={port}") as vmsd:
            expect("rtsp" not in vmsd.ready and "rtsps" in vmsd.ready, f"open while TLS is required: {vmsd.ready}")
            client = Client(vmsd.ready["http"])
            client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
            other.close()
            client.call("PATCH", "/api/v1/settings/rtsps", {"required": False})
            expect(is_open(port), "RTSP in the clear does not come when it may")
    print("RTSP in the clear is closed where TLS is required")


if __name__ == "__main__":
    main()
