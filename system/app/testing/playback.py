#!/usr/bin/env python3
"""Recordings by RTSP: what FFmpeg and GStreamer play is, picture by picture, what is exported, over a hole too; and what a raw client is answered
and sent: scales, backwards, pause, seek, the header extension of ONVIF, ends, bounds, rights, wrong times.
usage: playback.py VMSD WATCHRIG; 77: ffmpeg is missing.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from judge import Judge  # noqa: E402
from playback_session import Session  # noqa: E402
from playback_stage import RIG, Stage, digests, seconds, utc  # noqa: E402
from raw_rtsp import all_of  # noqa: E402
from raw_rtsp import Client as Rtsp  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

SETTINGS = [word for port in ("http", "https", "rtsp") for word in ("--set", f"{port}.port=0")]
REPLAY = {"Require": "onvif-replay"}


def clock(first, last=None):
    plain = lambda moment: utc(moment).replace("-", "").replace(":", "")  # noqa: E731
    return f"clock={plain(first)}-{plain(last) if last else ''}"


def only(pictures):
    return [digest for _, digest in pictures]


def is_played(pictures, wanted, transport):
    """By UDP the goodbye may overtake the last pictures on a machine with much to do."""
    return pictures == wanted or (transport == "udp" and len(pictures) > 0.9 * len(wanted) and pictures == wanted[:len(pictures)])


def check_players(stage):
    judge, user = stage.judge, stage.admin.session
    first, second = only(stage.exported(stage.first)), only(stage.exported(stage.second))
    judge.expect(len(first) > 50 and len(second) > 50, f"exported: {len(first)} and {len(second)} pictures")
    for transport in ("tcp", "udp"):
        whole = digests(stage.address(stage.first["from"], stage.first["to"], user=user), "-rtsp_transport", transport)
        judge.expect(is_played(only(whole), first, transport), f"FFmpeg by {transport}: {len(whole)} pictures of the first span are not the {len(first)} exported")
    over = digests(stage.address(stage.first["from"], stage.second["to"], user=user), "-rtsp_transport", "tcp")
    judge.expect(only(over) == first + second, f"FFmpeg, over the hole: {len(over)} pictures are not the {len(first) + len(second)} exported")
    if len(over) > len(first):
        hole = over[len(first)][0] - over[len(first) - 1][0]
        judge.expect(0 < hole < 0.2, f"the times that FFmpeg sees leap by {hole} s at the hole")
    if not shutil.which("gst-launch-1.0"):
        return "there is no gst-launch-1.0"
    for transport in ("tcp", "udp"):
        path = stage.folder / "gst.h264"
        source = ["rtspsrc", f"location={stage.address(stage.first['from'], stage.first['to'])}", f"protocols={transport}", "latency=100",
                  f"user-id={user['id']}", f"user-pw={user['stream_key']}"]
        pipeline = [*source, "!", "rtph264depay", "!", "h264parse", "!", "video/x-h264,stream-format=byte-stream", "!", "filesink", f"location={path}"]
        try:
            subprocess.run(["gst-launch-1.0", "-q", "-e", *pipeline], timeout=PATIENCE, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            judge.expect(False, f"GStreamer by {transport}: it is not told the end")
        played = only(digests(path))
        judge.expect(is_played(played, first, transport), f"GStreamer by {transport}: {len(played)} pictures of the first span are not the {len(first)} exported")
    return ""


def after(first, second):
    """By how much the RTP timestamp of a picture is behind that of another one."""
    return (second["stamp"] - first["stamp"]) % 2**32


def header(answer, name):
    return next(iter(all_of(answer, name)), "")


def check_marks(stage):
    """All of both spans as fast as they are taken, and again in the same session."""
    judge = stage.judge
    with Session(stage.address(stage.first["from"], stage.second["to"]), stage.admin.session) as session:
        answer = session.begin(**REPLAY, **{"Rate-Control": "no"})
        judge.expect(answer[0] == 200 and header(answer, "Range") == "npt=0-", f"PLAY: {answer}")
        info = dict(part.split("=", 1) for part in header(answer, "RTP-Info").split(";") if part.startswith(("seq=", "rtptime=")))
        judge.expect(session.until_end(), "no BYE at the end")
        pictures = session.take()
        total = stage.first["frames"] + stage.second["frames"]
        judge.expect(len(pictures) == total and None not in pictures, f"{len(pictures)} pictures of {total}")
        judge.expect([p["time"] for p in pictures] == sorted(p["time"] for p in pictures), "the times run back")
        judge.expect([i for i, p in enumerate(pictures) if p["begins"]] == [0, stage.first["frames"]], "where D is set")
        judge.expect([i for i, p in enumerate(pictures) if p["hole"]] == [stage.first["frames"] - 1, total - 1], "where E is set")
        judge.expect([i for i, p in enumerate(pictures) if p["last"]] == [total - 1], "where T is set")
        judge.expect(info.get("seq") == str(pictures[0]["number"]) and info.get("rtptime") == str(pictures[0]["stamp"]), f"RTP-Info {info}, then {pictures[0]}")
        # The session waits: another PLAY of it has another end.
        middle = stage.begin + 3.25
        answer = session.ask("PLAY", Range=clock(middle, middle + 1), **{"Rate-Control": "no"})
        judge.expect(answer[0] == 200 and header(answer, "Range").startswith(clock(middle)[:20]) and session.until_end(), f"a second PLAY: {answer}")
        again = session.take()
        judge.expect(again and again[0]["key"] and again[0]["time"] <= middle + 0.001 and again[-1]["time"] < middle + 1, f"what is played then: {again}")
        judge.expect(again and again[0]["cseq"] == session.sequence & 0xFF, "the mark does not tell its PLAY")
    with Session(stage.address(stage.first["from"], stage.first["to"]), stage.admin.session) as session:
        answer = session.begin(**{"Rate-Control": "no"})
        judge.expect(answer[0] == 200 and session.until_end(), f"PLAY without marks: {answer}")
        sent = sum(channel == 0 for channel, _ in session.packets)
        judge.expect(sent >= stage.first["frames"] and session.take() == [], f"marks for who has not asked for them, or no pictures: {sent} packets")


def check_scales(stage):
    judge = stage.judge
    with Session(stage.address(stage.first["from"], stage.second["to"]), stage.admin.session) as session:
        answer = session.begin(**REPLAY, Scale="4", Speed="2")
        judge.expect(answer[0] == 200 and header(answer, "Scale") == "4" and header(answer, "Speed") == "2", f"Scale 4: {answer}")
        session.until_end()
        pictures = session.take()
        judge.expect(len(pictures) == stage.first["frames"] + stage.second["frames"], f"at Scale 4, {len(pictures)} pictures")
        ticks = [after(a, b) for a, b in zip(pictures, pictures[1:])]
        uneven = [tick for tick in ticks if abs(tick - 9000 / 4) >= 300]
        judge.expect(len(uneven) <= 1 and all(0 < tick <= 9000 / 4 for tick in uneven), f"at Scale 4, timestamps go on by {uneven} over the hole")
        answer = session.ask("PLAY", Range=clock(stage.begin), Scale="16")
        judge.expect(answer[0] == 200 and header(answer, "Scale") == "16", f"Scale 16: {answer}")
        session.until_end()
        fast = session.take()
        judge.expect([round(p["time"], 3) for p in fast] == [round(p["time"], 3) for p in pictures if p["key"]], f"at Scale 16, not the key pictures: {fast}")
        for scale in ("17", "-17", "0.06", "0", "fast"):
            answer = session.ask("PLAY", Range=clock(stage.begin), Scale=scale)
            judge.expect(answer[0] == 456 and "Scale" in answer[2], f"Scale {scale}: {answer}")
        for speed in ("17", "-1", "nan"):
            answer = session.ask("PLAY", Range=clock(stage.begin), Speed=speed)
            judge.expect(answer[0] == 456 and "Speed" in answer[2], f"Speed {speed}: {answer}")


def check_reverse(stage):
    """Groups from the last to the first, the pictures of each in their order (ONVIF Streaming, 6.5.2)."""
    judge = stage.judge
    with Session(stage.address(stage.first["from"], stage.second["to"]), stage.admin.session) as session:
        answer = session.begin(**REPLAY, Scale="-8", **{"Rate-Control": "no"})
        judge.expect(answer[0] == 200 and header(answer, "Scale") == "-8", f"Scale -8: {answer}")
        judge.expect(session.until_end(), "no BYE at the beginning")
        pictures = session.take()
        judge.expect(len(pictures) == stage.first["frames"] + stage.second["frames"], f"backwards, {len(pictures)} pictures")
        groups = []
        for picture in pictures:
            if picture["key"]:
                groups.append([])
            groups[-1].append(picture["time"])
            judge.expect(picture["begins"] == picture["key"], f"D is not where a group begins: {picture}")
        judge.expect(all(group == sorted(group) for group in groups), "the pictures of a group are out of order")
        judge.expect(len(groups) > 8 and all(a[0] > b[-1] for a, b in zip(groups, groups[1:])), "the groups do not run backwards")
        judge.expect([p["last"] for p in pictures].index(True) == len(pictures) - 1, "where T is set")
        answer = session.ask("PLAY", Range=clock(stage.begin + 3, stage.begin), Scale="-2")
        judge.expect(answer[0] == 200 and session.until_end(), f"Scale -2: {answer}")
        paced = session.take()
        judge.expect(len(paced) > 20 and all(after(a, b) < 2**31 for a, b in zip(paced, paced[1:])), "with rate control, timestamps run back")


def check_pause(stage):
    judge = stage.judge
    with Session(stage.address(stage.first["from"]), stage.admin.session) as session:
        judge.expect(session.begin(**REPLAY)[0] == 200, "PLAY")
        before = session.next_pictures(15)
        judge.expect(session.ask("PAUSE")[0] == 200, "PAUSE")
        before += session.take()
        judge.expect(not session.watch(1) and not session.take(), "pictures come while it is paused")
        answer = session.ask("PLAY")
        after_pause = session.next_pictures(5)
        reached = before[-1]["time"]
        judge.expect(answer[0] == 200 and after_pause[0]["key"] and reached - 1.05 < after_pause[0]["time"] <= reached, f"goes on at {after_pause[0]}, not at the key picture before {reached}")
        judge.expect((before[-1]["number"] - after_pause[0]["number"]) & 0xFFFF > 0x8000, "its sequence numbers begin anew")
        # As it is asked for, in whole microseconds.
        seek = round(seconds(stage.second["from"]) + 2, 6)
        answer = session.ask("PLAY", Range=clock(seek))
        # Up to the answer, what was played before goes on.
        before = (after_pause + session.take())[-1]
        sought = session.next_pictures(1)[0]
        at = sought["time"]
        judge.expect(sought["begins"] and 0 < after(before, sought) < 45000, f"timestamps leap at a seek: {before}, then {sought}")
        judge.expect(answer[0] == 200 and seek - 1.05 < at < seek + 1e-6, f"a seek to {seek} plays from {at}")
        session.ask("PLAY", Scale="0.5")
        session.packets = []
        slow = session.next_pictures(3)
        judge.expect(slow[0]["time"] <= at + 2 and 3000 < (slow[2]["stamp"] - slow[1]["stamp"]) % 2**32 and
                     abs((slow[2]["stamp"] - slow[1]["stamp"]) % 2**32 - 18000) < 1200, f"at Scale 0.5: {slow}")
        answer = session.ask("PLAY", Range=clock(stage.end + 3600))
        judge.expect(answer[0] == 457 and stage.channel in answer[2], f"a seek behind the end: {answer}")
        session.packets = []
        judge.expect(session.next_pictures(2), "what was played has stopped at a refused PLAY")


def check_following(stage):
    """What is being recorded is played up to now, and goes on until it is recorded no more."""
    judge = stage.judge
    stage.plan("continuous")
    stage.until(lambda: len(stage.spans()) == 3 and stage.spans()[2]["frames"] > 15, "span 3")
    with Session(stage.address(stage.spans()[2]["from"]), stage.admin.session) as session:
        judge.expect(session.begin(**REPLAY, Scale="4")[0] == 200, "PLAY")
        pictures = session.next_pictures(40)
        judge.expect(not any(p["last"] or p["hole"] for p in pictures), "marks of an end while it is recorded")
        stage.plan("none")
        judge.expect(session.until_end(), "no BYE once nothing is recorded")


def check_refusals(stage):
    judge, user = stage.judge, stage.admin.session
    wrong = [(stage.address("noon"), 400, "noon"), (stage.address(utc(stage.end), utc(stage.begin)), 400, "to="), (stage.address() + "?form=1", 400, "form"),
             (stage.address(stage.first["from"], channel="c99"), 404, "c99"), (stage.address() + "/fifth", 404, "fifth"), (stage.address() + "/sub", 404, "sub"),
             (stage.address(utc(stage.begin - 100), utc(stage.begin - 50)), 404, stage.channel), (stage.address(utc(stage.end + 100)), 404, stage.channel)]
    for address, status, told in wrong:
        with Session(address, user) as session:
            answer = session.ask("DESCRIBE")
            judge.expect(answer[0] == status and told in answer[2], f"{address}: {answer}, not {status} with {told}")
    with Session(stage.address(channel="Gate"), user) as session:
        answer = session.ask("DESCRIBE")
        judge.expect(answer[0] == 200 and "H264" in answer[2], f"by its name, without a time: {answer}")
    with Rtsp(stage.address(stage.first["from"])) as stranger:
        judge.expect(stranger.ask("DESCRIBE")[0] == 401, "who is not signed in is let in")
    sessions = [Session(stage.address(stage.first["from"]), user) for _ in range(17)]
    answers = [session.begin(Scale="0.0625") for session in sessions]
    judge.expect([answer[0] for answer in answers] == [200] * 16 + [453], f"seventeen at a time: {[answer[0] for answer in answers]}")
    for scale in ("0.0625", "0.125"):
        answer = sessions[1].ask("PLAY", Range=clock(stage.begin + 2), Scale=scale)
        judge.expect(answer[0] == 200, f"a seek while all places are taken: {answer}")
    sessions[0].ask("PAUSE")
    answer = sessions[16].ask("PLAY", Scale="0.0625")
    judge.expect(answer[0] == 200, f"no place though one is paused: {answer}")
    for session in sessions:
        session.socket.close()


def check_rights(stage):
    judge, admin = stage.judge, stage.admin
    admin.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    clients = {}
    for name, right in (("ann", "playback"), ("bob", "live")):
        admin.call("POST", "/api/v1/groups", {"name": f"of.{name}", "authorities": {right: True}})
        admin.call("POST", "/api/v1/users", {"name": name, "group": f"of.{name}", "password": PASSWORD, "password_again": PASSWORD})
        clients[name] = Client(admin.base_url)
        clients[name].session = clients[name].call("POST", "/api/v1/sessions", {"username": name, "password": PASSWORD})
    with Session(stage.address(stage.first["from"]), clients["bob"].session) as bob:
        judge.expect(bob.ask("DESCRIBE")[0] == 404, "who may only see live video plays recordings")
    with Session(f"{stage.rtsp}/live/{stage.channel}", clients["ann"].session) as ann:
        judge.expect(ann.ask("DESCRIBE")[0] == 404, "who may only play recordings sees live video")
    with Session(stage.address(stage.first["from"]), clients["ann"].session) as ann:
        judge.expect(ann.begin(**REPLAY, Scale="0.125")[0] == 200 and ann.next_pictures(2), "who may play recordings does not")
        admin.call("POST", "/api/v1/users/ann/block")
        ann.socket.settimeout(PATIENCE)
        judge.expect(ann.watch(PATIENCE), "it goes on for who is blocked")


def main():
    vmsd, watchrig = sys.argv[1:]
    if not shutil.which("ffmpeg"):
        print("skipped: there is no ffmpeg; ./tools/setup.sh installs it")
        return 77
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        rig_file = pathlib.Path(folder, "rig.xml")
        rig_file.write_text(RIG)
        with Program(log, watchrig, "rig", rig_file) as rig, Program(log, vmsd, "--data", f"{folder}/data", *SETTINGS) as server:
            stage = Stage(judge, Client(server.ready["http"]).initialise(), rig, server.ready["rtsp"].rstrip("/"), folder)
            missing = check_players(stage)
            for check in (check_marks, check_scales, check_reverse, check_pause, check_refusals, check_following, check_rights):
                try:
                    check(stage)
                except (EOFError, OSError, Refused, IndexError) as error:
                    judge.expect(False, f"{check.__name__}: {type(error).__name__} {error}")
    return judge.verdict(missing)


if __name__ == "__main__":
    sys.exit(main())
