#!/usr/bin/env python3
"""Asks every route of vmsd's own description as users whose rights hold in one place: for what is in another, by GET, and with bodies
that name it. What is elsewhere is answered 403 or 404, stays as it is, and is told of nowhere, whatever is listed.

usage: foreign_places.py VMSD
"""
import base64
import http.client
import json
import os
import pathlib
import re
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
import event_replay  # noqa: E402
import every_route  # noqa: E402
import fuzz_bodies  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program  # noqa: E402

NAME = "quagga"  # in all that is written into things of the foreign area, and in nothing else
CHANNELS = ("live", "playback", "download", "record", "events", "ptz")  # authorities that can be narrowed to channels
AREAS = ("devices", "outputs")
SERVER = ("accounts", "system", "logs", "security")
LOGS = ("system", "operation", "event", "link")
METHODS = ("get", "post", "put", "patch", "delete")
WEBSOCKET = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
# A path with one of these is about a place.
PLACES = {"channel", "device", "area", "map"}
# Who asks: authorities with {own channel} and {own area}, and whether the account is kept to the area besides.
CALLERS = {
    "channels": {**dict.fromkeys(CHANNELS, ["channel"])},
    "channels.areas": {**dict.fromkeys(CHANNELS, ["channel"]), **dict.fromkeys(AREAS, ["area"])},
    "areas": dict.fromkeys(CHANNELS + AREAS, ["area"]),
    "kept": dict.fromkeys(CHANNELS + AREAS, True),
    "kept.all": dict.fromkeys(CHANNELS + AREAS + SERVER, True),
    "narrowed.all": {**dict.fromkeys(CHANNELS, ["channel"]), **dict.fromkeys(AREAS, ["area"]), **dict.fromkeys(SERVER, True)},
}
KEPT = {"kept", "kept.all"}
# Where names or ids of elsewhere are told all the same, to whom, and why. Each must occur: what is told no more has no row here.
TOLD = {(path if path == "/metrics" else f"/api/v1/{path}", caller): (texts, why) for paths, callers, texts, why in (
    (("views", "view-groups", "video-groups"), tuple(CALLERS), {"names"}, "they are nobody's own; of the channels in them one sees one's own"),
    (("groups", "users"), ("kept.all", "narrowed.all"), {"ids"}, "the authority accounts is for the whole server: it tells whose rights hold where"),
    (("logs/{log}", "logs/{log}/file", "alarm-log", "alarm-log/file", "events"), ("narrowed.all",), {"names", "ids"},
     "the authority logs is for the whole server; an account that is kept to areas is refused"),
    (("system/information", "/metrics"), ("narrowed.all",), {"names", "ids"},
     "the authority system is for the whole server; an account that is kept to areas is refused"))
    for path in paths for caller in callers}


def send(client, method, path, body=None, **headers):
    """Status and text of the answer."""
    address = urllib.parse.urlparse(client.base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request(method.upper(), path, data, {**headers, "Authorization": f"Bearer {client.session['token']}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


class Rig:
    """A server with things in two areas, and its users. What furnish() makes is in the area above both, and nobody's own."""

    def __init__(self, admin, folder):
        self.admin = admin
        self.ids = fuzz_bodies.furnish(admin, folder)
        self.own, self.foreign = self.place("own"), self.place(NAME)
        self.paths = admin.call("GET", "/api/v1/openapi.json")["paths"]
        self.callers = {name: self.sign_in(name, grants) for name, grants in CALLERS.items()}

    def place(self, name):
        """An area with a device and a map, and what is there of them in lists for all."""
        made = self.admin.call
        area = made("POST", "/api/v1/areas", {"name": f"{name} area"})["id"]
        device = made("POST", "/api/v1/devices", {
            "name": f"{name} device", "driver": "rtsp", "area": area, "description": f"{name} house", "channel_count": 2, "inputs": 2,
            "username": f"{name} user", "password": "p", "streams": {"main": f"rtsp://127.0.0.1:1/{name}"}, "manufacturer": f"{name} works"})
        channels = [channel["id"] for channel in device["channels"]]
        for number, channel in enumerate(channels):
            made("PATCH", f"/api/v1/channels/{channel}", {"name": f"{name} channel {number}"})
        items = [{"channel": channels[0], "x": 0, "y": 0}, {"device": device["id"], "input": 1, "x": 1, "y": 1}]
        one = made("POST", "/api/v1/maps", {"name": f"{name} map", "area": area, "items": items})["id"]
        status, text = send(self.admin, "put", f"/api/v1/maps/{one}/picture", fuzz_bodies.PICTURE)
        if status != 204:
            raise SystemExit(f"FAILED: the picture of a map: {status} {text}")
        group = made("POST", "/api/v1/view-groups", {"name": f"{name} group"})["id"]
        view = made("POST", "/api/v1/views", {"name": f"{name} view", "group": group, "windows": [{"window": 1, "channel": channels[0]}]})["id"]
        videos = made("POST", "/api/v1/video-groups", {"name": f"{name} videos", "channels": channels})["id"]
        made("POST", "/api/v1/groups", {"name": f"guards.{area}", "authorities": {"live": [channels[0], area]}})
        made("POST", "/api/v1/users", {"name": f"guard.{area}", "group": f"guards.{area}", "areas": [area], "password": PASSWORD,
                                       "password_again": PASSWORD})
        made("POST", "/api/v1/devices/adding", {"rows": [{"name": f"{name} row", "address": "127.0.0.1", "area": area}], "start": False})
        return {**self.ids, "area": area, "device": device["id"], "channel": channels[0], "second": channels[1], "map": one, "view": view,
                "view_group": group, "video_group": videos}

    def sign_in(self, name, grants):
        places = {"channel": [self.own["channel"], self.own["second"]], "area": [self.own["area"]]}
        given = {authority: reach if reach is True else places[reach[0]] for authority, reach in grants.items()}
        self.admin.call("POST", "/api/v1/groups", {"name": f"of.{name}", "authorities": given})
        self.admin.call("POST", "/api/v1/users", {
            "name": name, "group": f"of.{name}", "password": PASSWORD, "password_again": PASSWORD, **({"areas": [self.own["area"]]} if name in KEPT else {})})
        client = Client(self.admin.base_url)
        client.session = client.call("POST", "/api/v1/sessions", {"username": name, "password": PASSWORD})
        client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
        return client

    def foreign_texts(self):
        """What no answer has: the name, and ids as JSON and tables have them."""
        ids = [self.foreign[kind] for kind in ("area", "device", "channel", "second", "map")]
        return re.compile("|".join([NAME, *(rf"(?<![\w.-]){text}(?![\w.-])" for text in ids)]), re.IGNORECASE)

    def filled(self, pattern, ids):
        path = pattern
        for kind in re.findall(r"{(\w+)}", pattern):
            if kind not in ids:
                raise SystemExit(f"FAILED: this test knows of no {{{kind}}}")
            path = path.replace(f"{{{kind}}}", urllib.parse.quote(ids[kind]))
        return path

    def state(self):
        """Of the foreign things, by who sees everything; a device's attempts to connect go on."""
        ids = self.foreign
        paths = [f"/api/v1/devices/{ids['device']}", f"/api/v1/channels/{ids['channel']}", f"/api/v1/channels/{ids['second']}",
                 f"/api/v1/areas/{ids['area']}", f"/api/v1/maps/{ids['map']}", f"/api/v1/views/{ids['view']}", f"/api/v1/video-groups/{ids['video_group']}"]
        return {path: without_attempts(json.loads(send(self.admin, "get", path)[1])) for path in paths}


def without_attempts(value):
    """A camera that cannot be reached is tried again and again."""
    if isinstance(value, dict):
        return {name: without_attempts(one) for name, one in value.items() if name not in ("attempts", "cause", "state")}
    return [without_attempts(one) for one in value] if isinstance(value, list) else value


def await_events(admin):
    """Until the foreign channel has told something by itself, which is for those who may read events of it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        events = admin.call("GET", "/api/v1/events?limit=1000")["events"]
        if any(event.get("channel") and not event.get("account") and NAME in json.dumps(event) for event in events):
            return
        time.sleep(0.1)
    raise SystemExit(f"FAILED: no event of the foreign channel: {sorted({event['type'] for event in events})}")


ABSENT = {"channel": "c99998", "device": "d99998", "area": "a99998", "map": "m99998"}


def check_foreign(rig, name, wrong):
    """Each route about a place, with a body that would be taken from those who may."""
    client, asked = rig.callers[name], 0
    bodies = fuzz_bodies.bodies(rig.foreign)
    for pattern, operations in sorted(rig.paths.items()):
        if not set(re.findall(r"{(\w+)}", pattern)) & PLACES:
            continue
        for method in sorted(set(operations) & {*METHODS, "x-websocket"}):
            path = rig.filled(pattern, rig.foreign)

            def ask(place, method=method, pattern=pattern):
                if method == "x-websocket":
                    return send(client, "get", place, **WEBSOCKET)
                return send(client, method, place, bodies.get((method, pattern)))
            status, text = ask(path)
            asked += 1
            # What is elsewhere does not exist: the answer is that of an id that nothing has.
            absent, _ = ask(rig.filled(pattern, {**rig.foreign, **ABSENT}))
            if status != absent:
                wrong.append(f"{method} {path} by {name}: {status}, but {absent} where there is nothing")
            # A path that only takes a WebSocket says so to everybody.
            if status not in (403, 404) and (status != 426 or "x-websocket" not in operations or method != "get"):
                wrong.append(f"{method} {path} by {name}: {status} {text[:200]}")
            if NAME in text.lower():
                wrong.append(f"{method} {path} by {name} tells of it: {text[:200]}")
    return asked if asked > 40 else wrong.append(f"only {asked} routes are about a place") or 0


def check_bodies(rig, name, wrong):
    """Routes about no place of their own, with bodies that name foreign ones; only such as the place authorities open."""
    client, asked = rig.callers[name], 0
    bodies, further = fuzz_bodies.bodies(rig.foreign), fuzz_bodies.further_bodies(rig.foreign)
    for pattern, operations in sorted(rig.paths.items()):
        if set(re.findall(r"{(\w+)}", pattern)) & PLACES:
            continue
        for method in sorted(set(operations) & {"post", "put", "patch"}):
            if operations[method]["x-right"] not in CHANNELS + AREAS:
                continue
            for body in [bodies.get((method, pattern)), *further.get((method, pattern), [])]:
                if isinstance(body, dict):
                    places = {"ids": [rig.foreign["device"]], "area": rig.foreign["area"]}
                    body = {**body, **{member: places[member] for member in set(body) & set(places)}}
                path = rig.filled(pattern, rig.own)
                status, text = send(client, method, path, body)
                asked += 1
                if status >= 500 or NAME in text.lower():
                    wrong.append(f"{method} {path} by {name} with foreign places: {status} {text[:300]}")
    return asked


def check_lists(rig, name, wrong, occurred):
    """All that can be read, of one's own and of all."""
    client, asked = rig.callers[name], 0
    foreign = rig.foreign_texts()
    for pattern, operations in sorted(rig.paths.items()):
        if "get" not in operations:
            continue
        for log in LOGS if "{log}" in pattern else [""]:
            path = rig.filled(pattern, {**rig.own, "log": log})
            status, text = send(client, "get", path)
            asked += 1
            found = {match.lower() for match in foreign.findall(text)}
            told, _ = TOLD.get((pattern, name), ((), ""))
            if {"names" if text == NAME else "ids" for text in found} - set(told):
                at = foreign.search(text)
                wrong.append(f"get {path} by {name} tells of {sorted(found)}: {status} …{text[max(0, at.start() - 150):at.end() + 80]}…")
            if found:
                occurred.add((pattern, name))
    return asked


def check_live(rig, name, rtsp, wrong):
    """What comes by itself: events by WebSocket, and streams."""
    client, mark = rig.callers[name], f"renamed for {name}"
    if (name, "/api/v1/events") not in {(caller, path) for path, caller in TOLD}:
        feed, events = event_replay.Feed(client, 0), []
        rig.admin.call("PATCH", f"/api/v1/channels/{rig.own['channel']}", {"name": mark})
        while not events or events[-1].get("channel_name") != mark:
            events.append(feed.event())
        feed.close()
        wrong += [f"the WebSocket of {name} tells of {event}" for event in events if rig.foreign_texts().search(json.dumps(event))]
    key = client.session
    for place, expected in ((rig.own, "503"), (rig.foreign, "404")):
        status = every_route.stream_status(rtsp, key["id"], key["stream_key"], place["channel"])
        if status != expected:
            wrong.append(f"RTSP of {place['channel']} for {name}: {status}, not {expected}")


def main():
    wrong, occurred, asked = [], set(), 0
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        with Program(log, sys.argv[1], "--data", f"{folder}/data", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd:
            rig = Rig(Client(vmsd.ready["http"]).initialise(), folder)
            await_events(rig.admin)
            before = rig.state()
            for name in CALLERS:
                asked += check_lists(rig, name, wrong, occurred) + check_foreign(rig, name, wrong)
                check_live(rig, name, vmsd.ready["rtsp"], wrong)
                if not set(CALLERS[name]) & set(SERVER):
                    asked += check_bodies(rig, name, wrong)
                after = rig.state()
                wrong += [f"{path} was changed by {name}: {before[path]} -> {after[path]}" for path in before if before[path] != after[path]]
                before = after
    wrong += [f"{path} tells {name} nothing of elsewhere, as was expected: {why}" for (path, name), (_, why) in TOLD.items() if (path, name) not in occurred]
    for line in wrong:
        print(f"FAILED: {line}")
    print(f"{asked} requests, {len(wrong)} answered wrongly")
    return 1 if wrong or asked < 500 else 0


if __name__ == "__main__":
    sys.exit(main())
