#!/usr/bin/env python3
"""A virtual camera and a virtual recorder are whole devices of the ONVIF profiles that they claim, and what they are told has an effect.

usage: onvif_whole.py WATCHRIG
"""
import json
import pathlib
import re
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import Judge  # noqa: E402
import onvif_mandatory  # noqa: E402
import onvif_profiles  # noqa: E402
from onvif_camera import Camera  # noqa: E402
from onvif_pictures import IMAGING, MANUAL_EXPOSURE, imaging  # noqa: E402
from onvif_requests import card, encoder2, host  # noqa: E402
from onvif_recordings import RECORDING, SEARCH, described, job  # noqa: E402
from onvif_soap import PTZ, SCHEMA, SETUP, TDS, TR2, TRT, user  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

RIG = """
<rig>
  <camera id="gate" main="h264 320x180@10 200kbps" sub="h264 160x96@5 100kbps" audio="pcmu" username="admin" password="secret" onvif="yes" https="yes" dhcp-address="127.0.77.9"
          inputs="1" outputs="1" ptz="yes" imaging="yes" backchannel="yes" card-mb="4" analytics="yes"/>
  <camera id="plain" main="h264 320x180@10 200kbps" username="admin" password="secret" onvif="yes"/>
  <recorder id="dvr" channels="2" main="h264 320x180@10 200kbps" sub="h264 160x96@5 100kbps" audio="pcmu" username="admin" password="secret" onvif="yes" disk-mb="8" analytics="yes"/>
</rig>
"""


def ask(judge, camera, service, operation, content="", expected=200):
    """The text of the answer to the administrator."""
    status, text = camera.ask_as("admin", service, operation, content)
    judge.expect(status == expected, f"{operation} {content[:60]}: {status} {text[-300:]}")
    return text


def wait_for_restart(judge, camera, what):
    """Until it has been away and answers again."""
    begin, gone = time.monotonic(), False
    while time.monotonic() - begin < PATIENCE:
        try:
            camera.ask(TDS, "GetHostname", "")
            if gone:
                return
        except OSError:
            gone = True
        time.sleep(0.1)
    judge.expect(False, f"after {what} the camera {'does not come back' if gone else 'goes on as before'}")


def check_times(judge, camera):
    """A clock follows a time server only where one is known."""
    by_ntp = "<DateTimeType>NTP</DateTimeType><DaylightSavings>false</DaylightSavings>"
    text = ask(judge, camera, TDS, "SetSystemDateAndTime", by_ntp, 400)
    judge.expect(">ter:NtpServerUndefined<" in text, f"a clock without a time server: {text[-300:]}")
    for content, told in [("<FromDHCP>true</FromDHCP>", ["true"]), ("<FromDHCP>false</FromDHCP>" + host("NTPManual", "DNS", "time.example.org"), ["false", "time.example.org"])]:
        ask(judge, camera, TDS, "SetNTP", content)
        text = ask(judge, camera, TDS, "GetNTP")
        judge.expect(re.findall(r"(?:FromDHCP|DNSname)>([\w.]+)<", text) == told, f"SetNTP {content} becomes {text[-300:]}")
    ask(judge, camera, TDS, "SetSystemDateAndTime", by_ntp)
    judge.expect(">NTP<" in ask(judge, camera, TDS, "GetSystemDateAndTime"), "the clock does not follow the time server")


def state(judge, camera):
    """What a factory default is to bring back, that is not of the network; and the network's."""
    own = {
        "users": sorted(re.findall(r"Username>(\w+)<", ask(judge, camera, TDS, "GetUsers"))),
        "scopes": "elsewhere" in ask(judge, camera, TDS, "GetScopes"),
        "time": re.findall(r"(?:DateTimeType|TZ)>([\w-]+)<", ask(judge, camera, TDS, "GetSystemDateAndTime")),
        "encoder": re.findall(r"(?:Width|BitrateLimit)>(\d+)<", ask(judge, camera, TR2, "GetVideoEncoderConfigurations")),
        "presets": ask(judge, camera, PTZ, "GetPresets", "<ProfileToken>main</ProfileToken>").count("<tptz:Preset "),
        "lines": ask(judge, camera, TR2, "GetOSDs").count("<tr2:OSDs "),
    }
    network = {
        "hostname": re.findall(r"tt:Name>([\w-]+)<", ask(judge, camera, TDS, "GetHostname")),
        "gateway": re.findall(r"IPv4Address>([\d.]+)<", ask(judge, camera, TDS, "GetNetworkDefaultGateway")),
        "servers": re.findall(r"(?:IPv4Address|DNSname)>([\w.]+)<", ask(judge, camera, TDS, "GetDNS") + ask(judge, camera, TDS, "GetNTP")),
        "zero": re.findall(r"Enabled>(\w+)<", ask(judge, camera, TDS, "GetZeroConfiguration")),
    }
    return own, network


def check_recordings(judge, recorder, control):
    """A disk is recorded on while a job asks for it, each part on its own; a recording that is deleted takes with it what was recorded."""
    def disk():
        with urllib.request.urlopen(control, timeout=PATIENCE) as answer:
            return json.loads(answer.read())["onvif"]["disk"]

    def recording():
        return [part["recording"] for part in disk()]

    def state_of(token):
        return re.findall(r"State>(\w+)</tt:State>", ask(judge, recorder, RECORDING, "GetRecordingJobState", f"<JobToken>{token}</JobToken>"))[0]

    def mode(token, wanted):
        ask(judge, recorder, RECORDING, "SetRecordingJobMode", f"<JobToken>{token}</JobToken><Mode>{wanted}</Mode>")
    def wait_for_bytes():
        begin = time.monotonic()
        while not all(part["bytes"] for part in disk()) and time.monotonic() - begin < PATIENCE:
            time.sleep(0.2)
        judge.expect(all(part["bytes"] for part in disk()), f"on the disk is {disk()}")
    wait_for_bytes()
    mine = job(priority=5, recording="recording-2", profile="ch2-main")
    judge.expect(recording() == [True, True], f"at first the disk records {recording()}")
    mode("job-2", "Idle")
    judge.expect(recording() == [True, False] and state_of("job-2") == "Idle", f"after the job of the second part was stopped: {recording()}, {state_of('job-2')}")
    ask(judge, recorder, RECORDING, "CreateRecordingJob", mine)
    judge.expect(recording() == [True, True] and state_of("{job}") == "Active", f"another job has {recording()} recorded and is {state_of('{job}')}")
    mode("job-2", "Active")
    judge.expect((state_of("job-2"), state_of("{job}")) == ("Idle", "Active"), "the job with the lower priority is in charge")
    text = ask(judge, recorder, RECORDING, "CreateRecordingJob", mine, 500)
    judge.expect(">ter:MaxRecordingJobs<" in text, f"a third job: {text[-300:]}")
    for token in ("{job}", "job-2"):
        ask(judge, recorder, RECORDING, "DeleteRecordingJob", f"<JobToken>{token}</JobToken>")
    judge.expect(recording() == [True, False], f"without a job the disk records {recording()}")
    found = ask(judge, recorder, SEARCH, "FindRecordings", f"<Scope/><KeepAliveTime>PT60S</KeepAliveTime>")
    search = re.search(r"SearchToken>([^<]+)<", found)
    ask(judge, recorder, RECORDING, "DeleteRecording", "<RecordingToken>recording-2</RecordingToken>")
    found = ask(judge, recorder, SEARCH, "GetRecordingSearchResults", f"<SearchToken>{search and search[1]}</SearchToken>")
    judge.expect("recording-1<" in found and "recording-2<" not in found, f"a search that found it before it was deleted tells {found[-600:]}")
    judge.expect(disk()[1]["bytes"] == 0 and disk()[0]["bytes"] > 0, f"after its deletion there is {disk()}")
    ask(judge, recorder, SEARCH, "GetRecordingInformation", "<RecordingToken>recording-2</RecordingToken>", 400)
    ask(judge, recorder, RECORDING, "CreateRecording", described())
    told = ask(judge, recorder, RECORDING, "GetRecordingConfiguration", "<RecordingToken>{recording}</RecordingToken>")
    judge.expect(">Yard<" in told and ">what happens there<" in told, f"a recording that was made is told of as {told[-400:]}")
    ask(judge, recorder, RECORDING, "CreateRecordingJob", job(recording="{recording}", profile="ch2-main"))
    wait_for_bytes()


def change_everything(judge, camera):
    """Ends somewhere else in the network."""
    ask(judge, camera, TDS, "CreateUsers", user("guard", "Operator", "watch"))
    ask(judge, camera, TDS, "AddScopes", "<ScopeItem>onvif://www.onvif.org/location/elsewhere</ScopeItem>")
    ask(judge, camera, TDS, "SetHostname", "<Name>another</Name>")
    ask(judge, camera, TDS, "SetNetworkDefaultGateway", "<IPv4Address>127.0.0.254</IPv4Address>")
    ask(judge, camera, TDS, "SetDNS", "<FromDHCP>false</FromDHCP>" + host("DNSManual", "IPv4", "192.0.2.53"))
    ask(judge, camera, TDS, "SetNTP", "<FromDHCP>false</FromDHCP>" + host("NTPManual", "IPv4", "192.0.2.123"))
    ask(judge, camera, TDS, "SetZeroConfiguration", "<InterfaceToken>eth0</InterfaceToken><Enabled>true</Enabled>")
    ask(judge, camera, TDS, "SetSystemDateAndTime", f"<DateTimeType>NTP</DateTimeType><DaylightSavings>false</DaylightSavings><TimeZone><tt:TZ {SCHEMA}>CET-1</tt:TZ></TimeZone>")
    ask(judge, camera, TR2, "SetVideoEncoderConfiguration", encoder2("main", size=(160, 96), kbps=300))
    ask(judge, camera, PTZ, "SetPreset", "<ProfileToken>main</ProfileToken>")
    tokens = re.findall(r'OSDs token="([\w-]+)"', ask(judge, camera, TR2, "GetOSDs"))
    ask(judge, camera, TR2, "DeleteOSD", f"<OSDToken>{tokens[0]}</OSDToken>")
    ask(judge, camera, TDS, "SetNetworkInterfaces", "<InterfaceToken>eth0</InterfaceToken>" + card("127.0.77.8"))
    camera.base = camera.base.replace("127.0.0.1", "127.0.77.8")
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        try:
            camera.ask(TDS, "GetHostname", "")
            return
        except OSError:
            time.sleep(0.1)
    judge.expect(False, "the camera does not move")


def lens_and_wiper(control):
    with urllib.request.urlopen(control, timeout=PATIENCE) as answer:
        head = json.loads(answer.read())["head"]
    return head["auxiliaries"]["Wiper"], head["iris"]


def rtsp_port(judge, camera):
    return re.findall(r"rtsp://[^/:]*:(\d+)/", ask(judge, camera, TRT, "GetStreamUri", SETUP + "<ProfileToken>main</ProfileToken>"))


def check_factory_default(judge, camera, control):
    """A soft one keeps what the camera was told of the network, a hard one nothing (ONVIF Core, SetSystemFactoryDefault)."""
    first = state(judge, camera)
    port, head = rtsp_port(judge, camera), lens_and_wiper(control)
    ask(judge, camera, PTZ, "SendAuxiliaryCommand", "<ProfileToken>main</ProfileToken><AuxiliaryData>tt:Wiper|On</AuxiliaryData>")
    ask(judge, camera, IMAGING, "SetImagingSettings", imaging(MANUAL_EXPOSURE.format(10000, 15)))
    judge.expect(all(now != then for now, then in zip(lens_and_wiper(control), head)), f"wiper and lens stay {head}")
    change_everything(judge, camera)
    changed = state(judge, camera)
    for part in (0, 1):
        same = [name for name in first[part] if first[part][name] == changed[part][name]]
        judge.expect(not same, f"before the default, {same} could not be changed: {changed[part]}")
    ask(judge, camera, TDS, "SetSystemFactoryDefault", "<FactoryDefault>Soft</FactoryDefault>")
    wait_for_restart(judge, camera, "a soft default")
    now = state(judge, camera)
    judge.expect(now == (first[0], changed[1]), f"after a soft default: {now}, not {first[0]} with {changed[1]}")
    begin = time.monotonic()
    while lens_and_wiper(control) != head and time.monotonic() - begin < PATIENCE:
        time.sleep(0.1)
    judge.expect(lens_and_wiper(control) == head, f"wiper and lens are {lens_and_wiper(control)}, not {head}")
    ask(judge, camera, TDS, "CreateUsers", user("guard", "Operator", "watch"))
    ask(judge, camera, TDS, "SetSystemFactoryDefault", "<FactoryDefault>Hard</FactoryDefault>")
    camera.base = camera.base.replace("127.0.77.8", "127.0.0.1")
    wait_for_restart(judge, camera, "a hard default")
    judge.expect(state(judge, camera) == first, f"after a hard default: {state(judge, camera)}, not {first}")
    judge.expect(rtsp_port(judge, camera) == port, f"after a hard default streams are at the port {rtsp_port(judge, camera)}, not {port}")


def main(watchrig):
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            cameras = {device["id"]: Camera(device["onvif"]) for device in rig.ready["devices"]}
            onvif_mandatory.check_claims(judge, "gate", cameras["gate"], onvif_mandatory.EVERYTHING, "SG")
            onvif_mandatory.check_claims(judge, "dvr", cameras["dvr"], onvif_mandatory.EVERYTHING - {"relays", "head", "loudspeaker", "inputs"}, "SG")
            onvif_mandatory.check_claims(judge, "plain", cameras["plain"], set(), "")
            lacking = onvif_mandatory.missing(cameras["gate"], "T", onvif_mandatory.EVERYTHING)
            judge.expect(not lacking, f"of profile T a camera lacks {', '.join(lacking)}")
            check_recordings(judge, cameras["dvr"], f"{rig.ready['control']}/devices/dvr")
            check_factory_default(judge, cameras["gate"], f"{rig.ready['control']}/devices/gate")
            onvif_profiles.check(judge, cameras["gate"])
            onvif_profiles.check_sound(judge, cameras["gate"])
            check_times(judge, cameras["gate"])
    return judge.verdict()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
