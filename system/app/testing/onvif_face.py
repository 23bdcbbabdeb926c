#!/usr/bin/env python3
"""vmsd as an ONVIF device: its accounts, what each group may ask, answers as the schemas say, and who is refused why.

usage: onvif_face.py VMSD WATCHRIG. Starts a rig with three cameras and vmsd. Requests are made with Python's library alone, HTTP Digest
with curl, streams are read by ffprobe and ffmpeg, and a whole visit is made with the npm package `onvif` (tools/setup.sh installs it);
without that the end is 77, a skip, when all else was right.
"""
import datetime
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import NO_PUBLIC_CLIENT, Judge  # noqa: E402
from onvif_face_pictures import check_head, check_snapshots  # noqa: E402
from onvif_face_requests import LAST, REFUSED, REQUESTS  # noqa: E402
from onvif_schemas import Schemas  # noqa: E402
from onvif_soap import PTZ, SETUP, TDS, TR2, TRT, bombs, envelope, false_host, many_attributes, post, token  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

RIG = """
<rig>
  <camera id="gate" main="h264 320x180@10 200kbps" sub="mjpeg 160x96@5 100kbps" username="admin" password="secret"/>
  <camera id="yard" main="h265 320x180@10 200kbps" username="admin" password="secret"/>
  <camera id="dome" main="h264 320x180@10 200kbps" sub="h264 160x96@5 64kbps" sub2="mjpeg 176x144@5 64kbps" username="admin" password="secret"
          onvif="yes" ptz="yes"/>
</rig>
"""
LONG_NAME = "Yard" + "-" * 59  # longer than tt:Name with what a profile adds to it
SECRETS = {"admin": "Head.of.86", "guard": "Operate.27", "eye": "Looks.on.3"}
LEVELS = {  # ONVIF Core 5.9.4.6
    None: {"pre_auth"},
    "eye": {"pre_auth", "read_system", "read_media"},
    "guard": {"pre_auth", "read_system", "read_media", "read_system_sensitive", "actuate"},
    "admin": {"pre_auth", "read_system", "read_media", "read_system_sensitive", "actuate", "read_system_secret", "write_system"},
}


class Face(Judge):
    def __init__(self, server):
        super().__init__()
        self.server = server
        self.secrets = SECRETS

    def url(self, path):
        return f"{self.server}/onvif/{path}"

    def ask(self, service, operation, content, header="", context=None):
        path, uri = service
        return post(self.url(path), envelope(f'<{operation} xmlns="{uri}">{content}</{operation}>', header), context=context)

    def ask_as(self, name, service, operation, content):
        return self.ask(service, operation, content, token(name, SECRETS[name]) if name else "")


def refusal(client, method, path, body=None):
    """Status and field of the answer that refuses it; 200 when nothing does."""
    try:
        client.call(method, path, body)
        return 200, ""
    except Refused as error:
        field = re.search(r'"field":"(\w+)"', str(error))
        return error.status, field.group(1) if field else ""


def passwords(text):
    return {"password": text, "password_again": text}


def operations_in_code():
    found = set()
    for file, service in [("device_face", TDS), ("user_face", TDS), ("media_face", TRT), ("media2_face", TR2), ("ptz_face", PTZ)]:
        text = (ROOT / f"system/api/onvif_face/{file}.cpp").read_text(encoding="utf-8")
        found |= {(service[0], name) for name in re.findall(r'(?:\{|waiting\(p, )"([A-Z]\w+)",\s+(?:A::|read,|actuate,|AccessClass::|\w+\))', text)}
    return found


def check_accounts(face, admin):
    """The fixed groups and the undeletable administrator (IVSS 8.7.4), and that there are no others."""
    groups = admin.call("GET", "/api/v1/onvif/groups")["groups"]
    face.expect([group["name"] for group in groups] == ["admin", "operator", "user"], f"groups: {groups}")
    face.expect("READ_MEDIA" in groups[2]["access"] and "ACTUATE" not in groups[2]["access"], f"of a user: {groups[2]}")
    first = admin.call("GET", "/api/v1/onvif/users")["users"]
    face.expect([(one["name"], one["group"], one["has_password"]) for one in first] == [("admin", "admin", False)], f"users: {first}")
    users, body = "/api/v1/onvif/users", {"name": "guard", "group": "operator", **passwords(SECRETS["guard"])}
    face.expect(refusal(admin, "POST", users, body)[0] == 403, "a user is added without the password once more")
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    for method, path, more, expected in [
            ("POST", "/api/v1/onvif/groups", {"name": "more"}, (403, "")), ("DELETE", "/api/v1/onvif/groups/user", None, (403, "")),
            ("DELETE", "/api/v1/onvif/groups/more", None, (404, "")), ("DELETE", f"{users}/admin", None, (403, "")),
            ("PUT", f"{users}/admin", {"group": "user"}, (403, "group")), ("DELETE", f"{users}/nobody", None, (404, "")),
            ("POST", users, {**body, "group": "onvif"}, (400, "group")), ("POST", users, {**body, "group": "guards"}, (400, "group")),
            ("POST", users, {**body, "name": "a guard"}, (400, "name")), ("POST", users, {**body, **passwords("short")}, (400, "password")),
            ("POST", "/api/v1/users", {**body, "group": "onvif"}, (403, "group")), ("POST", users, body, (200, "")),
            ("POST", users, body, (409, "name")), ("POST", users, {**body, "name": "eye", "group": "user", **passwords("Some.thing.1")}, (200, "")),
            ("PUT", f"{users}/eye/password", passwords(SECRETS["eye"]), (204, ""))]:
        found = refusal(admin, method, path, more)
        face.expect(found == expected or (expected[0] == 204 and found[0] == 200), f"{method} {path} {more}: {found}, not {expected}")
    logged = admin.call("GET", "/api/v1/logs/operation?limit=50")
    face.expect("onvif.user-added" in str(logged) and SECRETS["guard"] not in str(logged), "the log does not tell of users, or tells too much")


def check_rights(face, admin):
    """Who looks after accounts but sees no video makes no ONVIF account that does."""
    admin.call("POST", "/api/v1/groups", {"name": "clerks", "authorities": {"accounts": True}})
    admin.call("POST", "/api/v1/users", {"name": "clerk", "group": "clerks", **passwords(PASSWORD)})
    clerk = Client(admin.base_url)
    clerk.session = clerk.call("POST", "/api/v1/sessions", {"username": "clerk", "password": PASSWORD})
    clerk.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    for method, path, body in [("POST", "", {"name": "spy", "group": "user", **passwords("Some.thing.1")}), ("PUT", "/eye", {"group": "user"}),
                               ("PUT", "/eye/password", passwords("Some.thing.1")), ("DELETE", "/eye", None)]:
        found = refusal(clerk, method, f"/api/v1/onvif/users{path}", body)
        face.expect(found == (403, "group"), f"a clerk: {method} {path}: {found}")


def codec_at(url, name, password):
    """What ffprobe finds, or what it is told."""
    told = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-select_streams", "v", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
                           url.replace("://", f"://{name}:{password}@", 1)], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return told.stdout.strip() or next((code for code in ("401", "404") if f"failed: {code}" in told.stderr), told.stderr)


def stream_uri(face, profile):
    _, text = face.ask_as("eye", TRT, "GetStreamUri", SETUP + f"<ProfileToken>{profile}</ProfileToken>")
    return re.search(r"Uri>(rtsp://[^<]+)<", text).group(1)


def check_off(face, rtsp):
    """Before anybody has switched it on."""
    for operation in ("GetSystemDateAndTime", "GetDeviceInformation"):
        status, text = face.ask_as("guard", TDS, operation, "")
        face.expect(status == 403 and "/api/v1/services/onvif" in text, f"{operation} while ONVIF is off: {status} {text[:200]}")
    found = codec_at(f"{rtsp}/live/Gate", "guard", SECRETS["guard"])
    face.expect(found == "401", f"a stream while ONVIF is off: {found}")


def check_first_administrator(face, admin):
    """Whoever steals an ONVIF password has not got that of the server's administrator, and the other way round."""
    for password in (PASSWORD, ""):
        status, _ = face.ask(TDS, "GetDeviceInformation", "", token("admin", password))
        face.expect(status == 401, f"admin without a password of its own: {status}")
    admin.call("PUT", "/api/v1/onvif/users/admin/password", passwords(SECRETS["admin"]))


def check_answers(face, schemas):
    answers = {}
    for service, operation, content, _ in REQUESTS:
        status, text = face.ask_as("admin", service, operation, content)
        answers[f"{service[0]}-{operation}"] = text
        face.expect(status == 200 and f":{operation}Response" in text, f"{operation} answers {status}: {text[-300:]}")
    for service, operation, content, subcode in REFUSED:
        status, text = face.ask_as("admin", service, operation, content)
        answers[f"fault-{len(answers)}-{operation}"] = text
        face.expect(status == 400 and f">{subcode}<" in text, f"{operation} {content[:80]}: {status}, not {subcode}: {text[-300:]}")
    profiles = answers["media_service-GetProfiles"]
    face.expect(bool(schemas.wrong({"damaged": profiles.replace("tt:Name", "tt:Nome")})), "the schemas take anything")
    for name, wrong in schemas.wrong(answers).items():
        face.expect(False, f"{name} is not valid: {wrong}")
    tokens = re.findall(r'Profiles token="([\w-]+)"', profiles)
    face.expect(tokens == ["c1-main", "c1-sub", "c2-main", "c3-main", "c3-sub", "c3-sub2"], f"profiles: {tokens}")
    face.expect("<tt:Width>320</tt:Width>" in profiles and ">JPEG<" in profiles, f"no size or codec: {profiles}")
    face.expect("H265" not in profiles, "version 1 tells of H.265")
    face.expect(">H265<" in answers["media2_service-GetProfiles"], "version 2 does not tell of H.265")
    face.expect(f"{face.server}/onvif/media_service<" in answers["device_service-GetServices"], "GetServices leads elsewhere")


def check_access(face):
    for name, classes in LEVELS.items():
        for service, operation, content, access in REQUESTS + LAST:
            if operation == "RemovePreset" and access in classes:
                continue
            if access == "write_system" and name == "admin":
                continue
            status, text = face.ask_as(name, service, operation, content)
            refused = status == (400 if name else 401) and ">ter:NotAuthorized<" in text
            # Of two that may, one steers at a time.
            done = status == 200 or (access == "actuate" and "steers this camera" in text)
            face.expect(done if access in classes else refused, f"{operation} as {name or 'nobody'}: {status} {text[-200:]}")


def check_tokens(face):
    now, hour = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(hours=1)
    once = token("eye", SECRETS["eye"])
    for what, header, expected, reason in [
            ("a wrong password", token("eye", "Looks.on.4"), 401, "is wrong"), ("an unknown user", token("spy", "Looks.on.3"), 401, "is wrong"),
            ("an empty name", token("", "Looks.on.3"), 401, "is wrong"),
            ("a token of an hour ago", token("eye", SECRETS["eye"], now - hour), 401, "set the clock"),
            ("a token of an hour ahead", token("eye", SECRETS["eye"], now + hour), 401, "set the clock"),
            ("the password itself", token("eye", SECRETS["eye"], kind="PasswordText"), 401, "plain text"),
            ("a good token", once, 200, ""), ("the same token again", once, 401, "used before"),
            ("another good token", token("eye", SECRETS["eye"]), 200, "")]:
        status, text = face.ask(TDS, "GetDeviceInformation", "", header)
        face.expect(status == expected and reason in text, f"{what}: {status} {text[-200:]}")


def curl(face, name, password, *more):
    """Status, and the header by which it was asked."""
    done = subprocess.run(["curl", "--silent", "--verbose", "--digest", "--user", f"{name}:{password}", "--data", envelope(f'<GetDeviceInformation xmlns="{TDS[1]}"/>'),
                           "--output", "/dev/null", "--write-out", "%{http_code}", *more, face.url("device_service")], capture_output=True, text=True, check=False)
    asked = re.findall(r"^> (Authorization: Digest .*response=.*)$", done.stderr, re.MULTILINE)
    return done.stdout, asked[-1].strip() if asked else ""


def check_digest(face):
    for name, password, expected in [("eye", SECRETS["eye"], "200"), ("eye", "Looks.on.4", "401"), ("spy", SECRETS["eye"], "401")]:
        found, _ = curl(face, name, password)
        face.expect(found == expected, f"curl as {name} with {password}: {found}, not {expected}")
    _, header = curl(face, "eye", SECRETS["eye"])
    body = envelope(f'<GetDeviceInformation xmlns="{TDS[1]}"/>')
    status, text = post(face.url("device_service"), body, dict([header.split(": ", 1)]))
    face.expect(status == 401 and "used before" in text, f"an overheard header: {status} {text[-200:]}")


def check_hostile(face):
    for what, bomb in bombs().items():
        status, text = post(face.url("device_service"), bomb)
        face.expect(status == 400 and "Fault" in text, f"{what}: {status} {text[:200]}")
    # Who is not known sends 64 KiB at most.
    for what, text, expected in [("attributes", many_attributes(), 200), ("more of them", many_attributes(20000), 413),
                                 ("more depth", envelope("<a>" * 100000 + "</a>" * 100000), 413),
                                 ("2 MiB", envelope("x" * (2 << 20)), 413)]:
        try:
            status, _ = post(face.url("device_service"), text)
        except OSError:
            status = 413  # the answer may be lost with the connection
        face.expect(status == expected, f"{what}: {status}")
    face.expect(not false_host(face.url("device_service")), "a false host name comes back")
    status, _ = face.ask(TDS, "GetHostname", "")
    face.expect(status == 200, f"after all that: {status}")


def check_streams(face):
    for profile, codec in (("c1-main", "h264"), ("c1-sub", "mjpeg"), ("c2-main", "hevc"), ("c3-sub2", "mjpeg")):
        found = codec_at(stream_uri(face, profile), "eye", SECRETS["eye"])
        face.expect(found == codec, f"{profile}: {found}, not {codec}")
    for name, password in (("eye", "Looks.on.4"), ("nobody", "Looks.on.3"), ("admin", PASSWORD)):
        found = codec_at(stream_uri(face, "c1-main"), name, password)
        face.expect(found == "401", f"a stream as {name} with {password}: {found}")


def check_locking(face, admin):
    """Wrong passwords lock an account, by SOAP and RTSP together; an operator lifts that."""
    url = stream_uri(face, "c1-main")
    admin.call("PATCH", "/api/v1/settings/lock.accounts", {"attempts": 3})
    face.ask(TDS, "GetScopes", "", token("guard", "Operate.28"))
    codec_at(url, "guard", "Operate.28")
    status, _ = face.ask_as("guard", TDS, "GetScopes", "")
    face.expect(status == 200, f"after two wrong passwords: {status}")
    for _ in range(2):
        face.ask(TDS, "GetScopes", "", token("guard", "Operate.28"))
    codec_at(url, "guard", "Operate.28")
    status, text = face.ask_as("guard", TDS, "GetScopes", "")
    face.expect(status == 401 and "locked until" in text, f"after three in a row: {status} {text[-200:]}")
    face.expect(codec_at(url, "guard", SECRETS["guard"]) == "401", "a locked account reads streams")
    face.expect(face.ask_as("eye", TDS, "GetScopes", "")[0] == 200, "another account is locked too")
    admin.call("POST", "/api/v1/lockouts/removal", {"accounts": ["onvif:guard"]})
    face.expect(face.ask_as("guard", TDS, "GetScopes", "")[0] == 200, "an unlocked account is refused")
    events = str(admin.call("GET", "/api/v1/logs/link?limit=200"))
    face.expect("onvif.refused" in events and "onvif.locked" in events, "the log knows of no wrong password")
    admin.call("PATCH", "/api/v1/settings/lock.accounts", {"attempts": 0})


def check_names(face, admin):
    """What SOAP causes has the name of its request in the logs."""
    content = "<User><Username>passer</Username><Password>Comes.by.9</Password><UserLevel xmlns='http://www.onvif.org/ver10/schema'>User</UserLevel></User>"
    for name, caller, password, log, kind in (("soap-adds", "admin", SECRETS["admin"], "operation", "onvif.user-added"),
                                              ("soap-is-refused", "eye", "Looks.on.9", "link", "onvif.refused")):
        asked = f'<CreateUsers xmlns="{TDS[1]}">{content.replace("<User><", "<User xmlns:tt=" + chr(34) + "http://www.onvif.org/ver10/schema" + chr(34) + "><")}</CreateUsers>'
        post(face.url(TDS[0]), envelope(asked, token(caller, password)), {"X-Request-Id": name})
        found = [entry["type"] for entry in admin.call("GET", f"/api/v1/logs/{log}?correlation={name}")["entries"]]
        face.expect(found == [kind], f"{name}: the {log} log has {found}")


def check_https(face, admin):
    """By HTTPS the addresses are of HTTPS."""
    made = admin.call("POST", "/api/v1/certificates", {"name": "own", "country": "DE", "address": "127.0.0.1", "valid_days": 9})
    url = admin.call("PUT", "/api/v1/https", {"enabled": True, "certificate": made["id"]})["url"]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    status, text = post(f"{url}/onvif/device_service", envelope(f'<GetServices xmlns="{TDS[1]}"><IncludeCapability>false</IncludeCapability></GetServices>'), context=context)
    face.expect(status == 200 and f"{url}/onvif/media_service<" in text and "http:/" + "/127" not in text, f"by HTTPS: {status} {text[-400:]}")


def visit_with_public_client(face):
    """Whether it could be done at all."""
    module = ROOT / "tools/node/node_modules/onvif"
    if not shutil.which("node") or not module.exists():
        return False
    done = subprocess.run(["node", ROOT / "system/app/testing/onvif_face_client.js", module, face.url("device_service"), "admin", SECRETS["admin"]],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    face.expect(done.returncode == 0, f"the npm package onvif: {done.stdout[-400:]}{done.stderr[-400:]}")
    return True


def ends(player):
    try:
        player.wait(PATIENCE)
        return True
    except subprocess.TimeoutExpired:
        player.kill()
        return False


def play(face, name):
    """ffmpeg, which reads the stream until it ends."""
    url = stream_uri(face, "c1-main").replace("://", f"://{name}:{SECRETS[name]}@", 1)
    player = subprocess.Popen(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-f", "framecrc", "-"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while not re.match(r"0,", player.stdout.readline()):
        pass
    return player


def check_ends(face, admin):
    """Streams end with the account that reads them, and with the service."""
    player = play(face, "guard")
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    admin.call("DELETE", "/api/v1/onvif/users/guard")
    face.expect(ends(player), "a stream outlives the account of its reader")
    face.expect(face.ask_as("guard", TDS, "GetScopes", "")[0] == 401, "a removed account is answered")
    url = stream_uri(face, "c1-main")
    player = play(face, "eye")
    admin.call("PUT", "/api/v1/services/onvif", {"enabled": False})
    face.expect(ends(player), "a stream outlives the service")
    face.expect(codec_at(url, "eye", SECRETS["eye"]) == "401", "streams are read while the service is off")
    face.expect(face.ask_as("eye", TDS, "GetScopes", "")[0] == 403, "the service is off and answers")


def online(admin):
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        channels = admin.call("GET", "/api/v1/channels")["channels"]
        if all(channel["state"] == "online" for channel in channels):
            return
        time.sleep(0.2)
    raise SystemExit(f"the cameras are not online: {[(one['name'], one['state'], one['cause']) for one in channels]}")


def main(vmsd_program, watchrig):
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig, \
                Program(log, vmsd_program, "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0", "--set", "https.port=0") as vmsd:
            face, admin = Face(vmsd.ready["http"]), Client(vmsd.ready["http"])
            status, _ = face.ask(TDS, "GetSystemDateAndTime", "")
            face.expect(status == 403, f"a fresh server: {status}")
            face.expect(operations_in_code() == {(service[0], operation) for service, operation, _, _ in REQUESTS + LAST}, "asked and offered operations differ")
            admin.initialise()
            admin.call("PATCH", "/api/v1/settings/lock.accounts", {"attempts": 0})
            devices = {device["id"]: device for device in rig.ready["devices"]}
            urls = {device["id"]: {name: stream["url"] for name, stream in device["streams"].items()} for device in rig.ready["devices"]}
            for name in ("gate", "yard"):
                admin.call("POST", "/api/v1/devices", {"name": LONG_NAME if name == "yard" else "Gate", "driver": "rtsp", "streams": urls[name], "username": "admin", "password": "secret"})
            streams = dict.fromkeys(("main", "sub", "sub2"), devices["dome"]["onvif"])
            admin.call("POST", "/api/v1/devices", {"name": "Dome", "driver": "onvif", "streams": streams, "username": "admin", "password": "secret", "heads": 1})
            check_accounts(face, admin)
            check_rights(face, admin)
            check_off(face, vmsd.ready["rtsp"])
            admin.call("PUT", "/api/v1/services/onvif", {"enabled": True})
            check_first_administrator(face, admin)
            online(admin)
            admin.call("PATCH", "/api/v1/settings/ptz", {"hold": 1})
            admin.call("PUT", "/api/v1/channels/c3/ptz/presets/1", {"name": "Gate"})
            admin.call("DELETE", "/api/v1/channels/c3/ptz/operator")
            check_streams(face)  # has been read once, so that the sub stream is known too
            check_answers(face, Schemas(folder))
            check_access(face)
            check_tokens(face)
            check_digest(face)
            check_hostile(face)
            check_head(face, admin)
            check_snapshots(face)
            visited = visit_with_public_client(face)
            check_locking(face, admin)
            check_names(face, admin)
            check_https(face, admin)
            check_ends(face, admin)
    return face.verdict("" if visited else NO_PUBLIC_CLIENT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
