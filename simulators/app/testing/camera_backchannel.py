#!/usr/bin/env python3
"""Talking to a virtual camera by ONVIF's backchannel, as GStreamer does it: the camera hears the tone that was said, over TCP and UDP, in either law.

usage: camera_backchannel.py WATCHRIG. Skipped (77) where Debian's Python has no GStreamer.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import Judge  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

PYTHON = "/usr/bin/python3"  # which sees Debian's python3-gi
TALKER = ROOT / "simulators/app/testing/backchannel_talker.py"
RIG = """
<rig>
  <camera id="gate" main="h264 320x180@10 200kbps gop=5" audio="pcmu" username="admin" password="secret" backchannel="yes"/>
  <camera id="deaf" main="h264 320x180@10 200kbps gop=5" audio="pcmu" username="admin" password="secret"/>
</rig>
"""
PACKETS = 100
WAYS = [("tcp", "PCMU", 440), ("tcp", "PCMA", 1000), ("udp", "PCMU", 600)]


def has_gstreamer():
    check = "import gi; gi.require_version('Gst', '1.0'); from gi.repository import Gst; Gst.init(None); assert Gst.ElementFactory.find('rtspsrc')"
    return subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0


def talk(url, transport, coding, hertz):
    done = subprocess.run([PYTHON, TALKER, url, "admin", "secret", transport, coding, str(hertz), str(PACKETS)], capture_output=True, text=True, timeout=PATIENCE * 2, check=False)
    return done.returncode, done.stdout + done.stderr


def heard(rig, camera):
    with urllib.request.urlopen(f"{rig.ready['control']}/devices/{camera}", timeout=PATIENCE) as answer:
        return json.load(answer).get("loudspeaker")


def main(watchrig):
    judge = Judge()
    if not has_gstreamer():
        return judge.verdict("Debian's Python has no GStreamer; tools/setup.sh installs python3-gi and the plugins")
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            urls = {device["id"]: device["streams"]["main"]["url"] for device in rig.ready["devices"]}
            for number, (transport, coding, hertz) in enumerate(WAYS, 1):
                code, text = talk(urls["gate"], transport, coding, hertz)
                judge.expect(code == 0, f"{transport} {coding}: {code} {text[-300:]}")
                speaker = heard(rig, "gate")
                for name, wanted in {"talks": number, "talking": False, "coding": coding, "transport": transport, "packets": PACKETS, "lost": 0, "strange": 0,
                                     "heard_ms": PACKETS * 20}.items():
                    judge.expect(speaker.get(name) == wanted, f"{transport} {coding}: {name} is {speaker.get(name)}, not {wanted}: {speaker}")
                judge.expect(speaker.get("tone_hz") in range(hertz - 2, hertz + 3), f"{transport} {coding}: a tone of {hertz} Hz was heard as {speaker.get('tone_hz')}")
            code, text = talk(urls["deaf"], "tcp", "PCMU", 440)
            judge.expect(code == 2, f"a camera without the backchannel: {code} {text[-300:]}")
            judge.expect(heard(rig, "deaf") is None, "a camera without the backchannel has a loudspeaker")
    return judge.verdict()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
