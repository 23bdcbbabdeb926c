"""One valid body for each route of vmsd that takes one, and the objects that routes need to be there.

A new route needs its row in bodies(), or in WITHOUT_BODY; fuzz_routes.py refuses to pass without. "#" in a text becomes a new
number with each request, where names must differ.
"""
import subprocess

from vmsd_client import PASSWORD

OTHER_PASSWORD = "Other.Watch.77"
# Routes that change something and read no body. Of the first two, a valid request would end the server: only refused ones are sent.
WITHOUT_BODY = {("post", "/api/v1/users/{user}/block"), ("post", "/api/v1/settings/mail/test"),
                ("post", "/api/v1/time/synchronisation"), ("put", "/api/v1/channels/{channel}/ptz/operator"),
                ("post", "/api/v1/channels/{channel}/ptz/stop"), ("put", "/api/v1/channels/{channel}/ptz/home"),
                ("post", "/api/v1/onvif/groups")}
PTZ = "/api/v1/channels/{channel}/ptz"
ENDS_SERVER = {("post", "/api/v1/system/" + name) for name in ("restart", "shutdown", "factory-default", "configuration/import")}
# After which requests to others are refused.
ENDS_OTHERS = {("post", "/api/v1/wizard/finish")}
# Answered with 200 and a result for each row, so what is wrong in one is no refusal of all.
ROW_BY_ROW = {("post", "/api/v1/devices/batch"), ("post", "/api/v1/devices/adding"), ("post", "/api/v1/devices/adding/{job}/rows"), ("patch", "/api/v1/devices"), ("patch", "/api/v1/record-plans"), ("patch", "/api/v1/recording-volumes")}
# Fields that take several types.
SEVERAL_TYPES = {"authorities." + name for name in ("live", "playback", "devices", "outputs", "monitoring")}
# Members that another route refuses, by its own names.
PASSED_ON = "requests.0.body."
# What is refused for the state of the server: a licence that is not accepted, a certificate of another key, a device that cannot be asked.
REFUSED = {("post", f"{PTZ}/{name}") for name in ("move", "step", "position", "centre", "home", "presets/{preset}/call")} | {
    ("put", f"{PTZ}/tours/{{tour}}"), ("put", f"{PTZ}/tours/{{tour}}/state"), ("put", f"{PTZ}/presets/{{preset}}"), ("put", f"{PTZ}/auxiliaries/{{auxiliary}}")} | {("patch", "/api/v1/channels/{channel}/encoders/{stream}"), ("patch", "/api/v1/channels/{channel}/overlays"), ("patch", "/api/v1/channels/{channel}/imaging"),
    ("patch", "/api/v1/devices/{device}/outputs/{output}"), ("put", "/api/v1/devices/{device}/outputs/{output}/state"),
    ("post", "/api/v1/channels/{channel}/recording-locks"), ("post", "/api/v1/exports"), ("patch", "/api/v1/exports/{export}"), ("post", "/api/v1/channels/{channel}/talk"), ("post", "/api/v1/initialisation"), ("put", "/api/v1/certificates/{certificate}/answer")}
# Paths that are answered only with a query, which has to say what is looked for.
NEED_QUERY = {"/api/v1/recordings", "/api/v1/recordings/days", "/api/v1/recordings/estimate"}
# Routes whose answer changes by itself, which tells nothing of what a request has done; and fields of that kind of the others.
VOLATILE = {"/healthz", "/metrics", "/api/v1/channels", "/api/v1/devices/adding", "/api/v1/devices/adding/{job}", "/api/v1/devices/bandwidth", "/api/v1/devices/export.backup", "/api/v1/discovery", "/api/v1/events", "/api/v1/sessions",
            "/api/v1/system", "/api/v1/system/information", "/api/v1/system/tasks", "/api/v1/time", "/api/v1/trace", "/api/v1/openapi.json", "/api/v1/time/zones"}
VOLATILE_FIELDS = {"state", "cause", "online", "free"}
# So that a refused sign-in does not end the test, no port moves and nothing of this machine changes.
SETTINGS = {"http.address": "127.0.0.1", "http.port": 0, "https.address": "127.0.0.1", "https.port": 0, "rtsp.address": "127.0.0.1",
            "rtsp.port": 0, "rtsps.port": 0, "lock.accounts.attempts": 0, "lock.sources.attempts": 0, "accounts.most_clients": 128}

DEVICE = {"name": "dev#", "driver": "rtsp", "streams": {"main": "rtsp://127.0.0.1:1/m", "sub": "rtsp://127.0.0.1:1/s", "sub2": "rtsp://127.0.0.1:1/t"},
          "username": "u", "password": "p", "area": "a0", "description": "d", "type": "ipc", "manufacturer": "m", "channel_count": 1,
          "inputs": 1, "outputs": 1, "heads": 0, "connected": False, "transport": "tcp", "certificate": "pin", "cache_strategy": "fluent", "storage_server": "local",
          "channels": [{"number": 1, "name": "ch#", "streams": {"main": "rtsp://127.0.0.1:1/m", "sub": "rtsp://127.0.0.1:1/s", "sub2": "rtsp://127.0.0.1:1/t"}}]}
BY_ADDRESS = {"name": "dev#", "driver": "rtsp", "address": "127.0.0.1", "port": 1, "tls": True}
STATIC = {"mode": "static", "address": "127.0.99.1", "mask": "255.255.255.0", "gateway": "127.0.99.254", "increment": 1}
SUBJECT = {"name": "cert#", "country": "DE", "address": "127.0.0.1", "province": "p", "city": "c", "organisation": "o", "unit": "u"}
PERIODS = [{"day": "monday", "from": "08:00", "to": "18:00"}]
WINDOWS = [{"window": 1, "channel": "c1", "stream": "main"}]
QUESTIONS = [{"question": "Name of the first dog?", "answer": "Rex"}, {"question": "Town of your school?", "answer": "Old Town"}]
TABLE = b"Name,IP,Port,User,Password,Channel number,Description\r\nrow#,127.0.0.1,1,u,p,1,\"a, b\"\r\n"
PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001080000000057e3") + bytes(20) + b"IEND\xae\x42\x60\x82"
INITIALISATION = {"password": PASSWORD, "password_again": PASSWORD, "email": "harness@example.org", "email_protection": True,
                  "question_protection": True, "questions": QUESTIONS, "password_hint": "h", "licence_accepted": False}


def key_pair(folder):
    """A certificate with its key in PEM, made by OpenSSL."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=fuzz",
                    "-keyout", f"{folder}/key.pem", "-out", f"{folder}/crt.pem"], check=True, capture_output=True)
    return open(f"{folder}/crt.pem", encoding="ascii").read(), open(f"{folder}/key.pem", encoding="ascii").read()


def furnish(admin, folder):
    """Makes one object of each kind; returns what stands for the names in braces of the routes."""
    def made(path, body):
        return admin.call("POST", "/api/v1/" + path, body)

    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    device = made("devices", {**DEVICE, "name": "first", "channel_count": 2, "channels": [{"number": 1, "name": "one"}]})
    made("groups", {"name": "fuzz.group", "authorities": {"live": True}})
    made("users", {"name": "fuzz.user", "group": "fuzz.group", "password": OTHER_PASSWORD, "password_again": OTHER_PASSWORD})
    made("onvif/users", {"name": "fuzz.user", "group": "user", "password": OTHER_PASSWORD, "password_again": OTHER_PASSWORD})
    certificate, key = key_pair(folder)
    admin.call("PUT", "/api/v1/system/uploads/voice", "s" * 3000)
    job = made("devices/adding", {"rows": [DEVICE, DEVICE], "start": False})
    return {"device": device["id"], "job": job["id"], "row": "1", "channel": device["channels"][0]["id"], "area": made("areas", {"name": "first"})["id"],
            "group": "fuzz.group", "user": "fuzz.user", "schedule": made("schedules", {"name": "first", "periods": PERIODS})["id"],
            "view_group": made("view-groups", {"name": "first"})["id"], "view": made("views", {"name": "first"})["id"],
            "video_group": made("video-groups", {"name": "first"})["id"], "map": made("maps", {"name": "first"})["id"],
            "icon": made("map-icons", {"name": "first"})["id"],
            "certificate": made("certificate-requests", {**SUBJECT, "name": "first"})["id"],
            "entry": made("access-filter/entries", {"list": "reject", "first": "192.0.2.1"})["id"],
            "authority": made("trusted-authorities", {"certificate": certificate})["authorities"][0]["id"],
            "token": made("password-resets", {"username": "fuzz.user"})["token"], "card": "lo", "bond": "bond9",
            "destination": "10.9.0.0-16", "service": "password_reset", "upload": "configuration", "text": "notice", "file": "server.dat", "session": "s99999", "kind": "accounts",
            "name": "nobody", "number": "99999", "log": "system", "step": "time", "stream": "main",
            "voice": made("voice-files", {"name": "first.pcm"})["name"],
            "volume": admin.call("GET", "/api/v1/recording-volumes")["volumes"][0]["directory"],
            "utc": admin.call("GET", "/api/v1/time")["utc"], "section": "mail", "lock": "l1", "export": "e1", "preset": "1", "tour": "1", "auxiliary": "Wiper", "output": "relay-1",
            "key.pem": key, "crt.pem": certificate}


def bodies(ids):
    """(method, route) -> a body that is accepted, or refused for nothing that is in it."""
    area, device, channel = ids["area"], ids["device"], ids["channel"]
    passwords = {"password": OTHER_PASSWORD, "password_again": OTHER_PASSWORD}
    access = {"list": "reject", "first": "192.0.2.1", "last": "192.0.2.9"}
    named, own = {"name": "n#"}, {**{k: v for k, v in DEVICE.items() if k != "channels"}, "channel_count": 2}
    items = [{"channel": channel, "x": 0.5, "y": 0.5}, {"device": device, "input": 1, "x": 0, "y": 1, "icon": ids["icon"]}]
    server = dict.fromkeys(("accounts", "system", "logs", "security", "management"), True)
    authorities = {"live": True, "playback": [channel], "download": True, "record": True, "events": True, "ptz": True,
                   "devices": [area], "outputs": [area], "monitoring": [area], **server}
    return {("post", "/api/v1/" + path): body for path, body in {
        "access-filter/entries": access, "areas": {**named, "parent": area}, "certificate-requests": SUBJECT,
        "certificates": {**SUBJECT, "valid_days": 30},
        "installed-certificates": {**named, "certificate": ids["crt.pem"], "key": ids["key.pem"], "passphrase": ""},
        "trusted-authorities": {"certificate": ids["crt.pem"]}, "trusted-authorities/check": {"chain": ids["crt.pem"]},
        "devices": DEVICE, "devices/batch": {"devices": [DEVICE, BY_ADDRESS]}, "discovery/initialisation": {"endpoints": ["urn:uuid:0"], "own": False, "password": OTHER_PASSWORD,
                                     "password_again": OTHER_PASSWORD, "email": "a@example.org", "add": True, "area": "a0"},
        "discovery/addresses": {"endpoints": ["urn:uuid:0"], **STATIC, "username": "admin", "password": PASSWORD},
        "devices/adding": {"rows": [{"name": "row#", "address": "127.0.0.1", "port": 1, "tls": False, "username": "admin", "password": PASSWORD}, DEVICE], "start": False, "area": "a0"},
        "devices/adding/{job}/rows": {"rows": [{"name": "row#", "address": "127.0.0.1", "port": 1, "tls": True}, DEVICE], "area": "a0"}, "devices/adding/{job}/removal": {"rows": [99]},
        "devices/adding/{job}/start": {"rows": [99]}, "devices/adding/{job}/stop": {"rows": [99]},
        "devices/addresses": {"ids": ["d99999"], "mode": "dhcp"}, "devices/ports": {"ids": ["d99999"], "port": 8000},
        "discovery/preview": {"endpoint": "urn:uuid:0", "password": PASSWORD},
        "discovery": {"addresses": ["127.0.99.1"], "manufacturer": "m", "seconds": 1}, "devices/removal": {"ids": ["d99999"]},
        "devices/refresh": {"ids": [device]}, "devices/clocks": {"ids": [device]}, "devices/{device}/channels": {"number": 2, "name": "ch#", "streams": DEVICE["streams"]},
        "devices/import": TABLE, "groups": {**named, "authorities": authorities},
        "users": {"name": "u#", "group": "fuzz.group", "email": "u@example.org", "areas": [area], **passwords},
        "onvif/users": {"name": "u#", "group": "operator", "description": "d", **passwords},
        "initialisation": INITIALISATION, "password-resets": {"username": "fuzz.user"},
        "password-resets/{token}/code": {"email": "u@example.org"}, "password-strength": {"password": "a", "username": "b"},
        "sessions": {"username": "fuzz.user", "password": OTHER_PASSWORD},
        "map-icons": named, "maps": {**named, "area": area, "items": items},
        "video-groups": {**named, "channels": [channel]}, "view-groups": {**named, "group": ids["view_group"]},
        "views": {**named, "group": ids["view_group"], "windows": WINDOWS},
        "schedules": {**named, "always": False, "periods": PERIODS},
        "channels/{channel}/ptz/move": {"direction": "left", "speed": 5, "for_ms": 500}, "channels/{channel}/ptz/step": {"direction": "up", "speed": 5},
        "channels/{channel}/ptz/position": {"pan": 0.5, "tilt": -0.5, "zoom": 0.5, "speed": 5}, "channels/{channel}/ptz/home": {"speed": 5},
        "channels/{channel}/ptz/centre": {"x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5}, "channels/{channel}/ptz/presets/{preset}/call": {"speed": 5},
        "network/bonds": {"name": "bond9", "mode": "active-backup", "cards": ["lo", "lan9"], "confirmed": True},
        "network/routes": {"destination": "10.9.0.0", "mask": "255.255.0.0", "gateway": "127.0.0.1", "card": "lo"},
        "lockouts/removal": {"accounts": ["nobody"], "sources": ["192.0.2.1"]},
        "system/upgrade": {"name": "n.bin", "kind": "update"}, "system/upgrade/check": {"name": "n.bin", "kind": "update"}, "system/licence": {"encryption": "software"}, "system/restart": {}, "system/shutdown": {}, "wizard/finish": {},
        "channels/{channel}/recording-locks": {"from": "2026-03-29T01:00:00Z", "to": "2026-03-29T01:05:00Z", "reason": "theft"},
        "exports": {"channels": [channel], "from": "2026-03-29T01:00:00Z", "to": "2026-03-29T01:05:00Z", "stream": "main", "reason": "theft"},
        "channels/{channel}/talk": {"voice_file": ids["voice"]}, "voice-files": {"name": "n#.pcm"}, "voice-files/removal": {"names": ["nobody.pcm"]},
        "system/factory-default": {}, "system/configuration/export": {"password": "Old.Oak.Tree"},
        "system/configuration/import": {"password": "Old.Oak.Tree"}}.items()} | {("put", "/api/v1/" + path): body for path, body in {
            "access-filter": {"mode": "reject_list"}, "access-filter/entries/{entry}": access,
            "account/email": {"email": "harness@example.org"}, "account/hint": {"password_hint": "h"},
            "account/password": {"old_password": PASSWORD, "password": PASSWORD, "password_again": PASSWORD},
            "account/questions": {"questions": QUESTIONS}, "certificates/{certificate}": named,
            "certificates/{certificate}/answer": {"certificate": ids["crt.pem"]},
            "channels/{channel}/ptz/tours/{tour}": {"name": "n#", "points": [{"preset": 1, "speed": 5, "stay_seconds": 5}]},
            "channels/{channel}/ptz/tours/{tour}/state": {"running": True}, "channels/{channel}/ptz/presets/{preset}": {"name": "n#"}, "channels/{channel}/ptz/auxiliaries/{auxiliary}": {"on": True},
            "channels/{channel}/recording": {"plan": "scheduled", "stream": "main", "schedule": "default", "enabled": True, "keep_days": 30, "keep_bytes": 10**12, "disk_group": 1},
            "channels/{channel}/recording-by-hand": {"running": True}, "channels/{channel}/name": {"name": "n#", "push": False}, "devices/{device}/name": {"name": "n#", "push": False}, "devices/{device}/certificate": {"fingerprint": "a5" * 32}, "devices/{device}/outputs/{output}/state": {"active": True}, "devices/{device}/connection": {"connected": False},
            "groups/{group}": {"authorities": authorities}, "https": {"enabled": False, "certificate": ""},
            "map-icons/{icon}/picture": PICTURE, "maps/{map}/picture": PICTURE,
            "network/cards/{card}": {"method": "static", "address": "127.0.0.1", "mask": "255.0.0.0", "gateway": "", "mtu": 1500, "restart_accepted": True},
            "network/cards/{card}/gateway-binding": {"mac": "52:54:00:aa:0b:01"},
            "network/default-card": {"card": "lo"},
            "network/name-servers": {"automatic": False, "preferred": "127.0.0.1", "alternate": "127.0.0.2"},
            "password-resets/{token}": {"code": "00000000", "answers": ["Rex"], "email": "u@example.org", **passwords},
            "schedules/{schedule}": {**named, "always": False, "periods": PERIODS}, "services/{service}": {"enabled": True},
            "sessions/current/confirmation": {"password": PASSWORD}, "time": {"utc": ids["utc"]},
            "system/uploads/{upload}": b"some bytes", "users/{user}": {"group": "fuzz.group", "email": "u@example.org", "areas": [area]},
            "users/{user}/password": passwords, "users/{user}/channel-password": passwords,
            "onvif/users/{user}": {"group": "user", "description": "d"}, "onvif/users/{user}/password": passwords,
            "wizard/steps/{step}": {"requests": [{"method": "PATCH", "path": "/api/v1/settings/time", "body": {"zone": "UTC"}}]}}.items()} | {("patch", "/api/v1/" + path): body for path, body in {
                "voice-files/{voice}": {"name": "n#.pcm"},
                "areas/{area}": {**named, "parent": "a0"}, "channels/{channel}": {**named, "type": "video", "streams": DEVICE["streams"]},
                "channels/{channel}/encoders/{stream}": {"codec": "H.264", "width": 640, "height": 360, "fps": 12.5, "rate_mode": "vbr",
                                                         "quality": "low", "bitrate_kbps": 500, "gop": 25},
                "devices/{device}/outputs/{output}": {"mode": "monostable", "delay_ms": 500, "idle": "open"},
                "channels/{channel}/imaging": {"brightness": 60, "contrast": 50, "saturation": 50, "hue": 40.5, "sharpness": 50, "day_night": "AUTO", "exposure": "MANUAL",
                                               "exposure_time": 9000, "gain": 3, "iris": 3, "white_balance": "MANUAL", "red_gain": 50, "blue_gain": 50, "wide_range": "ON",
                                               "wide_range_level": 50, "backlight": "ON", "backlight_level": 50, "focus": "AUTO"},
                "channels/{channel}/overlays": {"name": {"shown": True, "x": 0.1, "y": 0.9}, "time": {"shown": False, "x": 0, "y": 0},
                                                "texts": [{"lines": ["North gate", "12"], "align": "right", "x": 0.5, "y": 0.25}]},
                "devices/adding/{job}/rows/{row}": {"name": "row#", "type": "ipc", "driver": "onvif", "manufacturer": "m", "address": "127.0.0.2", "port": 80,
                                                    "username": "admin", "password": PASSWORD, "area": "a0", "description": "d"},
                "exports": {"paused": True}, "exports/{export}": {"paused": False},
                "record-plans": {"ids": [channel], "change": {"plan": "scheduled", "stream": "main", "schedule": "default", "enabled": False, "keep_days": 30, "keep_bytes": 10**12, "disk_group": 1}},
                "recording-volumes": {"ids": [ids["volume"]], "change": {"disk_group": 2}},
                "devices": {"ids": [device], "change": {k: v for k, v in own.items() if k != "name"}},
                "devices/{device}": own, "map-icons/{icon}": named,
                "maps/{map}": {**named, "area": area, "items": items}, "settings/{section}": {},
                "video-groups/{video_group}": {**named, "channels": [channel]},
                "view-groups/{view_group}": {**named, "group": ""},
                "views/{view}": {**named, "group": ids["view_group"], "windows": WINDOWS}}.items()}


def in_order(row):
    """Sorts rows of bodies(), so that none is in the way of a later one."""
    return row[0] in ENDS_OTHERS, row[0]


def further_bodies(ids):
    """(method, route) -> other valid bodies, with what a body cannot have beside the members of the one above."""
    by_mac = {"list": "allow", "mac": "52:54:00:aa:0b:01"}
    found = {"rows": [{"endpoint": "urn:uuid:0", "name": "row#", "area": "a0", "username": "admin", "password": PASSWORD}]}
    moved = {key: BY_ADDRESS[key] for key in ("address", "port", "tls")}
    return {("post", "/api/v1/" + path): list(bodies) for path, *bodies in (
        ("devices", BY_ADDRESS, {"name": "dev#", "address": "rtsp://u:p@127.0.0.1:1/cam"}),
        ("devices/addresses", {"ids": ["d99999"], **STATIC}),
        ("devices/adding", {**found, "start": False}, {"table": TABLE.decode(), "start": False}),
        ("devices/adding/{job}/rows", found, {"table": TABLE.decode()}),
        ("devices/adding/{job}/start", {"rows": [1]}, {}), ("devices/adding/{job}/stop", {}), ("devices/adding/{job}/removal", {"rows": [2]}),
        ("devices/import", b"Name,IP,Port,User,Password\r\n,127.0.0.1,1,u,\r\nrow#,127.0.0.1,x,u,p\r\n"))} | {
            ("post", "/api/v1/access-filter/entries"): [by_mac], ("put", "/api/v1/access-filter/entries/{entry}"): [by_mac],
            ("put", "/api/v1/time"): [{"local": ids["utc"].removesuffix("Z")}], ("put", "/api/v1/wizard/steps/{step}"): [{"skip": True}],
            ("put", "/api/v1/network/cards/{card}"): [{"method": "dhcp", "mtu": 1500, "restart_accepted": True}],
            ("put", "/api/v1/network/name-servers"): [{"automatic": True}],
            ("patch", "/api/v1/devices"): [{"ids": [ids["device"]], "change": moved}], ("patch", "/api/v1/devices/{device}"): [moved]}
