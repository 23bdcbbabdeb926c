#!/usr/bin/env python3
"""Pictures of what is recorded, as thumbnails and as stills: each is the one that FFmpeg decodes from the export at that moment.
usage: recorded_pictures.py VMSD WATCHRIG; 77: ffmpeg is missing.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from judge import Judge  # noqa: E402
from playback_stage import GROUP, RATE, RIG, Stage, seconds, utc  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SETTINGS = [word for port in ("http", "https", "rtsp") for word in ("--set", f"{port}.port=0")]
WIDTH, HEIGHT = 40, 30  # of the pictures that are compared
WRONG = ("?at=yesterday", "", "?at={at}&width=15", "?at={at}&width=7681", "?at={at}&width=a", "?at={at}&key=perhaps",
         "?at=1969-12-31T23:59:59Z", "?at=2200-01-01T00:00:01Z", "?at=2261-12-31T23:59:59.999Z")


def pictures_of(file):
    """Their luma, as FFmpeg decodes and scales them."""
    command = ["ffmpeg", "-v", "error", "-i", file, "-map", "0:v", "-vsync", "passthrough", "-vf", f"scale={WIDTH}:{HEIGHT}:flags=area,format=gray",
               "-f", "rawvideo", "-"]
    data = subprocess.run(command, stdout=subprocess.PIPE, timeout=PATIENCE, check=True).stdout
    return [data[at:at + WIDTH * HEIGHT] for at in range(0, len(data), WIDTH * HEIGHT)]


def size_of(file):
    told = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", file], capture_output=True, text=True, check=True)
    return told.stdout.strip()


def difference(one, other):
    return sum((a - b) ** 2 for a, b in zip(one, other)) / len(one)


class Viewer:
    def __init__(self, stage):
        self.stage, self.judge = stage, stage.judge

    def ask(self, query, token=None):
        """Status, when the picture is from, the file."""
        address = f"{self.stage.admin.base_url}/api/v1/channels/{self.stage.channel}/picture.jpg{query}"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token or self.stage.admin.session['token']}"})
        file = self.stage.folder / "picture.jpg"
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                file.write_bytes(answer.read())
                return answer.status, seconds(answer.headers["X-Picture-Time"]), file
        except urllib.error.HTTPError as error:
            return error.code, None, error.read()

    def expect(self, span, exported, at, number, options=""):
        """That the picture at that many seconds after the begin of the span is the exported one of that number."""
        begin = seconds(span["from"])
        status, time, file = self.ask(f"?at={utc(begin + at)}{options}")
        self.judge.expect(status == 200, f"at {at} s{options}: {status} {file}")
        if status != 200:
            return
        shown = pictures_of(file)[0]
        distances = [difference(shown, picture) for picture in exported]
        nearest = min(range(len(distances)), key=distances.__getitem__)
        self.judge.expect(nearest == number, f"at {at} s{options} it is picture {nearest}, not {number}: {distances[nearest]}, {distances[number]}")
        self.judge.expect(abs(time - begin - number / RATE) < 0.002, f"at {at} s{options} it says {time - begin} s, not {number / RATE}")


def check_moments(viewer):
    stage = viewer.stage
    stage.exported(stage.first)
    exported = pictures_of(stage.folder / "clip.mp4")
    viewer.judge.expect(len(set(exported)) == len(exported) > 50, f"no two of the {len(exported)} exported pictures are alike")
    for number in (0, 7, GROUP - 1, GROUP, 23, 41):
        at = (number + 0.5) / RATE
        viewer.expect(stage.first, exported, at, number)
        viewer.expect(stage.first, exported, at, number // GROUP * GROUP, "&key=true")
    # Not yet in the second span.
    stage.exported(stage.second)
    viewer.expect(stage.second, pictures_of(stage.folder / "clip.mp4"), -0.5, 0)


def check_sizes(viewer):
    at = f"?at={viewer.stage.first['from']}"
    for options, size in (("", "320,240"), ("&width=160", "160,120"), ("&width=7680", "320,240"), ("&width=17", "16,12")):
        status, _, file = viewer.ask(at + options)
        found = size_of(file) if status == 200 else file
        viewer.judge.expect(found == size, f"{options}: {found}, not {size}")


def check_refusals(viewer):
    judge, stage, admin = viewer.judge, viewer.stage, viewer.stage.admin
    end = seconds(stage.first["to"])
    for at in (end + 0.3, seconds(stage.first["from"]) - 3600, seconds(stage.second["to"]) + 0.3):
        status, _, told = viewer.ask(f"?at={utc(at)}")
        judge.expect(status == 404, f"where nothing is recorded: {status} {told}")
    for query in WRONG:
        status, _, told = viewer.ask(query.format(at=stage.first["from"]))
        judge.expect(status == 400 and b'"field"' in told, f"{query}: {status} {told}")
    judge.expect(viewer.ask(f"?at={stage.first['from']}&stream=sub")[0] == 404, "a stream that is not recorded")
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    for name, right, wanted in (("ann", "playback", 200), ("bob", "live", 403)):
        admin.call("POST", "/api/v1/groups", {"name": f"of.{name}", "authorities": {right: True}})
        admin.call("POST", "/api/v1/users", {"name": name, "group": f"of.{name}", "password": PASSWORD, "password_again": PASSWORD})
        session = Client(admin.base_url).call("POST", "/api/v1/sessions", {"username": name, "password": PASSWORD})
        status = viewer.ask(f"?at={stage.first['from']}", session["token"])[0]
        judge.expect(status == wanted, f"one who may {right}: {status}")


def main():
    vmsd, watchrig = sys.argv[1:]
    if not shutil.which("ffmpeg"):
        print("skipped: there is no ffmpeg; ./tools/setup.sh installs it")
        return 77
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        rig_file = pathlib.Path(folder, "rig.xml")
        rig_file.write_text(RIG)
        with Program(log, watchrig, "rig", rig_file) as rig, Program(log, vmsd, "--data", f"{folder}/data", *SETTINGS) as server:
            viewer = Viewer(Stage(judge, Client(server.ready["http"]).initialise(), rig, server.ready["rtsp"].rstrip("/"), folder))
            check_moments(viewer)
            check_sizes(viewer)
            check_refusals(viewer)
    return judge.verdict()


if __name__ == "__main__":
    sys.exit(main())
