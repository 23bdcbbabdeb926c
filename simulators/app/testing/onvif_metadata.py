#!/usr/bin/env python3
"""The metadata stream of a virtual camera: documents as the schemas say, of exactly the pictures beside them, for clients that nobody here wrote.

usage: onvif_metadata.py WATCHRIG. Pictures are decoded by FFmpeg; where something moves in them must be where the documents have objects. GStreamer and
ffprobe receive the track too. The end is 77, a skip, when GStreamer is not there and all else was right.
"""
import datetime
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import Judge  # noqa: E402
from metadata_reader import Watch, pictures  # noqa: E402
from onvif_analytics import check_configurations, check_rules  # noqa: E402
from onvif_requests import EVENTS, topics  # noqa: E402
from onvif_soap import envelope, post  # noqa: E402
from onvif_schemas import Schemas  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

NO_GSTREAMER = "GStreamer is not installed, so it has not received the metadata; tools/setup.sh installs it"
TT = "{http://www.onvif.org/ver10/schema}"
WIDTH, HEIGHT = 640, 360
TOP = 44  # above are the stamp and the time
RIG = f"""
<rig>
  <camera id="gate" main="h264 {WIDTH}x{HEIGHT}@10 2Mbps gop=10" sub="mjpeg 160x96@5 200kbps" audio="pcmu" onvif="yes" analytics="yes"/>
  <camera id="dome" main="h264 {WIDTH}x{HEIGHT}@10 2Mbps gop=10" onvif="yes" ptz="yes" analytics="yes" analytics-rate="10"/>
  <recorder id="dvr" channels="2" main="h264 320x180@10 500kbps gop=10" onvif="yes" analytics="yes" analytics-rate="2" clock-ahead="3600s"/>
  <camera id="plain" main="h264 320x180@10 500kbps gop=10" onvif="yes"/>
</rig>
"""


def microseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1e6)


class Frame:
    """What a document says of a picture."""

    def __init__(self, document):
        frame = ElementTree.fromstring(document).find(f"{TT}VideoAnalytics/{TT}Frame")
        self.time = microseconds(frame.get("UtcTime"))
        self.objects = {int(node.get("ObjectId")): node for node in frame.findall(f"{TT}Object")}

    def boxes(self):
        """Left, top, right and bottom in pixels, rounded."""
        for node in self.objects.values():
            box = {name: float(value) for name, value in node.find(f"{TT}Appearance/{TT}Shape/{TT}BoundingBox").attrib.items()}
            yield (round((box["left"] + 1) / 2 * WIDTH), round((1 - box["top"]) / 2 * HEIGHT), round((box["right"] + 1) / 2 * WIDTH), round((1 - box["bottom"]) / 2 * HEIGHT))


def stray_pixels(planes, boxes, margin=4):
    """How many pixels differ between two pictures, and how many of them are in none of the boxes."""
    first, second = planes
    covered = bytearray(WIDTH * HEIGHT)
    for left, top, right, bottom in boxes:
        left, right = max(0, left - margin), min(WIDTH, right + margin)
        for y in range(max(0, top - margin), min(HEIGHT, bottom + margin)):
            covered[y * WIDTH + left:y * WIDTH + right] = b"\1" * (right - left)
    changed = [at for at in range(TOP * WIDTH, WIDTH * HEIGHT) if abs(first[at] - second[at]) > 48]
    return len(changed), sum(not covered[at] for at in changed)


def check_pictures(judge, name, watch, ahead=0):
    """Documents and pictures agree in time, by their own words and by the sender reports, and in what is where."""
    shown = pictures(watch.h264(), WIDTH, HEIGHT)
    frames = [Frame(text) for _, text in watch.documents()]
    both = [frame for frame in frames if frame.time in shown]
    judge.expect(len(both) >= len(frames) - 2 > 5, f"{name}: of {len(frames)} documents only {len(both)} tell of a picture that came")
    for frame, (timestamp, _) in zip(frames, watch.documents()):
        apart = watch.named["application"].time_of(timestamp) - frame.time / 1e6
        judge.expect(abs(apart) < 0.002, f"{name}: by its sender report a document is {apart:.6f} s from its UtcTime")
    video = {round(watch.named["video"].time_of(timestamp) * 1000) for timestamp, _ in watch.named["video"].units}
    joined = [frame for frame in both if {round(frame.time / 1000) + ms for ms in (-1, 0, 1)} & video]
    judge.expect(len(joined) >= len(both) - 1, f"{name}: only {len(joined)} of {len(both)} documents meet their picture by sender reports")
    moved = stray = late = 0
    for first, second in zip(both[::4], both[4::4]):
        planes = shown[first.time], shown[second.time]
        changed, outside = stray_pixels(planes, [*first.boxes(), *second.boxes()])
        moved, stray = moved + changed, stray + outside
        # The same judge with boxes of another time: it has to see that.
        others = [frame for frame in frames if abs(frame.time - first.time) > 1500000 and abs(frame.time - second.time) > 1500000]
        late += stray_pixels(planes, others[0].boxes())[1] if others else 0
    judge.expect(moved > 2000, f"{name}: nothing moves in the pictures ({moved} pixels)")
    judge.expect(stray < moved / 50, f"{name}: {stray} of {moved} changed pixels are where no document has an object")
    judge.expect(late > moved / 10, f"{name}: boxes of another time fit as well ({late} of {moved} changed pixels)")


def check_content(judge, name, watch, schemas, rate, seconds):
    documents = [text for _, text in watch.documents()]
    judge.expect("vnd.onvif.metadata/90000" in watch.sdp, f"{name}: no metadata in the description")
    judge.expect(watch.named["application"].lost == 0, f"{name}: metadata packets are missing")
    judge.expect(len(documents) >= rate * (seconds - 2), f"{name}: {len(documents)} documents in {seconds} s at {rate} a second")
    for number, wrong in schemas.wrong({f"{name}{number}": text for number, text in enumerate(documents)}).items():
        judge.expect(False, f"{number} is not valid: {wrong}")
    judge.checks += len(documents)
    types, plates = set(), {}
    for text in documents:
        for number, node in Frame(text).objects.items():
            kind = node.find(f"{TT}Appearance/{TT}Class/{TT}Type").text
            plate = node.findtext(f"{TT}Appearance/{TT}LicensePlateInfo/{TT}PlateNumber")
            types.add(kind)
            if plate:
                judge.expect(plates.setdefault(number, plate) == plate and kind == "Vehicle", f"{name}: object {number} has the plates {plate} and {plates[number]}")
    judge.expect(types and types <= {"Human", "Vehicle", "Bicycle"}, f"{name}: objects are {types}")
    return plates


def check_damage(judge, schemas, document):
    damaged = {"tip": document.replace(" top=", " tip="), "time": document.replace(" UtcTime=", " Time="), "shape": document.replace("tt:CenterOfGravity", "tt:Middle")}
    judge.expect(len(schemas.wrong(damaged)) == len(damaged), "the schemas take any metadata")


def check_gstreamer(judge, url, folder):
    if not shutil.which("gst-launch-1.0"):
        return False
    caps = "application/x-rtp,media=(string)application,encoding-name=(string)VND.ONVIF.METADATA"
    done = subprocess.run(["gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "protocols=tcp", "latency=0", "!", caps, "!", "identity", "eos-after=150", "!", "multifilesink", f"location={folder}/packet%03d"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    packets = [path.read_bytes() for path in sorted(pathlib.Path(folder).glob("packet*"))]
    documents = "".join(("\n" if packet[1] & 0x80 else "").join([packet[12:].decode(), ""]) for packet in packets).split("\n")
    whole = [text for text in documents if text.startswith("<?xml") and text.endswith("MetadataStream>")]
    judge.expect(len(whole) >= 3, f"GStreamer: {len(packets)} packets, {len(whole)} documents: {done.stderr[-300:]}")
    for text in whole:
        judge.expect(Frame(text).objects is not None, "GStreamer: a document without a frame")
    return True


def check_ffprobe(judge, url):
    done = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_type", "-of", "csv=p=0", url], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    judge.expect(sorted(done.stdout.split()) == ["audio", "data", "video"], f"ffprobe sees {done.stdout.split()}: {done.stderr[-300:]}")


def check_ledger(judge, rig, watch):
    """The ledger has each document that came, byte for byte."""
    with urllib.request.urlopen(f"{rig.ready['control']}/devices/gate/ledger?stream=main&track=metadata", timeout=PATIENCE) as answer:
        units = json.load(answer)["units"]
    digests = {unit["digest"]: unit for unit in units}
    for _, text in watch.documents()[1:]:
        unit = digests.get(hashlib.sha256(text.encode()).hexdigest())
        judge.expect(unit and unit["size"] == len(text.encode()) and unit["sent"] >= 1, "a document that came is not in the ledger as sent")


class Services:
    """The ONVIF services of a camera without accounts."""

    def __init__(self, judge, rig, camera):
        self.judge, self.control = judge, f"{rig.ready['control']}/devices/{camera}"
        self.base = next(device["onvif"] for device in rig.ready["devices"] if device["id"] == camera).rsplit("/", 1)[0]
        self.subscription = ""

    def ask(self, service, operation, content):
        status, text = post(f"{self.base}/{service[0]}", envelope(f'<{operation} xmlns="{service[1]}">{content}</{operation}>'))
        self.judge.expect(status == 200, f"{operation}: {status} {text[-300:]}")
        return text

    def subscribe(self):
        self.subscription = re.search(r"(subscription/\w+)<", self.ask(EVENTS, "CreatePullPointSubscription", "")).group(1)

    def pull(self):
        return self.ask((self.subscription, EVENTS[1]), "PullMessages", "<Timeout>PT1S</Timeout><MessageLimit>100</MessageLimit>")

    def status(self):
        with urllib.request.urlopen(self.control, timeout=PATIENCE) as answer:
            return json.load(answer)


def main(watchrig):
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        schemas = Schemas(folder)
        with Program(log, watchrig, "rig", rig_file) as rig:
            urls = {(device["id"], stream): about["url"] for device in rig.ready["devices"] for stream, about in device["streams"].items()}
            main_stream = Watch(urls["gate", "main"], 12)
            plates = check_content(judge, "gate", main_stream, schemas, 5, 12)
            judge.expect(plates, "no car has a plate")
            check_damage(judge, schemas, main_stream.documents()[0][1])
            check_pictures(judge, "gate", main_stream)
            check_ledger(judge, rig, main_stream)
            sub = Watch(urls["gate", "sub"], 4)
            check_content(judge, "gate-sub", sub, schemas, 5, 4)
            dome = Watch(urls["dome", "main"], 10)
            check_content(judge, "dome", dome, schemas, 10, 10)
            check_pictures(judge, "dome", dome)
            second = Watch(urls["dvr", "ch2-main"], 4)
            check_content(judge, "dvr", second, schemas, 2, 4)
            ahead = Frame(second.documents()[0][1]).time / 1e6 - datetime.datetime.now().timestamp()
            judge.expect(3580 < ahead < 3600, f"a recorder whose clock is an hour ahead tells times {ahead} s ahead")
            judge.expect("application" not in Watch(urls["plain", "main"], 1).sdp, "a camera without analytics tells of metadata")
            wanted = f'<CreatePullPointSubscription xmlns="{EVENTS[1]}">{topics("tns1:RuleEngine/LineDetector/Crossed")}</CreatePullPointSubscription>'
            judge.expect("TopicNotSupportedFault" in post(f"{Services(judge, rig, 'plain').base}/{EVENTS[0]}", envelope(wanted))[1], "a camera without analytics has its topics")
            check_ffprobe(judge, urls["gate", "main"])
            gate = Services(judge, rig, "gate")
            check_configurations(judge, gate.ask, urls["gate", "main"], schemas)
            check_rules(judge, gate.ask, urls["gate", "main"], gate.status, gate.subscribe, gate.pull)
            received = check_gstreamer(judge, urls["gate", "main"], folder)
    return judge.verdict("" if received else NO_GSTREAMER)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
