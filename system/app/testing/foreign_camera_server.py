#!/usr/bin/python3
"""GStreamer's RTSP server in the place of cameras, for foreign_cameras.py: plays every film of a folder, and hands on what FFmpeg pushes.

  foreign_camera_server.py FOLDER USER PASSWORD

Prints a ready line and serves until it is killed. /NAME plays the film NAME.mkv from its beginning to each reader. What is announced at /push/NAME is
played at /pushed/NAME: the packets as they came, neither unpacked nor packed again, so that they are FFmpeg's. Another port (`locked`) plays
the same films to whoever knows the password by HTTP Digest, a third one (`basic`) by Basic. Needs gir1.2-gst-rtsp-server-1.0, which is for Debian's Python.
"""

import json
import pathlib
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtsp, GstRtspServer  # noqa: E402, F401

PACKERS = {  # by how a film's name says its tracks are coded
    "h264": "h264parse ! rtph264pay config-interval=-1 pt=96",
    "h264b": "h264parse ! rtph264pay config-interval=-1 pt=96",
    "h265": "h265parse ! rtph265pay config-interval=-1 pt=96",
    "mjpeg": "jpegparse ! rtpjpegpay",
    "aac": "aacparse ! rtpmp4gpay pt=97",
    "pcmu": "rtppcmupay",
    "pcma": "rtppcmapay",
}
TRACKS = 2  # of a film and of what is pushed: pictures and sound


def film_factory(film):
    video, audio = film.stem.split("-")[:2]
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( filesrc location={film} ! matroskademux name=film film.video_0 ! queue ! {PACKERS[video]} name=pay0 "
                       f"film.audio_0 ! queue ! {PACKERS[audio]} name=pay1 )")
    return factory


class Relay:
    """One name's packets, from whoever records them to whoever plays them. Each reader has a pipeline of its own: of a live one that is shared,
    GStreamer's server refuses one of two readers that come in the same moment, or forgets a track."""

    def __init__(self, mounts, name):
        self.mounts, self.name, self.caps, self.outlets = mounts, name, {}, []
        self.lock = threading.Lock()
        push = GstRtspServer.RTSPMediaFactory()
        push.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
        push.set_launch("( " + " ".join(f"identity name=depay{n} ! appsink name=inlet{n} emit-signals=true sync=false" for n in range(TRACKS)) + " )")
        push.connect("media-configure", self.take)
        mounts.add_factory(f"/push/{name}", push)

    def open(self):
        """For readers, as soon as packets of all tracks have told what they are."""
        play = GstRtspServer.RTSPMediaFactory()
        play.set_launch("( " + " ".join(f"appsrc name=pay{n} is-live=true format=time do-timestamp=true" for n in range(TRACKS)) + " )")
        play.connect("media-configure", self.give)
        self.mounts.add_factory(f"/pushed/{self.name}", play)

    def take(self, _, media):
        for track in range(TRACKS):
            media.get_element().get_by_name(f"inlet{track}").connect("new-sample", self.hand_on, track)

    def give(self, _, media):
        outlets = [media.get_element().get_by_name(f"pay{track}") for track in range(TRACKS)]
        for track, outlet in enumerate(outlets):
            outlet.set_caps(self.caps[track])
        with self.lock:
            self.outlets.append(outlets)
        media.connect("unprepared", lambda _: self.forget(outlets))

    def forget(self, outlets):
        with self.lock:
            self.outlets.remove(outlets)

    def hand_on(self, inlet, track):
        sample = inlet.pull_sample()
        with self.lock:
            if track not in self.caps:
                self.caps[track] = sample.get_caps()
                if len(self.caps) == TRACKS:
                    self.open()
            readers = list(self.outlets)
        for outlets in readers:
            packet = sample.get_buffer().copy()
            packet.pts = packet.dts = Gst.CLOCK_TIME_NONE
            outlets[track].push_buffer(packet)
        return Gst.FlowReturn.OK


def lock(server, method, username, password):
    """From now on this server asks for the password."""
    role = "watchman"
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, role)
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(method)
    if method == GstRtsp.RTSPAuthMethod.BASIC:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(username, password), token)
    else:
        auth.add_digest(username, password, token)
    server.set_auth(auth)
    return role


def serve(films, method=None, account=()):
    """The server, listening at a port of its own."""
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    server.get_thread_pool().set_max_threads(-1)  # one a connection: a reader's DESCRIBE waits for packets of another connection
    role = lock(server, method, *account) if method is not None else None
    mounts = server.get_mount_points()
    for film in films:
        factory = film_factory(film)
        if role:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role(role, "media.factory.access", True)
            permissions.add_permission_for_role(role, "media.factory.construct", True)
            factory.set_permissions(permissions)
        mounts.add_factory(f"/{film.stem}", factory)
    server.attach(None)
    return server


def main(folder, *account):
    Gst.init(None)
    films = sorted(pathlib.Path(folder).glob("*.mkv"))
    servers = {"open": serve(films), "locked": serve(films, GstRtsp.RTSPAuthMethod.DIGEST, account), "basic": serve(films, GstRtsp.RTSPAuthMethod.BASIC, account)}
    relays = [Relay(servers["open"].get_mount_points(), film.stem) for film in films]
    print(json.dumps({"ready": "gstreamer", "relays": len(relays), **{name: f"rtsp://127.0.0.1:{server.get_bound_port()}" for name, server in servers.items()}}), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
