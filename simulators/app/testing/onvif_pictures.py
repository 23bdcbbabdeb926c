"""What a virtual camera makes of its pictures: requests for texts in them, and what is seen. A part of onvif_camera.py.

Pictures are decoded by FFmpeg and texts are read by Tesseract.
"""
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from onvif_soap import SCHEMA, TR2, TRT

IMAGING = ("imaging_service", "http://www.onvif.org/ver20/imaging/wsdl")
VIDEO = "<VideoSourceToken>video</VideoSourceToken>"

SOURCE = "<ConfigurationToken>video-source</ConfigurationToken>"
MADE = "<OSDToken>{osd}</OSDToken>"  # the last that was made


def line(text, token="", position='<tt:Type>Custom</tt:Type><tt:Pos x="-0.8" y="0"/>', kind="Plain", source="video-source", extra=""):
    plain = f"<tt:PlainText>{text}</tt:PlainText>" if kind == "Plain" else ""
    return (f'<OSD {SCHEMA} token="{token}"><tt:VideoSourceConfigurationToken>{source}</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type>'
            f"<tt:Position>{position}</tt:Position><tt:TextString><tt:Type>{kind}</tt:Type>{extra}{plain}</tt:TextString></OSD>")


REQUESTS = [request for service in (TRT, TR2) for request in (
    (service, "GetOSDs", SOURCE if service == TRT else "<OSDToken>osd-001</OSDToken>", "read_media"),
    (service, "GetOSDOptions", SOURCE, "read_media"),
    (service, "CreateOSD", line("LANE"), "actuate"),
    (service, "SetOSD", line("LANE 2", "{osd}", "<tt:Type>UpperLeft</tt:Type>"), "actuate"),
    (service, "DeleteOSD", MADE, "actuate"))]
REQUESTS += [(TRT, "GetOSD", "<OSDToken>osd-001</OSDToken>", "read_media")]


def imaging(settings):
    return f"{VIDEO}<ImagingSettings {SCHEMA}>{settings}</ImagingSettings>"


def focus(move):
    return f"{VIDEO}<Focus {SCHEMA}>{move}</Focus>"


MANUAL_EXPOSURE = "<tt:Exposure><tt:Mode>MANUAL</tt:Mode><tt:ExposureTime>{}</tt:ExposureTime><tt:Iris>{}</tt:Iris></tt:Exposure>"
REQUESTS += [
    (IMAGING, "GetServiceCapabilities", "", "pre_auth"),
    (IMAGING, "GetImagingSettings", VIDEO, "read_media"),
    (IMAGING, "GetOptions", VIDEO, "read_media"),
    (IMAGING, "SetImagingSettings", imaging("<tt:Brightness>60</tt:Brightness>"), "actuate"),
    (IMAGING, "GetMoveOptions", VIDEO, "read_media"),
    (IMAGING, "Move", focus("<tt:Absolute><tt:Position>0.4</tt:Position></tt:Absolute>"), "actuate"),
    (IMAGING, "Stop", VIDEO, "actuate"),
    (IMAGING, "GetStatus", VIDEO, "read_media"),
]
CUSTOM = '<tt:Type>Custom</tt:Type><tt:Pos x="{}" y="0"/>'
REFUSED = [
    (TRT, "GetOSDs", "<ConfigurationToken>other</ConfigurationToken>", "ter:NoConfig"),
    (TR2, "GetOSDs", "<OSDToken>osd-999</OSDToken>", "ter:NoConfig"),
    (TRT, "GetOSD", "<OSDToken>osd-999</OSDToken>", "ter:NoConfig"),
    (TRT, "GetOSDOptions", "<ConfigurationToken>other</ConfigurationToken>", "ter:NoConfig"),
    (TR2, "DeleteOSD", "<OSDToken>osd-999</OSDToken>", "ter:NoConfig"),
    (TR2, "SetOSD", line("x", "osd-999"), "ter:NoConfig"),
    (TR2, "CreateOSD", line("x", source="other"), "ter:NoConfig"),
    (TR2, "CreateOSD", line(""), "ter:ConfigModify"),
    (TR2, "CreateOSD", line("x" * 49), "ter:ConfigModify"),
    (TR2, "CreateOSD", line("x", position=CUSTOM.format("1.01")), "ter:ConfigModify"),
    (TR2, "CreateOSD", line("x", position=CUSTOM.format("left")), "ter:ConfigModify"),
    (TR2, "CreateOSD", line("x", position="<tt:Type>Middle</tt:Type>"), "ter:ConfigModify"),
    (TR2, "CreateOSD", line("x", kind="Weather"), "ter:ConfigModify"),
    (TR2, "CreateOSD", line("x", kind="Time", extra="<tt:TimeFormat>ss</tt:TimeFormat>"), "ter:ConfigModify"),
    (TR2, "CreateOSD", line("x").replace(">Text<", ">Image<"), "ter:ConfigModify"),
    (IMAGING, "GetImagingSettings", "<VideoSourceToken>other</VideoSourceToken>", "ter:NoSource"),
    (IMAGING, "SetImagingSettings", imaging("<tt:Brightness>100.1</tt:Brightness>"), "ter:SettingsInvalid"),
    (IMAGING, "SetImagingSettings", imaging("<tt:Contrast>nan</tt:Contrast>"), "ter:SettingsInvalid"),
    (IMAGING, "SetImagingSettings", imaging("<tt:IrCutFilter>SOMETIMES</tt:IrCutFilter>"), "ter:SettingsInvalid"),
    (IMAGING, "SetImagingSettings", imaging(MANUAL_EXPOSURE.format(99, 0)), "ter:SettingsInvalid"),
    (IMAGING, "SetImagingSettings", imaging(MANUAL_EXPOSURE.format(100, 20.1)), "ter:SettingsInvalid"),
    (IMAGING, "Move", focus("<tt:Absolute><tt:Position>1.1</tt:Position></tt:Absolute>"), "ter:SettingsInvalid"),
    (IMAGING, "Move", focus("<tt:Continuous><tt:Speed>2</tt:Speed></tt:Continuous>"), "ter:SettingsInvalid"),
    (IMAGING, "Move", focus(""), "ter:SettingsInvalid"),
]


def tables():
    """File, function and service of each table of operations in the code."""
    return [("osd_operations", "osd_operations", TRT), ("osd_operations", "osd_operations", TR2), ("osd_operations", "osd_operations1", TRT),
            ("imaging_service", "imaging_service", IMAGING)]


class Pictures:
    """What FFmpeg decodes of a stream."""

    def __init__(self, url):
        self.url = url
        self.folder = tempfile.TemporaryDirectory()

    def take(self, filters="null"):
        """The path of one picture of now."""
        path = pathlib.Path(self.folder.name) / "picture.png"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-rtsp_transport", "tcp", "-i", self.url, "-frames:v", "1", "-vf", filters, path],
                       timeout=30, check=True)
        return path

    def read(self, part):
        """The text in a part of the picture: width:height:x:y of the whole, as FFmpeg's filter crop has it. White letters become black."""
        path = self.take(f"crop={part},format=gray,lutyuv=y='if(gt(val,215),0,255)',scale=iw*4:ih*4:flags=bicubic")
        done = subprocess.run(["tesseract", path, "-", "--psm", "7"], capture_output=True, text=True, timeout=30, check=True)
        return re.sub(r"\s+", " ", done.stdout).strip()


    def grey(self):
        """Mean, spread and sharpness of the luma plane below the stamp, and the mean distance of the colours from grey."""
        width, height = 320, 160
        filters = f"crop=iw:ih*0.7:0:ih*0.2,scale={width}:{height},format=yuv420p"
        done = subprocess.run(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", self.url, "-frames:v", "1", "-vf", filters, "-f", "rawvideo", "-"],
                              capture_output=True, timeout=30, check=True).stdout
        luma, colours = done[:width * height], done[width * height:]
        mean = sum(luma) / len(luma)
        return {"mean": mean, "spread": (sum((y - mean) ** 2 for y in luma) / len(luma)) ** 0.5,
                "edges": sum(abs(a - b) for a, b in zip(luma, luma[1:])) / len(luma), "colour": sum(abs(c - 128) for c in colours) / len(colours)}


def looks(pictures, condition):
    """The same of settings."""
    end = time.monotonic() + 15
    while not condition(now := pictures.grey()) and time.monotonic() < end:
        pass
    return now


def check_settings(judge, ask, pictures):
    """Each setting changes the decoded picture, and is told as it was set."""
    usual = pictures.grey()
    for settings, back, what, condition in [
            ("<tt:Brightness>80</tt:Brightness>", "<tt:Brightness>50</tt:Brightness>", "brighter", lambda now: now["mean"] > usual["mean"] + 25),
            ("<tt:Contrast>20</tt:Contrast>", "<tt:Contrast>50</tt:Contrast>", "flatter", lambda now: now["spread"] < usual["spread"] * 0.6),
            ("<tt:ColorSaturation>0</tt:ColorSaturation>", "<tt:ColorSaturation>50</tt:ColorSaturation>", "grey", lambda now: now["colour"] < 1),
            ("<tt:IrCutFilter>OFF</tt:IrCutFilter>", "<tt:IrCutFilter>ON</tt:IrCutFilter>", "without colours", lambda now: now["colour"] < 1),
            ("<tt:Sharpness>0</tt:Sharpness>", "<tt:Sharpness>50</tt:Sharpness>", "softer", lambda now: now["edges"] < usual["edges"] * 0.9),
            (MANUAL_EXPOSURE.format(40000, 10), "<tt:Exposure><tt:Mode>AUTO</tt:Mode></tt:Exposure>", "lighter", lambda now: now["mean"] > usual["mean"] + 25),
            (MANUAL_EXPOSURE.format(10000, 20), MANUAL_EXPOSURE.format(10000, 10) , "darker", lambda now: now["mean"] < usual["mean"] - 25),
    ]:
        status, text = ask(IMAGING, "SetImagingSettings", imaging(settings))
        now = looks(pictures, condition)
        judge.expect(status == 200 and condition(now), f"{settings} makes nothing {what}: {usual} then {now} {text[-200:]}")
        told = ask(IMAGING, "GetImagingSettings", VIDEO)[1]
        judge.expect(settings.split("<tt:Exposure>")[-1].split("<tt:Iris>")[0] in told, f"{settings} is told as {told[-600:]}")
        ask(IMAGING, "SetImagingSettings", imaging(back))
    ask(IMAGING, "SetImagingSettings", imaging("<tt:Exposure><tt:Mode>AUTO</tt:Mode></tt:Exposure>"))
    sharp = looks(pictures, lambda now: now["edges"] > usual["edges"] * 0.95)
    ask(IMAGING, "Move", focus("<tt:Continuous><tt:Speed>-1</tt:Speed></tt:Continuous>"))
    blurred = looks(pictures, lambda now: now["edges"] < sharp["edges"] * 0.5)
    judge.expect(blurred["edges"] < sharp["edges"] * 0.5, f"out of focus nothing blurs: {sharp} then {blurred}")
    ask(IMAGING, "SetImagingSettings", imaging("<tt:Focus><tt:AutoFocusMode>AUTO</tt:AutoFocusMode></tt:Focus>"))
    again = looks(pictures, lambda now: now["edges"] > sharp["edges"] * 0.9)
    judge.expect(again["edges"] > sharp["edges"] * 0.9, f"the automatic focus leaves it blurred: {again}")
    ask(IMAGING, "Move", focus("<tt:Absolute><tt:Position>0.5</tt:Position></tt:Absolute>"))
    judge.expect(">MANUAL<" in ask(IMAGING, "GetImagingSettings", VIDEO)[1].split("AutoFocusMode")[1], "focus by hand leaves it automatic")


def reads(pictures, part, condition):
    """What is read there once the condition holds, or at the end of the patience: settings take effect with the next pictures, and what moves
    behind a text may look like a part of a letter in one of them."""
    end = time.monotonic() + 15
    while not condition(text := pictures.read(part)) and time.monotonic() < end:
        pass
    return text


def check_texts(judge, ask, pictures):
    left, right = "iw/2:ih/10:0:ih*0.5", "iw/2:ih/10:iw/2:ih*0.5"
    before = pictures.read(left)
    judge.expect("LANE" not in before, f"before a text is written there is {before}")
    status, text = ask(TR2, "CreateOSD", line("LANE 2 NORTH"))
    token = re.search(r"OSDToken>([\w-]+)<", text).group(1)
    seen = reads(pictures, left, lambda text: "LANE 2 NORTH" in text)
    judge.expect(status == 200 and "LANE 2 NORTH" in seen, f"the text in the picture is \"{seen}\"")
    ask(TR2, "SetOSD", line("GATE 7", token, CUSTOM.format("0.3")))
    seen = reads(pictures, right, lambda text: "GATE 7" in text)
    judge.expect("GATE 7" in seen, f"a changed text in the picture is \"{seen}\"")
    seen = pictures.read(left)
    judge.expect("LANE" not in seen, f"a text that was moved is still there: \"{seen}\"")
    ask(TR2, "DeleteOSD", f"<OSDToken>{token}</OSDToken>")
    seen = reads(pictures, right, lambda text: "GATE" not in text)
    judge.expect("GATE" not in seen, "a text that was removed is still there")
    _, options = ask(TR2, "GetOSDOptions", SOURCE)
    most = int(re.search(r'PlainText="(\d+)"', options).group(1))
    made = []
    for _ in range(most - 1):
        made += re.findall(r"OSDToken>([\w-]+)<", ask(TR2, "CreateOSD", line("x"))[1])
    status, text = ask(TR2, "CreateOSD", line("x"))
    judge.expect(len(made) == most - 1 and status == 500 and "ter:MaxOSDs" in text, f"{len(made)} and one more texts are taken: {text}")
    for one in made:
        ask(TR2, "DeleteOSD", f"<OSDToken>{one}</OSDToken>")


def check(judge, camera, rig, schemas):
    """A camera without accounts. Whether Tesseract was there to read."""
    answers = {}

    def ask(service, operation, content):
        status, text = camera.ask(service, operation, content)
        answers[f"wall-{len(answers)}-{operation}"] = text
        return status, text

    device = next(device for device in rig.ready["devices"] if device["id"] == "wall")
    pictures = Pictures(device["streams"]["main"]["url"])
    can_read = bool(shutil.which("tesseract"))
    if can_read:
        check_texts(judge, ask, pictures)
    check_settings(judge, ask, pictures)
    for name, wrong in schemas.wrong(answers).items() if answers else ():
        judge.expect(False, f"{name} is not valid: {wrong}")
    return can_read
