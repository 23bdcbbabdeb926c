#!/usr/bin/env python3
"""WS-Discovery of virtual cameras: who answers what, where, and to whom; Hello and Bye; what is no question changes nothing.

usage: discovery.py WATCHRIG. Messages are made with Python's library alone; the npm package `onvif` (tools/setup.sh installs it) looks for
the cameras too, and without it the end is 77, a skip, when all else was right.
"""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import NO_PUBLIC_CLIENT, Judge  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

MANY = 500
RIG = """
<rig>
  <camera id="gate" main="h264 320x180@1 50kbps" username="admin" password="secret" onvif="yes" discovery="yes" address="127.0.91.1"/>
  <camera id="yard" main="h264 320x180@1 50kbps" onvif="yes" discovery="yes" address="127.0.91.2" manufacturer="Acme" serial="A1"/>
  <camera id="shy" main="h264 320x180@1 50kbps" onvif="yes" address="127.0.91.3"/>
</rig>
"""
CROWD = f'<rig><camera id="crowd" count="{MANY}" main="h264 320x180@1 50kbps" onvif="yes" discovery="yes" address="127.0.92.1"/></rig>'
GROUP, PORT, LOOPBACK = "239.255.255.250", 3702, "127.0.0.1"
WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
VIDEO = '<d:Types xmlns:x="http://www.onvif.org/ver10/network/wsdl">x:NetworkVideoTransmitter</d:Types>'
NOBODY = 1.0  # seconds after which nobody answers: twice the longest delay
AGAIN = 5.0  # seconds after which those who have not answered are asked again: of many answers at once some get lost


def envelope(action, body):
    return (f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:d="{WSD}" xmlns:a="{WSA}"><s:Header>'
            f'<a:MessageID>{uuid.uuid4().urn}</a:MessageID><a:Action>{WSD}/{action}</a:Action></s:Header><s:Body>{body}</s:Body></s:Envelope>')


def probe(content=VIDEO):
    return envelope("Probe", f"<d:Probe>{content}</d:Probe>")


def scopes(text, rule=""):
    attribute = f' MatchBy="{WSD}/{rule}"' if rule else ""
    return f"<d:Scopes{attribute}>{text}</d:Scopes>"


def id_of(message):
    found = re.search(r"MessageID>([^<]+)", message)
    return found.group(1) if found else None


def name_of(answer):
    return re.search(r"onvif://www\.onvif\.org/name/([\w-]+)", answer).group(1)


class Network:
    """A socket of one who looks for cameras, and one that hears what they tell to everybody."""

    def __init__(self):
        self.own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.own.bind((LOOPBACK, 0))
        self.own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
        self.own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.kept = []
        self.all = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.all.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.all.bind((GROUP, PORT))
        self.all.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + socket.inet_aton(LOOPBACK))

    def ask(self, message, where=GROUP, expected=None, patience=PATIENCE):
        """The answers as (text, host), until there are as many as expected, or nobody answers any more."""
        self.own.sendto(message.encode() if isinstance(message, str) else message, (where, PORT))
        number = id_of(message) if isinstance(message, str) else None
        answers, end = [], time.monotonic() + (patience if expected else NOBODY)
        while (left := end - time.monotonic()) > 0 and len(answers) != expected:
            self.own.settimeout(left)
            try:
                data, (host, _) = self.own.recvfrom(65536)
            except TimeoutError:
                break
            text = data.decode()
            if not number or f"RelatesTo>{number}<" in text:
                answers.append((text, host))
        return answers

    def ask_all(self, number):
        """The first answer of each host as (text, host), and the last probe, until there are as many as that."""
        answers, end = {}, time.monotonic() + PATIENCE
        while True:
            message = probe()
            for text, host in self.ask(message, expected=number, patience=AGAIN):
                answers.setdefault(host, text)
            if len(answers) >= number or time.monotonic() > end:
                return [(text, host) for host, text in answers.items()], message

    def names(self, message, where=GROUP, expected=None):
        return {name_of(answer) for answer, _ in self.ask(message, where, expected)}

    def told(self, kind, endpoint, patience=PATIENCE):
        """The message of that kind about the endpoint, which somebody tells everybody; None when nobody does. Others are kept for later."""
        kept, self.kept = self.kept, []
        end = time.monotonic() + patience
        while kept or time.monotonic() < end:
            text = kept.pop(0) if kept else self.hear(end)
            if text and f":{kind}>" in text and endpoint in text:
                self.kept += kept
                return text
            if text:
                self.kept.append(text)
        return None

    def hear(self, end):
        self.all.settimeout(max(end - time.monotonic(), 0.001))
        try:
            return self.all.recv(65536).decode()
        except TimeoutError:
            return None

    def forget(self):
        """What was told up to now."""
        while self.hear(0):
            pass
        self.kept = []


def check_answers(judge, network, everybody):
    """Everybody's probe is answered by all that can be found, each from its own address with the truth."""
    answers, last = network.ask_all(len(everybody))
    judge.expect({name_of(answer) for answer, _ in answers} == everybody, f"{len(answers)} answers to a probe, not {len(everybody)}")
    judge.expect(network.ask(last) == [], "a probe that comes twice is answered twice")
    for answer, host in answers:
        judge.expect(re.search(r"XAddrs>http://([\d.]+):", answer).group(1) == host, f"{host}: leads elsewhere")
    endpoints = {name_of(answer): re.search(r"Address>(urn:uuid:[^<]+)", answer).group(1) for answer, _ in answers}
    judge.expect(len(set(endpoints.values())) == len(everybody), "two cameras have one endpoint")
    messages = {id_of(answer) for answer, _ in answers}
    judge.expect(len(messages) == len(everybody), "two messages have one id")
    return endpoints


def check_rules(judge, network, endpoints):
    """Types and scopes of a probe, and where it is sent."""
    other = '<d:Types xmlns:x="http://www.onvif.org/ver10/network/wsdl">x:NetworkVideoDisplay</d:Types>'
    by_name = scopes("onvif://www.onvif.org/name/yard")
    cases = [
        ("another type", GROUP, other, set()),
        ("both types", "127.0.91.1", '<d:Types xmlns:x="http://www.onvif.org/ver10/device/wsdl">x:Device</d:Types>', {"gate"}),
        ("a name", GROUP, VIDEO + by_name, {"yard"}),
        ("a maker", GROUP, scopes("onvif://www.onvif.org/manufacturer/Acme"), {"yard"}),
        ("part of a name", GROUP, scopes("onvif://www.onvif.org/name/yar"), set()),
        ("text", GROUP, scopes("onvif://www.onvif.org/name/yard", "strcmp0"), {"yard"}),
        ("a part as text", GROUP, scopes("onvif://www.onvif.org/name", "strcmp0"), set()),
        ("an unknown rule", GROUP, scopes("onvif://www.onvif.org/name/yard", "ldap"), set()),
        ("nothing", "127.0.91.2", "", {"yard"}),
        ("one address", "127.0.91.1", VIDEO, {"gate"}),
        ("its name at another address", "127.0.91.1", by_name, set()),
        ("an address without discovery", "127.0.91.3", VIDEO, set()),
    ]
    for what, where, content, expected in cases:
        found = network.names(probe(content), where, len(expected) or None)
        judge.expect(found == expected, f"a probe for {what}: {sorted(found)[:5]}, not {sorted(expected)}")
    resolve = f"<d:Resolve><a:EndpointReference><a:Address>{endpoints['gate']}</a:Address></a:EndpointReference></d:Resolve>"
    answers = network.ask(envelope("Resolve", resolve), expected=1)
    judge.expect([name_of(answer) for answer, _ in answers] == ["gate"] and ":ResolveMatches>" in answers[0][0], "a resolve is not answered by the one")
    judge.expect(network.ask(envelope("Resolve", resolve.replace("urn:uuid:", "urn:uuid:0"))) == [], "a resolve of nobody is answered")


def check_hostile(judge, network):
    """What is no question gets no answer, and does not keep the next from it."""
    for message in [b"", b"\0" * 60000, b"hello", probe()[:-30], "<!DOCTYPE x>" + probe(), probe("<a>" * 2000 + "</a>" * 2000),
                    probe("<d:Types>" + "x:y " * 100 + "</d:Types>"), envelope("Hello", "<d:Hello/>"), probe().replace("2005/04/discovery", "2009/01/x"),
                    re.sub(r"<a:MessageID>.*</a:MessageID>", "", probe())]:
        network.own.sendto(message.encode() if isinstance(message, str) else message, ("127.0.91.1", PORT))
    judge.expect(network.names(probe(), "127.0.91.1", 1) == {"gate"}, "after hostile messages a camera is silent")
    judge.expect(network.ask(b"x", "127.0.91.1") == [], "something that is no question is answered")


def soap(address, content):
    body = f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{content}</s:Body></s:Envelope>'
    with urllib.request.urlopen(urllib.request.Request(address, data=body.encode()), timeout=PATIENCE) as answer:
        return answer.read().decode()


def check_mode(judge, network, address, endpoint):
    """SetDiscoveryMode, and scopes that change (ONVIF Core 7.3)."""
    service = 'xmlns="http://www.onvif.org/ver10/device/wsdl"'
    soap(address, f"<SetDiscoveryMode {service}><DiscoveryMode>NonDiscoverable</DiscoveryMode></SetDiscoveryMode>")
    judge.expect(network.names(probe(), "127.0.91.2") == set(), "what is not discoverable answers")
    soap(address, f"<SetDiscoveryMode {service}><DiscoveryMode>Discoverable</DiscoveryMode></SetDiscoveryMode>")
    judge.expect(network.told("Hello", endpoint), "who becomes discoverable says no Hello")
    soap(address, f"<AddScopes {service}><ScopeItem>onvif://www.onvif.org/location/roof</ScopeItem></AddScopes>")
    hello = network.told("Hello", endpoint) or ""
    judge.expect("location/roof" in hello and "MetadataVersion>2<" in hello, f"new scopes are not told: {hello[-300:]}")


def check_power(judge, network, control, endpoint):
    """A power cut has no Bye, but what follows it a Hello."""
    request = urllib.request.Request(f"{control}/devices/gate/faults", data=json.dumps({"verb": "power-cut", "for": "4s"}).encode())
    network.forget()
    with urllib.request.urlopen(request, timeout=PATIENCE):
        pass
    judge.expect(network.ask(probe(), "127.0.91.1") == [], "who has no power answers")
    said = network.told("Bye", endpoint, 0.2)
    judge.expect(said is None, "who loses power says Bye")
    judge.expect(network.told("Hello", endpoint), "who has power again says no Hello")


def check_public_client(judge, addresses):
    """Whether it could be asked at all."""
    module = ROOT / "tools/node/node_modules/onvif"
    if not shutil.which("node") or not module.exists():
        return False
    done = subprocess.run(["node", ROOT / "simulators/app/testing/discovery_client.js", module], capture_output=True, text=True, timeout=PATIENCE, check=False)
    judge.expect(set(addresses) <= set(done.stdout.split()), f"the npm package onvif finds {done.stdout[:300]}{done.stderr[-300:]}, not {addresses}")
    return True


def check_few(judge, network, rig):
    """Whether the public client could be asked."""
    addresses = {device["id"]: device["onvif"] for device in rig.ready["devices"]}
    endpoints = check_answers(judge, network, {"gate", "yard"})
    judge.expect(network.told("Hello", endpoints["yard"]), "who is switched on says no Hello")
    check_rules(judge, network, endpoints)
    check_hostile(judge, network)
    check_mode(judge, network, addresses["yard"], endpoints["yard"])
    check_power(judge, network, rig.ready["control"], endpoints["gate"])
    visited = check_public_client(judge, [addresses["gate"], addresses["yard"]])
    network.forget()
    rig.process.terminate()
    judge.expect(network.told("Bye", endpoints["yard"]), "a camera that is switched off says no Bye")
    return visited


def main(watchrig):
    judge, network = Judge(), Network()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            visited = check_few(judge, network, rig)
        rig_file.write_text(CROWD, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file):
            check_answers(judge, network, {f"crowd-{n}" for n in range(1, MANY + 1)})
    return judge.verdict("" if visited else NO_PUBLIC_CLIENT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
