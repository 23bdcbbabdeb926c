#!/usr/bin/env python3
"""Players that nobody here wrote pull from virtual cameras: every codec of pictures and sound, by TCP, UDP and through HTTP.

usage: camera_players.py WATCHRIG. The end is 77, a skip, when all was right but a player is not there.
"""
import concurrent.futures
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
import stream_players  # noqa: E402
from judge import Judge  # noqa: E402
from vmsd_client import Program  # noqa: E402

WIDTH, HEIGHT = 320, 184  # RTP tells the size of JPEG in blocks of eight
CODINGS = [("h264", "pcmu"), ("h265", "aac"), ("mjpeg", "pcma"), ("h264", "aac")]
TRANSPORTS = ("tcp", "udp", "http")
AT_ONCE = 4


def rig_text():
    def camera(video, audio):
        more = "" if video == "mjpeg" else " gop=5"
        return f'<camera id="{video}-{audio}" main="{video} {WIDTH}x{HEIGHT}@10 300kbps{more}" audio="{audio}" username="admin" password="secret"/>'

    return f"<rig>{''.join(camera(*coding) for coding in CODINGS)}</rig>"


def main(watchrig):
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(rig_text(), encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
            cells = [threads.submit(stream_players.play, judge, device["id"], device["streams"]["main"]["url"], transport,
                                    stream_players.Wanted(*device["id"].split("-"), WIDTH, HEIGHT))
                     for device in rig.ready["devices"] for transport in TRANSPORTS]
            for cell in cells:
                cell.result()
    return judge.verdict(stream_players.missing())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
