"""What the event service of a virtual camera does over time: pull points, notifications that are sent, relays. A part of onvif_camera.py."""
import datetime
import http.server
import json
import re
import threading
import time
import urllib.request

EVENTS = "http://www.onvif.org/ver10/events/wsdl"
NOTIFYING = "http://docs.oasis-open.org/wsn/b-2"
IO = "http://www.onvif.org/ver10/deviceIO/wsdl"
PROPERTIES = 7  # of a camera with one input and one relay
MESSAGE = re.compile(r'<wsnt:Topic [^>]*>([^<]*)</wsnt:Topic>.*?PropertyOperation="(\w+)".*?<tt:Data><tt:SimpleItem Name="\w+" Value="([^"]*)"')


class Subscriber:
    """Asks one camera, which has no accounts."""

    def __init__(self, camera, address):
        self.camera, self.address = camera, address
        self.texts = {}

    def ask(self, path, uri, operation, content=""):
        status, text = self.camera.ask((path, uri), operation, content)
        self.texts[f"events-{len(self.texts)}-{operation}"] = text
        return status, text

    def create(self, content=""):
        return self.ask("event_service", EVENTS, "CreatePullPointSubscription", content)

    def pull(self, timeout="PT0S", limit=100):
        status, text = self.ask("subscription/{}", EVENTS, "PullMessages", f"<Timeout>{timeout}</Timeout><MessageLimit>{limit}</MessageLimit>")
        return MESSAGE.findall(text) if status == 200 else text

    def manage(self, operation, content=""):
        return self.ask("subscription/{}", NOTIFYING, operation, content)

    def set(self, what, state):
        body = json.dumps({"what": what, "state": state}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.address}/state", data=body, method="PUT"), timeout=10).close()

    def relay(self):
        with urllib.request.urlopen(self.address, timeout=10) as answer:
            return json.load(answer)["onvif"]["outputs"][0]


def check_pull_point(judge, own):
    own.set("input", "inactive")
    status, text = own.create()
    judge.expect(status == 200, f"a pull point: {text}")
    first = own.pull(limit=3)
    rest = own.pull()
    judge.expect(len(first) == 3 and len(rest) == PROPERTIES - 3, f"not {PROPERTIES} properties: {first} {rest}")
    judge.expect({operation for _, operation, _ in first + rest} == {"Initialized"}, f"not all Initialized: {first} {rest}")
    judge.expect(own.pull() == [], "nothing has happened, and yet there are messages")
    for what, topic in [("input", "tns1:Device/Trigger/DigitalInput"), ("motion", "tns1:VideoSource/MotionAlarm"), ("dark", "tns1:VideoSource/ImageTooDark/ImagingService")]:
        for state, value in [("active", "true"), ("active", None), ("inactive", "false")]:
            own.set(what, state)
            expected = [(topic, "Changed", value)] if value else []
            judge.expect((found := own.pull()) == expected, f"{what} {state}: {found}")


def check_long_poll(judge, own):
    """While somebody waits, the camera serves others, and tells at once what happens."""
    answers = []
    begin = time.monotonic()
    waiting = threading.Thread(target=lambda: answers.extend(own.pull("PT20S")))
    waiting.start()
    for _ in range(5):
        status, _ = own.camera.ask(("device_service", "http://www.onvif.org/ver10/device/wsdl"), "GetHostname", "")
        judge.expect(status == 200, f"while somebody pulls: {status}")
    judge.expect(waiting.is_alive(), f"a pull does not wait: {answers}")
    own.set("tamper", "active")
    waiting.join(10)
    judge.expect(answers and answers[0][2] == "true" and time.monotonic() - begin < 10, f"a pull that waited: {answers}")
    begin = time.monotonic()
    judge.expect(own.pull("PT1S") == [] and time.monotonic() - begin > 0.9, "a pull of a second ends early")
    own.set("tamper", "inactive")


def check_life(judge, own):
    own.create("<InitialTerminationTime>PT60S</InitialTerminationTime>")
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for end in ("PT10M", soon):
        status, text = own.manage("Renew", f"<TerminationTime>{end}</TerminationTime>")
        judge.expect(status == 200 and (not end.endswith("Z") or end[:-1] in text), f"Renew until {end}: {text}")
    status, text = own.manage("Renew", "<TerminationTime>P2D</TerminationTime>")
    judge.expect("UnacceptableTerminationTimeFault" in text, f"two days: {text}")
    status, text = own.manage("Unsubscribe")
    judge.expect(status == 200, f"Unsubscribe: {text}")
    judge.expect("ResourceUnknownFault" in own.pull(), "what was unsubscribed goes on")
    own.create("<InitialTerminationTime>PT1S</InitialTerminationTime>")
    time.sleep(1.3)
    judge.expect("ResourceUnknownFault" in own.pull(), "what is over goes on")
    made = []
    while own.create("<InitialTerminationTime>PT30S</InitialTerminationTime>")[0] == 200 and len(made) < 20:
        made.append(own.camera.subscription)
    judge.expect(0 < len(made) <= 8, f"{len(made)} subscriptions at once")
    judge.expect("SubscribeCreationFailedFault" in list(own.texts.values())[-1], "one too many is refused by another fault")
    for name in made:
        own.camera.subscription = name
        own.manage("Unsubscribe")


def check_filters(judge, own, topics, contents):
    for content, expected in [(topics("tns1:Device/Trigger/Relay"), 1), (topics("tns1:Device//.|tns1:VideoSource/MotionAlarm"), 3),
                              (contents('boolean(//q:SimpleItem[@Name="State" and @Value="false"])'), 3),
                              (contents('boolean(//q:SimpleItem[@Name="State" and @Value="true"])'), 0)]:
        own.create(content)
        judge.expect(len(found := own.pull()) == expected, f"{content}: {found}")
        own.manage("Unsubscribe")


def check_notifications(judge, own):
    got, came = [], threading.Event()

    class Consumer(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if '"Changed"' in got[-1]:
                came.set()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Consumer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f'<a:Address xmlns:a="http://www.w3.org/2005/08/addressing">http://127.0.0.1:{server.server_port}/notify?x=1</a:Address>'
    status, text = own.ask("event_service", NOTIFYING, "Subscribe", f"<ConsumerReference>{address}</ConsumerReference>")
    judge.expect(status == 200, f"Subscribe: {text}")
    own.set("motion", "active")
    judge.expect(came.wait(5), f"no notification of a motion: {got}")
    time.sleep(0.5)  # until nothing is left to be sent
    begin = time.monotonic()
    judge.expect("ResourceUnknownFault" in (text := own.pull("PT20S")), f"what is sent is pulled: {text}")
    judge.expect(time.monotonic() - begin < 5, "a pull of what is sent waits")
    own.set("motion", "inactive")
    own.manage("Unsubscribe")
    for number, notification in enumerate(got):
        own.texts[f"notify-{number}"] = notification
    server.shutdown()


def check_relay(judge, own):
    relay = "<RelayOutputToken>relay-1</RelayOutputToken>"
    schema = 'xmlns:tt="http://www.onvif.org/ver10/schema"'
    tds = "http://www.onvif.org/ver10/device/wsdl"
    own.create()
    own.pull()
    settings = "<tt:Mode>{}</tt:Mode><tt:DelayTime>PT0.5S</tt:DelayTime><tt:IdleState>{}</tt:IdleState>"
    own.ask("device_service", tds, "SetRelayOutputSettings", f"{relay}<Properties {schema}>{settings.format('Bistable', 'closed')}</Properties>")
    judge.expect(own.relay()["contact"] == "closed", f"closed when idle: {own.relay()}")
    own.ask("deviceio_service", tds, "SetRelayOutputState", f"{relay}<LogicalState>active</LogicalState>")
    judge.expect(own.relay() == {"state": "active", "contact": "open", "switched": 1}, f"active: {own.relay()}")
    judge.expect(own.pull("PT1S") == [("tns1:Device/Trigger/Relay", "Changed", "active")], "a relay tells nothing")
    own.ask("device_service", tds, "SetRelayOutputState", f"{relay}<LogicalState>inactive</LogicalState>")
    own.pull()
    own.ask("deviceio_service", IO, "SetRelayOutputSettings", f'<RelayOutput token="relay-1"><tt:Properties {schema}>{settings.format("Monostable", "open")}</tt:Properties></RelayOutput>')
    own.ask("device_service", tds, "SetRelayOutputState", f"{relay}<LogicalState>active</LogicalState>")
    judge.expect([value for _, _, value in own.pull("PT1S") + own.pull("PT5S")] == ["active", "inactive"], "a monostable relay does not return")
    judge.expect(own.relay() == {"state": "inactive", "contact": "open", "switched": 2}, f"returned: {own.relay()}")
    own.manage("Unsubscribe")


def check_addressing(judge, own):
    header = '<MessageID xmlns="http://www.w3.org/2005/08/addressing">urn:uuid:1</MessageID>'
    _, text = own.camera.ask(("event_service", EVENTS), "GetEventProperties", "", header)
    own.texts["addressed"] = text
    judge.expect("EventPortType/GetEventPropertiesResponse<" in text and ">urn:uuid:1<" in text, f"who asks by WS-Addressing is answered without: {text[:400]}")


def check(judge, camera, address, schemas, topics, contents):
    own = Subscriber(camera, address)
    check_pull_point(judge, own)
    check_long_poll(judge, own)
    check_life(judge, own)
    check_filters(judge, own, topics, contents)
    check_notifications(judge, own)
    check_relay(judge, own)
    check_addressing(judge, own)
    for name, wrong in schemas.wrong(own.texts).items():
        judge.expect(False, f"{name} is not valid: {wrong} {own.texts[name][:600]}")
