"""Settings of a virtual camera's encoder change what it sends, as FFmpeg sees it. A part of onvif_camera.py."""
import json
import re
import subprocess

from onvif_requests import encoder1, encoder2
from onvif_soap import TR2, TRT
from vmsd_client import PATIENCE


def stream_at(camera_port, stream, seconds=4):
    """What ffprobe finds in some seconds of a stream."""
    done = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-select_streams", "v", "-read_intervals", f"%+{seconds}", "-show_entries",
                           "stream=codec_name,width,height:packet=size,flags", "-of", "json", f"rtsp://admin:secret@127.0.0.1:{camera_port}/{stream}"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    told = json.loads(done.stdout or "{}")
    return (told.get("streams") or [{}])[0], told.get("packets", [])


# operation's service, settings, codec as FFmpeg names it.
SETTINGS = [
    (TR2, {"encoding": "H265", "size": (320, 180), "fps": 10, "kbps": 300, "gop": 5}, "hevc"),
    (TR2, {"encoding": "H264", "size": (160, 96), "fps": 20, "kbps": 400, "gop": 20}, "h264"),
    (TRT, {"encoding": "H264", "size": (320, 180), "fps": 5, "kbps": 150, "gop": 10}, "h264"),
    (TRT, {"encoding": "JPEG", "size": (160, 96), "fps": 10, "kbps": 300, "gop": 1}, "mjpeg"),
    (TR2, {"encoding": "H264", "size": (320, 180), "fps": 10, "kbps": 20000, "gop": 10, "quality": 10, "constant": "false"}, "h264"),
    (TR2, {"encoding": "H264", "size": (320, 180), "fps": 10, "kbps": 20000, "gop": 10, "quality": 90, "constant": "false"}, "h264"),
]


def check_encoder(judge, camera, rtsp_port):
    """Settings of the encoder change what goes out, as FFmpeg sees it; who watched before is sent away."""
    watching = subprocess.Popen(["ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i", f"rtsp://admin:secret@127.0.0.1:{rtsp_port}/sub", "-c", "copy",
                                 "-f", "null", "-"], stdin=subprocess.DEVNULL)
    sizes = {}
    for service, settings, codec in SETTINGS:
        encoder = encoder1 if service == TRT else encoder2
        status, text = camera.ask_as("admin", service, "SetVideoEncoderConfiguration", encoder("sub", **settings))
        judge.expect(status == 200, f"{settings}: {status} {text[-300:]}")
        stream, packets = stream_at(rtsp_port, "sub")
        found = (stream.get("codec_name"), stream.get("width"), stream.get("height"))
        judge.expect(found == (codec, *settings["size"]), f"{settings} gives {found}")
        keys = [at for at, packet in enumerate(packets) if packet["flags"].startswith("K")]
        distances = {after - before for before, after in zip(keys, keys[1:])}
        judge.expect(distances == {settings["gop"]}, f"{settings}: key pictures are {distances} apart, in {len(packets)} packets")
        mean = sum(int(packet["size"]) for packet in packets) * 8 * settings["fps"] / max(1, len(packets)) / 1000
        if settings.get("constant") == "false":
            sizes[settings["quality"]] = mean
        else:
            judge.expect(0.7 < mean / settings["kbps"] < 1.3, f"{settings} gives {mean:.0f} kb/s")
    judge.expect(2 * sizes[10] < sizes[90] < 20000, f"quality 10 and 90 give {sizes} kb/s")
    try:
        watching.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        watching.kill()
        judge.expect(False, "who watched before the change goes on watching")
    # What a camera does not have becomes the nearest that it has (ONVIF Media2, 5.2.3.4).
    for wanted, given in [((1, 1), (32, 1)), ((99999, 99), (20000, 30)), ((500, 11), (500, 10))]:
        camera.ask_as("admin", TR2, "SetVideoEncoderConfiguration", encoder2("sub", kbps=wanted[0], fps=wanted[1]))
        _, text = camera.ask_as("admin", TR2, "GetVideoEncoderConfigurations", "<ConfigurationToken>sub-encoder</ConfigurationToken>")
        told = tuple(float(re.search(f"<tt:{name}>([^<]+)<", text)[1]) for name in ("BitrateLimit", "FrameRateLimit"))
        judge.expect(told == given, f"bit rate and frame rate {wanted} become {told}, not {given}")
