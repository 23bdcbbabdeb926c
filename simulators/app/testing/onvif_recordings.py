"""Recordings on the card of a virtual camera: requests of Recording Control, Search and Replay, and what is played. A part of onvif_camera.py."""
import datetime
import json
import re
import shutil
import struct
import subprocess
import time
import urllib.request

from onvif_soap import SCHEMA, SETUP
from raw_rtsp import Client, all_of, answer_to

RECORDING = ("recording_service", "http://www.onvif.org/ver10/recording/wsdl")
SEARCH = ("search_service", "http://www.onvif.org/ver10/search/wsdl")
REPLAY = ("replay_service", "http://www.onvif.org/ver10/replay/wsdl")
TOKEN = "<RecordingToken>recording-main</RecordingToken>"
JOB = "<JobToken>job-main</JobToken>"
FOUND = "<SearchToken>{search}</SearchToken>"  # the last that was begun
SCOPE = f"<Scope><tt:IncludedRecordings {SCHEMA}>recording-main</tt:IncludedRecordings></Scope>"
EVENTS = f"{SCOPE}<SearchFilter/><IncludeStartState>false</IncludeStartState><KeepAliveTime>PT10S</KeepAliveTime>"



def described(name="Yard", retention="PT0S"):
    """A tt:RecordingConfiguration."""
    return (f"<RecordingConfiguration {SCHEMA}><tt:Source><tt:SourceId>urn:yard</tt:SourceId><tt:Name>{name}</tt:Name><tt:Location>east</tt:Location><tt:Description>of the yard</tt:Description>"
            f"<tt:Address>http://127.0.0.1/</tt:Address></tt:Source><tt:Content>what happens there</tt:Content><tt:MaximumRetentionTime>{retention}</tt:MaximumRetentionTime></RecordingConfiguration>")


def job(mode="Active", priority=2, recording="recording-main", profile="main"):
    """A tt:RecordingJobConfiguration."""
    return (f"<JobConfiguration {SCHEMA}><tt:RecordingToken>{recording}</tt:RecordingToken><tt:Mode>{mode}</tt:Mode><tt:Priority>{priority}</tt:Priority>"
            f'<tt:Source><tt:SourceToken Type="http://www.onvif.org/ver10/schema/Profile"><tt:Token>{profile}</tt:Token></tt:SourceToken></tt:Source></JobConfiguration>')


TRACK = f"<TrackConfiguration {SCHEMA}><tt:TrackType>Video</tt:TrackType><tt:Description>the pictures</tt:Description></TrackConfiguration>"
REQUESTS = [
    (RECORDING, "GetServiceCapabilities", "", "pre_auth"),
    (RECORDING, "GetRecordings", "", "read_media"),
    (RECORDING, "GetRecordingConfiguration", TOKEN, "read_media"),
    (RECORDING, "GetTrackConfiguration", f"{TOKEN}<TrackToken>video</TrackToken>", "read_media"),
    (RECORDING, "GetRecordingOptions", TOKEN, "read_media"),
    (RECORDING, "GetRecordingJobs", "", "read_media"),
    (RECORDING, "GetRecordingJobConfiguration", JOB, "read_media"),
    (RECORDING, "GetRecordingJobState", JOB, "read_media"),
    (RECORDING, "SetRecordingJobMode", f"{JOB}<Mode>Active</Mode>", "actuate"),
    (RECORDING, "SetRecordingConfiguration", TOKEN + described(), "actuate"),
    (RECORDING, "SetTrackConfiguration", f"{TOKEN}<TrackToken>video</TrackToken>" + TRACK, "actuate"),
    (RECORDING, "CreateRecordingJob", job(), "actuate"),
    (RECORDING, "SetRecordingJobConfiguration", "<JobToken>{job}</JobToken>" + job("Idle", 3), "actuate"),
    (RECORDING, "DeleteRecordingJob", "<JobToken>{job}</JobToken>", "actuate"),
    (SEARCH, "GetServiceCapabilities", "", "pre_auth"),
    (SEARCH, "GetRecordingSummary", "", "read_media"),
    (SEARCH, "GetRecordingInformation", TOKEN, "read_media"),
    (SEARCH, "GetMediaAttributes", f"<RecordingTokens>recording-main</RecordingTokens><Time>{{now}}</Time>", "read_media"),
    (SEARCH, "FindRecordings", f"{SCOPE}<MaxMatches>5</MaxMatches><KeepAliveTime>PT10S</KeepAliveTime>", "read_media"),
    (SEARCH, "GetRecordingSearchResults", f"{FOUND}<WaitTime>PT1S</WaitTime>", "read_media"),
    (SEARCH, "EndSearch", FOUND, "read_media"),
    (SEARCH, "FindEvents", f"<StartPoint>2020-01-01T00:00:00Z</StartPoint>{EVENTS}", "read_media"),
    (SEARCH, "GetEventSearchResults", f"{FOUND}<MaxResults>100</MaxResults><WaitTime>PT1S</WaitTime>", "read_media"),
    (SEARCH, "GetSearchState", FOUND, "read_media"),
    (SEARCH, "EndSearch", FOUND, "read_media"),
    (REPLAY, "GetServiceCapabilities", "", "pre_auth"),
    (REPLAY, "GetReplayUri", SETUP + TOKEN, "read_media"),
    (REPLAY, "GetReplayConfiguration", "", "read_system"),
    (REPLAY, "SetReplayConfiguration", f"<Configuration><tt:SessionTimeout {SCHEMA}>PT60S</tt:SessionTimeout></Configuration>", "actuate"),
]
LAST = [  # these change what the others need
    (RECORDING, "DeleteRecording", "<RecordingToken>{recording}</RecordingToken>", "actuate"),
    (RECORDING, "CreateRecording", described(), "actuate"),
]
REFUSED = [
    (RECORDING, "CreateRecording", described(), "ter:MaxRecordings"),
    (RECORDING, "CreateRecording", described("x" * 65), "ter:BadConfiguration"),
    (RECORDING, "DeleteRecording", TOKEN.replace("main", "third"), "ter:NoRecording"),
    (RECORDING, "SetRecordingConfiguration", TOKEN + described(retention="long"), "ter:BadConfiguration"),
    (RECORDING, "SetRecordingConfiguration", TOKEN + described(retention="PT1M"), "ter:BadConfiguration"),
    (RECORDING, "SetRecordingConfiguration", TOKEN.replace("main", "third") + described(), "ter:NoRecording"),
    (RECORDING, "SetTrackConfiguration", f"{TOKEN}<TrackToken>video</TrackToken>" + TRACK.replace("Video", "Audio"), "ter:BadConfiguration"),
    (RECORDING, "SetTrackConfiguration", f"{TOKEN}<TrackToken>smell</TrackToken>" + TRACK, "ter:NoTrack"),
    (RECORDING, "CreateRecordingJob", job("Tired"), "ter:BadConfiguration"),
    (RECORDING, "CreateRecordingJob", job(priority="high"), "ter:BadConfiguration"),
    (RECORDING, "CreateRecordingJob", job(profile="sub"), "ter:BadConfiguration"),
    (RECORDING, "CreateRecordingJob", job(recording="recording-third"), "ter:NoRecording"),
    (RECORDING, "SetRecordingJobConfiguration", JOB.replace("main", "third") + job(), "ter:NoRecordingJob"),
    (RECORDING, "DeleteRecordingJob", JOB.replace("main", "third"), "ter:NoRecordingJob"),
    (RECORDING, "GetRecordingConfiguration", TOKEN.replace("main", "third"), "ter:NoRecording"),
    (RECORDING, "GetTrackConfiguration", f"{TOKEN}<TrackToken>smell</TrackToken>", "ter:NoTrack"),
    (RECORDING, "GetRecordingJobState", JOB.replace("main", "third"), "ter:NoRecordingJob"),
    (RECORDING, "SetRecordingJobMode", f"{JOB}<Mode>Tired</Mode>", "ter:BadMode"),
    (SEARCH, "GetRecordingInformation", TOKEN.replace("main", "third"), "ter:NoRecording"),
    (SEARCH, "GetMediaAttributes", "<Time>noon</Time>", "ter:InvalidArgVal"),
    (SEARCH, "FindEvents", f"<StartPoint>2020-01-02T00:00:00Z</StartPoint><EndPoint>2020-01-01T00:00:00Z</EndPoint>{EVENTS}", "ter:InvalidArgVal"),
    (SEARCH, "FindRecordings", f"{SCOPE}<KeepAliveTime>-PT1S</KeepAliveTime>", "ter:InvalidArgVal"),
    (SEARCH, "GetEventSearchResults", "<SearchToken>search-999</SearchToken><WaitTime>PT1S</WaitTime>", "ter:InvalidToken"),
    (SEARCH, "EndSearch", "<SearchToken>search-999</SearchToken>", "ter:InvalidToken"),
    (REPLAY, "GetReplayUri", SETUP + TOKEN.replace("main", "third"), "ter:NoRecording"),
    (REPLAY, "GetReplayUri", SETUP.replace("Unicast", "Multicast") + TOKEN, "ter:InvalidStreamSetup"),
    (REPLAY, "SetReplayConfiguration", f"<Configuration><tt:SessionTimeout {SCHEMA}>PT5S</tt:SessionTimeout></Configuration>", "ter:ConfigModify"),
]


def tables():
    """File, function and service of each table of operations in the code."""
    return [("recording_service", "recording_service", RECORDING), ("recording_changes", "recording_changes", RECORDING), ("search_service", "search_service", SEARCH), ("replay_service", "replay_service", REPLAY)]


def information(camera):
    """When the recording on the card begins and ends."""
    _, text = camera.ask_as(camera.account, SEARCH, "GetRecordingInformation", TOKEN)
    found = [re.search(rf"<tt:{name}>(.*?)<", text) for name in ("EarliestRecording", "LatestRecording")]
    return [datetime.datetime.fromisoformat(match.group(1)) for match in found] if all(found) else None


def sections(camera):
    """Of the video track: times, and whether there is data from then on."""
    camera.ask_as(camera.account, SEARCH, "FindEvents", f"<StartPoint>2020-01-01T00:00:00Z</StartPoint>{EVENTS}")
    _, text = camera.ask_as(camera.account, SEARCH, "GetEventSearchResults", f"{FOUND}<WaitTime>PT1S</WaitTime>")
    camera.ask_as(camera.account, SEARCH, "EndSearch", FOUND)
    results = re.findall(r"<tt:TrackToken>video</tt:TrackToken><tt:Time>(.*?)</tt:Time>.*?IsDataPresent\" Value=\"(\w+)\"", text)
    return [(datetime.datetime.fromisoformat(when), value == "true") for when, value in results]


def packets(url):
    """Times of the pictures that ffprobe reads, until the recording ends."""
    done = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-select_streams", "v", "-show_entries", "packet=pts_time,flags", "-of", "json", url],
                          capture_output=True, text=True, timeout=60, check=False)
    return json.loads(done.stdout or "{}").get("packets", []), done.stderr


def gstreamer(url):
    """Bytes of pictures that GStreamer takes through its reader of the extension of replays; nothing where it is not installed."""
    if not shutil.which("gst-launch-1.0"):
        return None, ""
    # Without onvif-mode: in it, rtspsrc 1.22 needs an application that seeks, and crashes under gst-launch. Without latency: what still waits in
    # its buffer when the recording ends is thrown away.
    done = subprocess.run(["timeout", "20", "gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "protocols=tcp", "latency=0", "!", "application/x-rtp,media=video", "!",
                           "rtponvifparse", "!", "rtph264depay", "!", "fdsink"], capture_output=True, check=False)
    return len(done.stdout), done.stderr.decode(errors="replace")[-300:]


def replayed(url, account, **headers):
    """What a PLAY with those headers sends of the pictures until the recording ends: a list of [time, flags, payloads] a picture, by the
    extension of replays (ONVIF Streaming, 6.3), with flags as they stand there; and the RTP timestamps."""
    with Client(url) as client:
        def ask(method, address, **more):
            challenge = all_of(client.ask("DESCRIBE"), "WWW-Authenticate")[-1]
            return client.ask(method, address, Require="onvif-replay", Authorization=answer_to(challenge, method, address, account), **more)[0]
        statuses = [ask("SETUP", f"{url}/track0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1"), ask("PLAY", url, **headers)]
        pictures, timestamps, quiet = [], [], False
        while statuses == [200, 200] and not quiet:
            quiet = client.watch(1) or not client.packets
            for packet in (packet for channel, packet in client.packets if channel == 0):
                payload = packet[12:]
                if packet[0] & 0x10:
                    profile, words = struct.unpack(">HH", payload[:4])
                    time_told, flags = struct.unpack(">QB", payload[4:13])
                    payload = payload[4 + 4 * words:]
                    pictures.append([time_told, flags if profile == 0xABAC else None, []])
                    timestamps.append(struct.unpack(">I", packet[4:8])[0])
                pictures[-1][2].append(payload)
    return statuses, pictures, timestamps


def check_backwards(judge, url, account):
    """ONVIF Streaming, 6.5: groups from the last to the first, pictures of a group in their order, nothing lost and nothing changed."""
    clean, discontinuity, last = 0x80, 0x20, 0x10
    _, forwards, _ = replayed(url, account, Range="npt=0-", **{"Rate-Control": "no"})
    statuses, backwards, _ = replayed(url, account, Scale="-1.0", **{"Rate-Control": "no"})
    judge.expect(statuses == [200, 200] and len(forwards) > 20, f"playing backwards: {statuses}, {len(forwards)} pictures forwards")
    judge.expect(sorted((when, parts) for when, _, parts in backwards) == [(when, parts) for when, _, parts in forwards],
                 f"{len(backwards)} pictures backwards are not the {len(forwards)} forwards")
    groups = []
    for picture in backwards:
        if picture[1] & clean or not groups:
            groups.append([])
        groups[-1].append(picture)
    judge.expect(all(group[0][1] & clean and group[0][1] & discontinuity for group in groups), "a group does not begin with a key picture that is marked")
    judge.expect(not any(flags & discontinuity for group in groups for _, flags, _ in group[1:]), "a picture within a group is marked as a leap")
    judge.expect(all(one[0][0] > other[0][0] for one, other in zip(groups, groups[1:])), "groups are not played from the last to the first")
    judge.expect([bool(flags & last) for _, flags, _ in backwards] == [False] * (len(backwards) - 1) + [True], "the end is not marked")
    begin, end = ((forwards[index][0] >> 32) - 2208988800 for index in (0, -1))
    as_clock = [datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ") for second in (end, begin + 1)]
    statuses, some, timestamps = replayed(url, account, Scale="-8", Range=f"clock={as_clock[0]}-{as_clock[1]}")
    judge.expect(statuses == [200, 200] and 0 < len(some) < len(backwards), f"a part backwards: {statuses}, {len(some)} of {len(backwards)} pictures")
    judge.expect(all(0 < (b - a) % (1 << 32) < 90000 for a, b in zip(timestamps, timestamps[1:])), "timestamps of pictures that the camera paces do not go on")
    for headers in ({"Range": f"clock={as_clock[0]}-{as_clock[1]}"}, {"Range": f"clock={as_clock[1]}-{as_clock[0]}", "Scale": "-1"}, {"Scale": "-65"}):
        statuses, _, _ = replayed(url, account, **headers)
        refusal = 456 if headers.get("Scale") == "-65" else 457
        judge.expect(statuses == [200, refusal], f"{headers} is answered {statuses}, not {refusal}")


def put_state(control, what, state):
    body = json.dumps({"what": what, "state": state}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{control}/state", data=body, method="PUT"), timeout=10).close()


def check(judge, camera, control):
    """What is on the card of a camera with an account can be found and played by others' software."""
    time.sleep(1.5)
    began = information(camera)
    judge.expect(began is not None and began[1] > began[0], "nothing is on the card")
    put_state(control, "card", "removed")
    judge.expect(information(camera) is None, "a card that was taken out is still read")
    _, text = camera.ask_as(camera.account, RECORDING, "GetRecordings", "")
    judge.expect("recording-main" not in text, "a recording is told of without a card")
    time.sleep(0.5)
    put_state(control, "card", "inserted")
    time.sleep(2.5)
    changes = sections(camera)
    judge.expect([present for _, present in changes] == [True, False] * (len(changes) // 2) and len(changes) >= 4, f"what is on the card: {changes}")
    _, text = camera.ask_as(camera.account, REPLAY, "GetReplayUri", SETUP + TOKEN)
    url = re.search(r"<trp:Uri>(.*?)<", text).group(1).replace("rtsp://", f"rtsp://{camera.account}:secret@")
    camera.ask_as(camera.account, RECORDING, "SetRecordingJobMode", f"{JOB}<Mode>Idle</Mode>")  # so that playing comes to an end
    expected = sum((end - start).total_seconds() for (start, _), (end, _) in zip(changes[::2], changes[1::2]))
    found, message = packets(url)
    judge.expect(found and found[0]["flags"].startswith("K"), f"ffprobe reads no key picture first: {message[-200:]}")
    judge.expect(len(found) >= expected * 10 * 0.9, f"ffprobe reads {len(found)} pictures of {expected} s")
    taken, message = gstreamer(url)
    judge.expect(taken is None or taken > 0, f"GStreamer takes nothing of a replay: {message}")
    check_backwards(judge, re.sub("//.*@", "//", url), camera.account)
    put_state(control, "card", "failed")
    status, text = camera.ask_as(camera.account, SEARCH, "GetRecordingInformation", TOKEN)
    judge.expect(status == 400 and "ter:StorageFailure" in text, f"a card that fails: {status}")
    found, _ = packets(url)
    judge.expect(not found, "a card that fails is played")
    put_state(control, "card", "inserted")
    camera.ask_as(camera.account, RECORDING, "SetRecordingJobMode", f"{JOB}<Mode>Active</Mode>")
