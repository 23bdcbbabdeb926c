#!/usr/bin/env python3
"""Plays live video of vmsd in Chromium: one virtual camera, vmsd, and a page that feeds Media Source Extensions.

The page reports to this program what the browser decoded. usage: live_in_browser.py WATCHRIG VMSD
Exit code 77 when there is no Chromium, which ctest reports as skipped.
"""
import http.server
import json
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

RIG = '<rig><camera id="gate" main="h264 640x360@25 1Mbps gop=25" audio="pcma"/></rig>'
SKIPPED = 77

# Plays until 50 pictures are decoded, then sends what was seen; a page that stays silent is a failure of its own.
PAGE = """<!doctype html><title>live</title><video muted autoplay></video><script>
const video = document.querySelector('video');
const report = (body) => fetch('/report', {method: 'POST', body: JSON.stringify(body)});
onerror = (message) => report({error: String(message)});
video.onerror = () => report({error: video.error.message});
const source = new MediaSource();
video.src = URL.createObjectURL(source);
const waiting = [];
let mime, buffer;
const feed = () => { if (buffer && !buffer.updating && waiting.length) buffer.appendBuffer(waiting.shift()); };
const begin = () => {
  if (!mime || buffer || source.readyState !== 'open') return;
  if (!MediaSource.isTypeSupported(mime)) return report({error: 'the browser does not play ' + mime});
  buffer = source.addSourceBuffer(mime);
  buffer.onupdateend = () => {
    if (video.buffered.length && video.currentTime < video.buffered.start(0)) video.currentTime = video.buffered.start(0);
    feed();
  };
  feed();
};
source.onsourceopen = begin;
const socket = new WebSocket('WS_URL');
socket.binaryType = 'arraybuffer';
socket.onmessage = ({data}) => {
  if (typeof data !== 'string') { waiting.push(data); return feed(); }
  const message = JSON.parse(data);
  if (message.error) return report({error: message.error.message});
  mime = message.mime;
  begin();
};
socket.onclose = () => report({error: 'the server closed the socket'});
const check = setInterval(() => {
  const quality = video.getVideoPlaybackQuality();
  if (quality.totalVideoFrames < 50) return;
  clearInterval(check);
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext('2d');
  canvas.drawImage(video, 0, 0);
  const colours = new Set(new Uint32Array(canvas.getImageData(0, 0, video.videoWidth, video.videoHeight).data.buffer));
  report({mime, width: video.videoWidth, height: video.videoHeight, frames: quality.totalVideoFrames,
          corrupted: quality.corruptedVideoFrames, played: video.currentTime, colours: colours.size,
          audio: video.webkitAudioDecodedByteCount});
}, 100);
</script>"""


def serve(page, reports):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(page.encode() if self.path == "/" else b"")

        def do_POST(self):
            reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(b"")

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def play(chromium, folder, log, url):
    reports = queue.Queue()
    server = serve(PAGE.replace("WS_URL", url), reports)
    browser = subprocess.Popen(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", f"--user-data-dir={folder}/profile",
         f"http://127.0.0.1:{server.server_port}/"],
        stdout=log, stderr=log)
    try:
        return reports.get(timeout=PATIENCE)
    except queue.Empty:
        return {"error": f"the browser showed fewer than 50 pictures in {PATIENCE} s"}
    finally:
        browser.terminate()
        browser.wait(PATIENCE)
        server.shutdown()


def judge(seen):
    if "error" in seen:
        return [seen["error"]]
    rules = {
        "the picture has the camera's size": (seen["width"], seen["height"]) == (640, 360),
        "no picture was corrupted": seen["corrupted"] == 0,
        "time goes on": seen["played"] > 0.5,
        "the picture shows something": seen["colours"] > 100,
        "H.264 and AAC are announced": "avc1." in seen["mime"] and "mp4a.40.2" in seen["mime"],
        "sound is decoded": seen["audio"] > 0,
    }
    return [rule for rule, holds in rules.items() if not holds]


def main():
    watchrig, vmsd = sys.argv[1:]
    chromium = shutil.which("chromium")
    if not chromium:
        print("skipped: there is no chromium; ./tools/setup.sh installs it")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        rig_file = pathlib.Path(folder, "rig.xml")
        rig_file.write_text(RIG)
        with Program(log, watchrig, "rig", rig_file) as rig, \
             Program(log, vmsd, "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0") as server:
            client = Client(server.ready["http"]).initialise()
            channel = client.add_camera("Gate", rig.ready["devices"][0]["streams"]["main"]["url"])
            seen = play(chromium, folder, log, client.websocket_url(f"/api/v1/channels/{channel}/live"))
        broken = judge(seen)
        print(json.dumps(seen))
        for rule in broken:
            print(f"FAILED: {rule}")
        if broken:
            log.seek(0)
            print(log.read())
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
