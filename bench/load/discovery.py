#!/usr/bin/env python3
"""How long vmsd takes to find virtual cameras: from the request to the end of the search, and until the last was found.

  bench/load/discovery.py [--devices 500] [--seconds 4] [--build build]

All are in one rig, each at an address of the loopback network. They are found by everybody's probe, then by asking each address of their
segments. Exit 1 when one is missing, or when it takes 10 s or longer.
"""

import argparse
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools/python"))
from vmsd_client import Client, Program  # noqa: E402

LIMIT = 10.0  # seconds
LOOK = 0.1    # seconds between two looks at the search


def search(client, order, expected):
    """Seconds until all were found (None when they were not) and until the end; how many there are."""
    begin = time.monotonic()
    client.call("POST", "/api/v1/discovery", order)
    found_after = None
    while True:
        state = client.call("GET", "/api/v1/discovery?address=127.0.9&limit=1")
        elapsed = time.monotonic() - begin
        if found_after is None and state["total"] >= expected:
            found_after = elapsed
        if state["state"] != "running":
            return found_after, elapsed, state
        time.sleep(LOOK)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    camera = (f'<rig><camera id="cam" count="{options.devices}" main="h264 320x180@1 50kbps" username="admin" password="secret" '
              'onvif="yes" discovery="yes" address="127.0.92.1"/></rig>')
    missed = False
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(camera, encoding="utf-8")
        with (Program(log, options.build / "bin/watchrig", "rig", rig_file),
              Program(log, options.build / "bin/vmsd", "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd):
            client = Client(vmsd.ready["http"]).initialise()
            ways = {"everybody": {"seconds": options.seconds},
                    "by address": {"seconds": options.seconds, "addresses": ["127.0.92.0/22"]}}
            for name, order in ways.items():
                found, end, state = search(client, order, options.devices)
                missed |= found is None or end >= LIMIT
                last = "not all" if found is None else f"{found:.1f} s"
                print(f"{name}: {state['total']} of {options.devices} found, the last after {last}, end after {end:.1f} s (limit {LIMIT:.0f} s); {state['counts']}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
