#!/usr/bin/python3
"""GStreamer's RTSP server, which plays one file to all its readers at the same time: the peer of cameras_vs_gstreamer.py.

  bench/peers/gstreamer_cameras.py FILE.mkv

Prints a ready line with the URL and serves until it is killed. Needs gir1.2-gst-rtsp-server-1.0, which is for Debian's Python.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main():
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( filesrc location={sys.argv[1]} ! matroskademux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 mtu=1400 )")
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    server.set_backlog(1024)
    server.get_mount_points().add_factory("/main", factory)
    server.attach(None)
    print(json.dumps({"ready": "gstreamer", "url": f"rtsp://127.0.0.1:{server.get_bound_port()}/main"}), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
