"""What the head of a virtual camera does over time: movements that end, limits of presets and tours. A part of onvif_camera.py."""
import json
import re
import time
import urllib.request

from onvif_requests import PROFILE
from onvif_soap import PTZ, SCHEMA

PATIENCE = 20


def head_of(device):
    with urllib.request.urlopen(device, timeout=PATIENCE) as answer:
        status = json.load(answer)
    return status["head"]


def wait_for(condition):
    begin = time.monotonic()
    while not condition() and time.monotonic() - begin < PATIENCE:
        time.sleep(0.05)
    return condition()


def check(judge, camera, device, schemas):
    """The camera has no accounts; `device` is its address at the rig's control."""
    answers = {}

    def ask(operation, content=""):
        status, text = camera.ask(PTZ, operation, PROFILE + content)
        answers[f"ptz-{len(answers)}-{operation}"] = text
        return status, text

    def move(x, y, timeout):
        return ask("ContinuousMove", f'<Velocity><tt:PanTilt {SCHEMA} x="{x}" y="{y}"/></Velocity><Timeout>{timeout}</Timeout>')

    def rests():
        return not head_of(device)["moving"]

    ask("AbsoluteMove", f'<Position><tt:PanTilt {SCHEMA} x="0" y="0"/><tt:Zoom {SCHEMA} x="0.5"/></Position>')
    judge.expect(wait_for(rests), "an absolute move does not end")
    at = head_of(device)
    judge.expect((at["pan"], at["tilt"], at["zoom"]) == (0, -35, 0.5), f"the middle is {at}")
    move(0.5, 0, "PT0.5S")
    judge.expect("MOVING" in ask("GetStatus")[1], "nothing moves")
    judge.expect(wait_for(rests), "a movement does not end with its time")
    judge.expect(abs(head_of(device)["pan"] - 30) < 1e-6, f"half a second at half speed leads to {head_of(device)['pan']}")
    text = ask("GetStatus")[1]
    judge.expect(re.findall(r'PanTilt x="([^"]+)"', text) == ["0.166667"] and text.count("IDLE") == 2, f"the status tells {text}")
    move(1, 0, "PT1M")
    ask("Stop", "<PanTilt>false</PanTilt>")
    judge.expect(head_of(device)["moving"], "a stop of the zoom stops all")
    ask("Stop")
    judge.expect(rests(), "a stop does not stop")
    view = f'<Translation><tt:PanTilt {SCHEMA} x="1" y="0" space="http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationSpaceFov"/></Translation>'
    before = head_of(device)["pan"]
    ask("RelativeMove", view)
    judge.expect(wait_for(rests), "a relative move does not end")
    judge.expect(abs(head_of(device)["pan"] - before - 30 / 20**0.5) < 0.01, "half a view is not that far")
    judge.expect(ask("SetPreset", "<PresetName>door</PresetName>")[0] == 200, "a preset is not kept")
    judge.expect("ter:PresetExist" in ask("SetPreset", "<PresetName>door</PresetName>")[1], "one name for two presets")
    for kind, subcode in [("Preset", "ter:TooManyPresets"), ("PresetTour", "ter:TooManyPresetTours")]:
        operation = "SetPreset" if kind == "Preset" else "CreatePresetTour"
        for _ in range(200):
            if ask(operation)[0] != 200:
                break
        refused = ask(operation)[1]
        made = len(re.findall(f"<tptz:{kind} ", ask(f"Get{kind}s")[1]))
        judge.expect(made == 128 and subcode in refused, f"{made} of {kind}: {refused[-200:]}")
    for name, wrong in schemas.wrong(answers).items():
        judge.expect(False, f"{name} is not valid: {wrong}")
