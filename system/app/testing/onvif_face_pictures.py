"""vmsd as an ONVIF device: heads that are turned by it, and snapshots. A part of onvif_face.py."""
import re
import subprocess
import time

from onvif_face_requests import DOME, LAST, velocity
from onvif_soap import PTZ, TRT, post
from vmsd_client import PASSWORD, PATIENCE, Client, Refused


def pan(face):
    """Where the head of the dome is, once it rests."""
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        _, text = face.ask_as("eye", PTZ, "GetStatus", DOME)
        if ">MOVING<" not in text:
            return float(re.search(r'PanTilt x="([^"]+)"', text).group(1))
    raise SystemExit("the head of the dome does not come to rest")


def command(face, operation, content):
    """As an operator, once nobody else steers the dome."""
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        status, text = face.ask_as("guard", PTZ, operation, content)
        if "steers this camera" not in text:
            face.expect(status == 200, f"{operation}: {status} {text[-200:]}")
            return
    face.expect(False, f"{operation}: somebody steers the camera for ever")


def check_head(face, admin):
    """Operators turn cameras, within what the server's own operators leave to them."""
    command(face, "SetPreset", f"{DOME}<PresetToken>1</PresetToken><PresetName>Gate</PresetName>")
    before = pan(face)
    command(face, "ContinuousMove", velocity(0.5, 0, 0, "<Timeout>PT0.5S</Timeout>"))
    moved = pan(face)
    face.expect(moved > before, f"the head was led from {before} to {moved}")
    command(face, "GotoPreset", f"{DOME}<PresetToken>1</PresetToken>")
    face.expect(abs(pan(face) - before) < 0.01, f"the preset leads to {pan(face)}, not {before}")
    admin.call("PUT", "/api/v1/channels/c3/ptz/operator")
    status, text = face.ask_as("guard", PTZ, "ContinuousMove", velocity(0.5, 0, 0))
    face.expect(status == 400 and "steers this camera" in text, f"while somebody else steers: {status} {text[-200:]}")
    admin.call("DELETE", "/api/v1/channels/c3/ptz/operator")
    check_rank(face, admin)
    for _, operation, content, _ in LAST:
        command(face, operation, content)
    face.expect("Preset " not in face.ask_as("eye", PTZ, "GetPresets", DOME)[1], "a removed preset is there")
    told = str(admin.call("GET", "/api/v1/logs/operation?limit=200"))
    face.expect("onvif:guard" in told, "the log does not say who turned the camera")


def check_rank(face, admin):
    """People come before ONVIF clients, also one of a group that has no rank among people."""
    admin.call("POST", "/api/v1/groups", {"name": "steerers", "authorities": {"ptz": True}})
    admin.call("POST", "/api/v1/users", {"name": "steerer", "group": "steerers", "password": PASSWORD, "password_again": PASSWORD})
    steerer = Client(admin.base_url)
    steerer.session = steerer.call("POST", "/api/v1/sessions", {"username": "steerer", "password": PASSWORD})
    admin.call("PATCH", "/api/v1/settings/ptz", {"hold": 600})
    command(face, "ContinuousMove", velocity(0.5, 0, 0, "<Timeout>PT1S</Timeout>"))
    try:
        steerer.call("PUT", "/api/v1/channels/c3/ptz/operator")
    except Refused as error:
        face.expect(False, f"a person does not get the head from an ONVIF client: {error}")
        return
    status, text = face.ask_as("guard", PTZ, "ContinuousMove", velocity(0.5, 0, 0))
    face.expect(status == 400 and "steerer" in text, f"an ONVIF client takes the head from a person: {status} {text[-200:]}")
    told = str(admin.call("GET", "/api/v1/events?since=0&limit=1000"))
    face.expect('by "steerer" from "onvif:guard"' in told, "nobody has taken the head over from the ONVIF client")
    steerer.call("DELETE", "/api/v1/channels/c3/ptz/operator")
    # Between ONVIF clients whoever was first goes on.
    command(face, "ContinuousMove", velocity(0.5, 0, 0, "<Timeout>PT1S</Timeout>"))
    status, text = face.ask_as("admin", PTZ, "ContinuousMove", velocity(0.5, 0, 0))
    face.expect(status == 400 and "onvif:guard" in text, f"one ONVIF client takes the head from another: {status} {text[-200:]}")
    admin.call("PUT", "/api/v1/channels/c3/ptz/operator")
    admin.call("DELETE", "/api/v1/channels/c3/ptz/operator")
    admin.call("PATCH", "/api/v1/settings/ptz", {"hold": 1})


def check_heads_of_snapshots(face):
    """A HEAD is answered as a GET would be, without its body: its Digest is of the method HEAD."""
    url = face.url("snapshot/c1-main")
    for name, password, expected in (("eye", face.secrets["eye"], "200"), ("eye", "Looks.on.4", "401")):
        done = subprocess.run(["curl", "--silent", "--head", "--digest", "--user", f"{name}:{password}", "--output", "/dev/null",
                               "--write-out", "%{http_code} %{content_type} %{size_download}", url], capture_output=True, text=True, timeout=PATIENCE, check=False)
        status, kind, size = (done.stdout + "  ").split(" ")[:3]
        right = status == expected and (expected != "200" or (kind, size) == ("image/jpeg", "0"))
        face.expect(right, f"HEAD of a snapshot as {name} with {password}: {done.stdout}")


def check_snapshots(face):
    for profile in ("c1-main", "c1-sub", "c2-main"):
        _, text = face.ask_as("eye", TRT, "GetSnapshotUri", f"<ProfileToken>{profile}</ProfileToken>")
        uri = re.search(r"Uri>(http://[^<]+)<", text).group(1)
        for name, password, expected in (("eye", face.secrets["eye"], True), ("eye", "Looks.on.4", False), ("", "", False)):
            done = subprocess.run(["curl", "--silent", "--digest", "--user", f"{name}:{password}", uri], capture_output=True, timeout=PATIENCE, check=False)
            is_picture = done.stdout.startswith(b"\xff\xd8") and done.stdout.rstrip(b"\0").endswith(b"\xff\xd9")
            face.expect(is_picture == expected, f"a snapshot of {profile} as {name} with {password}: {done.stdout[:60]}")
    status, _ = post(face.url("snapshot/c1-main"), "x")
    face.expect(status == 405, f"a snapshot is posted: {status}")
    check_heads_of_snapshots(face)
