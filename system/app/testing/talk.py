#!/usr/bin/env python3
"""Speech from a client to a camera: what is said by WebSocket is what the camera hears, whatever it is written in; one talks at a time; who has said nothing for
a while, is stopped or has lost the right talks no more. The client is Node's own WebSocket, mu-law and A-law are coded by Python's audioop.
usage: talk.py VMSD WATCHRIG; 77: there is no Node with a WebSocket, or no audioop.
"""
import array
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import warnings

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import Judge  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

warnings.filterwarnings("ignore", category=DeprecationWarning)
try:
    import audioop
except ImportError:
    audioop = None

TALKER = ROOT / "system/app/testing/talker.mjs"
NODE = ["node", "--experimental-websocket", "--no-warnings"]
SETTINGS = [word for port in ("http", "https", "rtsp") for word in ("--set", f"{port}.port=0")]
RIG = """
<rig>
  <camera id="gate" main="h264 320x180@10 200kbps gop=5" audio="pcmu" username="admin" password="secret" onvif="yes" backchannel="yes"/>
  <camera id="yard" main="h264 320x180@10 200kbps gop=5" username="admin" password="secret" backchannel="yes"/>
  <camera id="deaf" main="h264 320x180@10 200kbps gop=5" username="admin" password="secret" onvif="yes"/>
</rig>
"""
RATE = 8000
# Encoding, pitch, bytes of a message: pieces that are no whole packets, and more than a second at once.
WAYS = [("pcmu", 440, 160), ("pcma", 700, 1111), ("pcm16", 1000, 40_000)]


def tone(hertz, seconds, encoding):
    linear = array.array("h", (round(8000 * math.sin(2 * math.pi * hertz * at / RATE)) for at in range(int(seconds * RATE))))
    if sys.byteorder == "big":
        linear.byteswap()
    pcm = linear.tobytes()
    return {"pcmu": lambda: audioop.lin2ulaw(pcm, 2), "pcma": lambda: audioop.lin2alaw(pcm, 2), "pcm16": lambda: pcm}[encoding]()


class Talk:
    """A client that talks; what it was told."""

    def __init__(self, client, channel, hello, speech, chunk, folder):
        self.file = pathlib.Path(folder) / f"speech{time.monotonic_ns()}"
        self.file.write_bytes(speech)
        url = client.websocket_url(f"/api/v1/channels/{channel}/talk")
        self.process = subprocess.Popen([*NODE, TALKER, url, json.dumps(hello), self.file, str(chunk)], stdout=subprocess.PIPE, text=True)

    def next(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {}

    def rest(self):
        told = [json.loads(line) for line in self.process.communicate(timeout=PATIENCE)[0].splitlines()]
        return told or [{}]


class Stage:
    """The cameras `gate` and `deaf` by ONVIF, `yard` by RTSP through HTTP."""

    def __init__(self, judge, admin, rig, folder):
        self.judge, self.admin, self.rig, self.folder = judge, admin, rig, folder
        self.channels = {}
        for device in rig.ready["devices"]:
            name = device["id"]
            if device.get("onvif"):
                at = urllib.parse.urlsplit(device["onvif"])
                body = {"name": name, "driver": "onvif", "address": at.hostname, "port": at.port, "username": "admin", "password": "secret"}
                self.channels[name] = admin.call("POST", "/api/v1/devices", body)["channels"][0]["id"]
            else:
                self.channels[name] = admin.add_camera(name, device["streams"]["main"]["url"], username="admin", password="secret", transport="http")

    def heard(self, camera):
        with urllib.request.urlopen(f"{self.rig.ready['control']}/devices/{camera}", timeout=PATIENCE) as answer:
            return json.load(answer).get("loudspeaker")

    def state(self, camera):
        return self.admin.call("GET", f"/api/v1/channels/{self.channels[camera]}/talk")

    def talk(self, camera, encoding, speech, chunk=1600, client=None, **more):
        return Talk(client or self.admin, self.channels[camera], {"encoding": encoding, **more}, speech, chunk, self.folder)

    def until(self, done, what):
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                self.judge.expect(False, what)
                return
            time.sleep(0.05)

    def events(self):
        return [event for event in self.admin.call("GET", "/api/v1/events")["events"] if event["type"].startswith("talk.")]


def abilities(stage):
    for camera, supported, encodings in (("gate", "yes", ["pcmu", "pcma"]), ("yard", "yes", ["pcmu", "pcma"]), ("deaf", "no", [])):
        told = stage.state(camera)
        stage.judge.expect((told["supported"], told["encodings"], told["talker"]) == (supported, encodings, None), f"{camera}: {told}")
    gone = stage.admin.add_camera("gone", "rtsp://127.0.0.1:1/nowhere")
    told = stage.admin.call("GET", f"/api/v1/channels/{gone}/talk")
    stage.judge.expect(told["supported"] == "unknown" and told["reason"], f"a camera that is away: {told}")


def ways(stage):
    for camera in ("gate", "yard"):
        for number, (encoding, hertz, chunk) in enumerate(WAYS, 1):
            speech = tone(hertz, 1.6, encoding)
            told = stage.talk(camera, encoding, speech, chunk, sampling_rate=RATE).rest()
            stage.judge.expect([one["state"] for one in told] == ["talking", "talking", "ended", "gone"], f"{camera} {encoding}: {told}")
            stage.judge.expect(told[-2].get("said_ms") == 1600 and told[-2].get("reason") == "done" and told[-1].get("code") == 1000, f"{camera} {encoding}: {told}")
            speaker = stage.heard(camera)
            wanted = {"talks": number, "talking": False, "coding": "PCMA" if encoding == "pcma" else "PCMU", "transport": "tcp", "lost": 0, "strange": 0, "heard_ms": 1600}
            for name, value in wanted.items():
                stage.judge.expect(speaker.get(name) == value, f"{camera} {encoding}: {name} is {speaker.get(name)}, not {value}: {speaker}")
            stage.judge.expect(speaker.get("tone_hz") in range(hertz - 2, hertz + 3), f"{camera} {encoding}: {hertz} Hz was heard as {speaker.get('tone_hz')}")
            stage.judge.expect(speaker.get("most_ahead_ms", 10_000) < 500, f"{camera} {encoding}: it was said faster than it lasts: {speaker}")


def one_at_a_time(stage):
    """Who is stopped is told so, and by whom; the next may talk at once."""
    judge = stage.judge
    first = stage.talk("gate", "pcmu", tone(440, 60, "pcmu"))
    judge.expect(first.next().get("state") == "talking", "nobody can talk")
    judge.expect((stage.state("gate")["talker"] or {}).get("account") == "admin", f"who talks: {stage.state('gate')}")
    told = stage.talk("gate", "pcmu", b"").rest()
    judge.expect((told[0].get("state"), told[0].get("reason")) == ("refused", "busy") and '"admin" is talking' in told[0]["message"], f"a second one: {told}")
    stage.admin.call("DELETE", f"/api/v1/channels/{stage.channels['gate']}/talk")
    ended = [one for one in first.rest() if one["state"] == "ended"]
    judge.expect(len(ended) == 1 and ended[0].get("reason") == "stopped" and ended[0].get("stopped_by") == "admin", f"who was stopped: {ended}")
    told = stage.talk("gate", "pcmu", tone(440, 0.2, "pcmu")).rest()
    judge.expect(told[-2].get("said_ms") == 200, f"who comes next: {told}")
    try:
        stage.admin.call("DELETE", f"/api/v1/channels/{stage.channels['gate']}/talk")
        judge.expect(False, "what nobody says was ended")
    except Refused as refusal:
        judge.expect(refusal.status == 404, str(refusal))


def refusals(stage):
    for camera, hello, reason, part in (("deaf", {"encoding": "pcmu"}, "unsupported", "loudspeaker"), ("gate", {"encoding": "pcmu", "sampling_rate": 16_000}, "invalid", "8000"),
                                        ("gate", {"encoding": "g722"}, "invalid", "pcm16")):
        told = Talk(stage.admin, stage.channels[camera], hello, b"", 160, stage.folder).rest()
        stage.judge.expect((told[0].get("state"), told[0].get("reason")) == ("refused", reason) and part in told[0]["message"], f"{camera} {hello}: {told}")
    told = stage.talk("gate", "pcm16", b"abc", 3).rest()
    stage.judge.expect("within a sample" in told[-2].get("reason", ""), f"half a sample: {told}")
    told = stage.talk("gate", "pcmu", b"", 0).rest()
    stage.judge.expect((told[-2].get("state"), told[-2].get("reason")) == ("ended", "silence"), f"who says nothing: {told}")


def lost_right(stage):
    """Who may not talk any more is heard no more."""
    admin, judge = stage.admin, stage.judge
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    admin.call("POST", "/api/v1/groups", {"name": "porters", "authorities": {"outputs": True}})
    admin.call("POST", "/api/v1/users", {"name": "pia", "group": "porters", "password": PASSWORD, "password_again": PASSWORD})
    pia = Client(admin.base_url)
    pia.session = pia.call("POST", "/api/v1/sessions", {"username": "pia", "password": PASSWORD})
    talk = stage.talk("yard", "pcmu", tone(440, 60, "pcmu"), client=pia)
    judge.expect(talk.next().get("state") == "talking", "the porter cannot talk")
    admin.call("DELETE", f"/api/v1/sessions/{pia.session['id']}")
    talk.rest()
    stage.until(lambda: not stage.heard("yard")["talking"], "who is signed out goes on talking")
    stage.until(lambda: stage.state("yard")["talker"] is None, "the channel stays taken")


def voice_files(stage):
    judge, admin = stage.judge, stage.admin
    request = urllib.request.Request(f"{admin.base_url}/api/v1/system/uploads/voice", tone(600, 1.5, "pcm16"), method="PUT")
    request.add_header("Authorization", f"Bearer {admin.session['token']}")
    urllib.request.urlopen(request, timeout=PATIENCE).close()
    admin.call("POST", "/api/v1/voice-files", {"name": "horn.pcm"})
    path = f"/api/v1/channels/{stage.channels['yard']}/talk"
    begun = admin.call("POST", path, {"voice_file": "horn.pcm"})
    judge.expect(begun == {"voice_file": "horn.pcm", "duration_ms": 1500}, f"a voice file: {begun}")
    try:
        admin.call("POST", path, {"voice_file": "horn.pcm"})
        judge.expect(False, "two voice files are played at once")
    except Refused as refusal:
        judge.expect(refusal.status == 409, str(refusal))
    stage.until(lambda: stage.state("yard")["talker"] is None, "the voice file goes on for ever")
    speaker = stage.heard("yard")
    judge.expect(speaker["heard_ms"] == 1500 and speaker["tone_hz"] in range(598, 603), f"a voice file was heard as {speaker}")


def log(stage):
    """Each talk begins and ends once, with who it was and for how long."""
    events = stage.events()
    for channel in {event["channel"] for event in events}:
        kinds = [event["type"] for event in events if event["channel"] == channel]
        stage.judge.expect(kinds == ["talk.started", "talk.ended"] * (len(kinds) // 2), f"{channel}: {kinds}")
    accounts = {event["account"] for event in events}
    stage.judge.expect(accounts == {"admin", "pia"}, f"who has talked: {accounts}")
    said = [event["data"] for event in events if event["type"] == "talk.ended"]
    stage.judge.expect(said and said[0]["said_ms"] == 1600 and said[0]["reason"] == "done", f"the first talk: {said[:1]}")
    stage.judge.expect(any(data.get("voice") == "horn.pcm" and data["said_ms"] == 1500 for data in said), f"the voice file: {said}")


def main(vmsd, watchrig):
    judge = Judge()
    check = subprocess.run([*NODE, "-e", "process.exit(typeof WebSocket === 'function' ? 0 : 1)"], check=False, capture_output=True) if shutil.which("node") else None
    if not audioop or not check or check.returncode != 0:
        return judge.verdict("there is no Node with a WebSocket (20.10 or later), or no audioop")
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as output:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(output, watchrig, "rig", rig_file) as rig, Program(output, vmsd, "--data", f"{folder}/data", *SETTINGS) as server:
            stage = Stage(judge, Client(server.ready["http"]).initialise(), rig, folder)
            for part in (abilities, ways, one_at_a_time, refusals, lost_right, voice_files, log):
                part(stage)
    return judge.verdict()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
