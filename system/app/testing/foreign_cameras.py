#!/usr/bin/env python3
"""Cameras that nobody here wrote: GStreamer's RTSP server, which packs films itself or hands on what FFmpeg's RTSP output has packed, is recorded by
vmsd over TCP, UDP and HTTP and exported; FFmpeg then finds every picture and every sound of the film between the first and the last, as encoded.

usage: foreign_cameras.py VMSD. Skipped (77) where Debian's Python has no GstRtspServer, or there is no ffmpeg.
"""
import concurrent.futures
import contextlib
import datetime
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import Judge  # noqa: E402
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

PYTHON = "/usr/bin/python3"  # which sees Debian's python3-gi
SERVER = ROOT / "system/app/testing/foreign_camera_server.py"
ACCOUNT = ("watchman", "Open.Sesame.7")
RATE, GROUP, FILM_SECONDS, SECONDS = 10, 10, 60, 8
WIDTH, HEIGHT = 320, 184  # RTP tells the size of JPEG in blocks of eight
TONE_HZ = 440
ENCODERS = {
    "h264": f"libx264 -preset veryfast -bf 0 -g {GROUP}",
    "h264b": f"libx264 -preset veryfast -bf 2 -g {GROUP}",  # B pictures: sent in another order than they are shown in
    "h265": f"libx265 -preset ultrafast -x265-params keyint={GROUP}:bframes=0:log-level=error",
    # Within RTP there is room for standard Huffman tables and for two matrices only (RFC 2435, 3.1.8 and 4.1).
    "mjpeg": "mjpeg -huffman default -force_duplicated_matrix 1 -q:v 6",
    "aac": "aac -b:a 48k",
    "pcmu": "pcm_mulaw -ar 8000",
    "pcma": "pcm_alaw -ar 8000",
}
CODECS = {"h264": "h264", "h264b": "h264", "h265": "hevc", "mjpeg": "mjpeg"}  # as ffprobe calls them
FILMS = ("h264-aac", "h265-pcmu", "mjpeg-pcma", "h264b-pcmu")
TRANSPORTS = {"gstreamer": ("tcp", "udp", "http"), "ffmpeg": ("tcp", "udp")}  # the relay's answer by HTTP would be GStreamer's as well


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


def ffmpeg(*arguments):
    return run("ffmpeg", "-nostdin", "-v", "error", *arguments)


def make_film(folder, name):
    """Encoded once: what is sent, and what everything is compared with."""
    video, audio = name.split("-")
    code, _, text = ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}", "-f", "lavfi", "-i", f"sine=frequency={TONE_HZ}:sample_rate=16000",
                           "-t", FILM_SECONDS, "-pix_fmt", "yuvj420p", "-c:v", *ENCODERS[video].split(), "-c:a", *ENCODERS[audio].split(), folder / f"{name}.mkv")
    if code != 0:
        raise SystemExit(f"ffmpeg makes no film {name}: {text[-500:]}")


def digests(file, track, *how):
    """MD5 of each picture or packet of a track in order, and what FFmpeg says against the file."""
    _, text, errors = ffmpeg("-i", file, "-map", f"0:{track}:0", *how, "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return [line.split(",")[-1].strip() for line in text.splitlines() if not line.startswith("#")], errors


def is_run(part, whole):
    """Whether it is in the film in one piece; a film may be sent again from its beginning."""
    twice = whole + whole
    return bool(part) and any(twice[begin:begin + len(part)] == part for begin in range(len(whole)))


def heard_tone(file):
    """The pitch of the sound in Hz, by its zero crossings, and its length in seconds."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(file), "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-"],
                          capture_output=True, timeout=PATIENCE, check=False)
    samples = memoryview(done.stdout[:len(done.stdout) // 2 * 2]).cast("h").tolist()
    middle = samples[len(samples) // 4:len(samples) * 3 // 4]
    rises = sum(a < 0 <= b for a, b in zip(middle, middle[1:]))
    return rises * 8000 / max(1, len(middle)), len(samples) / 8000


class Cell:
    """A film, sent by one server in one way, recorded as one device."""

    def __init__(self, server, film, transport, url, account=()):
        self.film, self.name = film, f"{server} {film} {transport}{' with password' if account else ''}"
        self.body = {"name": self.name, "driver": "rtsp", "streams": {"main": url}, "transport": transport}
        if account:
            self.body.update(username=account[0], password=account[1])
        self.channel = ""

    def add(self, client):
        self.channel = client.call("POST", "/api/v1/devices", self.body)["channels"][0]["id"]
        client.call("PUT", f"/api/v1/channels/{self.channel}/recording", {"plan": "continuous", "stream": "main"})

    def spans(self, client):
        return client.call("GET", f"/api/v1/channels/{self.channel}/spans")["spans"]

    def recorded(self, client):
        """In seconds."""
        return sum((moment(span["to"]) - moment(span["from"])).total_seconds() for span in self.spans(client))

    def export(self, client, folder):
        spans = self.spans(client)
        query = urllib.parse.urlencode({"from": spans[0]["from"], "to": spans[-1]["to"]})
        request = urllib.request.Request(f"{client.base_url}/api/v1/channels/{self.channel}/export.mp4?{query}")
        request.add_header("Authorization", f"Bearer {client.session['token']}")
        file = folder / f"{self.name.replace(' ', '_')}.mp4"
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            file.write_bytes(answer.read())
        return file, spans


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def wait_until(condition):
    """Whether it came true in time."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.25)
    return True


def check_pictures(judge, cell, file, spans, film):
    video = cell.film.split("-")[0]
    _, told, _ = run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", file)
    judge.expect(told.strip() == f"{CODECS[video]},{WIDTH},{HEIGHT}", f"{cell.name}: ffprobe tells of {told.strip()!r}")
    pictures, errors = digests(file, "v")
    if video == "h264b":
        del pictures[-2:]  # what is to be shown before them may come after the recording's end
    judge.expect(not errors, f"{cell.name}: its pictures do not decode: {errors[:300]}")
    judge.expect(len(spans) == 1, f"{cell.name}: recorded in {len(spans)} pieces")
    judge.expect(len(pictures) >= SECONDS * RATE, f"{cell.name}: {len(pictures)} pictures in {SECONDS} s at {RATE} a second")
    judge.expect(is_run(pictures, film["pictures"]), f"{cell.name}: its {len(pictures)} pictures are not those of the film, in order and without a gap")


def check_sound(judge, cell, file, film):
    if cell.film.endswith("aac"):  # goes into the file as it is
        packets, errors = digests(file, "a", "-c", "copy")
        judge.expect(not errors and is_run(packets, film["sounds"]), f"{cell.name}: its {len(packets)} packets of sound are not those of the film: {errors[:300]}")
    hertz, seconds = heard_tone(file)
    judge.expect(abs(hertz - TONE_HZ) < 5, f"{cell.name}: a tone of {TONE_HZ} Hz sounds as {hertz:.0f} Hz")
    judge.expect(seconds >= SECONDS - 1, f"{cell.name}: {seconds:.1f} s of sound")


def check_cell(judge, client, folder, films, cell):
    if not cell.spans(client):
        judge.expect(False, f"{cell.name}: nothing was recorded; {client.call('GET', f'/api/v1/channels/{cell.channel}')}")
        return
    file, spans = cell.export(client, folder)
    check_pictures(judge, cell, file, spans, films[cell.film])
    check_sound(judge, cell, file, films[cell.film])


def check_refusals(judge, client, servers):
    """What is wrong with an account reaches whoever reads the device's cause."""
    for server, password, cause in (("locked", "wrong", "wrong password"), ("locked", "", "password"), ("basic", ACCOUNT[1], "only Basic authentication")):
        body = {"name": f"{cause} {password}", "driver": "rtsp", "streams": {"main": f"{servers[server]}/{FILMS[0]}"}, "username": ACCOUNT[0], "password": password}
        path = f"/api/v1/devices/{client.call('POST', '/api/v1/devices', body)['id']}"
        right = wait_until(lambda: cause in client.call("GET", path)["cause"])  # pylint: disable=cell-var-from-loop
        told = client.call("GET", path)
        judge.expect(right and told["state"] != "online", f"an account at a server with {server} and the password {password!r} is {told['state']}: {told['cause']}")


@contextlib.contextmanager
def pushed(servers, folder, name):
    """FFmpeg as the camera: it announces the film and sends it at its own pace, again and again."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", folder / f"{name}.mkv", "-c", "copy", "-f", "rtsp",
               "-rtsp_transport", "tcp", f"{servers['open']}/push/{name}"]
    process = subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def check(judge, vmsd, servers, folder, films):
    client = Client(vmsd.ready["http"]).initialise()
    cells = [Cell("gstreamer", film, transport, f"{servers['open']}/{film}") for film in FILMS for transport in TRANSPORTS["gstreamer"]]
    cells += [Cell("ffmpeg", film, transport, f"{servers['open']}/pushed/{film}") for film in FILMS for transport in TRANSPORTS["ffmpeg"]]
    cells.append(Cell("gstreamer", FILMS[0], "tcp", f"{servers['locked']}/{FILMS[0]}", ACCOUNT))
    for cell in cells:
        cell.add(client)
    check_refusals(judge, client, servers)
    wait_until(lambda: all(cell.recorded(client) > SECONDS + 2 for cell in cells))
    for cell in cells:
        client.call("PUT", f"/api/v1/channels/{cell.channel}/recording", {"plan": "none", "stream": "main"})
    wait_until(lambda: all(client.call("GET", f"/api/v1/channels/{cell.channel}")["recording"]["state"] == "stopped" for cell in cells))
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda cell: check_cell(judge, client, folder, films, cell), cells))


def missing():
    absent = [program for program in ("ffmpeg", "ffprobe") if not shutil.which(program)]
    if absent:
        return f"{' and '.join(absent)} not installed; tools/setup.sh installs ffmpeg"
    wanted = "import gi; gi.require_version('GstRtspServer', '1.0'); gi.require_version('GstApp', '1.0'); from gi.repository import GstApp, GstRtspServer"
    if subprocess.run([PYTHON, "-c", wanted], capture_output=True, check=False).returncode != 0:
        return "Debian's Python has no GstRtspServer; tools/setup.sh installs python3-gi and gir1.2-gst-rtsp-server-1.0"
    return ""


def main(vmsd):
    judge = Judge()
    if reason := missing():
        return judge.verdict(reason)
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+", encoding="utf-8") as log, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda film: make_film(folder, film), FILMS))
        films = {film: {"pictures": digests(folder / f"{film}.mkv", "v")[0], "sounds": digests(folder / f"{film}.mkv", "a", "-c", "copy")[0]} for film in FILMS}
        servers = stack.enter_context(Program(log, PYTHON, SERVER, folder, *ACCOUNT)).ready
        for film in FILMS:
            stack.enter_context(pushed(servers, folder, film))
        options = [word for part in ("http", "rtsp") for word in ("--set", f"{part}.port=0")]
        check(judge, stack.enter_context(Program(log, vmsd, "--data", folder / "data", *options)), servers, folder, films)
        code = judge.verdict()
        if code == 1:
            log.seek(0)
            print(log.read()[-3000:], file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
