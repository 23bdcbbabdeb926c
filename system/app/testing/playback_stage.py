"""A camera whose recordings are played: two spans with a hole between."""
import datetime
import pathlib
import subprocess
import time
import urllib.request

from vmsd_client import PATIENCE

RATE = 10  # pictures a second
GROUP = 10  # pictures from key picture to key picture
RIG = f'<rig><camera id="gate" main="h264 320x240@{RATE} 200kbps gop={GROUP}" scene="street"/></rig>'


def utc(seconds):
    """Of seconds since 1970, as addresses have it and, without its separators, as Range does."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(text):
    """The other way round; the clock has nanoseconds."""
    whole, part = text.rstrip("Z").split(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + part)


class Stage:
    """A camera that was recorded, then was not, and then was again: two spans with a hole between."""

    def __init__(self, judge, admin, rig, rtsp, folder):
        self.judge, self.admin, self.rtsp, self.folder = judge, admin, rtsp, pathlib.Path(folder)
        self.channel = admin.add_camera("Gate", rig.ready["devices"][0]["streams"]["main"]["url"])
        for number in (1, 2):
            self.plan("continuous")
            self.until(lambda: len(self.spans()) == number and sum(span["frames"] for span in self.spans()[number - 1:]) > 55, f"span {number}")
            self.plan("none")
            self.settled()
        self.first, self.second = self.spans()
        self.begin, self.end = seconds(self.first["from"]), seconds(self.second["to"])

    def settled(self):
        """Until the spans stay as they are for two seconds, and so long is a hole at least."""
        before, since, end = self.spans(), time.monotonic(), time.monotonic() + PATIENCE
        while time.monotonic() - since < 2:
            if time.monotonic() > end:
                raise SystemExit(f"FAILED: the spans do not settle: {before}")
            time.sleep(0.2)
            now = self.spans()
            if now != before:
                before, since = now, time.monotonic()

    def plan(self, name):
        self.admin.call("PUT", f"/api/v1/channels/{self.channel}/recording", {"plan": name, "stream": "main"})

    def spans(self):
        return self.admin.call("GET", f"/api/v1/channels/{self.channel}/spans")["spans"]

    def until(self, done, what):
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise SystemExit(f"FAILED: {what} does not come: {self.spans()}")
            time.sleep(0.1)

    def address(self, first=None, last=None, channel=None, user=None):
        times = [f"{name}={at}" for name, at in (("from", first), ("to", last)) if at]
        address = f"{self.rtsp}/playback/{channel or self.channel}" + ("?" if times else "") + "&".join(times)
        return address.replace("://", f"://{user['id']}:{user['stream_key']}@", 1) if user else address

    def exported(self, span):
        """Digests of the pictures, as FFmpeg decodes them."""
        path = self.folder / "clip.mp4"
        request = urllib.request.Request(f"{self.admin.base_url}/api/v1/channels/{self.channel}/export.mp4?from={span['from']}&to={span['to']}")
        request.add_header("Authorization", f"Bearer {self.admin.session['token']}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            path.write_bytes(answer.read())
        return digests(path)


def digests(source, *options):
    """What FFmpeg decodes: (time in seconds, digest) a picture."""
    command = ["ffmpeg", "-v", "error", *options, "-i", source, "-map", "0:v", "-vsync", "passthrough", "-enc_time_base", "1:90000", "-f", "framemd5", "-"]
    try:
        told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return []
    lines = [line.split(",") for line in told.stdout.splitlines() if not line.startswith("#")]
    return [(int(line[2]) / 90000, line[5].strip()) for line in lines]
