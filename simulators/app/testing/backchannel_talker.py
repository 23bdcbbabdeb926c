"""Talks to a camera as GStreamer does it: a tone by its rtspsrc's ONVIF backchannel, pictures read meanwhile. A part of camera_backchannel.py.

usage: backchannel_talker.py URL USER PASSWORD tcp|udp CODING HERTZ BUFFERS. CODING is PCMU or PCMA; each buffer is a packet of 20 ms. The end is
0 when all buffers went out and pictures came, 2 when the camera has no such section.
"""
import ctypes
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402  # pylint: disable=wrong-import-position

ENCODERS = {"PCMU": "mulawenc ! rtppcmupay", "PCMA": "alawenc ! rtppcmapay"}
PATIENCE_SECONDS = 20
SETTLING_MS = 300  # for the last packet to leave


class Talker:
    def __init__(self, url, user, password, transport, coding, hertz, buffers):
        self.coding, self.hertz, self.buffers = coding, hertz, int(buffers)
        self.core = ctypes.CDLL("libgstreamer-1.0.so.0")
        self.core.gst_mini_object_ref.restype = ctypes.c_void_p
        self.loop = GLib.MainLoop()
        self.section, self.pushed, self.pictures, self.problem, self.voice = None, 0, 0, "", None
        self.pipeline = Gst.Pipeline.new()
        self.source = Gst.ElementFactory.make("rtspsrc")
        for name, value in (("location", url), ("user-id", user), ("user-pw", password), ("protocols", transport), ("backchannel", "onvif"), ("latency", "0")):
            Gst.util_set_object_arg(self.source, name, value)
        self.source.connect("select-stream", self.select)
        self.source.connect("pad-added", self.read)
        self.pipeline.add(self.source)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.failed)

    def failed(self, _, message):
        self.problem = str(message.parse_error())
        self.loop.quit()

    def select(self, _, number, caps):
        section = caps.get_structure(0)
        if not section.has_field("a-sendonly"):
            return section.get_string("media") == "video"
        chosen = section.get_string("encoding-name") == self.coding
        if chosen:
            self.section = number
        return chosen

    def read(self, _, pad):
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("sync", False)
        sink.set_property("signal-handoffs", True)
        sink.connect("handoff", self.picture)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))
        if self.section is None:
            self.problem = f"there is no section of {self.coding} that is sent by the client"
            self.loop.quit()
        elif self.voice is None:
            self.voice = Gst.parse_launch(f"audiotestsrc is-live=true freq={self.hertz} samplesperbuffer=160 num-buffers={self.buffers} ! audio/x-raw,rate=8000,channels=1 ! "
                                          f"{ENCODERS[self.coding]} min-ptime=20000000 max-ptime=20000000 ! fakesink name=out signal-handoffs=true sync=true")
            self.voice.get_by_name("out").connect("handoff", self.say)
            self.voice.set_state(Gst.State.PLAYING)

    def picture(self, *_):
        self.pictures += 1

    def say(self, _, buffer, pad):
        sample = Gst.Sample.new(buffer, pad.get_current_caps(), None, None)
        # GStreamer 1.22 takes a reference that nobody has given it.
        self.core.gst_mini_object_ref(ctypes.c_void_p(hash(sample)))
        done = self.source.emit("push-backchannel-sample", self.section, sample)
        self.pushed += 1 if done == Gst.FlowReturn.OK else 0
        if self.pushed == self.buffers:
            GLib.timeout_add(SETTLING_MS, self.loop.quit)

    def run(self):
        GLib.timeout_add_seconds(PATIENCE_SECONDS, self.loop.quit)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        if self.voice:
            self.voice.set_state(Gst.State.NULL)
        self.pipeline.set_state(Gst.State.NULL)
        print(f"section {self.section}, {self.pushed} of {self.buffers} packets, {self.pictures} packets of pictures {self.problem}")
        if self.section is None:
            return 2
        return 0 if self.pushed == self.buffers and self.pictures else 1


if __name__ == "__main__":
    Gst.init(None)
    sys.exit(Talker(*sys.argv[1:]).run())
