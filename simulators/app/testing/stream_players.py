"""Players that nobody here wrote, at the address of a stream: each plays it by one transport until it has decoded enough, and tells what was wrong.

| player | tcp, udp | http | https | pictures | sound |
| --- | --- | --- | --- | --- | --- |
| FFmpeg (ffprobe) | yes | yes | yes | H.264, H.265, JPEG | G.711, AAC |
| GStreamer (rtspsrc) | yes | yes | yes | H.264, H.265, JPEG | G.711, AAC |

live555 and whatever plays by it are not here: Debian 12 has no livemedia-utils, and its VLC is built without live555, so that it plays Real's RTSP only.
"""
import json
import shutil
import subprocess
import urllib.parse

PATIENCE = 40  # seconds that a player may take on a loaded machine
PICTURES, SOUNDS = 20, 10
LOCATIONS = {"tcp": "rtspt", "udp": "rtspu", "http": "rtsph", "https": "rtspsh"}  # as rtspsrc calls them
FFMPEG_CODECS = {"h264": "h264", "h265": "hevc", "mjpeg": "mjpeg", "pcmu": "pcm_mulaw", "pcma": "pcm_alaw", "aac": "aac"}
GSTREAMER_DECODERS = {
    "h264": "rtph264depay ! h264parse ! avdec_h264",
    "h265": "rtph265depay ! h265parse ! avdec_h265",
    "mjpeg": "rtpjpegdepay ! jpegdec",
    "pcmu": "rtppcmudepay ! mulawdec",
    "pcma": "rtppcmadepay ! alawdec",
    "aac": "rtpmp4gdepay ! aacparse ! avdec_aac",
}


class Wanted:
    """What there is to see and hear: codecs by our names, and the size of the pictures."""

    def __init__(self, video, audio, width, height):
        self.video, self.audio, self.width, self.height = video, audio, width, height


def run(*command):
    done = subprocess.run(["timeout", str(PATIENCE), *[str(part) for part in command]], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def by_ffmpeg(url, transport, wanted):
    """Empty when all is right."""
    where = urllib.parse.urlsplit(url)
    code, text, errors = run("ffprobe", "-v", "error", "-rtsp_transport", transport, "-read_intervals", "%+4", "-count_frames", "-show_entries",
                             "stream=codec_type,codec_name,width,height,nb_read_frames", "-of", "json", f"rtsp://admin:secret@{where.netloc}{where.path}")
    # Of a pair of ports that another player has, FFmpeg says so and takes the next.
    errors = "".join(line for line in errors.splitlines(True) if "bind failed: Address already in use" not in line)
    if code != 0 or errors:
        return f"ends with {code} and says {errors[-300:]!r}"
    tracks = {track["codec_type"]: track for track in json.loads(text).get("streams", [])}
    video, audio = tracks.get("video", {}), tracks.get("audio", {})
    found = (video.get("codec_name"), video.get("width"), video.get("height"), audio.get("codec_name"))
    expected = (FFMPEG_CODECS[wanted.video], wanted.width, wanted.height, FFMPEG_CODECS[wanted.audio])
    decoded = (int(video.get("nb_read_frames", 0)), int(audio.get("nb_read_frames", 0)))
    enough = decoded[0] >= PICTURES and decoded[1] >= SOUNDS
    return "" if found == expected and enough else f"finds {found}, not {expected}; decodes {decoded} pictures and sounds"


def by_gstreamer(url, transport, wanted):
    """Empty when all is right. Pictures of another size or coding cannot be linked, and it does not end before enough are decoded."""
    where = urllib.parse.urlsplit(url)
    video = ["s.", "!", "application/x-rtp,media=video", "!", *GSTREAMER_DECODERS[wanted.video].split(), "!",
             f"video/x-raw,width={wanted.width},height={wanted.height}", "!", "identity", f"eos-after={PICTURES}", "!", "fakesink", "sync=false"]
    audio = ["s.", "!", "application/x-rtp,media=audio", "!", *GSTREAMER_DECODERS[wanted.audio].split(), "!", "audio/x-raw", "!",
             "identity", f"eos-after={SOUNDS}", "!", "fakesink", "sync=false"]
    code, text, errors = run("gst-launch-1.0", "rtspsrc", "name=s", f"location={LOCATIONS[transport]}://{where.netloc}{where.path}", "user-id=admin", "user-pw=secret",
                             "tls-validation-flags=0", "latency=200", *video, *audio)
    said = text + errors
    # It says PAUSE once both ends have enough, and has given up what it hears by before: the camera may have noticed by then, and closed.
    # One that broke off sooner would be an error of reading.
    late = "gst_rtspsrc_pause ()" in said and "Received end-of-file" in said and "Could not read" not in said and "Could not receive" not in said
    right = "WARNING" not in said and (late or (code == 0 and "Got EOS" in said and "ERROR" not in said))
    return "" if right else f"ends with {code} and says {said[-400:]!r}"


PLAYERS = {"ffprobe": by_ffmpeg, "gst-launch-1.0": by_gstreamer}


def missing():
    """What to say of players that are not there, or empty."""
    absent = [name for name in PLAYERS if not shutil.which(name)]
    return f"{' and '.join(absent)} not installed: these have played nothing; tools/setup.sh installs them" if absent else ""


def play(judge, name, url, transport, wanted):
    """By each player that is there."""
    for player, plays in PLAYERS.items():
        if shutil.which(player):
            wrong = plays(url, transport, wanted)
            judge.expect(not wrong, f"{name} by {player} over {transport} from {url}: {wrong}")
