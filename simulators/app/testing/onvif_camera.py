#!/usr/bin/env python3
"""The ONVIF services of a virtual camera: every operation answers as the schemas say, to those who may ask, whatever else is sent.

usage: onvif_camera.py WATCHRIG. The requests are made with Python's library alone, HTTP Digest with curl, and a whole visit with
the npm package `onvif` (tools/setup.sh installs it); without that the end is 77, a skip, when all else was right.
"""
import datetime
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import NO_PUBLIC_CLIENT, Judge  # noqa: E402
import onvif_analytics  # noqa: E402
import onvif_events  # noqa: E402
import onvif_pictures  # noqa: E402
import onvif_recordings  # noqa: E402
import onvif_requests  # noqa: E402
from onvif_encoder import check_encoder  # noqa: E402
import onvif_profiles  # noqa: E402
import onvif_ptz  # noqa: E402
from onvif_requests import EVENTS, IO, PULLING, REFUSED, REQUESTS, contents, topics  # noqa: E402
from onvif_schemas import Schemas  # noqa: E402
from onvif_soap import PTZ, TDS, TR2, TRT, bombs, envelope, false_host, many_attributes, post, token  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

NO_READER = "Tesseract is not installed, so nobody has read the texts in the pictures; tools/setup.sh installs it"
ALL_REQUESTS = REQUESTS + onvif_profiles.REQUESTS + onvif_recordings.REQUESTS + onvif_pictures.REQUESTS + onvif_analytics.REQUESTS
RIG = """
<rig>
  <camera id="gate" main="h264 320x180@10 200kbps" sub="mjpeg 160x96@5 100kbps" audio="pcmu" username="admin" password="secret" onvif="yes" https="yes"
          inputs="2" outputs="1" ptz="yes" imaging="yes" backchannel="yes" card-mb="4" analytics="yes"/>
  <camera id="yard" main="h265 320x180@10 200kbps" sub="h264 160x96@5 100kbps" audio="aac" onvif="yes" https="yes" inputs="1" outputs="1" ptz="yes" imaging="yes" backchannel="yes" card-mb="4" analytics="yes"/>
  <camera id="wall" main="h264 640x360@10 1Mbps gop=5" onvif="yes" imaging="yes"/>
</rig>
"""
LAST = onvif_recordings.LAST + onvif_requests.LAST
LEVELS = {  # ONVIF Core 5.9.4.6
    None: {"pre_auth"},
    "viewer": {"pre_auth", "read_system", "read_media"},
    "guard": {"pre_auth", "read_system", "read_media", "read_system_sensitive", "actuate"},
}
PASSWORDS = {"admin": "secret", "viewer": "look", "guard": "watch"}


class Camera:
    def __init__(self, address):
        self.base = address.rsplit("/", 1)[0]
        self.subscription, self.search, self.osd, self.certificate = "none", "none", "none", ""  # the last that were made
        self.profile, self.recording, self.job = "none", "recording-main", "none"
        self.account = "admin"

    def post(self, path, text):
        """Status and text of the answer."""
        return post(f"{self.base}/{path}", text)

    def ask(self, service, operation, content, header=""):
        path, uri = service
        content = content.replace("{search}", self.search).replace("{osd}", self.osd).replace("{certificate}", self.certificate).replace("{port}", str(urllib.parse.urlsplit(self.base).port))
        content = content.replace("{now}", datetime.datetime.now(datetime.timezone.utc).isoformat())
        content = content.replace("{profile}", self.profile).replace("{recording}", self.recording).replace("{job}", self.job)
        status, text = self.post(path.format(self.subscription), envelope(f'<{operation} xmlns="{uri}">{content}</{operation}>', header))
        made = re.search(r"/onvif/subscription/(\w+)<", text)
        if made:
            self.subscription = made.group(1)
        begun = re.search(r"SearchToken>([\w-]+)<", text)
        if begun:
            self.search = begun.group(1)
        written = re.search(r"OSDToken>([\w-]+)<", text)
        if written:
            self.osd = written.group(1)
        for what, made in (("profile", r"<tr2:Token>(profile-\d+)<"), ("recording", r"RecordingToken>(recording-made-\d+)<"), ("job", r"JobToken>(job-made-\d+)<")):
            found = re.search(made, text)
            if found:
                setattr(self, what, found.group(1))
        certificate = re.search(r"NvtCertificate>.*?Data>([^<]+)<", text, re.DOTALL)
        if certificate:
            self.certificate = certificate.group(1)
        return status, text

    def ask_as(self, name, service, operation, content):
        return self.ask(service, operation, content, token(name, PASSWORDS[name]) if name else "")


def operations_in_code():
    """Names of all operations, by service, as the tables of the camera list them."""
    folder = ROOT / "simulators/camera/onvif"
    found = set()
    for file, function, service in [("device_service", "device_service", TDS), ("network_service", "network_operations", TDS), ("name_service", "name_operations", TDS), ("certificate_operations", "certificate_operations", TDS), ("user_service", "user_and_time_service", TDS),
                                    ("media_service", "media_service", TRT), ("media2_service", "media2_service", TR2),
                                    ("event_service", "event_service", EVENTS), ("event_service", "subscription_service", PULLING),
                                    ("audio_output_operations", "audio_output_operations1", TRT), ("audio_output_operations", "audio_output_operations2", TR2),
                                    ("io_service", "relay_operations", TDS), ("io_service", "io_service", IO), ("ptz_service", "ptz_service", PTZ),
                                    ("ptz_configurations", "ptz_configuration_operations", PTZ), ("ptz_tour_operations", "ptz_tour_operations", PTZ)] + onvif_profiles.tables() + onvif_recordings.tables() + onvif_pictures.tables() + onvif_analytics.tables():
        text = (folder / f"{file}.cpp").read_text(encoding="utf-8")
        table = re.search(rf" {function}\(OnvifDevice& d\) \{{\n(.*?)\n\}}\n", text, re.DOTALL).group(1)
        found |= {(service[0], name) for name in re.findall(r'\{"([A-Z]\w+)",\s+(?:A::|read,|actuate,|AccessClass::)', table)}
    return found


def check_answers(judge, cameras, schemas):
    answers = {}
    for name, camera in cameras.items():
        for service, operation, content, _ in ALL_REQUESTS:
            if name == "yard" and operation in ("CreateUsers", "SetUser"):
                continue  # a camera without accounts takes an administrator first
            if name == "yard" and service == TRT and operation != "GetServiceCapabilities":
                # Version 1 cannot tell of H.265.
                content = content.replace("main", "sub")
            status, text = camera.ask_as("admin" if name == "gate" else None, service, operation, content)
            answers[f"{name}-{service[0].replace('/{}', '')}-{operation}"] = text
            judge.expect(status == 200, f"{name}: {operation} answers {status}: {text[-300:]}")
            judge.expect(f":{operation}Response" in text, f"{name}: {operation} is answered with something else: {text[:300]}")
    for service, operation, content, subcode in REFUSED + onvif_profiles.REFUSED + onvif_recordings.REFUSED + onvif_pictures.REFUSED + onvif_analytics.REFUSED:
        status, text = cameras["gate"].ask_as("admin", service, operation, content)
        answers[f"fault-{len(answers)}-{operation}"] = text
        judge.expect(status == (500 if ":Receiver<" in text else 400) and f">{subcode}<" in text, f"{operation} {content[:80]}: {status}, not {subcode}: {text[-300:]}")
    damaged = answers["gate-media_service-GetProfiles"].replace("tt:Name", "tt:Nome")
    judge.expect(schemas.wrong({"damaged": damaged}), "the schemas take anything")
    for name, wrong in schemas.wrong(answers).items():
        judge.expect(False, f"{name} is not valid: {wrong}")
    judge.checks += len(answers)
    judge.expect("main" not in re.findall(r'token="(\w+)"', answers["yard-media_service-GetProfiles"]), "version 1 tells of H.265")
    judge.expect(">H265<" in answers["yard-media2_service-GetProfiles"], "version 2 does not tell of H.265")


def check_access(judge, camera):
    for name, classes in LEVELS.items():
        for service, operation, content, access in ALL_REQUESTS + LAST:
            if name and access in ("write_system", "unrecoverable") and access in classes:
                continue
            status, text = camera.ask_as(name, service, operation, content)
            allowed = access in classes
            refused = status == (400 if name else 401) and ">ter:NotAuthorized<" in text
            judge.expect(status == 200 if allowed else refused, f"{operation} as {name or 'nobody'}: {status}")
    service, operation, content, _ = REQUESTS[1]
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = {"a wrong password": token("admin", "Secret"), "an unknown user": token("root", "secret"),
               "a token of yesterday": token("admin", "secret", now - datetime.timedelta(days=1)),
               "a token of tomorrow": token("admin", "secret", now + datetime.timedelta(days=1))}
    for what, header in headers.items():
        status, _ = camera.ask(service, operation, content, header)
        judge.expect(status == 401, f"{what} gives {status}")


def check_digest(judge, camera):
    """HTTP Digest, by curl: requests, and the snapshot."""
    body = envelope(f'<GetDeviceInformation xmlns="{TDS[1]}"/>')
    for password, expected in [("secret", "200"), ("wrong", "401")]:
        done = subprocess.run(["curl", "--silent", "--digest", "--user", f"admin:{password}", "--data", body, "--output", "/dev/null",
                               "--write-out", "%{http_code}", f"{camera.base}/device_service"], capture_output=True, text=True, check=False)
        judge.expect(done.stdout == expected, f"curl with the password {password}: {done.stdout}, not {expected}")
        for stream in ("main", "sub"):
            done = subprocess.run(["curl", "--silent", "--digest", "--user", f"admin:{password}", f"{camera.base}/snapshot/{stream}"],
                                  capture_output=True, check=False)
            is_picture = done.stdout.startswith(b"\xff\xd8") and done.stdout.rstrip(b"\0").endswith(b"\xff\xd9")
            judge.expect(is_picture == (expected == "200"), f"a snapshot of {stream} with the password {password}: {done.stdout[:40]}")


def check_hostile(judge, camera):
    deepest = {"most depth": envelope("<a>" * 100000 + "</a>" * 100000)}
    for what, bomb in (bombs() | deepest).items():
        status, text = camera.post("device_service", bomb)
        judge.expect(status == 400, f"{what}: {status} {text[:200]}")
    status, text = camera.post("device_service", many_attributes(20000))
    judge.expect(status in (200, 400), f"many attributes: {status} {text[:200]}")
    status, _ = camera.post("device_service", envelope("x" * (2 << 20)))
    judge.expect(status == 413, f"2 MiB: {status}")
    judge.expect(not false_host(f"{camera.base}/device_service"), "a false host name comes back")
    status, _ = camera.ask(TDS, "GetHostname", "")
    judge.expect(status == 200, f"after all that: {status}")


def check_last(judge, camera):
    for service, operation, content, _ in LAST:
        status, text = camera.ask_as("admin", service, operation, content)
        judge.expect(status == 200, f"{operation}: {status} {text[-200:]}")
    gone = threading.Event()
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        try:
            status, _ = camera.ask(TDS, "GetHostname", "")
            if gone.is_set():
                break
        except OSError:
            gone.set()
        gone.wait(0.1) if not gone.is_set() else threading.Event().wait(0.2)
    judge.expect(gone.is_set(), "a reboot changes nothing")
    judge.expect(status == 200, "the camera does not come back from its reboot")


def port_of(rig, camera):
    """Of the camera's RTSP server."""
    device = next(device for device in rig.ready["devices"] if device["id"] == camera)
    return urllib.parse.urlsplit(device["streams"]["main"]["url"]).port


def visit_with_public_client(judge, address, name, password, state):
    """Whether it could be done at all."""
    module = ROOT / "tools/node/node_modules/onvif"
    if not shutil.which("node") or not module.exists():
        return False
    done = subprocess.run(["node", ROOT / "simulators/app/testing/onvif_client.js", module, address, name, password, state],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    judge.expect(done.returncode == 0, f"the npm package onvif, as \"{name}\": {done.stdout[-400:]}{done.stderr[-400:]}")
    return True


def main(watchrig):
    judge = Judge()
    asked = {(service[0], operation) for service, operation, _, _ in ALL_REQUESTS + LAST}
    judge.expect(operations_in_code() == asked, f"asked and offered operations differ: {operations_in_code() ^ asked}")
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            addresses = {device["id"]: device["onvif"] for device in rig.ready["devices"]}
            cameras = {name: Camera(address) for name, address in addresses.items()}
            control = rig.ready["control"]
            onvif_recordings.check(judge, cameras["gate"], f"{control}/devices/gate")
            visited = [visit_with_public_client(judge, addresses["gate"], "admin", "secret", f"{control}/devices/gate/state"),
                       visit_with_public_client(judge, addresses["yard"], "", "", f"{control}/devices/yard/state")]
            schemas = Schemas(folder)
            has_reader = onvif_pictures.check(judge, cameras.pop("wall"), rig, schemas)
            check_answers(judge, cameras, schemas)
            onvif_events.check(judge, cameras["yard"], f"{control}/devices/yard", schemas, topics, contents)
            onvif_ptz.check(judge, cameras["yard"], f"{control}/devices/yard", schemas)
            check_access(judge, cameras["gate"])
            check_digest(judge, cameras["gate"])
            check_hostile(judge, cameras["gate"])
            check_encoder(judge, cameras["gate"], port_of(rig, "gate"))
            check_last(judge, cameras["gate"])
    return judge.verdict("" if all(visited) else NO_PUBLIC_CLIENT, "" if has_reader else NO_READER)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
