#!/usr/bin/env python3
"""Recordings on three disks, of which one dies and another is full for a while: what was for them is recorded on the others, and when all are
there again, while the server runs and after a restart, no channel has a hole. The disks are files with ext4, in a mount namespace of their own; one dies by EXT4_IOC_SHUTDOWN.
usage: volumes.py VMSD WATCHRIG; 77: no file system can be mounted here, or ffprobe is missing.
"""
import datetime
import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from judge import Judge  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SKIPPED = 77
CAMERAS = 8
RATE = 10  # pictures a second
RIG = "<rig>" + "".join(f'<camera id="c{n}" main="h264 320x240@{RATE} 400kbps gop=10" scene="street"/>' for n in range(CAMERAS)) + "</rig>"
MEBI = 1 << 20
SIZE = 1500 * MEBI  # sparse; the reserve may be no less than 1 GiB
SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, with the number of a way
WITHOUT_FLUSH = 2
LOOKS_AGAIN = 12  # seconds; the server looks after missing volumes every 10


class Disk:
    def __init__(self, folder, name):
        self.image, self.place = folder / f"{name}.img", folder / name
        self.place.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", self.image], check=True)
        self.mount()

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.place], check=True, stderr=subprocess.PIPE, text=True)

    def die(self):
        disk = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(disk, SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
        finally:
            os.close(disk)

    def unplug(self):
        """It works only when nobody has a file of it open."""
        subprocess.run(["umount", self.place], check=True)

    def plug(self):
        subprocess.run(["e2fsck", "-fy", self.image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        self.mount()

    def fill(self, free):
        space = os.statvfs(self.place)
        with open(self.place / "filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, space.f_bavail * space.f_frsize - free)

    def empty(self):
        os.unlink(self.place / "filler")


class Stage:
    def __init__(self, admin, disks):
        self.admin, self.disks = admin, disks

    def volumes(self):
        return {pathlib.Path(volume["directory"]): volume for volume in self.admin.call("GET", "/api/v1/recording-volumes")["volumes"]}

    def events(self, kind):
        return [event for event in self.admin.call("GET", "/api/v1/events?since=0&limit=1000")["events"] if event["type"] == kind]

    def spans(self, channel):
        return self.admin.call("GET", f"/api/v1/channels/{channel}/spans")["spans"]

    def frames(self, channel):
        return sum(span["frames"] for span in self.spans(channel))

    def until(self, done, what):
        end = time.monotonic() + 2 * PATIENCE
        while not done():
            if time.monotonic() > end:
                raise SystemExit(f"FAILED: {what} did not come: {self.volumes()}")
            time.sleep(0.2)

    def record_more(self, channels, frames=3 * RATE):
        wanted = {channel: self.frames(channel) + frames for channel in channels}
        self.until(lambda: all(self.frames(channel) >= least for channel, least in wanted.items()), "more of each channel")

    def plan(self, channels, name):
        for channel in channels:
            self.admin.call("PUT", f"/api/v1/channels/{channel}/recording", {"plan": name, "stream": "main"})

    def settled(self, channels):
        before = None
        while before != (now := [self.spans(channel) for channel in channels]):
            before = now
            time.sleep(1)


def seconds(text):
    return datetime.datetime.fromisoformat(text[:26].rstrip("Z") + "+00:00").timestamp()


def fail_and_return(judge, stage, channels):
    stage.record_more(channels)
    states = stage.volumes()
    judge.expect({volume["state"] for volume in states.values()} == {"working"}, f"all work at first: {states}")
    judge.expect(sum(volume["recorders"] for volume in states.values()) == CAMERAS, f"each channel has a volume: {states}")
    by_load = sorted(stage.disks, key=lambda disk: states[disk.place]["recorders"])
    dying, full = by_load[-1], by_load[-2]
    judge.expect(states[full.place]["recorders"] > 0, f"more than one volume is recorded on: {states}")

    dying.die()
    stage.until(lambda: stage.volumes()[dying.place]["state"] in ("failing", "missing"), "the state of the disk that died")
    stage.until(lambda: stage.volumes()[dying.place]["recorders"] == 0, "the move of its channels")
    stage.record_more(channels)
    judge.expect(any(str(dying.place) in event["message"] for event in stage.events("storage.failed")), "the dead disk is told")

    full.fill(free=900 * MEBI)
    stage.until(lambda: stage.volumes()[full.place]["state"] == "failing", "the state of the disk that is full")
    stage.record_more(channels)
    judge.expect(any(str(full.place) in event["message"] for event in stage.events("storage.full")), "the full disk is told")
    full.empty()
    stage.until(lambda: stage.volumes()[full.place]["state"] == "working", "the end of what filled the disk")
    stage.until(lambda: stage.volumes()[full.place]["recorders"] > 0, "the return of its channels")
    stage.record_more(channels)

    stage.until(lambda: stage.volumes()[dying.place]["state"] == "missing", "the end of what the server has open on the dead disk")
    dying.unplug()
    time.sleep(LOOKS_AGAIN)
    judge.expect(stage.volumes()[dying.place]["state"] == "missing" and not any(dying.place.iterdir()),
                 f"the folder below the disk is not recorded on: {list(dying.place.iterdir())}")
    dying.plug()
    stage.until(lambda: stage.volumes()[dying.place]["state"] == "working", "the use of the disk that is back")
    stage.until(lambda: stage.volumes()[dying.place]["recorders"] > 0, "the return of its channels")
    stage.record_more(channels)
    judge.expect(not stage.events("recording.failed"), f"all were recorded at any time: {stage.events('recording.failed')}")
    stage.plan(channels, "none")
    stage.settled(channels)


def check_whole(judge, stage, channels, folder):
    for channel in channels:
        spans = stage.spans(channel)
        lengths = [seconds(span["to"]) - seconds(span["from"]) for span in spans]
        judge.expect(len(spans) == 1, f"no hole in {channel}: {spans}")
        judge.expect(abs(sum(lengths) * RATE - stage.frames(channel)) < 1.5, f"each picture of {channel} once: {lengths} s, {stage.frames(channel)}")
    # As one who did not write it reads it.
    file = folder / "export.mp4"
    span = stage.spans(channels[0])[0]
    request = subprocess.run(["curl", "-sf", "-H", f"Authorization: Bearer {stage.admin.session['token']}", "-o", file,
                              f"{stage.admin.base_url}/api/v1/channels/{channels[0]}/export.mp4?from={span['from']}&to={span['to']}"], check=False)
    judge.expect(request.returncode == 0, "it is exported")
    found = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file],
                           capture_output=True, text=True, check=False)
    judge.expect(found.stdout.strip() == str(span["frames"]) and not found.stderr, f"{span['frames']} pictures by ffprobe: {found}")


def run(vmsd, watchrig, folder, log):
    judge = Judge()
    disks = [Disk(folder, f"disk{number}") for number in range(3)]
    options = [word for setting in ("http.port=0", "https.port=0", "rtsp.port=0", "storage.segment_bytes=1048576", "storage.full_bytes=0",
                                    "storage.full_percent=0", "storage.reserve_bytes=1073741824",
                                    "storage.volumes=" + ",".join(str(disk.place) for disk in disks)) for word in ("--set", setting)]
    rig_file = folder / "rig.xml"
    rig_file.write_text(RIG)
    try:
        with Program(log, watchrig, "rig", rig_file) as rig:
            with Program(log, vmsd, "--data", folder / "data", *options) as server:
                stage = Stage(Client(server.ready["http"]).initialise(), disks)
                channels = [stage.admin.add_camera(f"Gate {number}", device["streams"]["main"]["url"])
                            for number, device in enumerate(rig.ready["devices"])]
                stage.plan(channels, "continuous")
                fail_and_return(judge, stage, channels)
                check_whole(judge, stage, channels, folder)
            with Program(log, vmsd, "--data", folder / "data", *options) as server:
                stage.admin.base_url = server.ready["http"]
                stage.admin.session = None
                stage.admin.session = stage.admin.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
                check_whole(judge, stage, channels, folder)
    finally:
        for disk in disks:
            subprocess.run(["umount", "-l", disk.place], check=False)
    return judge.verdict()


def main():
    if not shutil.which("ffprobe"):
        print("skipped: there is no ffprobe; ./tools/setup.sh installs it")
        return SKIPPED
    if "WATCHRIG_ALONE" not in os.environ:
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
            print("skipped: only root mounts disks of files")
            return SKIPPED
        os.execvpe("unshare", ["unshare", "--mount", sys.executable, *sys.argv], {**os.environ, "WATCHRIG_ALONE": "1"})
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        try:
            return run(*sys.argv[1:], pathlib.Path(folder), log)
        except subprocess.CalledProcessError as error:
            if error.cmd[0] not in ("mount", "mkfs.ext4"):
                raise
            print(f"skipped: no file system can be made of a file here: {error.stderr}")
            return SKIPPED


if __name__ == "__main__":
    sys.exit(main())
