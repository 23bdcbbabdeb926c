#!/usr/bin/env python3
"""A virtual camera by RTSP through HTTP and HTTPS at the ports of its services, as FFmpeg and GStreamer see it. (At its RTSP port: camera_players.py.)

usage: camera_tunnel.py WATCHRIG
"""
import base64
import pathlib
import re
import socket
import ssl
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
import stream_players  # noqa: E402
from judge import Judge  # noqa: E402
from onvif_requests import PROFILE  # noqa: E402
from onvif_soap import SETUP, TR2, TRT, envelope, token  # noqa: E402
from stream_players import Wanted  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

ACCOUNT = 'username="admin" password="secret" onvif="yes"'
RIG = f"""
<rig>
  <camera id="h264" main="h264 320x180@10 200kbps gop=5" audio="pcmu" {ACCOUNT} https="yes"/>
  <camera id="h265" main="h265 320x180@10 200kbps gop=5" audio="aac" {ACCOUNT}/>
</rig>
"""
WANTED = {"h264": Wanted("h264", "pcmu", 320, 180), "h265": Wanted("h265", "aac", 320, 180)}
OPTIONS = base64.b64encode(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")


def told(address, service, protocol):
    """Where the camera says that its stream is."""
    trust = ssl._create_unverified_context()  # pylint: disable=protected-access
    body = envelope(f'<GetStreamUri xmlns="{service[1]}">{protocol}{PROFILE}</GetStreamUri>', token("admin", "secret"))
    request = urllib.request.Request(address.replace("device_service", service[0]), method="POST", data=body.encode())
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE, context=trust if address.startswith("https") else None) as answer:
            text = answer.read().decode()
    except urllib.error.HTTPError as refused:
        text = refused.read().decode()
    found = re.search(r"Uri>([^<]+)<", text)
    return found.group(1) if found else f"refused: {text[-300:]}"


def check_addresses(judge, device):
    """What GetStreamUri names plays, by either version of the media service; the first does not know H.265."""
    name = device["id"]
    versions = [(TR2, "<Protocol>RtspOverHttp</Protocol>")] + ([(TRT, SETUP.replace(">RTSP<", ">HTTP<"))] if name == "h264" else [])
    for service, protocol in versions:
        for address in filter(None, (device["onvif"], device.get("https"))):
            url = told(address, service, protocol)
            wanted, given = urllib.parse.urlsplit(address), urllib.parse.urlsplit(url)
            judge.expect((wanted.scheme, wanted.netloc) == (given.scheme, given.netloc), f"{name}: asked at {address}, its stream is at {url}")
            stream_players.play(judge, name, url, given.scheme, WANTED[name])


def head(method, cookie, length=32767):
    return f"{method} /main HTTP/1.0\r\nHost: a\r\nx-sessioncookie: {cookie}\r\nContent-Length: {length}\r\n\r\n".encode()


def said(one):
    """What comes until the connection is closed, which it must be."""
    one.settimeout(PATIENCE)
    text = b""
    while piece := one.recv(4096):
        text += piece
    return text


def opened(address, bytes_):
    one = socket.create_connection((address.hostname, address.port), PATIENCE)
    one.sendall(bytes_)
    return one


def check_misuse(judge, device):
    """At the port of its services, where everything passes a second program's hands."""
    address = urllib.parse.urlsplit(device["onvif"])
    judge.expect(said(opened(address, head("POST", "nobody"))).startswith(b"HTTP/1.0 404"), "a POST without a GET is taken")
    get = opened(address, head("GET", "one"))
    judge.expect(get.recv(4096).startswith(b"HTTP/1.0 200"), "a GET is refused")
    judge.expect(said(opened(address, head("GET", "one"))).startswith(b"HTTP/1.0 409"), "one cookie has two GETs")
    post = opened(address, head("POST", "one") + OPTIONS)
    judge.expect(get.recv(4096).startswith(b"RTSP/1.0 200"), "a request behind the head of its POST is not answered")
    post.sendall(b"!")
    judge.expect(said(post).startswith(b"HTTP/1.0 400"), "broken base64 is taken")
    judge.expect(said(get) == b"", "the GET outlives its broken POST")
    get = opened(address, head("GET", "two"))
    get.recv(4096)
    post = opened(address, head("POST", "two") + OPTIONS)
    get.recv(4096)
    get.close()
    judge.expect(said(post) == b"", "the POST outlives its GET")
    judge.expect(said(opened(address, head("POST", "three", 1 << 40))).startswith(b"HTTP/1.1 413"), "a POST of a terabyte is taken")


def main(watchrig):
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            for device in rig.ready["devices"]:
                check_addresses(judge, device)
            check_misuse(judge, rig.ready["devices"][0])
    return judge.verdict(stream_players.missing())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
