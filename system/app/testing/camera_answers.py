"""What vmsd answers of virtual cameras, judged by its own description; a part of api_description.py."""
import json
import pathlib
import time
import urllib.parse
import urllib.request

from fuzz_bodies import OTHER_PASSWORD, STATIC, TABLE
from vmsd_client import PASSWORD, PATIENCE, Program

RIG = """
<rig>
  <camera id="dome" main="h264 640x360@10 300kbps gop=10" sub="h264 160x96@5 64kbps" sub2="h264 176x144@5 64kbps" username="admin" password="secret" onvif="yes"
          ptz="yes" imaging="yes" backchannel="yes" inputs="2" outputs="1" card-mb="16"/>
  <camera id="fresh" main="h264 320x180@5 64kbps" onvif="yes" discovery="yes" private="yes" initialised="no" address="own.10" serial="7"/>
  <camera id="usual" main="h264 320x180@5 64kbps gop=5" username="admin" password="admin" onvif="yes" discovery="yes" address="own.11"/>
  <camera id="same" main="h264 320x180@5 64kbps" onvif="yes" discovery="yes" initialised="no" address="own.12" serial="7"/>
  <camera id="far" main="h264 320x180@5 64kbps" username="admin" password="secret" onvif="yes"/>
</rig>
"""
SETTINGS = {"device_registration.port": 0}  # any free one
DEVICE, CHANNEL = "/api/v1/devices/{device}", "/api/v1/channels/{channel}"
PTZ, SEARCH, ADDING = CHANNEL + "/ptz", "/api/v1/discovery", "/api/v1/devices/adding"


class Visit:
    """Requests that must be answered, of one device and its channel."""

    def __init__(self, judge, **names):
        self.judge, self.names = judge, names

    def ask(self, method, pattern, body=None, query="", **names):
        """The content of the answer."""
        path = pattern
        for name, value in {**self.names, **names}.items():
            path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
        return self.judge.must(method, pattern, path + query, body)

    def until(self, what, pattern, done, query="", **names):
        """Asks until the answer is as it shall be."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.ask("get", pattern, query=query, **names)
            if answer is None or done(answer):
                return answer
            time.sleep(0.1)
        raise SystemExit(f"{what}: not within {PATIENCE} s, but {json.dumps(answer)[:600]}")


def visit_device(visit):
    visit.until("the camera is not asked", DEVICE + "/information", lambda told: told["read"])
    visit.ask("post", "/api/v1/devices/refresh", {"ids": [visit.names["device"], "d99999"]})
    visit.ask("post", "/api/v1/devices/clocks", {"ids": [visit.names["device"], "d99999"]})
    visit.ask("get", DEVICE + "/information")
    visit.ask("get", DEVICE)
    visit.ask("put", DEVICE + "/name", {"name": "North dome", "push": True})
    visit.ask("put", CHANNEL + "/name", {"name": "North gate", "push": True})
    visit.ask("get", DEVICE + "/io")
    visit.ask("patch", DEVICE + "/outputs/{output}", {"mode": "monostable", "delay_ms": 200, "idle": "closed"}, output="relay-1")
    visit.ask("put", DEVICE + "/outputs/{output}/state", {"active": True}, output="relay-1")


def visit_loudspeaker(visit):
    talk = CHANNEL + "/talk"
    visit.ask("get", talk)
    visit.judge.admin.call("PUT", "/api/v1/system/uploads/voice", "hum!" * 16_000)
    visit.judge.admin.call("POST", "/api/v1/voice-files", {"name": "hum.pcm"})
    visit.ask("post", talk, {"voice_file": "hum.pcm"})
    visit.until("nobody talks", talk, lambda told: told["talker"])
    visit.ask("delete", talk)
    visit.until("the talk goes on", talk, lambda told: told["talker"] is None)


def visit_pictures(visit):
    settings = visit.ask("get", CHANNEL + "/encoders/{stream}", stream="main")
    visit.ask("patch", CHANNEL + "/encoders/{stream}", {"fps": 5, "bitrate_kbps": settings["bitrate_kbps"], "gop": 10}, stream="main")
    for stream in ("sub", "sub2"):
        visit.ask("get", CHANNEL + "/encoders/{stream}", stream=stream)
    visit.ask("get", CHANNEL + "/overlays")
    visit.ask("patch", CHANNEL + "/overlays", {"name": {"shown": True, "x": 0.1, "y": 0.9}, "time": {"shown": False},
                                               "texts": [{"lines": ["North gate", "12"], "align": "right", "x": 0.5, "y": 0.25}]})
    pictures = visit.ask("get", CHANNEL + "/imaging")
    numbers = {name: setting["value"] for name, setting in pictures["settings"].items() if isinstance(setting.get("value"), (int, float))}
    visit.ask("patch", CHANNEL + "/imaging", {"brightness": numbers["brightness"]})


def visit_head(visit):
    abilities = visit.ask("get", PTZ)["abilities"]
    visit.ask("put", PTZ + "/operator")
    visit.ask("get", PTZ)
    visit.ask("post", PTZ + "/move", {"direction": "left", "speed": 3, "for_ms": 100})
    for command, body in (("stop", None), ("step", {"direction": "up"}), ("position", {"pan": 0.1, "zoom": 0}), ("centre", {"x": 0.4, "y": 0.6})):
        visit.ask("post", f"{PTZ}/{command}", body)
    for number in "12":
        visit.ask("put", PTZ + "/presets/{preset}", {"name": "Place " + number}, preset=number)
    visit.ask("get", PTZ + "/presets")
    visit.ask("post", PTZ + "/presets/{preset}/call", {}, preset="1")
    visit.ask("put", PTZ + "/home")
    visit.ask("post", PTZ + "/home", {"speed": 8})
    points = [{"preset": number, "speed": 4, "stay_seconds": 1} for number in (1, 2)]
    visit.ask("put", PTZ + "/tours/{tour}", {"name": "Round", "points": points}, tour="1")
    visit.ask("put", PTZ + "/tours/{tour}/state", {"running": True}, tour="1")
    visit.ask("delete", PTZ + "/presets/{preset}", preset="2")
    visit.ask("get", PTZ + "/tours")
    visit.ask("put", PTZ + "/auxiliaries/{auxiliary}", {"on": True}, auxiliary=abilities["auxiliaries"][0])
    visit.ask("delete", PTZ + "/tours/{tour}", tour="1")
    visit.ask("delete", PTZ + "/operator")


def visit_recordings(visit):
    visit.ask("put", CHANNEL + "/recording", {"plan": "continuous"})
    spans = visit.until("nothing is recorded", CHANNEL + "/spans", lambda told: told["spans"])["spans"]
    visit.until("the recording does not grow", CHANNEL + "/spans", lambda told: told["spans"][-1]["to"] > spans[0]["to"])
    period = f"?from={spans[0]['from']}&to={spans[0]['to']}"
    visit.ask("get", "/api/v1/recordings", query=f"{period}&type=regular,motion&channels={visit.names['channel']}")
    visit.ask("get", "/api/v1/recordings/days", query=f"?month={spans[0]['from'][:7]}&channels={visit.names['channel']}")
    visit.ask("get", "/api/v1/recordings/estimate", query="?kbps=2048&mb=1000000")
    lock = visit.ask("post", CHANNEL + "/recording-locks", {"from": spans[0]["from"], "to": spans[0]["to"], "reason": "theft"})
    volumes = visit.ask("get", "/api/v1/recording-volumes")["volumes"]
    visit.ask("get", "/api/v1/disk-groups")
    visit.ask("patch", "/api/v1/recording-volumes", {"ids": [volumes[0]["directory"]], "change": {"disk_group": 1}})
    visit.ask("get", "/api/v1/recording-volumes", query="?disk_group=1")
    visit.ask("get", "/api/v1/recording-locks", query=f"?channel={visit.names['channel']}")
    visit.ask("delete", "/api/v1/recording-locks/{lock}", lock=lock["id"])
    visit.ask("get", CHANNEL + "/export.mp4", query=period)
    export = visit.ask("post", "/api/v1/exports", {"channels": [visit.names["channel"]], "from": spans[0]["from"], "to": spans[0]["to"], "reason": "theft"})["id"]
    visit.until("the export is not done", f"/api/v1/exports/{{export}}", lambda told: told["state"] == "done", export=export)
    visit.ask("get", "/api/v1/exports")
    visit.ask("get", "/api/v1/exports/{export}/file", export=export)
    visit.ask("patch", "/api/v1/exports", {"paused": True})
    visit.ask("patch", "/api/v1/exports/{export}", {"paused": False}, export=export)
    visit.ask("delete", "/api/v1/exports/{export}", export=export)
    visit.ask("delete", "/api/v1/exports")
    visit.ask("get", "/api/v1/signing-key")
    visit.ask("get", CHANNEL + "/picture.jpg", query=f"?at={spans[0]['from']}&width=160")
    visit.until("the card has nothing", CHANNEL + "/device-recordings", lambda told: told["spans"], query=period)
    visit.ask("get", CHANNEL + "/device-recordings/export.mp4", query=period)
    visit.ask("get", CHANNEL)
    visit.ask("get", "/api/v1/channels", query="?columns=name,state")
    visit.ask("put", CHANNEL + "/recording", {"plan": "none"})


def visit_search(visit, addresses):
    visit.ask("post", SEARCH, {"addresses": addresses, "seconds": 30})
    visit.ask("get", SEARCH)
    visit.ask("delete", SEARCH)
    visit.until("the search is not stopped", SEARCH, lambda told: told["state"] == "stopped")
    visit.ask("post", SEARCH, {"addresses": addresses, "seconds": 1})
    found = visit.until("the search goes on", SEARCH, lambda told: told["state"] == "done")["devices"]
    of_host = {device["address"]: device["endpoint"] for device in found}
    fresh, usual, same = (of_host[address] for address in addresses)
    visit.ask("post", SEARCH + "/preview", {"endpoint": usual})
    visit.ask("post", SEARCH + "/initialisation", {"endpoints": [fresh, "urn:uuid:0"], "password": OTHER_PASSWORD, "email": "a@example.org"})
    visit.ask("post", SEARCH + "/initialisation", {"endpoints": [same], "password": OTHER_PASSWORD, "email": "a@example.org", "add": True})
    host = addresses[0].rpartition(".")[0]
    order = {**STATIC, "address": host + ".20", "gateway": host + ".254"}
    visit.ask("post", SEARCH + "/addresses", {"endpoints": [fresh, usual], "password": OTHER_PASSWORD, **order})
    job = visit.ask("post", ADDING, {"rows": [{"endpoint": fresh, "password": OTHER_PASSWORD}, {"endpoint": usual, "password": "wrong"}]})["id"]
    rows = visit.until("the adding goes on", ADDING + "/{job}", lambda told: told["state"] == "done", job=job)["rows"]
    visit.ask("get", SEARCH)
    added = rows[0]["id"]
    visit.ask("post", "/api/v1/devices/addresses", {"ids": [added, "d99999"], **order, "address": host + ".30"})
    visit.ask("post", "/api/v1/devices/ports", {"ids": [added], "port": 8000})
    visit.ask("delete", ADDING + "/{job}", job=job)


def visit_absent(visit):
    """A device that does not answer, and has several channels."""
    device = visit.ask("post", "/api/v1/devices", {"name": "Absent", "driver": "onvif", "address": "127.0.0.1", "port": 1, "channel_count": 2})
    names = {"device": device["id"], "channel": device["channels"][1]["id"]}
    visit.ask("put", DEVICE + "/name", {"name": "Away", "push": True}, **names)
    visit.ask("post", "/api/v1/devices/refresh", {"ids": [device["id"]]})
    visit.ask("delete", CHANNEL, **names)


def register(rig, device, desk):
    """Has a camera register at that address."""
    body = json.dumps({"what": "registration", "at": desk}).encode()
    request = urllib.request.Request(f"{rig.ready['control']}/devices/{device}/state", body, method="PUT")
    urllib.request.urlopen(request, timeout=PATIENCE).close()


def visit_registrations(visit, rig):
    visit.judge.admin.call("PATCH", "/api/v1/settings/device_registration", {"enabled": True, "address": "127.0.0.1"})
    state = "/api/v1/device-registrations"
    desk = visit.until("nobody can register", state, lambda told: told["listens_on"])["listens_on"]
    register(rig, "far", desk)
    visit.until("nobody is refused", state, lambda told: told["refused"])
    visit.ask("post", "/api/v1/devices", {"name": "Far", "driver": "registered", "username": "admin", "password": "secret",
                                          "streams": {"main": "http://far/onvif/device_service"}})
    visit.until("nobody is registered", state, lambda told: told["registered"])


def visit_cameras(judge, watchrig, folder, log):
    # Everything may have been removed before, the session too.
    judge.admin.session = judge.admin.call("POST", "/api/v1/sessions", {"username": "admin", "password": PASSWORD})
    rig_file = pathlib.Path(folder) / "rig.xml"
    rig_file.write_text(RIG, encoding="utf-8")
    with Program(log, watchrig, "rig", rig_file) as rig:
        cameras = {device["id"]: device for device in rig.ready["devices"]}
        urls = {name: urllib.parse.urlsplit(camera["onvif"]) for name, camera in cameras.items()}
        dome = judge.must("post", "/api/v1/devices", "/api/v1/devices", {
            "name": "Dome", "driver": "onvif", "streams": dict.fromkeys(("main", "sub", "sub2"), urls["dome"].geturl()), "username": "admin", "password": "secret", "heads": 1})
        visit = Visit(judge, device=dome["id"], channel=dome["channels"][0]["id"])
        visit.until("the camera is not online", CHANNEL, lambda told: told["state"] == "online" and told["streams"]["main"]["units"] > 20)
        visit_device(visit)
        visit_recordings(visit)
        visit_pictures(visit)
        visit_loudspeaker(visit)
        visit_head(visit)
        visit_search(visit, [urls[name].hostname for name in ("fresh", "usual", "same")])
        visit_absent(visit)
        visit_registrations(visit, rig)
        visit.ask("post", "/api/v1/devices/import", TABLE, query="?check=true")
        visit.ask("put", DEVICE + "/connection", {"connected": False})
        visit.ask("get", CHANNEL)
        visit.ask("delete", DEVICE)
