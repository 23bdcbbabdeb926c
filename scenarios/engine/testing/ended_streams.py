#!/usr/bin/env python3
"""Streams end with their sign-in: live video by WebSocket, events by WebSocket, and RTSP as ffmpeg reads it, when the session is
ended, the user is blocked, the access filter refuses the host, or the session was idle, which it is not while somebody watches. Also
what Prometheus needs for /metrics.
usage: ended_streams.py WATCHRIG VMSD; 77: ffmpeg is missing.
"""
import base64
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

SKIPPED = 77
TOKEN = "scrape-7f3a9c5e1b2d"
RIG = """<rig><camera id="gate" main="h264 320x240@10 200kbps" scene="street"/></rig>"""


def sign_in(admin, name, host=""):
    address = urllib.parse.urlparse(admin.base_url)
    client = Client(f"http://{host}:{address.port}" if host else admin.base_url)
    client.session = client.call("POST", "/api/v1/sessions", {"username": name, "password": PASSWORD})
    return client


class Streams:
    """One stream of each kind, for one sign-in, of which something has been received."""

    def __init__(self, client, rtsp, channel):
        self.session = client.session["id"]
        self.sockets = [self.websocket(client, "/api/v1/events?since=0"), self.websocket(client, f"/api/v1/channels/{channel}/live?stream=main")]
        user = f"{client.session['id']}:{client.session['stream_key']}"
        url = rtsp.replace("://", f"://{user}@", 1) + f"/live/{channel}"
        self.player = subprocess.Popen(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-f", "mpegts", "-"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if not self.player.stdout.read(1):
            raise SystemExit("FAILED: ffmpeg was sent nothing")

    @staticmethod
    def websocket(client, path):
        address = urllib.parse.urlparse(client.base_url)
        link = socket.create_connection((address.hostname, address.port), PATIENCE)
        link.sendall(f"GET {path}&access_token={client.session['token']} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode())
        if not link.recv(12).startswith(b"HTTP/1.1 101"):
            raise SystemExit(f"FAILED: {path} was refused")
        return link

    def end(self):
        """Waits until all have ended; an error by its timeout names what goes on."""
        for name, link in zip(("events", "live video"), self.sockets):
            try:
                while link.recv(65536):
                    pass
            except ConnectionResetError:
                pass
            except TimeoutError:
                raise SystemExit(f"FAILED: {name} by WebSocket goes on") from None
            link.close()
        try:
            self.player.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.player.kill()
            raise SystemExit("FAILED: RTSP goes on") from None


def scrape(server, token):
    request = urllib.request.Request(server + "/metrics", headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status if b"watchrig_stream_online" in answer.read() else "no figures"
    except urllib.error.HTTPError as error:
        return error.code


def check(vmsd, channel, admin):
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    admin.call("POST", "/api/v1/groups", {"name": "guards", "authorities": {"live": True, "events": True}})
    admin.call("POST", "/api/v1/users", {"name": "ann", "group": "guards", "password": PASSWORD, "password_again": PASSWORD})
    ann = sign_in(admin, "ann")
    streams = Streams(ann, vmsd.ready["rtsp"], channel)
    staying = Streams(sign_in(admin, "admin"), vmsd.ready["rtsp"], channel)
    admin.call("DELETE", f"/api/v1/sessions/{ann.session['id']}")
    streams.end()
    streams = Streams(sign_in(admin, "ann"), vmsd.ready["rtsp"], channel)
    admin.call("POST", "/api/v1/users/ann/block")
    streams.end()
    check_access(admin, vmsd.ready["rtsp"], channel)
    if staying.player.poll() is not None or not staying.sockets[1].recv(1):
        raise SystemExit("FAILED: the streams of another sign-in have ended, too")
    ended = {name: scrape(admin.base_url, token) for name, token in
             {"nobody": "", "a wrong token": TOKEN[:-1] + "0", "half a token": TOKEN[:8], "the token": TOKEN,
              "the administrator": admin.session["token"]}.items()}
    expected = {"nobody": 401, "a wrong token": 401, "half a token": 401, "the token": 200, "the administrator": 200}
    if ended != expected:
        raise SystemExit(f"FAILED: /metrics answers {ended}, not {expected}")
    check_idle(admin, staying)
    admin.call("DELETE", f"/api/v1/sessions/{staying.session}")
    staying.end()


def own_address():
    """One of this machine's that is not of the loopback interface; whoever connects to it comes from it, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def check_access(admin, rtsp, channel):
    """Streams that are under way end when their host is refused."""
    host = own_address()
    if not host:
        print("note: this machine has no address but the loopback ones; the access filter was not checked")
        return
    streams = Streams(sign_in(admin, "admin", host), f"rtsp://{host}:{urllib.parse.urlparse(rtsp).port}", channel)
    admin.call("POST", "/api/v1/access-filter/entries", {"list": "reject", "first": host})
    admin.call("PUT", "/api/v1/access-filter", {"mode": "reject_list"})
    streams.end()


def check_idle(admin, watching):
    """Who does nothing or has only events sent is signed out; who watches is not."""
    silent = sign_in(admin, "admin").session["id"]
    idle = Streams.websocket(sign_in(admin, "admin"), "/api/v1/events?since=0")
    admin.call("PATCH", "/api/v1/settings/accounts", {"idle_logout": 1})
    idle.settimeout(1)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        left = {session["id"] for session in admin.call("GET", "/api/v1/sessions")["sessions"]}
        try:
            if not idle.recv(65536):
                break
        except TimeoutError:
            pass
    else:
        raise SystemExit("FAILED: events go on for who does nothing else")
    idle.close()
    if silent in left:
        raise SystemExit("FAILED: who does nothing stays signed in")
    if watching.session not in left or watching.player.poll() is not None or not watching.sockets[1].recv(1):
        raise SystemExit("FAILED: who watches was signed out as idle")


def main():
    watchrig, vmsd = sys.argv[1:]
    if not shutil.which("ffmpeg"):
        print("skipped: there is no ffmpeg; ./tools/setup.sh installs it")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        rig_file = pathlib.Path(folder, "rig.xml")
        rig_file.write_text(RIG)
        settings = ("http.port=0", "rtsp.port=0", "http.address=0.0.0.0", "rtsp.address=0.0.0.0")
        options = [*(word for setting in settings for word in ("--set", setting)), "--set", f"metrics.token={TOKEN}", "--clock", "scale=4"]
        with Program(log, watchrig, "rig", rig_file) as rig, Program(log, vmsd, "--data", f"{folder}/data", *options) as server:
            admin = Client(server.ready["http"]).initialise()
            channel = admin.add_camera("Gate", rig.ready["devices"][0]["streams"]["main"]["url"])
            check(server, channel, admin)
    print("all streams end with their sign-in")
    return 0


if __name__ == "__main__":
    sys.exit(main())
