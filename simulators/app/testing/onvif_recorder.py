#!/usr/bin/env python3
"""A virtual recorder by ONVIF and RTSP: each of its inputs has what a camera has, by tokens of its own, as the schemas say.

usage: onvif_recorder.py WATCHRIG. The npm package `onvif` and ffprobe look at it as others do; without the package the end is 77, a skip,
when all else was right.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import NO_PUBLIC_CLIENT, Judge  # noqa: E402
import onvif_recordings  # noqa: E402
import onvif_profiles  # noqa: E402
from onvif_camera import Camera  # noqa: E402
from onvif_requests import IO, REQUESTS  # noqa: E402
from onvif_schemas import Schemas  # noqa: E402
from onvif_soap import TDS, TR2, TRT  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

INPUTS = 64
RIG = f"""
<rig>
  <recorder id="dvr" channels="3" distinct="yes" main="h264 320x180@10 200kbps gop=10" sub="mjpeg 160x96@5 100kbps" sub2="h264 176x144@5 64kbps" audio="pcmu" backchannel="yes" username="admin"
            password="secret" onvif="yes" disk-mb="8"/>
  <recorder id="big" channels="{INPUTS}" main="h264 160x96@5 100kbps" sub="h264 160x96@5 60kbps" username="admin" password="secret" onvif="yes"/>
</rig>
"""
# What belongs to a camera's only input, and to the second of a recorder.
TOKENS = [(">main<", ">ch2-main<"), (">sub<", ">ch2-sub<"), ("main-encoder", "ch2-main-encoder"), ("main-audio-encoder", "ch2-main-audio-encoder"),
          (">video-source<", ">video-source-2<"), (">audio-source<", ">audio-source-2<"), ("recording-main", "recording-2"), ("job-main", "job-2")]
OF_CAMERAS = re.compile("OSD|PTZ")
CLIENT = """
const { Cam } = require(process.argv[1]);
const url = new URL(process.argv[2]);
const cam = new Cam({ hostname: url.hostname, port: url.port, username: 'admin', password: 'secret' }, (error) => {
  if (error) { console.error(String(error)); process.exit(1); }
  cam.getVideoSources((failed, sources) => {
    if (failed) { console.error(String(failed)); process.exit(1); }
    console.log(JSON.stringify({ sources: sources.length, profiles: cam.profiles.length, active: cam.activeSources.length }));
  });
});
"""


def of_second_input(content):
    for camera, recorder in TOKENS:
        content = content.replace(camera, recorder)
    return content


def check_answers(judge, recorder, schemas):
    answers = {}
    for service, operation, content, _ in REQUESTS + onvif_profiles.REQUESTS + onvif_recordings.REQUESTS:
        if service[0] not in {one[0] for one in (TRT, TR2, IO, *(row[0] for row in onvif_recordings.REQUESTS))} or OF_CAMERAS.search(operation):
            continue
        if "relay-" in content or operation.startswith(("SetVideo", "SetAudioSource")):
            continue
        status, text = recorder.ask_as("admin", service, operation, of_second_input(content))
        answers[f"{service[0]}-{operation}"] = text
        judge.expect(status == 200 and f":{operation}Response" in text, f"{operation} answers {status}: {text[-300:]}")
    for name, wrong in schemas.wrong(answers).items():
        judge.expect(False, f"{name} is not valid: {wrong}")
    judge.expect(len(answers) > 30, f"only {len(answers)} answers were looked at")
    for operation in ("GetRecordings", "GetRecordingJobs"):
        found = re.findall(r"(?:Recording|Job)Token>((?:recording|job)-\d)<", answers[f"recording_service-{operation}"])
        judge.expect({one[-1] for one in found} == {"1", "2", "3"}, f"{operation} tells of {found}")
    judge.expect("replay/ch2-main" in answers["replay_service-GetReplayUri"], f"the replay is at {answers['replay_service-GetReplayUri'][-200:]}")
    judge.expect("ch2-main" in answers["media_service-GetStreamUri"], "another stream is given")
    for content in ("<ProfileToken>ch4-main</ProfileToken>", "<ProfileToken>main</ProfileToken>"):
        status, _ = recorder.ask_as("admin", TRT, "GetProfile", content)
        judge.expect(status == 400, f"{content}: {status}")


def check_connectors(judge, recorder):
    """The device says the same of them as its DeviceIO service."""
    names = ("VideoSources", "AudioSources", "AudioOutputs", "RelayOutputs")
    whole = recorder.ask_as("admin", TDS, "GetCapabilities", "<Category>All</Category>")[1]
    device = re.search(r"<tt:DeviceIO>(.*?)</tt:DeviceIO>", whole, re.DOTALL)[1]
    service = recorder.ask_as("admin", IO, "GetServiceCapabilities", "")[1]
    told = [(re.search(f"<tt:{name}>(\\d+)<", device)[1], re.search(f'{name}="(\\d+)"', service)[1]) for name in names]
    judge.expect(told == [("3", "3"), ("3", "3"), ("1", "1"), ("0", "0")], f"{names}: the device and its DeviceIO service tell {told}")


def check_many(judge, recorder):
    text = recorder.ask_as("admin", TRT, "GetProfiles", "")[1]
    pairs = re.findall(r'<trt:Profiles token="([\w-]+)".*?SourceToken>([\w-]+)<', text, re.DOTALL)
    expected = [(f"ch{n}-{stream}", f"video-{n}") for n in range(1, INPUTS + 1) for stream in ("main", "sub")]
    judge.expect(pairs == expected, f"{len(pairs)} profiles, first {pairs[:4]}")
    text = recorder.ask_as("admin", TRT, "GetVideoSources", "")[1]
    judge.expect(text.count("<trt:VideoSources ") == INPUTS, f"{text.count('<trt:VideoSources ')} video sources")


def probed(url):
    """Codec and width that ffprobe sees."""
    done = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-select_streams", "v", "-show_entries", "stream=codec_name,width",
                           "-of", "csv=p=0", url], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.stdout.strip() or done.stderr[-200:]


def check_streams(judge, device):
    base = device["streams"]["ch1-main"]["url"].replace("//", "//admin:secret@").rsplit("/", 1)[0]
    for path, expected in {"ch3-main": "h264,320", "cam/realmonitor?channel=3&subtype=0": "h264,320", "cam/realmonitor?channel=2&subtype=1": "mjpeg,160",
                           "ch1-sub2": "h264,176", "cam/realmonitor?channel=2&subtype=2": "h264,176"}.items():
        judge.expect(probed(f"{base}/{path}") == expected, f"{path}: {probed(f'{base}/{path}')}, not {expected}")
    for path in ("main", "ch4-main", "cam/realmonitor?channel=4&subtype=0", "cam/realmonitor?channel=2&subtype=3", "cam/realmonitor", "replay/ch4-main"):
        judge.expect("404" in probed(f"{base}/{path}"), f"{path}: {probed(f'{base}/{path}')}")


def check_pictures(judge, control):
    """Each input of a recorder with distinct pictures sends its own."""
    def digests(stream):
        with urllib.request.urlopen(f"{control}/devices/dvr/ledger?stream={stream}", timeout=PATIENCE) as answer:
            return {unit["digest"] for unit in json.loads(answer.read())["units"]}
    one, other = digests("ch1-main"), digests("ch2-main")
    judge.expect(len(one) > 5 and not one & other, f"{len(one & other)} of {len(one)} pictures are the same at both inputs")


def visit(judge, address):
    """Whether it could be done at all."""
    module = ROOT / "tools/node/node_modules/onvif"
    if not shutil.which("node") or not module.exists():
        return False
    done = subprocess.run(["node", "-e", CLIENT, module, address], capture_output=True, text=True, timeout=PATIENCE, check=False)
    expected = {"sources": INPUTS, "profiles": 2 * INPUTS, "active": INPUTS}
    judge.expect(done.returncode == 0 and json.loads(done.stdout) == expected, f"the npm package onvif: {done.stdout[-300:]}{done.stderr[-300:]}")
    return True


def main(watchrig):
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            devices = {device["id"]: device for device in rig.ready["devices"]}
            check_answers(judge, Camera(devices["dvr"]["onvif"]), Schemas(folder))
            check_connectors(judge, Camera(devices["dvr"]["onvif"]))
            check_many(judge, Camera(devices["big"]["onvif"]))
            check_streams(judge, devices["dvr"])
            check_pictures(judge, rig.ready["control"])
            visited = visit(judge, devices["big"]["onvif"])
    return judge.verdict("" if visited else NO_PUBLIC_CLIENT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
