#!/usr/bin/env python3
"""A camera by HTTPS and RTSP over TLS, as somebody on the way sees it: a relay that keeps what passes finds accounts and requests in the
clear only, and whoever answers in the camera's place with another certificate is told nothing at all.

usage: camera_by_tls.py WATCHRIG VMSD
"""
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from relay import Relay  # noqa: E402
from vmsd_client import PATIENCE, Client, Program, Refused  # noqa: E402

RIG = """<rig><camera id="gate" main="h264 320x180@10 200kbps gop=5" username="watchman" password="Open.Sesame.7" onvif="yes" https="yes"/></rig>"""
ACCOUNT = {"username": "watchman", "password": "Open.Sesame.7"}
SECRETS = (b"watchman", b"Open.Sesame.7", b"GetStreamUri", b"PasswordDigest", b"POST ")


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        expect(time.monotonic() < end, what)
        time.sleep(0.1)


class Door(Relay):
    """A relay that may also answer itself, by TLS."""

    def __init__(self, target):
        self.tls, self.told, self.visits = None, bytearray(), 0
        super().__init__(target)

    def take(self, near):
        if not self.tls:
            super().take(near)
            return
        self.visits += 1
        try:
            with self.tls.wrap_socket(near, server_side=True) as link:
                while part := link.recv(65536):
                    self.told += part
        except OSError:
            pass


def somebody(folder):
    """Another certificate for the same address, by OpenSSL."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key", "-out",
                    folder / "crt", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")
    return context


def add(client, door, name, **more):
    body = {"name": name, "driver": "onvif", "address": "127.0.0.1", "port": door.port, **ACCOUNT, **more}
    return client.call("POST", "/api/v1/devices", body)["id"]


def state(client, device):
    told = client.call("GET", f"/api/v1/devices/{device}")
    return told["state"], told["cause"]


def check(client, camera, folder):
    clear, door = (Door(urllib.parse.urlsplit(camera[name]).port) for name in ("onvif", "https"))
    in_clear = add(client, clear, "in the clear")
    wait_until("the camera is not online by HTTP", lambda: state(client, in_clear)[0] == "online")
    expect(b"watchman" in clear.seen and b"POST " in clear.seen, "the relay did not see what passed in the clear")
    device = add(client, door, "by TLS", tls=True)
    wait_until("the camera is not online by HTTPS", lambda: state(client, device)[0] == "online")
    expect(len(door.seen) > 1000, "the camera was asked by another way than the relay")
    for secret in SECRETS:
        expect(secret not in door.seen, f"{secret} was seen on the way")
    known = client.call("GET", f"/api/v1/devices/{device}/certificate")
    expect(known["fingerprint"] == camera["fingerprint"], f"it is known by {known}, and shows {camera['fingerprint']}")
    door.tls = somebody(folder)
    client.call("PATCH", f"/api/v1/devices/{device}", {"connected": False})
    client.call("PATCH", f"/api/v1/devices/{device}", {"connected": True})
    wait_until("whoever answers in its place is believed", lambda: "its certificate has changed" in state(client, device)[1])
    expect(door.visits > 0 and not door.told, f"whoever is not believed was told {bytes(door.told[:200])}")
    client.call("POST", "/api/v1/devices/refresh", {"ids": [device]})
    asked = add(client, door, "asked by its authority", tls=True, certificate="authority")
    wait_until("somebody's own certificate is believed", lambda: "self-signed certificate" in state(client, asked)[1])
    expect(not door.told, f"whoever is not believed was told {bytes(door.told[:200])}")
    door.tls = None
    wait_until("the camera is not online again", lambda: state(client, device)[0] == "online")
    check_plain(client, Relay(clear.target))


def check_plain(client, door):
    """Where no TLS is spoken nothing is said in the clear instead."""
    before = add(client, door, "TLS to a port without it", tls=True)
    wait_until("a port without TLS is no reason", lambda: "https://" in state(client, before)[1])
    time.sleep(2)
    expect(door.seen.startswith(b"\x16\x03"), f"it was not asked by TLS: {bytes(door.seen[:200])}")
    for secret in SECRETS:
        expect(secret not in door.seen, f"{secret} was said in the clear")
    expect(state(client, before)[0] != "online", "it is online in the clear")
    try:
        client.call("POST", "/api/v1/devices", {"name": "x", "driver": "registered", "address": "gate-1", "tls": True, **ACCOUNT})
        expect(False, "a device that registers is taken by TLS")
    except Refused as answer:
        expect(answer.status == 400, f"a device that registers by TLS: {answer}")


def main():
    watchrig, vmsd = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+", encoding="utf-8") as log:
        folder = pathlib.Path(name)
        (folder / "rig.xml").write_text(RIG, encoding="utf-8")
        options = [word for part in ("http", "https", "rtsp") for word in ("--set", f"{part}.port=0")]
        try:
            with Program(log, watchrig, "rig", folder / "rig.xml") as rig, Program(log, vmsd, "--data", folder / "data", *options) as server:
                check(Client(server.ready["http"]).initialise(), rig.ready["devices"][0], folder)
        except SystemExit:
            log.seek(0)
            print(log.read()[-3000:], file=sys.stderr)
            raise
    print("a camera by TLS tells nothing to whoever is on the way or in its place")
    return 0


if __name__ == "__main__":
    sys.exit(main())
