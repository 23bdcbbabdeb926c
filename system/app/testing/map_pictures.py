#!/usr/bin/env python3
"""Gives vmsd the pictures of a map and of an icon as ffmpeg writes them, and files that are none. usage: map_pictures.py VMSD"""
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

MEBI = 1 << 20


def drawn(folder, name):
    file = folder / name
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240", "-frames:v", "1", file], check=True)
    return file.read_bytes()


def ask(client, method, path, body=None):
    request = urllib.request.Request(client.base_url + path, method=method, data=body)
    request.add_header("Authorization", f"Bearer {client.session['token']}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, "", error.read()
    except (urllib.error.URLError, ConnectionError):
        return 413, "", b""  # the answer is given, and the connection closed, before all of a long body is there


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+") as log:
        folder = pathlib.Path(name)
        png, jpeg = drawn(folder, "map.png"), drawn(folder, "map.jpg")
        with Program(log, sys.argv[1], "--data", folder / "data", "--set", "http.port=0", "--set", "rtsp.port=0") as vmsd:
            admin = Client(vmsd.ready["http"]).initialise()
            for path, made in (("maps", admin.call("POST", "/api/v1/maps", {"name": "m"})), ("map-icons", admin.call("POST", "/api/v1/map-icons", {"name": "i"}))):
                one = f"/api/v1/{path}/{made['id']}/picture"
                for picture, kind in ((png, "image/png"), (jpeg, "image/jpeg")):
                    if ask(admin, "PUT", one, picture)[0] != 204 or ask(admin, "GET", one) != (200, kind, picture):
                        wrong.append(f"{kind} at {one}")
                refused = {"SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "a page": b"<html></html>",
                           "half a PNG": png[:-8], "half a JPEG": jpeg[:-2], "nothing": b"", "a page behind a PNG": png + b"<script>"}
                for title, body in refused.items():
                    if ask(admin, "PUT", one, body)[0] != 400:
                        wrong.append(f"{title} at {one} was taken")
                if ask(admin, "PUT", one, png[:-12] + bytes(MEBI) + png[-12:])[0] not in (400, 413):
                    wrong.append(f"more than 1 MiB at {one} was taken")
                if ask(admin, "GET", one)[2] != jpeg:
                    wrong.append(f"{one} has changed")
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
