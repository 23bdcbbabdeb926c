#!/usr/bin/env python3
"""A virtual camera by HTTPS and RTSP over TLS, as curl, OpenSSL and ffprobe see it.

usage: camera_tls.py WATCHRIG
"""
import base64
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/python"))
from judge import Judge  # noqa: E402
from onvif_requests import PROFILE, loaded, protocol, shown  # noqa: E402
from onvif_soap import SETUP, TDS, TR2, TRT, envelope, token  # noqa: E402
from vmsd_client import PATIENCE, Program  # noqa: E402

STREAM = 'main="h264 320x180@10 200kbps gop=5"'
RIG = f"""
<rig>
  <camera id="own" {STREAM} username="admin" password="secret" onvif="yes" https="yes"/>
  <camera id="issued" {STREAM} onvif="yes" https="yes" certificate="issued"/>
  <camera id="expired" {STREAM} onvif="yes" https="yes" certificate="expired"/>
  <camera id="wrong" {STREAM} onvif="yes" https="yes" certificate="wrong-name"/>
  <camera id="only" {STREAM} onvif="yes" https="yes" http="no"/>
</rig>
"""


def run(*command, given=None):
    return subprocess.run([str(part) for part in command], input=given, capture_output=True, text=True, timeout=PATIENCE, check=False)


def place(url):
    return urllib.parse.urlsplit(url).netloc


def certificate_at(where):
    """What a server shows, in PEM."""
    text = run("openssl", "s_client", "-connect", where, given="").stdout
    found = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", text, re.DOTALL)
    return found.group(0) if found else ""


def fingerprint(pem):
    return run("openssl", "x509", "-noout", "-fingerprint", "-sha256", given=pem).stdout.split("=")[-1].strip().replace(":", "").lower()


class Visitor:
    """Asks a camera by curl, with whom to trust."""

    def __init__(self, folder, device, authority):
        self.device, self.url = device, device["https"]
        self.trusted = pathlib.Path(folder) / f"{device['id']}-{hash(authority)}.pem"
        self.trusted.write_text(authority, encoding="utf-8")

    def ask(self, service, operation, content=""):
        """curl's exit code, and the answer."""
        header = token("admin", "secret") if self.device["id"] == "own" else ""
        body = envelope(f'<{operation} xmlns="{service[1]}">{content}</{operation}>', header)
        done = run("curl", "--silent", "--cacert", self.trusted, "--data-binary", "@-", self.url.replace("device_service", service[0]), given=body)
        return done.returncode, done.stdout


def check_trust(judge, folder, devices):
    for name, wanted in {"own": 60, "issued": 0, "expired": 60, "wrong": 60, "only": 60}.items():
        code, _ = Visitor(folder, devices[name], devices[name]["authority"]).ask(TDS, "GetSystemDateAndTime")
        judge.expect(code == wanted, f"{name}: curl, which trusts the rig's authority, ends with {code}, not {wanted}")
    for name, wanted in {"own": 0, "only": 0}.items():
        code, _ = Visitor(folder, devices[name], certificate_at(place(devices[name]["https"]))).ask(TDS, "GetSystemDateAndTime")
        judge.expect(code == wanted, f"{name}: curl, which trusts the camera's own certificate, ends with {code}")
    for name, device in devices.items():
        told = fingerprint(certificate_at(place(device["https"])))
        judge.expect(told == device["fingerprint"], f"{name}: shows {told}, tells {device['fingerprint']}")
    where = place(devices["own"]["https"])
    for version, accepted in {"-tls1_1": False, "-tls1_2": True, "-tls1_3": True}.items():
        done = run("openssl", "s_client", version, "-cipher", "DEFAULT@SECLEVEL=0", "-connect", where, given="")
        judge.expect((done.returncode == 0) == accepted, f"openssl {version}: {done.returncode}")
    judge.expect(devices["only"]["onvif"].startswith("https:"), "without HTTP it answers by HTTP")


def check_addresses(judge, own):
    services = own.ask(TDS, "GetServices", "<IncludeCapability>true</IncludeCapability>")[1]
    found = re.findall(r"XAddr>(\w+)://", services)
    judge.expect(found and set(found) == {"https"}, f"services at {found}")
    judge.expect('TLS1.2="true"' in services, "TLS 1.2 is not told")
    for service, kind, wanted in [(TRT, SETUP, "rtsps"), (TRT, SETUP.replace(">RTSP<", ">UDP<"), "rtsp"),
                                  (TR2, "<Protocol>RTSP</Protocol>", "rtsps"), (TR2, "<Protocol>RtspUnicast</Protocol>", "rtsp")]:
        uri = re.search(r"Uri>(\w+)://", own.ask(service, "GetStreamUri", kind + PROFILE)[1])
        judge.expect(uri and uri.group(1) == wanted, f"GetStreamUri {kind[-60:]}: {uri}, not {wanted}")
    judge.expect("Uri>https://" in own.ask(TR2, "GetSnapshotUri", PROFILE)[1], "the snapshot is not at https://")
    clear = urllib.request.Request(own.device["onvif"].replace("device_service", TR2[0]), method="POST",
                                   data=envelope(f'<GetStreamUri xmlns="{TR2[1]}"><Protocol>RTSP</Protocol>{PROFILE}</GetStreamUri>', token("admin", "secret")).encode())
    with urllib.request.urlopen(clear, timeout=PATIENCE) as answer:
        judge.expect("Uri>rtsp://" in answer.read().decode(), "who asks in the clear is led to TLS")


def check_stream(judge, device):
    url = device["streams"]["main"]["rtsps"].replace("//", "//admin:secret@")
    done = run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", url)
    judge.expect(done.stdout.strip() == "h264,320", f"ffprobe of rtsps: {done.stdout}{done.stderr[-300:]}")
    shows = fingerprint(certificate_at(place(device["streams"]["main"]["rtsps"])))
    judge.expect(shows == device["fingerprint"], "RTSP shows another certificate than HTTPS")


def check_signed_by_others(judge, folder, own):
    """A request of the camera, signed by an authority that nobody here wrote, and the certificate shown."""
    folder = pathlib.Path(folder)
    answer = own.ask(TDS, "GetPkcs10Request", "<CertificateID>first</CertificateID><Subject>CN=gate</Subject>")[1]
    (folder / "gate.req").write_bytes(base64.b64decode(re.search(r"Data>([^<]+)<", answer).group(1)))
    asked = run("openssl", "req", "-in", folder / "gate.req", "-inform", "DER", "-verify", "-noout", "-subject")
    judge.expect(asked.returncode == 0 and "CN = gate" in asked.stdout, f"the request: {asked.stdout}{asked.stderr}")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "ca.key",
        "-out", folder / "ca.pem", "-subj", "/CN=Somebody")
    foreign = run("openssl", "x509", "-in", folder / "ca.pem").stdout
    answer = own.ask(TDS, "LoadCertificates", loaded("foreign", "".join(foreign.splitlines()[1:-1])))[1]
    judge.expect("ter:CertificateFormat" in answer and "no key" in answer, f"a certificate without its key is taken: {answer[-300:]}")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1", encoding="utf-8")
    run("openssl", "x509", "-req", "-in", folder / "gate.req", "-inform", "DER", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial",
        "-extfile", folder / "names", "-outform", "DER", "-out", folder / "gate.der", "-days", "7")
    data = base64.b64encode((folder / "gate.der").read_bytes()).decode()
    answer = own.ask(TDS, "LoadCertificates", loaded("signed", data))[1]
    judge.expect("LoadCertificatesResponse" in answer, f"LoadCertificates: {answer[-300:]}")
    answer = own.ask(TDS, "SetCertificatesStatus", shown("signed"))[1]
    judge.expect("SetCertificatesStatusResponse" in answer, f"SetCertificatesStatus: {answer[-300:]}")
    code, _ = Visitor(folder, own.device, (folder / "ca.pem").read_text(encoding="utf-8")).ask(TDS, "GetSystemDateAndTime")
    judge.expect(code == 0, f"with the certificate of somebody's authority curl ends with {code}")
    code, _ = own.ask(TDS, "GetSystemDateAndTime")
    judge.expect(code == 60, f"who trusts the certificate of before believes the next one: curl ends with {code}")


def check_switches(judge, folder, device, control):
    visitor = Visitor(folder, device, certificate_at(place(device["https"])))
    port = urllib.parse.urlsplit(device["https"]).port
    state = urllib.request.Request(f"{control}/devices/only/state", method="PUT", data=b'{"what":"certificate","state":"self-signed"}')
    with urllib.request.urlopen(state, timeout=PATIENCE) as answer:
        told = answer.read().decode()
    shows = fingerprint(certificate_at(place(device["https"])))
    judge.expect(shows != device["fingerprint"] and shows in told, f"after a change it shows {shows}, and tells {told}")
    code, _ = visitor.ask(TDS, "GetNetworkProtocols")
    judge.expect(code == 60, f"who trusts the certificate of before believes the next one: curl ends with {code}")
    visitor = Visitor(folder, device, certificate_at(place(device["https"])))
    answer = visitor.ask(TDS, "SetNetworkProtocols", protocol("HTTPS", port).replace("true", "false"))[1]
    judge.expect("ServiceNotSupported" in answer, f"the only way to it can be closed: {answer[-200:]}")
    free = free_port()
    answer = visitor.ask(TDS, "SetNetworkProtocols", protocol("HTTP", free) + protocol("HTTPS", port).replace("true", "false"))[1]
    judge.expect("SetNetworkProtocolsResponse" in answer, f"SetNetworkProtocols: {answer[-300:]}")
    visitor.url = f"http://127.0.0.1:{free}/onvif/device_service"
    end = time.monotonic() + PATIENCE
    while visitor.ask(TDS, "GetSystemDateAndTime")[0] != 0 and time.monotonic() < end:
        time.sleep(0.05)
    protocols = visitor.ask(TDS, "GetNetworkProtocols")[1]
    told = re.findall(r"Name>(\w+)<.*?Enabled>(\w+)<", protocols, re.DOTALL)
    judge.expect(("HTTP", "true") in told and ("HTTPS", "false") in told, f"protocols {told}")
    judge.expect(run("openssl", "s_client", "-connect", place(device["https"]), given="").returncode != 0, "HTTPS answers although it was switched off")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def main(watchrig):
    judge = Judge()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+", encoding="utf-8") as log:
        rig_file = pathlib.Path(folder) / "rig.xml"
        rig_file.write_text(RIG, encoding="utf-8")
        with Program(log, watchrig, "rig", rig_file) as rig:
            devices = {device["id"]: device for device in rig.ready["devices"]}
            check_trust(judge, folder, devices)
            own = Visitor(folder, devices["own"], certificate_at(place(devices["own"]["https"])))
            check_addresses(judge, own)
            check_stream(judge, devices["own"])
            check_signed_by_others(judge, folder, own)
            check_switches(judge, folder, devices["only"], rig.ready["control"])
    return judge.verdict()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
