#!/usr/bin/env python3
"""The RTSP personalities of virtual cameras, as others see them: a raw client of Python's library, and FFmpeg.

usage: stream_quirks.py WATCHRIG. The end is 77, a skip, when all was right but ffprobe is not there.
"""
import concurrent.futures
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from raw_rtsp import TCP, Client, all_of, answer_to  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

SKIPPED = 77
ACCOUNT = 'username="admin" password="secret"'
CAMERAS = {  # id: personality, further attributes
    "plain": ("", ""),
    "bare": ("sdp-without-parameters,sdp-wrong-clock,sdp-unknown-lines", ""),
    "uncontrolled": ("sdp-without-control", ""),
    "behind": ("sdp-foreign-host", ""),
    "astray": ("content-base-wrong", ""),
    "terse": ("no-rtcp,no-marker", ""),
    "hourly": ("rtcp-clock-wrong=-3600s", ""),
    "leaping": ("timestamp-jumps=1s", ""),
    "dying": ("session-dies=2s", ""),
    "asked": ("keep-alive-by-get-parameter=2s", ""),
    "closing": ("get-parameter-closes", ""),
    "refusing": ("get-parameter-refused", ""),
    "holding": ("teardown-ignored=2s", ""),
    "old": ("digest-without-qop", ACCOUNT),
    "stale": ("digest-stale-each=2", ACCOUNT),
    "stormy": ("unauthorized-storm=2", ACCOUNT),
}


class Judge:
    def __init__(self):
        self.failures = []

    def expect(self, condition, what):
        if not condition:
            self.failures.append(what)
            print(f"failed: {what}", file=sys.stderr)


def check_descriptions(judge, at):
    def described(name):
        with Client(at[name]) as client:
            answer = client.ask("DESCRIBE")
            return answer[2], all_of(answer, "Content-Base")[0]

    plain, base = described("plain")
    judge.expect("sprop-parameter-sets" in plain and "H264/90000" in plain and base == at["plain"] + "/", "plain is plain")
    bare, _ = described("bare")
    judge.expect("sprop" not in bare and "H264/8000" in bare and "y=0100000001" in bare, "bare has what its personality says")
    judge.expect("a=control" not in described("uncontrolled")[0], "no control")
    behind, base = described("behind")
    judge.expect("a=control:rtsp://192.0.2.1/main/track0" in behind and base.startswith("rtsp://192.0.2.1/"), "foreign host")
    with Client(at["behind"]) as client:
        client.address = "rtsp://192.0.2.1/main"
        judge.expect(client.play() == 200, "a client that follows the foreign host on its connection is served")
    judge.expect(described("astray")[1].endswith("/elsewhere/"), "Content-Base leads elsewhere")
    with Client(at["astray"]) as client:
        judge.expect(client.ask("SETUP", at["astray"].replace("/main", "/elsewhere/track0"), Transport=TCP)[0] == 404, "where nothing is")
        judge.expect(client.play() == 200, "but the stream is where it was described")


def check_packets(judge, at):
    def seen(name, seconds):
        with Client(at[name]) as client:
            judge.expect(client.play() == 200, f"{name} plays")
            judge.expect(not client.watch(seconds), f"{name} goes on")
            return ([packet for channel, packet in client.packets if channel == 0], [packet for channel, packet in client.packets if channel == 1])

    rtp, reports = seen("plain", 2)
    judge.expect(any(packet[1] & 0x80 for packet in rtp) and reports, "plain has markers and reports")
    rtp, reports = seen("terse", 2)
    judge.expect(rtp and not any(packet[1] & 0x80 for packet in rtp) and not reports, "terse has neither")
    _, reports = seen("hourly", 2)
    seconds = struct.unpack(">I", reports[0][8:12])[0] - 2208988800  # RFC 3550, 6.4.1; 1900 to 1970
    judge.expect(abs(seconds + 3600 - time.time()) < 10, "hourly is an hour behind")
    rtp, _ = seen("leaping", 3)
    stamps = [struct.unpack(">I", packet[4:8])[0] for packet in rtp]
    leaps = [b - a for a, b in zip(stamps, stamps[1:]) if abs(b - a) > 90000 * 60]
    judge.expect(len(leaps) >= 2, f"leaping leaps: {leaps}")


def check_sessions(judge, at):
    with Client(at["dying"]) as client:
        judge.expect(client.play() == 200, "dying plays")
        begun = time.monotonic()
        judge.expect(client.watch(4) and 1.5 < time.monotonic() - begun < 3, "and ends its session after 2 s")
    for method, kept in (("OPTIONS", False), ("GET_PARAMETER", True)):
        with Client(at["asked"]) as client:
            offered = all_of(client.ask("OPTIONS"), "Public")[0]
            judge.expect("GET_PARAMETER" not in offered and client.play() == 200, "asked offers no GET_PARAMETER")
            alive = all(client.ask(method)[0] == 200 and not client.watch(1) for _ in range(4))
            judge.expect(alive == kept, f"{method} keeps the session of asked: {alive}")
    with Client(at["closing"]) as client:
        judge.expect(client.play() == 200 and client.ask("GET_PARAMETER")[0] == 0, "closing hangs up at GET_PARAMETER")
    with Client(at["refusing"]) as client:
        judge.expect("GET_PARAMETER" in all_of(client.ask("OPTIONS"), "Public")[0], "refusing offers GET_PARAMETER")
        judge.expect(client.play() == 200 and client.ask("GET_PARAMETER")[0] == 501, "and refuses it")
    for _ in range(2):
        with Client(at["holding"]) as client:
            judge.expect(client.play() == 200 and client.ask("TEARDOWN")[0] == 200, "holding plays")
    with Client(at["holding"]) as client:
        ended = time.monotonic()
        judge.expect(client.play() == 453, "holding has no room after two sessions that have ended")
        while (status := client.play()) == 453 and time.monotonic() - ended < PATIENCE:
            client.watch(0.2)
        judge.expect(status == 200 and time.monotonic() - ended > 1, "until they are forgotten")


def check_passwords(judge, at):
    with Client(at["old"]) as client:
        refused = client.ask("DESCRIBE")
        challenges = all_of(refused, "WWW-Authenticate")
        judge.expect(refused[0] == 401 and len(challenges) == 1 and "qop" not in challenges[0] and "algorithm" not in challenges[0], "old asks as RFC 2069")
        judge.expect(client.ask("DESCRIBE", Authorization=answer_to(challenges[0], "DESCRIBE", at["old"]))[0] == 200, "and takes such an answer")
    with Client(at["stale"]) as client:
        challenge = all_of(client.ask("DESCRIBE"), "WWW-Authenticate")[1]
        results = [client.ask("DESCRIBE", Authorization=answer_to(challenge, "DESCRIBE", at["stale"])) for _ in range(3)]
        judge.expect([answer[0] for answer in results] == [200, 200, 401], "a nonce of stale is good for two requests")
        judge.expect("stale=true" in all_of(results[2], "WWW-Authenticate")[0], "and is called stale then")
    statuses = []
    for _ in range(3):
        with Client(at["stormy"]) as client:
            challenge = all_of(client.ask("DESCRIBE"), "WWW-Authenticate")[1]
            statuses.append(client.ask("DESCRIBE", Authorization=answer_to(challenge, "DESCRIBE", at["stormy"]))[0])
    judge.expect(statuses == [401, 401, 200], f"stormy refuses the right password twice: {statuses}")


def check_ffmpeg(judge, at):
    """What a client that is used everywhere gets along with, so that the personalities are no nonsense. Astray is not among them: FFmpeg
    follows its Content-Base to nowhere."""
    if not shutil.which("ffprobe"):
        return False
    for name in ("bare", "terse", "hourly", "old"):
        address = at[name].replace("rtsp://", "rtsp://admin:secret@") if name == "old" else at[name]
        result = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-analyzeduration", "1000000", "-show_entries",
                                 "stream=codec_name,width", "-of", "csv=p=0", address], capture_output=True, text=True, timeout=PATIENCE, check=False)
        judge.expect("h264,320" in result.stdout, f"ffprobe of {name}: {result.stdout}{result.stderr}")
    return True


def main(watchrig):
    judge = Judge()
    rig_text = "<rig>" + "".join(
        f'<camera id="{name}" main="h264 320x180@10 200kbps gop=10" {f"personality=" + chr(34) + quirks + chr(34) if quirks else ""} {more}/>'
        for name, (quirks, more) in CAMERAS.items()) + "</rig>"
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(rig_text, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            at = {device["id"]: device["streams"]["main"]["url"] for device in rig.ready["devices"]}
            checks = (check_descriptions, check_packets, check_sessions, check_passwords, check_ffmpeg)
            with concurrent.futures.ThreadPoolExecutor(len(checks)) as threads:
                *_, by_ffmpeg = [done.result() for done in [threads.submit(check, judge, at) for check in checks]]
    if judge.failures:
        return 1
    if not by_ffmpeg:
        print("skipped: ffprobe is not there; all else was right", file=sys.stderr)
    return 0 if by_ffmpeg else SKIPPED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
