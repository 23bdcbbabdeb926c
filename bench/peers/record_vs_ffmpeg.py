#!/usr/bin/env python3
"""Records the same virtual cameras with vmsd, then with one `ffmpeg -c copy` a camera, and compares.

  bench/peers/record_vs_ffmpeg.py [--cameras 64] [--seconds 60] [--out FILE.json]

Both record for the same time from the same rig process, one after the other. Printed and written as JSON: CPU seconds
(user and system), CPU seconds a recorded gigabit, MB/s to storage, memory, recordings of vmsd that are complete by the
cameras' ledgers, and the ratio of CPU. Exit 1 when a recording lacks a frame or vmsd needs more than a third of ffmpeg's CPU.
"""

import argparse
import contextlib
import datetime
import itertools
import json
import pathlib
import shutil
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools/python"))
import processes  # noqa: E402
from processes import BenchError  # noqa: E402
from vmsd_client import Client, Refused  # noqa: E402

GOAL_RATIO = 1 / 3


def until(what, condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"not reached within {seconds} s: {what}")
        time.sleep(0.25)


class Recorder:
    """vmsd recording every camera of the rig, driven through its public interface."""

    def __init__(self, api):
        self.client = Client(api).initialise()
        self.channels = {}

    def add(self, camera):
        self.channels[camera["id"]] = self.client.add_camera(
            camera["id"], camera["streams"]["main"]["url"], transport="tcp",
            username=camera.get("username", ""), password=camera.get("password", ""))
        self.plan(camera["id"], "continuous")

    def path(self, camera):
        return f"/api/v1/channels/{self.channels[camera]}"

    def plan(self, camera, plan):
        self.client.call("PUT", f"{self.path(camera)}/recording", {"plan": plan, "stream": "main"})

    def channel(self, camera):
        return self.client.call("GET", self.path(camera))

    def all_in_state(self, state):
        return all(self.channel(camera)["recording"]["state"] == state for camera in self.channels)

    def spans(self, camera):
        return self.client.call("GET", f"{self.path(camera)}/spans?from=2000-01-01T00:00:00Z&to=2200-01-01T00:00:00Z")["spans"]


def is_complete(recorder, control, camera):
    """Whether the recording is a run of units in the camera's ledger: as many, with the same bytes in sum."""
    spans = recorder.spans(camera)
    frames, size = sum(span["frames"] for span in spans), sum(span["bytes"] for span in spans)
    ledger = Client(control).call("GET", f"/devices/{camera}/ledger?stream=main")["units"]
    ends = [0, *itertools.accumulate(unit["size"] for unit in ledger)]
    starts = [i for i, unit in enumerate(ledger) if unit["key"] and i + frames <= len(ledger)]
    return len(spans) == 1 and any(ends[i + frames] - ends[i] == size for i in starts)


def record_with_vmsd(options, rig, folder):
    log = folder / "vmsd.log"
    command = [str(options.build / "bin/vmsd"), "--data", str(folder / "data"), "--set", "http.port=0",
               "--set", "rtsp.port=0"]
    server = processes.start(command, log)
    try:
        recorder = Recorder(processes.read_ready(server, log)["http"])
        cameras = [device["id"] for device in rig["devices"]]
        for device in rig["devices"]:
            recorder.add(device)
        until("every channel records", lambda: recorder.all_in_state("recording"), 60)
        time.sleep(options.settle)
        result = processes.Window([server.pid]).run(options.seconds)
        for camera in cameras:
            recorder.plan(camera, "none")
        until("every channel has stopped", lambda: recorder.all_in_state("stopped"), 30)
        drops = {}
        for camera in cameras:
            for place, count in recorder.channel(camera)["streams"]["main"]["drops"].items():
                drops[place] = drops.get(place, 0) + count
        incomplete = [camera for camera in cameras if not is_complete(recorder, rig["control"], camera)]
        result.update(drops=drops, complete=len(cameras) - len(incomplete), incomplete=incomplete)
        return result
    finally:
        processes.stop(server)


def record_with_ffmpeg(options, rig, folder):
    with contextlib.ExitStack() as stack:
        recorders = []
        for device in rig["devices"]:
            url = device["streams"]["main"]["url"]
            if device.get("username"):
                url = url.replace("://", f"://{device['username']}:{device['password']}@", 1)
            command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url, "-c", "copy",
                       "-f", "matroska", str(folder / f"{device['id']}.mkv")]
            recorders.append(processes.start(command, folder / f"ffmpeg-{device['id']}.log"))
            stack.callback(processes.stop, recorders[-1])
        files = [folder / f"{device['id']}.mkv" for device in rig["devices"]]
        until("every ffmpeg records", lambda: all(f.exists() and f.stat().st_size > 0 for f in files), 90)
        time.sleep(options.settle)
        ended = [p for p in recorders if p.poll() is not None]
        if ended:
            raise BenchError(f"{len(ended)} ffmpeg recorders ended early: see {folder}/ffmpeg-*.log")
        return processes.Window([p.pid for p in recorders]).run(options.seconds)


def measure(options, folder):
    rig_file = folder / "rig.xml"
    rig_file.write_text(f'<rig><camera id="cam" count="{options.cameras}" main="{options.profile}"/></rig>\n')
    log = folder / "rig.log"
    rig_process = processes.start([str(options.build / "bin/watchrig"), "rig", str(rig_file)], log)
    try:
        rig = processes.read_ready(rig_process, log)
        print(f"recording {options.cameras} x {options.profile} with vmsd for {options.seconds} s", flush=True)
        vmsd = record_with_vmsd(options, rig, folder)
        print(f"recording the same with {options.cameras} ffmpeg processes for {options.seconds} s", flush=True)
        ffmpeg = record_with_ffmpeg(options, rig, folder)
    finally:
        processes.stop(rig_process)
    for result in (vmsd, ffmpeg):
        result["cpu_seconds_per_gigabit"] = round(result["cpu_seconds"] / (result["written_bytes"] * 8 / 1e9), 3)
        result["megabytes_per_second"] = round(result["written_bytes"] / 1e6 / result["seconds"], 2)
    return {"vmsd": vmsd, "ffmpeg": ffmpeg, "cpu_ratio": round(vmsd["cpu_seconds"] / ffmpeg["cpu_seconds"], 3)}


def show(result):
    rows = [("CPU seconds", "cpu_seconds", 1), ("CPU s a gigabit", "cpu_seconds_per_gigabit", 1),
            ("MB/s to storage", "megabytes_per_second", 1), ("memory at first, MB", "rss_first_bytes", 1e6),
            ("memory at last, MB", "rss_last_bytes", 1e6)]
    print(f"{'':22}{'vmsd':>10}{'ffmpeg':>10}")
    for title, key, unit in rows:
        print(f"{title:22}{result['vmsd'][key] / unit:>10.2f}{result['ffmpeg'][key] / unit:>10.2f}")
    print(f"CPU ratio {result['cpu_ratio']:.3f} (goal {GOAL_RATIO:.3f}); without a lost frame: "
          f"{result['vmsd']['complete']} of {result['cameras']} recordings; drops {result['vmsd']['drops']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--cameras", type=int, default=64)
    parser.add_argument("--profile", default="h264 1280x720@25 2Mbps")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--settle", type=int, default=5, help="seconds before the measured time")
    parser.add_argument("--out", type=pathlib.Path, help="JSON file; default: in the build folder")
    options = parser.parse_args()
    options.build = options.build.resolve()
    folder = options.build / "bench/record_vs_ffmpeg"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        result = measure(options, folder)
    except (BenchError, Refused, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    finally:
        shutil.rmtree(folder / "data", ignore_errors=True)
        for recording in folder.glob("*.mkv"):
            recording.unlink()
    result = {"command": " ".join(["bench/peers/record_vs_ffmpeg.py", *sys.argv[1:]]), "machine": processes.machine(),
              "measured": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
              "cameras": options.cameras, "profile": options.profile, **result}
    out = options.out or folder / "result.json"
    out.write_text(json.dumps(result, indent=2) + "\n")
    show(result)
    print(f"written to {out}")
    return 0 if not result["vmsd"]["incomplete"] and result["cpu_ratio"] <= GOAL_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
