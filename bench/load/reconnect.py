#!/usr/bin/env python3
"""A thousand cameras vanish at once and return: how fast vmsd tries to connect meanwhile, how soon all are back, and what that leaves behind.

  bench/load/reconnect.py [--cameras 1000] [--away 20] [--rate 100] [--build build]

All cameras are in one rig, which is killed and started again on the same ports. Attempts are counted by the kernel (Tcp ActiveOpens). Exit 1 when
attempts of a second go beyond the configured rate by more than a tenth, when not all are back within 60 s, or when threads or memory grow.
"""

import argparse
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tools/python"), str(ROOT / "bench/peers")]
import processes  # noqa: E402
from vmsd_client import Client  # noqa: E402

FIRST_PORT = 21000
BATCH = 500
PATIENCE = 120  # seconds for what has no limit of its own
LIMIT = 60      # seconds until all are back
GROWTH = 1.1    # of memory over an outage


def active_opens():
    """Connections that this machine's programs have tried to open."""
    lines = [line.split() for line in pathlib.Path("/proc/net/snmp").read_text(encoding="utf-8").splitlines() if line.startswith("Tcp:")]
    return int(dict(zip(*lines))["ActiveOpens"])


def threads(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/task").iterdir()))


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        rig_file = folder / "rig.xml"
        rig_file.write_text(f'<rig><camera id="cam" count="{options.cameras}" main="h264 128x96@5 40kbps gop=5" port="{FIRST_PORT}"/></rig>', encoding="utf-8")
        self.rig_command = [str(options.build / "bin/watchrig"), "rig", str(rig_file)]
        self.rig = self.server = self.client = None

    def start_rig(self):
        self.rig = processes.start(self.rig_command, self.folder / "rig.log")
        processes.read_ready(self.rig, self.folder / "rig.log", PATIENCE)

    def start_server(self):
        self.server = processes.start(
            [str(self.options.build / "bin/vmsd"), "--data", str(self.folder / "data"), "--set", "http.port=0", "--set", "rtsp.port=0",
             "--set", "log.level=error", "--set", f"devices.attempts_per_second={self.options.rate}"], self.folder / "vmsd.log")
        self.client = Client(processes.read_ready(self.server, self.folder / "vmsd.log", PATIENCE)["http"]).initialise()
        for first in range(0, self.options.cameras, BATCH):
            devices = [{"name": f"Camera {n}", "driver": "rtsp", "streams": {"main": f"rtsp://127.0.0.1:{FIRST_PORT + n}/main"}}
                       for n in range(first, min(first + BATCH, self.options.cameras))]
            self.client.call("POST", "/api/v1/devices/batch", {"devices": devices})

    def online(self):
        return self.client.call("GET", "/api/v1/devices?state=online&limit=1")["total"]

    def watch(self, seconds, wanted):
        """Until so many are online: seconds it took (None when they never were), and the most attempts of a second, ours to ask left out."""
        begin, most = time.monotonic(), 0
        while True:
            opens, asked_at = active_opens(), time.monotonic()
            time.sleep(1)
            tried = (active_opens() - opens) / (time.monotonic() - asked_at)
            most = max(most, tried)
            if self.online() == wanted:
                return time.monotonic() - begin, most
            if time.monotonic() - begin > seconds:
                return None, most

    def state(self):
        return threads(self.server.pid), processes.rss_bytes(self.server.pid)


def run(bench, options):
    bench.start_rig()
    bench.start_server()
    took, most = bench.watch(PATIENCE, options.cameras)
    if took is None:
        raise SystemExit(f"only {bench.online()} of {options.cameras} cameras came online")
    print(f"all {options.cameras} online after {took:.0f} s, at most {most:.0f} attempts a second")
    time.sleep(5)
    before = bench.state()
    bench.rig.kill()
    bench.rig.wait()
    gone, most = bench.watch(PATIENCE, 0)
    print(f"all offline after {gone:.0f} s; at most {most:.0f} attempts a second")
    _, longer = bench.watch(options.away, -1)
    most = max(most, longer)
    bench.start_rig()
    back, returning = bench.watch(PATIENCE, options.cameras)
    most = max(most, returning)
    time.sleep(5)
    after = bench.state()
    print(f"away for {options.away} s more and back after {'never' if back is None else f'{back:.0f} s'} (limit {LIMIT} s); "
          f"at most {most:.0f} attempts a second (limit {options.rate})")
    print(f"threads {before[0]} -> {after[0]}; memory {before[1] / 1e6:.0f} -> {after[1] / 1e6:.0f} MB")
    return back is not None and back <= LIMIT and most <= options.rate * 1.1 and after[0] <= before[0] and after[1] <= before[1] * GROWTH


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--away", type=int, default=20)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, pathlib.Path(folder))
        try:
            return 0 if run(bench, options) else 1
        finally:
            for process in (bench.server, bench.rig):
                if process:
                    processes.stop(process)


if __name__ == "__main__":
    sys.exit(main())
