"""Media profiles that clients make, their sources and their sound: requests, and what is sent of them. A part of onvif_camera.py and onvif_whole.py."""
import json
import re
import subprocess

from onvif_analytics import part
from onvif_requests import PROFILE, encoder2
from onvif_soap import PTZ, SCHEMA, SETUP, TR2, TRT
from vmsd_client import PATIENCE

SPARE, MADE = "<ProfileToken>spare</ProfileToken>", "<ProfileToken>{profile}</ProfileToken>"
PERSIST = "<ForcePersistence>true</ForcePersistence>"
MULTICAST = "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"


def named(token):
    return f"<ConfigurationToken>{token}</ConfigurationToken>"


def configuration(token, content):
    return f'<Configuration {SCHEMA} token="{token}"><tt:Name>x</tt:Name><tt:UseCount>1</tt:UseCount>{content}</Configuration>'


def picture(width=320, height=180, token="video-source", source="video"):
    return configuration(token, f'<tt:SourceToken>{source}</tt:SourceToken><tt:Bounds x="0" y="0" width="{width}" height="{height}"/>')


def sound(encoding, kbps, khz, token="main-audio-encoder", version=2):
    more = f"{MULTICAST}<tt:SessionTimeout>PT60S</tt:SessionTimeout>" if version == 1 else ""
    numbers = f"<tt:Bitrate>{kbps}</tt:Bitrate><tt:SampleRate>{khz}</tt:SampleRate>"
    return configuration(token, f"<tt:Encoding>{encoding}</tt:Encoding>{numbers}{more}") + (PERSIST if version == 1 else "")


SPEAKER = configuration("audio-output", "<tt:OutputToken>loudspeaker</tt:OutputToken><tt:OutputLevel>100</tt:OutputLevel>")
DECODER = configuration("audio-decoder", "")
# In the order in which a profile can have them.
PARTS = [("VideoSource", "video-source"), ("AudioSource", "audio-source"), ("VideoEncoder", "main-encoder"), ("AudioEncoder", "main-audio-encoder"), ("PTZ", "ptz"),
         ("AudioOutput", "audio-output"), ("AudioDecoder", "audio-decoder")]
REQUESTS = [
    (TRT, "CreateProfile", "<Name>spare</Name><Token>spare</Token>", "actuate"),
    *[(TRT, f"Add{kind}Configuration", SPARE + named(token), "actuate") for kind, token in PARTS],
    *[(TRT, f"Remove{kind}Configuration", SPARE, "actuate") for kind, _ in reversed(PARTS)],
    (TRT, "DeleteProfile", SPARE, "actuate"),
    *[(TRT, f"GetCompatible{kind}Configurations", PROFILE, "read_media") for kind, _ in PARTS if kind != "PTZ"],
    *[(service, "SetSynchronizationPoint", PROFILE, "actuate") for service in (TRT, TR2)],
    *[(service, f"Get{kind}ConfigurationOptions", PROFILE, "read_media") for service in (TRT, TR2) for kind in ("VideoSource", "AudioSource", "AudioEncoder")],
    (TRT, "GetAudioSourceConfiguration", named("audio-source"), "read_media"),
    (TRT, "GetGuaranteedNumberOfVideoEncoderInstances", named("video-source"), "read_media"),
    (TRT, "SetVideoSourceConfiguration", picture() + PERSIST, "actuate"),
    (TR2, "SetVideoSourceConfiguration", picture(), "actuate"),
    *[(service, "SetAudioSourceConfiguration", configuration("audio-source", "<tt:SourceToken>audio</tt:SourceToken>") + more, "actuate") for service, more in ((TRT, PERSIST), (TR2, ""))],
    (TRT, "SetAudioEncoderConfiguration", sound("G711", 64, 8, version=1), "actuate"),
    (TR2, "SetAudioEncoderConfiguration", sound("PCMU", 64, 8), "actuate"),
    *[(service, "SetAudioOutputConfiguration", SPEAKER + more, "actuate") for service, more in ((TRT, PERSIST), (TR2, ""))],
    *[(service, "SetAudioDecoderConfiguration", DECODER + more, "actuate") for service, more in ((TRT, PERSIST), (TR2, ""))],
    (TR2, "CreateProfile", "<Name>another</Name>" + part("VideoEncoder", "main-encoder") + part("VideoSource"), "actuate"),
    (TR2, "DeleteProfile", "<Token>{profile}</Token>", "actuate"),
]
REFUSED = [
    (TRT, "CreateProfile", "<Name>x</Name><Token>main</Token>", "ter:ProfileExists"),
    (TRT, "CreateProfile", f"<Name>{'x' * 65}</Name>", "ter:InvalidArgVal"),
    (TRT, "CreateProfile", "<Name>x</Name><Token>a b</Token>", "ter:InvalidArgVal"),
    (TR2, "CreateProfile", "<Name/>", "ter:InvalidArgVal"),
    (TR2, "CreateProfile", "<Name>x</Name>" + part("VideoEncoder", "main-encoder"), "ter:ConfigurationConflict"),
    (TR2, "CreateProfile", "<Name>x</Name>" + part("Smell"), "ter:NoConfig"),
    (TRT, "DeleteProfile", PROFILE, "ter:DeletionOfFixedProfile"),
    (TR2, "DeleteProfile", "<Token>main</Token>", "ter:DeletionOfFixedProfile"),
    (TRT, "DeleteProfile", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TRT, "AddVideoEncoderConfiguration", PROFILE + named("third-encoder"), "ter:NoConfig"),
    (TRT, "AddVideoEncoderConfiguration", "<ProfileToken>third</ProfileToken>" + named("main-encoder"), "ter:NoProfile"),
    (TRT, "AddAudioEncoderConfiguration", PROFILE + named("sub-audio-encoder"), "ter:ConfigurationConflict"),
    (TRT, "RemoveVideoSourceConfiguration", PROFILE, "ter:ConfigurationConflict"),
    (TRT, "GetCompatibleVideoEncoderConfigurations", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TRT, "SetSynchronizationPoint", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TR2, "SetVideoSourceConfiguration", picture(160, 90), "ter:ConfigModify"),
    (TR2, "SetVideoSourceConfiguration", picture(source="other"), "ter:ConfigModify"),
    (TR2, "SetVideoSourceConfiguration", picture(token="other"), "ter:NoConfig"),
    (TRT, "GetAudioSourceConfiguration", named("other"), "ter:NoConfig"),
    (TRT, "GetGuaranteedNumberOfVideoEncoderInstances", named("other"), "ter:NoConfig"),
    (TR2, "GetAudioEncoderConfigurationOptions", named("other"), "ter:NoConfig"),
    (TR2, "SetAudioEncoderConfiguration", sound("Opus", 64, 48), "ter:ConfigModify"),
    (TR2, "SetAudioEncoderConfiguration", sound("PCMU", 64, 16), "ter:ConfigModify"),
    (TR2, "SetAudioEncoderConfiguration", sound("MP4A-LATM", 65, 16), "ter:ConfigModify"),
    (TR2, "SetAudioEncoderConfiguration", sound("PCMU", 64, 8, "third-audio-encoder"), "ter:NoConfig"),
    (TR2, "SetAudioOutputConfiguration", SPEAKER.replace(">100<", ">50<"), "ter:ConfigModify"),
]


def tables():
    """File, function and service of each table of operations in the code."""
    return [("profile_operations", "profile_operations1", TRT), ("profile_operations", "profile_operations2", TR2), ("source_operations", "source_operations1", TRT),
            ("source_operations", "source_operations2", TR2), ("sound_settings", "sound_operations1", TRT), ("sound_settings", "sound_operations2", TR2)]


def uri_of(camera, profile):
    """Status of the answer, and the address with the account in it."""
    status, text = camera.ask_as("admin", TRT, "GetStreamUri", SETUP + f"<ProfileToken>{profile}</ProfileToken>")
    found = re.search(r"<tt:Uri>(.*?)<", text)
    return (found.group(1).replace("rtsp://", "rtsp://admin:secret@") if found else ""), status, text


def probed(url, seconds=1):
    """By ffprobe: codec of each stream with its width or its sample rate, and the packets of each that came."""
    done = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-read_intervals", f"%+{seconds}", "-show_entries", "stream=codec_type,codec_name,width,sample_rate:packet=codec_type",
                           "-of", "json", url], capture_output=True, text=True, timeout=PATIENCE, check=False)
    told = json.loads(done.stdout or "{}")
    streams = {(one["codec_type"], one.get("codec_name"), int(one.get("width") or one.get("sample_rate") or 0)) for one in told.get("streams", [])}
    came = {one["codec_type"] for one in told.get("packets", [])}
    return {one for one in streams if one[0] in ("video", "audio") and one[0] in came} or done.stderr[-200:]


def check(judge, camera):
    """A profile that a client has made is sent as its configurations say, at an address of its own."""
    def ask(service, operation, content, expected=200):
        status, text = camera.ask_as("admin", service, operation, content)
        judge.expect(status == expected, f"{operation} {content[:90]}: {status} {text[-300:]}")
        return text
    ask(TRT, "CreateProfile", "<Name>mine</Name><Token>mine</Token>")
    _, status, text = uri_of(camera, "mine")
    judge.expect(status == 500 and ">ter:IncompleteConfiguration<" in text, f"an empty profile is sent: {status} {text[-300:]}")
    status, text = camera.ask_as("admin", PTZ, "GetPresets", "<ProfileToken>mine</ProfileToken>")
    judge.expect(status == 400 and ">ter:NoPTZProfile<" in text, f"a profile without PTZ turns the head: {status} {text[-200:]}")
    mine = "<ProfileToken>mine</ProfileToken>"
    video, audio = ("video", "h264", 160), ("audio", "pcm_mulaw", 8000)
    ask(TR2, "AddConfiguration", mine + part("VideoEncoder", "sub-encoder") + part("VideoSource"))
    url, _, _ = uri_of(camera, "mine")
    judge.expect(url.endswith("/mine") and probed(url) == {video}, f"at {url} there is {probed(url)}, not {video} alone")
    # Pictures of another encoder, sound of theirs: a profile does not mix them.
    ask(TR2, "AddConfiguration", mine + part("AudioSource"))
    ask(TR2, "AddConfiguration", mine + part("AudioEncoder", "main-audio-encoder"), 500)
    ask(TR2, "AddConfiguration", mine + part("AudioEncoder"))
    judge.expect(probed(url) == {video, audio}, f"with sound there is {probed(url)}")
    ask(TR2, "SetVideoEncoderConfiguration", encoder2("sub", size=(320, 180), fps=5))
    judge.expect(probed(url) == {("video", "h264", 320), audio}, f"after the encoder was set there is {probed(url)}")
    ask(TR2, "RemoveConfiguration", mine + part("AudioEncoder"))
    judge.expect({one[0] for one in probed(url)} == {"video"}, f"without sound there is {probed(url)}")
    uses = re.search(r'Configurations token="sub-encoder".*?UseCount>(\d+)<', ask(TR2, "GetVideoEncoderConfigurations", ""), re.DOTALL)[1]
    judge.expect(uses == "2", f"two profiles have the encoder, and it says {uses}")
    text = ask(TR2, "GetProfiles", "<Token>mine</Token><Type>All</Type>")
    judge.expect("sub-encoder" in text and 'fixed="false"' in text, f"the profile is told of as {text[-400:]}")
    room = int(re.search(r'MaximumNumberOfProfiles="(\d+)"', ask(TR2, "GetServiceCapabilities", ""))[1])
    there = ask(TR2, "GetProfiles", "").count("<tr2:Profiles ")
    for _ in range(room - there):
        ask(TR2, "CreateProfile", "<Name>more</Name>")
    judge.expect(">ter:MaxNVTProfiles<" in ask(TR2, "CreateProfile", "<Name>one too many</Name>", 500), "there is room for more profiles than are told of")
    for token in re.findall(r'<tr2:Profiles token="([\w-]+)" fixed="false"', ask(TR2, "GetProfiles", "")):
        ask(TR2, "DeleteProfile", f"<Token>{token}</Token>")
    judge.expect("404" in str(probed(url)), f"a profile that was deleted is sent: {probed(url)}")
    fixed, _, _ = uri_of(camera, "sub")
    for kind in ("Metadata", "AudioEncoder", "VideoEncoder"):
        ask(TR2, "RemoveConfiguration", PROFILE.replace("main", "sub") + part(kind))
    judge.expect("404" in str(probed(fixed)), f"a profile without an encoder is sent: {probed(fixed)}")
    ask(TR2, "AddConfiguration", PROFILE.replace("main", "sub") + part("VideoEncoder", "sub-encoder") + part("AudioEncoder", "sub-audio-encoder"))
    judge.expect({one[0] for one in probed(fixed)} == {"video", "audio"}, f"with its encoders again there is {probed(fixed)}")
    judge.expect(ask(TR2, "GetProfiles", "").count("<tr2:Profiles ") == there - 1, "deleted profiles are told of")


def check_sound(judge, camera):
    """Settings of an audio encoder change what the next session gets; the other stream's sound stays."""
    url, other = (uri_of(camera, profile)[0] for profile in ("main", "sub"))
    before = {one for one in probed(other) if one[0] == "audio"}
    for content, service, expected in [(sound("MP4A-LATM", 64, 48), TR2, ("audio", "aac", 48000)), (sound("AAC", 32, 16, version=1), TRT, ("audio", "aac", 16000)),
                                       (sound("PCMA", 64, 8), TR2, ("audio", "pcm_alaw", 8000)), (sound("G711", 64, 8, version=1), TRT, ("audio", "pcm_alaw", 8000)),
                                       (sound("PCMU", 64, 8), TR2, ("audio", "pcm_mulaw", 8000))]:
        status, text = camera.ask_as("admin", service, "SetAudioEncoderConfiguration", content)
        judge.expect(status == 200, f"{expected}: {status} {text[-300:]}")
        judge.expect(expected in probed(url), f"{expected} becomes {probed(url)}")
        _, text = camera.ask_as("admin", TR2, "GetAudioEncoderConfigurations", named("main-audio-encoder"))
        judge.expect(f"SampleRate>{expected[2] // 1000}<" in text, f"{expected} is told of as {text[-300:]}")
    judge.expect({one for one in probed(other) if one[0] == "audio"} == before, f"the other stream's sound becomes {probed(other)}")
