#!/usr/bin/env python3
"""The ONVIF services of a virtual camera: every operation answers as the schemas say, to those who may ask, whatever else is sent.

usage: onvif_camera.py WATCHRIG. The requests are made with Python's library alone, HTTP Digest with curl, and a whole visit with
the npm package `onvif` (tools/setup.sh installs it); without that the end is 77, a skip, when all else was right.
"""
import base64
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
import onvif_events  # noqa: E402
from onvif_schemas import Schemas  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

SKIPPED = 77
RIG = """
<rig>
  <camera id="gate" main="h264 320x180@10 200kbps" sub="mjpeg 160x96@5 100kbps" audio="pcmu" username="admin" password="secret" onvif="yes"
          inputs="2" outputs="1"/>
  <camera id="yard" main="h265 320x180@10 200kbps" sub="h264 160x96@5 100kbps" audio="aac" onvif="yes" inputs="1" outputs="1"/>
</rig>
"""
TDS = ("device_service", "http://www.onvif.org/ver10/device/wsdl")
TRT = ("media_service", "http://www.onvif.org/ver10/media/wsdl")
TR2 = ("media2_service", "http://www.onvif.org/ver20/media/wsdl")
EVENTS = ("event_service", "http://www.onvif.org/ver10/events/wsdl")
NOTIFYING = ("event_service", "http://docs.oasis-open.org/wsn/b-2")
PULLING = ("subscription/{}", EVENTS[1])  # of the subscription that was made last
MANAGING = ("subscription/{}", NOTIFYING[1])
IO = ("deviceio_service", "http://www.onvif.org/ver10/deviceIO/wsdl")
IO_OF_DEVICE = ("deviceio_service", TDS[1])  # operations that the service has by the names of the device service
SCHEMA = 'xmlns:tt="http://www.onvif.org/ver10/schema"'
PROFILE = "<ProfileToken>main</ProfileToken>"
SETUP = f"<StreamSetup><tt:Stream {SCHEMA}>RTP-Unicast</tt:Stream><tt:Transport {SCHEMA}><tt:Protocol>RTSP</tt:Protocol></tt:Transport></StreamSetup>"
RATE_CONTROL = "<tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit>{interval}<tt:BitrateLimit>{kbps}</tt:BitrateLimit></tt:RateControl>"
MULTICAST = "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
SCOPE = "onvif://www.onvif.org/location/country/iceland"

RELAY = "<RelayOutputToken>relay-1</RelayOutputToken>"
SETTINGS = f'<tt:Mode>Monostable</tt:Mode><tt:DelayTime>PT1S</tt:DelayTime><tt:IdleState>open</tt:IdleState>'
NOWHERE = '<ConsumerReference><a:Address xmlns:a="http://www.w3.org/2005/08/addressing">http://127.0.0.1:9/</a:Address></ConsumerReference>'


def user(name, level, password=None):
    secret = f"<tt:Password>{password}</tt:Password>" if password else ""
    return f"<User {SCHEMA}><tt:Username>{name}</tt:Username>{secret}<tt:UserLevel>{level}</tt:UserLevel></User>"


def encoder1(stream, encoding="H264", size=(320, 180), fps=10, kbps=200, gop=20, quality=50):
    """A configuration of version 1 of the media service, with what sets it."""
    control = RATE_CONTROL.format(fps=fps, kbps=kbps, interval="<tt:EncodingInterval>1</tt:EncodingInterval>")
    h264 = f"<tt:H264><tt:GovLength>{gop}</tt:GovLength><tt:H264Profile>High</tt:H264Profile></tt:H264>" if encoding == "H264" else ""
    return (f'<Configuration {SCHEMA} token="{stream}-encoder"><tt:Name>x</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{encoding}</tt:Encoding>'
            f"<tt:Resolution><tt:Width>{size[0]}</tt:Width><tt:Height>{size[1]}</tt:Height></tt:Resolution><tt:Quality>{quality}</tt:Quality>{control}{h264}"
            f"{MULTICAST}<tt:SessionTimeout>PT60S</tt:SessionTimeout></Configuration><ForcePersistence>true</ForcePersistence>")


def encoder2(stream, encoding="H264", size=(320, 180), fps=10, kbps=200, gop=20, quality=50, constant="true"):
    """The same of version 2."""
    control = RATE_CONTROL.format(fps=fps, kbps=kbps, interval="").replace("<tt:RateControl", f'<tt:RateControl ConstantBitRate="{constant}"')
    return (f'<Configuration {SCHEMA} token="{stream}-encoder" GovLength="{gop}"><tt:Name>x</tt:Name><tt:UseCount>1</tt:UseCount>'
            f"<tt:Encoding>{encoding}</tt:Encoding><tt:Resolution><tt:Width>{size[0]}</tt:Width><tt:Height>{size[1]}</tt:Height></tt:Resolution>{control}"
            f"<tt:Quality>{quality}</tt:Quality></Configuration>")


def topics(expression, dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"):
    return (f'<Filter><TopicExpression xmlns="{NOTIFYING[1]}" Dialect="{dialect}" '
            f'xmlns:tns1="http://www.onvif.org/ver10/topics">{expression}</TopicExpression></Filter>')


def contents(expression):
    return (f'<Filter><MessageContent xmlns="{NOTIFYING[1]}" Dialect="http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter" '
            f'xmlns:q="http://www.onvif.org/ver10/schema">{expression}</MessageContent></Filter>')


# service, operation, content of the request, access class. In an order in which each can be done.
REQUESTS = [
    (TDS, "GetSystemDateAndTime", "", "pre_auth"),
    (TDS, "GetDeviceInformation", "", "read_system"),
    (TDS, "GetCapabilities", "<Category>All</Category>", "pre_auth"),
    (TDS, "GetServices", "<IncludeCapability>true</IncludeCapability>", "pre_auth"),
    (TDS, "GetServiceCapabilities", "", "pre_auth"),
    (TDS, "GetHostname", "", "pre_auth"),
    (TDS, "SetHostname", "<Name>gate-1</Name>", "write_system"),
    (TDS, "GetNetworkInterfaces", "", "read_system"),
    (TDS, "GetNetworkProtocols", "", "read_system"),
    (TDS, "GetEndpointReference", "", "pre_auth"),
    (TDS, "AddScopes", f"<ScopeItem>{SCOPE}</ScopeItem>", "write_system"),
    (TDS, "GetScopes", "", "read_system"),
    (TDS, "RemoveScopes", f"<ScopeItem>{SCOPE}</ScopeItem>", "write_system"),
    (TDS, "SetScopes", f"<Scopes>{SCOPE}</Scopes>", "write_system"),
    (TDS, "SetDiscoveryMode", "<DiscoveryMode>NonDiscoverable</DiscoveryMode>", "write_system"),
    (TDS, "GetDiscoveryMode", "", "read_system"),
    (TDS, "CreateUsers", user("viewer", "User", "look") + user("guard", "Operator", "watch"), "write_system"),
    (TDS, "GetUsers", "", "read_system_secret"),
    (TDS, "SetUser", user("viewer", "User"), "write_system"),
    (TDS, "SetSystemDateAndTime", f"<DateTimeType>NTP</DateTimeType><DaylightSavings>false</DaylightSavings><TimeZone><tt:TZ {SCHEMA}>CET-1</tt:TZ></TimeZone>", "write_system"),
    (TRT, "GetServiceCapabilities", "", "pre_auth"),
    (TRT, "GetProfiles", "", "read_media"),
    (TRT, "GetProfile", PROFILE, "read_media"),
    (TRT, "GetVideoSources", "", "read_media"),
    (TRT, "GetAudioSources", "", "read_media"),
    (TRT, "GetVideoSourceConfigurations", "", "read_media"),
    (TRT, "GetVideoSourceConfiguration", "<ConfigurationToken>video-source</ConfigurationToken>", "read_media"),
    (TRT, "GetAudioSourceConfigurations", "", "read_media"),
    (TRT, "GetVideoEncoderConfigurations", "", "read_media"),
    (TRT, "GetVideoEncoderConfiguration", "<ConfigurationToken>main-encoder</ConfigurationToken>", "read_media"),
    (TRT, "GetVideoEncoderConfigurationOptions", "<ConfigurationToken>main-encoder</ConfigurationToken>", "read_media"),
    (TRT, "SetVideoEncoderConfiguration", encoder1("main"), "actuate"),
    (TRT, "GetAudioEncoderConfigurations", "", "read_media"),
    (TRT, "GetAudioEncoderConfiguration", "<ConfigurationToken>main-audio-encoder</ConfigurationToken>", "read_media"),
    (TRT, "GetStreamUri", SETUP + PROFILE, "read_media"),
    (TRT, "GetSnapshotUri", PROFILE, "read_media"),
    (TR2, "GetServiceCapabilities", "", "pre_auth"),
    (TR2, "GetProfiles", "<Type>All</Type>", "read_media"),
    (TR2, "GetVideoSourceConfigurations", "", "read_media"),
    (TR2, "GetAudioSourceConfigurations", "", "read_media"),
    (TR2, "GetVideoEncoderConfigurations", "", "read_media"),
    (TR2, "GetVideoEncoderConfigurationOptions", "", "read_media"),
    (TR2, "GetVideoEncoderInstances", "<ConfigurationToken>video-source</ConfigurationToken>", "read_media"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main"), "actuate"),
    (TR2, "GetAudioEncoderConfigurations", "", "read_media"),
    (TR2, "GetStreamUri", f"<Protocol>RTSP</Protocol>{PROFILE}", "read_media"),
    (TR2, "GetSnapshotUri", PROFILE, "read_media"),
    (EVENTS, "GetServiceCapabilities", "", "pre_auth"),
    (EVENTS, "GetEventProperties", "", "read_media"),
    (EVENTS, "CreatePullPointSubscription", "", "read_media"),
    (PULLING, "PullMessages", "<Timeout>PT5S</Timeout><MessageLimit>50</MessageLimit>", "read_media"),
    (PULLING, "SetSynchronizationPoint", "", "read_media"),
    (MANAGING, "Renew", "<TerminationTime>PT1M</TerminationTime>", "read_media"),
    (MANAGING, "Unsubscribe", "", "read_media"),
    (NOTIFYING, "Subscribe", NOWHERE + "<InitialTerminationTime>PT1S</InitialTerminationTime>", "read_media"),
    (IO, "GetServiceCapabilities", "", "pre_auth"),
    (IO, "GetRelayOutputOptions", RELAY, "read_media"),
    (IO, "GetDigitalInputs", "", "read_media"),
    (IO, "GetVideoSources", "", "read_media"),
    (IO, "GetAudioSources", "", "read_media"),
    (IO_OF_DEVICE, "GetRelayOutputs", "", "read_media"),
    (IO_OF_DEVICE, "SetRelayOutputState", RELAY + "<LogicalState>inactive</LogicalState>", "actuate"),
    (IO, "SetRelayOutputSettings", f'<RelayOutput token="relay-1"><tt:Properties {SCHEMA}>{SETTINGS}</tt:Properties></RelayOutput>', "actuate"),
    (TDS, "GetRelayOutputs", "", "read_media"),
    (TDS, "SetRelayOutputState", RELAY + "<LogicalState>inactive</LogicalState>", "actuate"),
    (TDS, "SetRelayOutputSettings", f"{RELAY}<Properties {SCHEMA}>{SETTINGS.replace('Monostable', 'Bistable')}</Properties>", "actuate"),
]
LAST = [  # these change what the others need
    (TDS, "DeleteUsers", "<Username>viewer</Username>", "write_system"),
    (TDS, "SystemReboot", "", "unrecoverable"),
]
# What is wrong with a request, and the subcodes of the fault.
REFUSED = [
    (TDS, "SetHostname", "<Name>no spaces</Name>", "ter:InvalidHostname"),
    (TDS, "SetHostname", f"<Name>{'a' * 64}</Name>", "ter:InvalidHostname"),
    (TDS, "SetScopes", "<Scopes>http://example.org</Scopes>", "ter:InvalidArgVal"),
    (TDS, "SetScopes", "".join(f"<Scopes>{SCOPE}/{n}</Scopes>" for n in range(33)), "ter:TooManyScopes"),
    (TDS, "RemoveScopes", "<ScopeItem>onvif://www.onvif.org/name/gate</ScopeItem>", "ter:FixedScope"),
    (TDS, "RemoveScopes", "<ScopeItem>onvif://www.onvif.org/none</ScopeItem>", "ter:NoScope"),
    (TDS, "CreateUsers", user("admin", "User", "x"), "ter:UsernameClash"),
    (TDS, "CreateUsers", user("a" * 65, "User", "x"), "ter:UsernameTooLong"),
    (TDS, "CreateUsers", user("long", "User", "x" * 65), "ter:PasswordTooLong"),
    (TDS, "CreateUsers", user("bare", "User"), "ter:PasswordTooWeak"),
    (TDS, "CreateUsers", user("king", "King", "x"), "ter:AnonymousNotAllowed"),
    (TDS, "CreateUsers", "".join(user(f"u{n}", "User", "x") for n in range(30)), "ter:TooManyUsers"),
    (TDS, "DeleteUsers", "<Username>admin</Username>", "ter:FixedUser"),
    (TDS, "DeleteUsers", "<Username>nobody</Username>", "ter:UsernameMissing"),
    (TDS, "SetUser", user("admin", "User"), "ter:FixedUser"),
    (TDS, "SetDiscoveryMode", "<DiscoveryMode>Shy</DiscoveryMode>", "ter:InvalidArgVal"),
    (TDS, "GetCapabilities", "<Category>PTZ</Category>", "ter:NoSuchService"),
    (TDS, "SetSystemDateAndTime", f"<DateTimeType>Manual</DateTimeType><UTCDateTime {SCHEMA}><tt:Time><tt:Hour>24</tt:Hour></tt:Time></UTCDateTime>", "ter:InvalidDateTime"),
    (TDS, "GetPotOfGold", "", "ter:ActionNotSupported"),
    (TRT, "GetProfile", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TRT, "GetStreamUri", SETUP.replace("RTP-Unicast", "RTP-Multicast") + PROFILE, "ter:InvalidStreamSetup"),
    (TRT, "GetVideoEncoderConfiguration", "<ConfigurationToken>x</ConfigurationToken>", "ter:NoConfig"),
    (TRT, "SetVideoEncoderConfiguration", encoder1("third"), "ter:NoConfig"),
    (TRT, "SetVideoEncoderConfiguration", encoder1("main", "MPEG4"), "ter:ConfigModify"),
    (TRT, "GetVideoEncoderConfigurationOptions", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TR2, "GetVideoEncoderInstances", "<ConfigurationToken>x</ConfigurationToken>", "ter:NoConfig"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("third"), "ter:NoConfig"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", "H266"), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", size=(321, 180)), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", size=(640, 360)), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", "JPEG"), "ter:ConfigModify"),  # RFC 2435 has multiples of 8 only
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", gop=0), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", gop=401), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", quality="nan"), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", fps="inf"), "ter:ConfigModify"),
    (EVENTS, "CreatePullPointSubscription", "<InitialTerminationTime>-PT1S</InitialTerminationTime>", "wsnt:UnacceptableInitialTerminationTimeFault"),
    (EVENTS, "CreatePullPointSubscription", "<InitialTerminationTime>2001-01-01T00:00:00Z</InitialTerminationTime>", "wsnt:UnacceptableInitialTerminationTimeFault"),
    (EVENTS, "CreatePullPointSubscription", topics("tns1:Pigeon/Landed"), "wsnt:TopicNotSupportedFault"),
    (EVENTS, "CreatePullPointSubscription", topics("mine:Device"), "wsnt:InvalidTopicExpressionFault"),
    (EVENTS, "CreatePullPointSubscription", topics("tns1:Device", "http://example.org"), "wsnt:TopicExpressionDialectUnknownFault"),
    (EVENTS, "CreatePullPointSubscription", contents("boolean(("), "wsnt:InvalidMessageContentExpressionFault"),
    # In XPath each level multiplies what it costs to say no.
    (EVENTS, "CreatePullPointSubscription", contents("boolean(" + "//*[" * 20 + "false()" + "]" * 20 + ")"), "wsnt:InvalidMessageContentExpressionFault"),
    (EVENTS, "CreatePullPointSubscription", contents("a" * 2000), "wsnt:InvalidFilterFault"),
    (NOTIFYING, "Subscribe", NOWHERE.replace("http:", "file:"), "wsnt:SubscribeCreationFailedFault"),
    (("subscription/99", EVENTS[1]), "PullMessages", "<Timeout>PT1S</Timeout><MessageLimit>1</MessageLimit>", "wsrf:ResourceUnknownFault"),
    (("subscription/99", EVENTS[1]), "PullMessages", "<Timeout>PT61S</Timeout><MessageLimit>1</MessageLimit>", "ter:InvalidArgVal"),
    (("subscription/99", EVENTS[1]), "PullMessages", "<Timeout>PT1S</Timeout><MessageLimit>101</MessageLimit>", "ter:InvalidArgVal"),
    (("subscription/99", NOTIFYING[1]), "Renew", "<TerminationTime>PT1S</TerminationTime>", "wsrf:ResourceUnknownFault"),
    (IO_OF_DEVICE, "SetRelayOutputState", RELAY.replace("relay-1", "relay-2") + "<LogicalState>active</LogicalState>", "ter:RelayToken"),
    (TDS, "SetRelayOutputSettings", f"{RELAY}<Properties {SCHEMA}>{SETTINGS.replace('PT1S', 'PT61S')}</Properties>", "ter:ModeError"),
    (TR2, "GetProfiles", "<Token>third</Token>", "ter:NoProfile"),
    (TR2, "GetStreamUri", f"<Protocol>Pigeon</Protocol>{PROFILE}", "ter:InvalidStreamSetup"),
]
LEVELS = {  # ONVIF Core 5.9.4.6
    None: {"pre_auth"},
    "viewer": {"pre_auth", "read_system", "read_media"},
    "guard": {"pre_auth", "read_system", "read_media", "read_system_sensitive", "actuate"},
}
PASSWORDS = {"admin": "secret", "viewer": "look", "guard": "watch"}


def envelope(content, header=""):
    return f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>{header}</s:Header><s:Body>{content}</s:Body></s:Envelope>'


def token(name, password, created=None):
    """A UsernameToken as the profile of OASIS has it."""
    created = (created or datetime.datetime.now(datetime.timezone.utc)).strftime("%Y-%m-%dT%H:%M:%SZ")
    nonce = os.urandom(16)
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    oasis = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
    return (f'<Security xmlns="{oasis}-wssecurity-secext-1.0.xsd" xmlns:u="{oasis}-wssecurity-utility-1.0.xsd"><UsernameToken>'
            f'<Username>{name}</Username><Password Type="{oasis}-username-token-profile-1.0#PasswordDigest">{digest}</Password>'
            f'<Nonce>{base64.b64encode(nonce).decode()}</Nonce><u:Created>{created}</u:Created></UsernameToken></Security>')


class Camera:
    def __init__(self, address):
        self.base = address.rsplit("/", 1)[0]
        self.subscription = "none"  # the last that was made

    def post(self, path, text):
        """Status and text of the answer."""
        request = urllib.request.Request(f"{self.base}/{path}", data=text.encode(), headers={"Content-Type": "application/soap+xml"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ask(self, service, operation, content, header=""):
        path, uri = service
        status, text = self.post(path.format(self.subscription), envelope(f'<{operation} xmlns="{uri}">{content}</{operation}>', header))
        made = re.search(r"/onvif/subscription/(\w+)<", text)
        if made:
            self.subscription = made.group(1)
        return status, text

    def ask_as(self, name, service, operation, content):
        return self.ask(service, operation, content, token(name, PASSWORDS[name]) if name else "")


class Judge:
    def __init__(self):
        self.checks, self.findings = 0, []

    def expect(self, right, what):
        self.checks += 1
        if not right:
            self.findings.append(what)


def operations_in_code():
    """Names of all operations, by service, as the tables of the camera list them."""
    folder = ROOT / "simulators/camera/onvif"
    found = set()
    for file, function, service in [("device_service", "device_service", TDS), ("user_service", "user_and_time_service", TDS),
                                    ("media_service", "media_service", TRT), ("media2_service", "media2_service", TR2),
                                    ("event_service", "event_service", EVENTS), ("event_service", "subscription_service", PULLING),
                                    ("io_service", "relay_operations", TDS), ("io_service", "io_service", IO)]:
        text = (folder / f"{file}.cpp").read_text(encoding="utf-8")
        table = re.search(rf" {function}\(OnvifDevice& d\) \{{\n(.*?)\n\}}\n", text, re.DOTALL).group(1)
        found |= {(service[0], name) for name in re.findall(r'\{"([A-Z]\w+)",\s+(?:A::|read,|AccessClass::)', table)}
    return found


def check_answers(judge, cameras, schemas):
    answers = {}
    for name, camera in cameras.items():
        for service, operation, content, _ in REQUESTS:
            if name == "yard" and operation in ("CreateUsers", "SetUser"):
                continue  # a camera without accounts takes an administrator first
            if name == "yard" and service == TRT and operation != "GetServiceCapabilities":
                # Version 1 cannot tell of H.265.
                content = content.replace("main", "sub")
            status, text = camera.ask_as("admin" if name == "gate" else None, service, operation, content)
            answers[f"{name}-{service[0].replace('/{}', '')}-{operation}"] = text
            judge.expect(status == 200, f"{name}: {operation} answers {status}: {text[-300:]}")
            judge.expect(f":{operation}Response" in text, f"{name}: {operation} is answered with something else: {text[:300]}")
    for service, operation, content, subcode in REFUSED:
        status, text = cameras["gate"].ask_as("admin", service, operation, content)
        answers[f"fault-{len(answers)}-{operation}"] = text
        judge.expect(status == 400 and f">{subcode}<" in text, f"{operation} {content[:80]}: {status}, not {subcode}: {text[-300:]}")
    damaged = answers["gate-media_service-GetProfiles"].replace("tt:Name", "tt:Nome")
    judge.expect(schemas.wrong({"damaged": damaged}), "the schemas take anything")
    for name, wrong in schemas.wrong(answers).items():
        judge.expect(False, f"{name} is not valid: {wrong}")
    judge.checks += len(answers)
    judge.expect("main" not in re.findall(r'token="(\w+)"', answers["yard-media_service-GetProfiles"]), "version 1 tells of H.265")
    judge.expect(">H265<" in answers["yard-media2_service-GetProfiles"], "version 2 does not tell of H.265")


def check_access(judge, camera):
    for name, classes in LEVELS.items():
        for service, operation, content, access in REQUESTS + LAST:
            if name and access in ("write_system", "unrecoverable") and access in classes:
                continue
            status, text = camera.ask_as(name, service, operation, content)
            allowed = access in classes
            refused = status == (400 if name else 401) and ">ter:NotAuthorized<" in text
            judge.expect(status == 200 if allowed else refused, f"{operation} as {name or 'nobody'}: {status}")
    service, operation, content, _ = REQUESTS[1]
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = {"a wrong password": token("admin", "Secret"), "an unknown user": token("root", "secret"),
               "a token of yesterday": token("admin", "secret", now - datetime.timedelta(days=1)),
               "a token of tomorrow": token("admin", "secret", now + datetime.timedelta(days=1))}
    for what, header in headers.items():
        status, _ = camera.ask(service, operation, content, header)
        judge.expect(status == 401, f"{what} gives {status}")


def check_digest(judge, camera):
    """HTTP Digest, by curl: requests, and the snapshot."""
    body = envelope(f'<GetDeviceInformation xmlns="{TDS[1]}"/>')
    for password, expected in [("secret", "200"), ("wrong", "401")]:
        done = subprocess.run(["curl", "--silent", "--digest", "--user", f"admin:{password}", "--data", body, "--output", "/dev/null",
                               "--write-out", "%{http_code}", f"{camera.base}/device_service"], capture_output=True, text=True, check=False)
        judge.expect(done.stdout == expected, f"curl with the password {password}: {done.stdout}, not {expected}")
        for stream in ("main", "sub"):
            done = subprocess.run(["curl", "--silent", "--digest", "--user", f"admin:{password}", f"{camera.base}/snapshot/{stream}"],
                                  capture_output=True, check=False)
            is_picture = done.stdout.startswith(b"\xff\xd8") and done.stdout.rstrip(b"\0").endswith(b"\xff\xd9")
            judge.expect(is_picture == (expected == "200"), f"a snapshot of {stream} with the password {password}: {done.stdout[:40]}")


def check_hostile(judge, camera):
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    depth = 100000
    bombs = {
        "entities": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]>{envelope("&a9;")}',
        "depth": envelope("<a>" * depth + "</a>" * depth),
        "no XML": "\0\1\2 hello",
        "a blank": " ",
        "half": envelope("<a/>")[:-20],
        "no envelope": "<html><body/></html>",
        "no body": '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>',
        "empty body": envelope(""),
        "wrong namespace": envelope('<GetHostname xmlns="http://example.org"/>'),
        "attributes": envelope(f'<GetHostname xmlns="{TDS[1]}" ' + " ".join(f'a{n}="1"' for n in range(20000)) + "/>")[:900000],
    }
    for what, bomb in bombs.items():
        status, text = camera.post("device_service", bomb)
        known = what == "attributes" and status == 200
        judge.expect(known or status == 400, f"{what}: {status} {text[:200]}")
    status, _ = camera.post("device_service", envelope("x" * (2 << 20)))
    judge.expect(status == 413, f"2 MiB: {status}")
    # Names of the host come back in addresses only when they are names.
    request = urllib.request.Request(f"{camera.base}/device_service", headers={"Host": '"><evil/>:80'},
                                     data=envelope(f'<GetServices xmlns="{TDS[1]}"><IncludeCapability>false</IncludeCapability></GetServices>').encode())
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            judge.expect(b"evil" not in answer.read(), "a false host name comes back")
    except urllib.error.HTTPError as error:
        judge.expect(error.code == 400, f"a false host name: {error.code}")
    status, _ = camera.ask(TDS, "GetHostname", "")
    judge.expect(status == 200, f"after all that: {status}")


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


def check_last(judge, camera):
    for service, operation, content, _ in LAST:
        status, text = camera.ask_as("admin", service, operation, content)
        judge.expect(status == 200, f"{operation}: {status} {text[-200:]}")
    gone = threading.Event()
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        try:
            status, _ = camera.ask(TDS, "GetHostname", "")
            if gone.is_set():
                break
        except OSError:
            gone.set()
        gone.wait(0.1) if not gone.is_set() else threading.Event().wait(0.2)
    judge.expect(gone.is_set(), "a reboot changes nothing")
    judge.expect(status == 200, "the camera does not come back from its reboot")


def port_of(rig, camera):
    """Of the camera's RTSP server."""
    device = next(device for device in rig.ready["devices"] if device["id"] == camera)
    return urllib.parse.urlsplit(device["streams"]["main"]["url"]).port


def visit_with_public_client(judge, address, name, password, state):
    """Whether it could be done at all."""
    module = ROOT / "tools/node/node_modules/onvif"
    if not shutil.which("node") or not module.exists():
        return False
    done = subprocess.run(["node", ROOT / "simulators/app/testing/onvif_client.js", module, address, name, password, state],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    judge.expect(done.returncode == 0, f"the npm package onvif, as \"{name}\": {done.stdout[-400:]}{done.stderr[-400:]}")
    return True


def main(watchrig):
    judge = Judge()
    asked = {(service[0], operation) for service, operation, _, _ in REQUESTS + LAST}
    judge.expect(operations_in_code() == asked, f"asked and offered operations differ: {operations_in_code() ^ asked}")
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            addresses = {device["id"]: device["onvif"] for device in rig.ready["devices"]}
            cameras = {name: Camera(address) for name, address in addresses.items()}
            control = rig.ready["control"]
            visited = [visit_with_public_client(judge, addresses["gate"], "admin", "secret", f"{control}/devices/gate/state"),
                       visit_with_public_client(judge, addresses["yard"], "", "", f"{control}/devices/yard/state")]
            schemas = Schemas(folder)
            check_answers(judge, cameras, schemas)
            onvif_events.check(judge, cameras["yard"], f"{control}/devices/yard", schemas, topics, contents)
            check_access(judge, cameras["gate"])
            check_digest(judge, cameras["gate"])
            check_hostile(judge, cameras["gate"])
            check_encoder(judge, cameras["gate"], port_of(rig, "gate"))
            check_last(judge, cameras["gate"])
    for finding in judge.findings:
        print(f"wrong: {finding}")
    print(f"{judge.checks} checks, {len(judge.findings)} wrong")
    if judge.findings:
        return 1
    if not all(visited):
        print("skipped: the npm package onvif is not installed; tools/setup.sh does it where there is npm")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
