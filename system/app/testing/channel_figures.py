#!/usr/bin/env python3
"""The figures for Prometheus are of the channels that there are: none under an old name, none of a channel that is gone.
usage: channel_figures.py VMSD
"""
import pathlib
import re
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from vmsd_client import PATIENCE, Client, Program  # noqa: E402

# Nobody listens there; the channels are offline.
RECORDER = {"name": "Deck", "driver": "rtsp", "type": "nvr", "channel_count": 2,
            "streams": {"main": "rtsp://user:word@127.0.0.1:1/{channel}"}}


def figures(client):
    """(id, name) of each channel that is in the figures of recording, and of those in the figures of streams."""
    request = urllib.request.Request(client.base_url + "/metrics", headers={"Authorization": f"Bearer {client.session['token']}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        text = answer.read().decode()
    return [set(re.findall(rf'^{name}{{channel="([^"]*)",name="([^"]*)"', text, re.MULTILINE))
            for name in ("watchrig_channel_recording", "watchrig_stream_online")]


def expect(what, client, channels):
    found = figures(client)
    if found != [channels, channels]:
        raise SystemExit(f"FAILED: {what}: the figures are of {found}, not of {channels}")


def check(client):
    device = client.call("POST", "/api/v1/devices", RECORDER)
    first, second = ((channel["id"], channel["name"]) for channel in device["channels"])
    expect("added", client, {first, second})
    client.call("PATCH", f"/api/v1/channels/{second[0]}", {"name": "Yard"})
    second = (second[0], "Yard")
    expect("renamed", client, {first, second})
    client.call("DELETE", f"/api/v1/channels/{first[0]}")
    expect("one removed", client, {second})
    client.call("DELETE", f"/api/v1/devices/{device['id']}")
    expect("all removed", client, set())


def main():
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        options = ["--set", "http.port=0", "--set", "rtsp.port=0"]
        with Program(log, sys.argv[1], "--data", f"{folder}/data", *options) as vmsd:
            check(Client(vmsd.ready["http"]).initialise())
    print("figures are of the channels that there are")


if __name__ == "__main__":
    main()
