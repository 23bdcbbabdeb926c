#!/usr/bin/env python3
"""Where streams leave by TLS only, the port of RTSP in the clear is not opened, not even for a moment, and ONVIF clients are told no other way.

usage: encrypted_only.py VMSD. Another program has that port: vmsd would fail if it wanted it.
"""
import pathlib
import socket
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from onvif_soap import SETUP, TDS, TR2, TRT, envelope, post, token  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

ONVIF_PASSWORD = "Head.of.86"


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def require_tls(client):
    made = client.call("POST", "/api/v1/certificates", {"name": "own", "country": "DE", "address": "127.0.0.1", "valid_days": 9})
    client.call("PUT", "/api/v1/https", {"enabled": True, "certificate": made["id"]})
    client.call("PATCH", "/api/v1/settings/rtsps", {"enabled": True, "required": True})


def comes(check):
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        if check():
            return True
        time.sleep(0.2)
    return False


def is_open(port):
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as link:
            link.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            return link.recv(64).startswith(b"RTSP/1.0 200")
    except OSError:
        return False


def onvif(client, service, operation, content):
    path, uri = service
    text = envelope(f'<{operation} xmlns="{uri}">{content}<ProfileToken>c1-main</ProfileToken></{operation}>', token("admin", ONVIF_PASSWORD))
    return post(f"{client.base_url}/onvif/{path}", text)


def check_addresses(client, rtsps):
    """UDP would go in the clear, and a port that is closed is no address."""
    for service, by_udp, by_rtsp in [(TRT, SETUP.replace(">RTSP<", ">UDP<"), SETUP), (TR2, "<Protocol>RtspUnicast</Protocol>", "<Protocol>RTSP</Protocol>")]:
        status, text = onvif(client, service, "GetStreamUri", by_udp)
        expect(status == 400 and ">ter:InvalidStreamSetup<" in text, f"{service[0]}: by UDP: {status} {text[-300:]}")
        status, text = onvif(client, service, "GetStreamUri", by_rtsp)
        expect(status == 200 and f">{rtsps}/live/c1<" in text, f"{service[0]}: {status} {text[-300:]}")
    _, text = onvif(client, TDS, "GetNetworkProtocols", "")
    expect("false</tt:Enabled>" in text and "<tt:Port>0<" not in text, f"the clear port: {text[-600:]}")
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    client.call("DELETE", "/api/v1/https")
    for service, by_rtsp in [(TRT, SETUP), (TR2, "<Protocol>RTSP</Protocol>")]:
        expect(comes(lambda s=service, c=by_rtsp: onvif(client, s, "GetStreamUri", c)[0] == 500), f"{service[0]}: an address without a certificate")
        _, text = onvif(client, service, "GetStreamUri", by_rtsp)
        expect(">ter:Action<" in text and "certificate" in text, f"{service[0]}: without a certificate: {text[-300:]}")


def main():
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        command = [log, sys.argv[1], "--data", f"{folder}/data", "--set", "http.port=0", "--set", "https.port=0", "--set", "rtsps.port=0"]
        with Program(*command, "--set", "rtsp.port=0") as vmsd:
            client = Client(vmsd.ready["http"]).initialise()
            require_tls(client)
            client.add_camera("Gate", "rtsp://127.0.0.1:1/nothing")
            client.call("PUT", "/api/v1/services/onvif", {"enabled": True})
            client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
            client.call("PUT", "/api/v1/onvif/users/admin/password", {"password": ONVIF_PASSWORD, "password_again": ONVIF_PASSWORD})
        other.listen()
        with Program(*command, "--set", f"rtsp.port={port}") as vmsd:
            expect("rtsp" not in vmsd.ready and "rtsps" in vmsd.ready, f"open while TLS is required: {vmsd.ready}")
            client = Client(vmsd.ready["http"])
            client.session = client.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
            check_addresses(client, vmsd.ready["rtsps"])
            other.close()
            client.call("PATCH", "/api/v1/settings/rtsps", {"enabled": False, "required": False})
            expect(comes(lambda: is_open(port)), "RTSP in the clear does not come when it may")
    print("RTSP in the clear is closed where TLS is required")


if __name__ == "__main__":
    main()
