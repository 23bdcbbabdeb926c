#!/usr/bin/env python3
"""How long it takes until the virtual cameras of a CSV table are added, each of them asked first, and until all deliver.

  bench/load/adding.py [--devices 500] [--build build]

All are in one rig, each at an address of the loopback network; every 50th row has a wrong password. Exit 1 when a row ends otherwise than it
should, or when the last one is added after 60 s or later.
"""

import argparse
import csv
import io
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tools/python"), str(ROOT / "bench/peers")]
import processes  # noqa: E402
from vmsd_client import Client  # noqa: E402

LIMIT = 60      # seconds until the last row is added
PATIENCE = 180  # seconds for what has no limit of its own
LOOK = 0.2      # seconds between two looks
WRONG = 50      # each such row has a wrong password


def address(number):
    return f"127.0.{96 + number // 250}.{1 + number % 250}"


def table(devices, port):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Name", "IP", "Port", "User", "Password", "Protocol"])
    for number in range(devices):
        password = "wrong" if number % WRONG == WRONG - 1 else "secret"
        writer.writerow([f"Camera {number}", address(number), port, "admin", password, "onvif"])
    return text.getvalue()


def until(look, wanted, begin):
    """Seconds since the begin until `look` tells what is wanted; None when it never does."""
    while time.monotonic() - begin < PATIENCE:
        if look() == wanted:
            return time.monotonic() - begin
        time.sleep(LOOK)
    return None


def run(options, folder, started):
    cameras = "".join(f'<camera id="c{n}" main="h264 128x96@5 40kbps gop=5" username="admin" password="secret" onvif="yes" onvif-port="8000" '
                      f'address="{address(n)}"/>' for n in range(options.devices))
    rig_file = folder / "rig.xml"
    rig_file.write_text(f"<rig>{cameras}</rig>", encoding="utf-8")
    for name, command in {"rig": ["watchrig", "rig", str(rig_file)],
                          "vmsd": ["vmsd", "--data", str(folder / "data"), "--set", "http.port=0", "--set", "rtsp.port=0", "--set", "log.level=error"]}.items():
        started.append(processes.start([str(options.build / "bin" / command[0]), *command[1:]], folder / f"{name}.log"))
        ready = processes.read_ready(started[-1], folder / f"{name}.log", PATIENCE)
    client = Client(ready["http"]).initialise()
    expected = {"added": options.devices - options.devices // WRONG, "failed": options.devices // WRONG}
    begin = time.monotonic()
    job = f"/api/v1/devices/adding/{client.call('POST', '/api/v1/devices/adding', {'table': table(options.devices, 8000)})['id']}"

    def ended():
        state = client.call("GET", f"{job}?limit=1")
        return {name: state[name] for name in expected}

    def online():
        return client.call("GET", "/api/v1/devices?state=online&limit=1")["total"]

    added = until(ended, expected, begin)
    print(f"{ended()} of {options.devices} rows after {'never' if added is None else f'{added:.1f} s'} (limit {LIMIT} s; meant: {expected})")
    delivering = until(online, expected["added"], begin)
    print(f"{online()} deliver after {'never' if delivering is None else f'{delivering:.1f} s'}; vmsd has {processes.rss_bytes(started[-1].pid) / 1e6:.0f} MB "
          f"and took {processes.cpu_seconds(started[-1].pid):.1f} s of CPU")
    return added is not None and added < LIMIT and delivering is not None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    started = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            return 0 if run(options, pathlib.Path(folder), started) else 1
        finally:
            for process in started:
                process.kill()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
