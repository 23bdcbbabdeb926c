#!/usr/bin/env python3
"""A thousand virtual cameras of 1 Mb/s from one core, all of them read: how late the rig is, what it costs and what is lost.

  bench/peers/cameras_vs_gstreamer.py [--cameras 1000] [--seconds 45] [--no-peer] [--any-lateness] [--out FILE.json]

The rig is bound to the first core and the reader (rtsp_sink) to the second. Then GStreamer's RTSP server takes the rig's place, with one film that it
plays to as many readers, and for half as many while it does not keep up. Exit 1 when a stream is not read whole, or when the rig hands
a unit over, or a camera puts it on its socket, 5 ms or more late at the 99th percentile (not with --any-lateness).
"""

import argparse
import datetime
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools/python"))
import processes  # noqa: E402
from processes import BenchError  # noqa: E402
from vmsd_client import Client  # noqa: E402

LIMIT_US = 5000
PROFILE = re.compile(r"h264 (\d+x\d+)@(\d+) (\d+)kbps")


def bound(options, core, command):
    """Bound to a core, on machines that have two of them."""
    cores = processes.machine()["cores"]
    return [*options.nice, "taskset", "--cpu-list", str(core), *map(str, command)] if cores > 1 else [*options.nice, *map(str, command)]


def read_all(options, urls, server, seconds):
    """What the reader has counted, and the server's CPU in that time."""
    command = bound(options, 1, [options.build / "bin/rtsp_sink", "--settle", options.settle, "--seconds", seconds])
    with open(options.folder / "sink.log", "w", encoding="utf-8") as log:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True) as sink:
            sink.stdin.write("\n".join(urls) + "\n")
            sink.stdin.close()
            sink.stdout.readline()
            begin, cpu = time.monotonic(), processes.cpu_seconds(server)
            line = sink.stdout.readline()
            cpu = processes.cpu_seconds(server) - cpu
            elapsed = time.monotonic() - begin
    if not line:
        raise BenchError(f"the reader has ended: see {options.folder}/sink.log")
    read = json.loads(line)
    read["cores_used"] = round(cpu / elapsed, 3)
    read["cpu_seconds_per_gigabit"] = round(cpu / elapsed / (read["megabits_per_second"] / 1000), 3) if read["units"] else None
    read["rss_megabytes"] = round(processes.rss_bytes(server) / 1e6, 1)
    read["kept_up"] = (read["playing"] == read["streams"] and read["lost_packets"] == 0
                       and read["units"] >= 0.99 * read["streams"] * options.rate * read["seconds"])
    return read


def lateness(control):
    """By the rig's own status: of the hand-over, which all cameras share, and of sending, the median camera and the worst."""
    streams = [d["streams"]["main"] for d in Client(control).call("GET", "/devices")["devices"]]
    p99 = [s["sending_us"]["p99"] for s in streams]
    return {"lateness_us": streams[0]["lateness_us"], "dropped": sum(s["dropped"] for s in streams),
            "sending_us": {"p50": int(statistics.median(s["sending_us"]["p50"] for s in streams)),
                           "p99": int(statistics.median(p99)), "p99_of_worst_camera": max(p99)}}


def measure_rig(options):
    rig_file = options.folder / "rig.xml"
    rig_file.write_text(f'<rig><camera id="cam" count="{options.cameras}" main="{options.profile}" phases="spread"/></rig>\n', encoding="utf-8")
    log = options.folder / "rig.log"
    process = processes.start(bound(options, 0, [options.build / "bin/watchrig", "rig", rig_file, "--threads", 1]), log)
    try:
        rig = processes.read_ready(process, log, 60)
        result = read_all(options, [d["streams"]["main"]["url"] for d in rig["devices"]], process.pid, options.seconds)
        return {**result, **lateness(rig["control"])}
    finally:
        processes.stop(process)


def run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{command[0]}: {done.stderr.strip()}")


def measure_gstreamer(options):
    """The most readers, of half as many each time, with which it keeps up."""
    readers, tried, seconds = options.cameras, [], min(options.seconds, 20)
    film = options.folder / "film.mkv"
    film_seconds = seconds + options.settle + 60
    run(["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", f"testsrc2=size={options.size}:rate={options.rate}", "-t", film_seconds,
                   "-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-g", 2 * options.rate, "-b:v", options.bits, "-minrate", options.bits,
                   "-maxrate", options.bits, "-bufsize", options.bits, "-x264-params", "nal-hrd=cbr", film])
    while readers > 0:
        log = options.folder / "gstreamer.log"
        process = processes.start(bound(options, 0, ["/usr/bin/python3", ROOT / "bench/peers/gstreamer_cameras.py", film]), log)
        try:
            url = processes.read_ready(process, log)["url"]
            tried.append(read_all(options, [url] * readers, process.pid, seconds))
        finally:
            processes.stop(process, 3)
        if tried[-1]["kept_up"]:
            break
        readers //= 2
    if readers == 0:
        raise BenchError(f"GStreamer sends nothing: {tried[-1]['first_failure']}; see {options.folder}/gstreamer.log")
    return tried


def show(result):
    rig = result["rig"]
    print(f"{result['cameras']} cameras: {rig['megabits_per_second']:.0f} Mb/s read, {rig['lost_packets']} packets lost, {rig['cores_used']:.2f} cores, "
          f"{rig['rss_megabytes']:.0f} MB")
    late, sending = rig["lateness_us"], rig["sending_us"]
    print(f"rig: units handed over after p50 {late['p50']} us, p99 {late['p99']} us, max {late['max']} us (since the start); on the socket after p50 "
          f"{sending['p50']} us, p99 {sending['p99']} us, of the worst camera {sending['p99_of_worst_camera']} us (limit of p99 {LIMIT_US} us)")
    print(f"reader: units later than the earliest of their stream by p50 {rig['late_us'].get('p50')} us, p99 {rig['late_us'].get('p99')} us")
    for peer in result.get("gstreamer", []):
        late = peer["late_us"] or {"p50": None, "p99": None}
        print(f"GStreamer, {peer['streams']} readers: {'kept up' if peer['kept_up'] else 'did not keep up'}, {peer['megabits_per_second']:.0f} Mb/s, "
              f"{peer['cores_used']:.2f} cores, {peer['cpu_seconds_per_gigabit']} CPU s a Gb (rig {rig['cpu_seconds_per_gigabit']}); p50 {late['p50']} us, p99 {late['p99']} us")


def good(options, rig):
    late = max(rig["lateness_us"]["p99"], rig["sending_us"]["p99_of_worst_camera"])
    return rig["playing"] == rig["streams"] and rig["lost_packets"] == 0 and rig["dropped"] == 0 and (options.any_lateness or (rig["kept_up"] and late < LIMIT_US))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--profile", default="h264 640x360@25 1000kbps")
    parser.add_argument("--seconds", type=int, default=45, help="the rig's percentiles are of the last 1024 units, 41 s of 25 a second")
    parser.add_argument("--settle", type=int, default=5, help="seconds before the measured time")
    parser.add_argument("--nice", type=int, default=0, help="of all processes measured; below 0 on a machine that others use too")
    parser.add_argument("--no-peer", action="store_true", help="without GStreamer")
    parser.add_argument("--any-lateness", action="store_true", help="lateness is told, not judged")
    parser.add_argument("--out", type=pathlib.Path, help="JSON file; default: in the build folder")
    options = parser.parse_args()
    profile = PROFILE.fullmatch(options.profile)
    if not profile:
        parser.error(f'--profile "{options.profile}" is not as "h264 640x360@25 1000kbps"')
    options.size, options.rate, options.bits = profile.group(1), int(profile.group(2)), 1000 * int(profile.group(3))
    options.nice = ["nice", "-n", str(options.nice)] if options.nice else []
    options.build = options.build.resolve()
    options.folder = options.build / "bench/cameras_vs_gstreamer"
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    result = {"command": " ".join(["bench/peers/cameras_vs_gstreamer.py", *sys.argv[1:]]), "machine": processes.machine(),
              "measured": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
              "cameras": options.cameras, "profile": options.profile}
    try:
        result["rig"] = measure_rig(options)
        if not options.no_peer:
            result["gstreamer"] = measure_gstreamer(options)
    except (BenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    out = options.out or options.folder / "result.json"
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    show(result)
    print(f"written to {out}")
    return 0 if good(options, result["rig"]) else 1


if __name__ == "__main__":
    sys.exit(main())
