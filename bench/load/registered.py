#!/usr/bin/env python3
"""Ten thousand devices register at one vmsd and keep alive: how soon all are registered, how many are lost, what it costs.

  bench/load/registered.py [--devices 10000] [--seconds 70] [--build build]

The devices are played here, by Python's standard library alone: each answers the challenge, sends its signs of life and refuses connections that
are asked for. They are disconnected by hand in vmsd, so that what is measured is registration alone. Exit 1 when not all register within 60 s, or
one is lost.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import pathlib
import resource
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tools/python"), str(ROOT / "bench/peers")]
import processes  # noqa: E402
from vmsd_client import Client  # noqa: E402

PASSWORD = "Camera.26"
BATCH = 500
PATIENCE = 120   # seconds for what has no limit of its own
LIMIT = 60       # seconds until all are registered
AT_A_TIME = 100  # that prove themselves; the server takes 256


class Devices:
    """All of them, on the loop of whoever awaits."""

    def __init__(self, count, port):
        self.count, self.port = count, port
        self.registered = self.lost = self.alive = 0
        self.gate = asyncio.Semaphore(AT_A_TIME)
        self.tasks = []

    def start(self):
        self.tasks = [asyncio.create_task(self.device(f"dev-{n}")) for n in range(self.count)]

    async def device(self, name):
        def say(**message):
            writer.write((json.dumps(message) + "\n").encode())

        async with self.gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            say(type="register", version=1, device_id=name)
            nonce = json.loads(await reader.readline())["nonce"]
            say(type="proof", digest=hmac.new(PASSWORD.encode(), f"{name}\n{nonce}".encode(), hashlib.sha256).hexdigest())
            answer = json.loads(await reader.readline())
        if answer["type"] != "registered":
            raise SystemExit(f"{name}: {answer}")
        self.registered += 1
        due = time.monotonic() + answer["keep_alive"]
        while True:
            try:
                line = await asyncio.wait_for(reader.readline(), max(0, due - time.monotonic()))
            except asyncio.TimeoutError:
                say(type="alive")
                due += answer["keep_alive"]
                continue
            if not line:
                self.lost += 1
                return
            message = json.loads(line)
            self.alive += message["type"] == "alive"
            if message["type"] == "open":
                say(type="closed", tunnel=message["tunnel"], reason="no service")


def start_server(options, folder):
    server = processes.start(
        [str(options.build / "bin/vmsd"), "--data", str(folder / "data"), "--set", "http.port=0", "--set", "rtsp.port=0", "--set", "log.level=error",
         "--set", "device_registration.address=127.0.0.1", "--set", "device_registration.port=0"], folder / "vmsd.log")
    client = Client(processes.read_ready(server, folder / "vmsd.log", PATIENCE)["http"]).initialise()
    for first in range(0, options.devices, BATCH):
        names = [f"dev-{n}" for n in range(first, min(first + BATCH, options.devices))]
        added = client.call("POST", "/api/v1/devices/batch", {"devices": [
            {"name": name, "driver": "registered", "password": PASSWORD, "streams": {"main": f"http://{name}/onvif/device_service"}} for name in names]})
        ids = [row["id"] for row in added["rows"]]
        for device in ids:
            client.call("PUT", f"/api/v1/devices/{device}/connection", {"connected": False})
    client.call("PATCH", "/api/v1/settings/device_registration", {"enabled": True})
    return server, client


async def run(options, server, client):
    while not (place := client.call("GET", "/api/v1/device-registrations")["listens_on"]):
        await asyncio.sleep(0.1)
    port = int(place.rsplit(":", 1)[1])
    empty = processes.rss_bytes(server.pid)
    devices, begin = Devices(options.devices, port), time.monotonic()
    devices.start()
    while devices.registered < options.devices and time.monotonic() - begin < LIMIT:
        await asyncio.sleep(0.1)
    took = time.monotonic() - begin
    print(f"{devices.registered} of {options.devices} devices registered after {took:.1f} s (limit {LIMIT} s)")
    used, since = processes.cpu_seconds(server.pid), time.monotonic()
    await asyncio.sleep(options.seconds)
    share = (processes.cpu_seconds(server.pid) - used) / (time.monotonic() - since)
    shown = len((await asyncio.to_thread(client.call, "GET", "/api/v1/device-registrations"))["registered"])
    print(f"kept for {options.seconds} s: {devices.lost} lost, {shown} shown, {devices.alive} signs of life answered; "
          f"{share:.1%} of a core; {(processes.rss_bytes(server.pid) - empty) / options.devices / 1000:.1f} kB a device")
    return devices.registered == options.devices == shown and devices.lost == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=10000)
    parser.add_argument("--seconds", type=int, default=70)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        server, client = start_server(options, pathlib.Path(folder))
        try:
            return 0 if asyncio.run(run(options, server, client)) else 1
        finally:
            processes.stop(server)


if __name__ == "__main__":
    sys.exit(main())
