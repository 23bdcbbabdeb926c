#!/usr/bin/env python3
"""Video and sound by RTSP over TLS, as FFmpeg, GStreamer and OpenSSL see it, and as somebody on the way sees it: a relay that keeps what
passes finds requests and pictures in the clear by rtsp:// only. Also who is not trusted, another certificate, and the clear port that
is closed while TLS is required.
usage: encrypted_streams.py WATCHRIG VMSD; 77: a program is missing.
"""
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/python"))
from onvif_soap import envelope, post, token  # noqa: E402
from relay import Relay  # noqa: E402
from vmsd_client import PASSWORD, PATIENCE, Client, Program, Refused  # noqa: E402

SKIPPED = 77
RIG = """<rig><camera id="gate" main="h264 320x240@25 500kbps" audio="pcmu" scene="street"/></rig>"""
SUBJECT = {"country": "DE", "address": "127.0.0.1", "valid_days": 30}


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        return True
    except ConnectionRefusedError:
        return False


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        expect(time.monotonic() < end, what)
        time.sleep(0.1)


def url_of(client, channel, scheme, port, host="127.0.0.1"):
    return f"{scheme}://{client.session['id']}:{client.session['stream_key']}@{host}:{port}/live/{channel}"


def ffmpeg(folder, url, *options):
    """Reads 40 pictures bit for bit; what it said, and the pictures."""
    target = folder / "read.h264"
    target.unlink(missing_ok=True)
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *options, "-i", url, "-map", "0:v", "-c", "copy", "-frames:v", "40",
                           "-f", "h264", target], capture_output=True, text=True, timeout=PATIENCE)
    return done.stderr, target.read_bytes() if target.exists() else b""


def parts_of(stream):
    """NAL units of a byte stream that are long enough to be found again: a packet has the beginning of each as it is."""
    units = [unit.strip(b"\0") for unit in stream.split(b"\0\0\1")]
    return {unit[2:40] for unit in units if len(unit) > 40}


def units_seen(seen, stream):
    return sum(part in seen for part in parts_of(stream))


def check_capture(client, channel, folder, clear, encrypted):
    relay = Relay(clear)
    told, pictures = ffmpeg(folder, url_of(client, channel, "rtsp", relay.port), "-rtsp_transport", "tcp")
    expect(len(parts_of(pictures)) >= 20, f"ffmpeg in the clear: {told}")
    expect(units_seen(relay.seen, pictures) >= 20 and b"RTSP/1.0" in relay.seen, "the relay did not see what passed in the clear")
    relay = Relay(encrypted)
    told, pictures = ffmpeg(folder, url_of(client, channel, "rtsps", relay.port))
    expect(len(parts_of(pictures)) >= 20, f"ffmpeg by TLS: {told}")
    expect(len(relay.seen) > len(pictures), "the pictures came by another way than the relay")
    for secret in (b"RTSP/1.0", b"Digest", b"sprop-parameter-sets", b"/live/"):
        expect(secret not in relay.seen, f"{secret} was seen on the way")
    expect(units_seen(relay.seen, pictures) == 0, "pictures were seen on the way")


def check_players(client, channel, folder, root, port):
    url = url_of(client, channel, "rtsps", port)
    done = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv", url],
                          capture_output=True, text=True, timeout=PATIENCE)
    expect("stream,h264,320,240" in done.stdout and "pcm_mulaw" in done.stdout, f"ffprobe: {done.stdout}{done.stderr}")
    if shutil.which("gst-launch-1.0"):
        check_gstreamer(folder, url)
    # FFmpeg 5.1 does not ask who is behind rtsps://.
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "other.key", "-out",
                    folder / "other.crt", "-days", "30", "-subj", "/CN=Other root"], check=True, capture_output=True, timeout=PATIENCE)
    for authority, host, works in ((root, "127.0.0.1", True), (folder / "other.crt", "127.0.0.1", False), (root, "127.0.0.2", False)):
        told = over_openssl(port, authority, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "-verify_return_error", "-verify_ip", host)
        expect(("RTSP/1.0 200" in told) == works, f"openssl about {host} with {authority}: {told}")


def over_openssl(port, root, request, *options):
    """What the server says to the request, until it has answered with an empty line, or the connection has ended."""
    link = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(root), "-quiet", *options],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    told = b""
    try:
        link.stdin.write(request.encode())
        link.stdin.flush()
        while b"\r\n\r\n" not in told and (part := link.stdout.read(1)):
            told += part
    except BrokenPipeError:
        pass
    link.kill()
    link.communicate()
    return told.decode()


def check_gstreamer(folder, url):
    def play(flags):
        target = folder / "gstreamer.h264"
        target.unlink(missing_ok=True)
        done = subprocess.run(["timeout", "30", "gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "latency=0",
                               f"tls-validation-flags={flags}", "!", "application/x-rtp,media=video", "!", "rtph264depay", "!",
                               "video/x-h264,stream-format=byte-stream,alignment=au", "!", "identity", "eos-after=40", "!", "filesink",
                               f"location={target}"], capture_output=True, text=True, timeout=PATIENCE)
        return len(parts_of(target.read_bytes())) if target.exists() else 0, done.stderr

    # Flags of GTlsCertificateFlags: nothing may be wrong, or only the authority (1) may be unknown.
    expect(play("validate-all")[0] == 0, "GStreamer takes a certificate of an authority that it does not know")
    read, told = play("126")
    expect(read >= 20, f"GStreamer read {read} units: {told}")


def check_refusals(port, root):
    """Who has no password gets nothing, and who does not speak TLS is not spoken to."""
    ask = "SETUP rtsps://127.0.0.1/live/1/track0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port=50000-50001\r\n\r\n"
    told = over_openssl(port, root, ask)
    expect("RTSP/1.0 401" in told, f"without a password: {told}")
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as clear:
        clear.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        answer = b""
        try:
            while part := clear.recv(4096):
                answer += part
        except ConnectionResetError:
            pass
    expect(b"RTSP" not in answer, f"in the clear the port of TLS answers {answer}")


def refused(client, body):
    try:
        client.call("PATCH", "/api/v1/settings/rtsps", body)
    except Refused as answer:
        return answer.status
    return 200


def switch_on(client, folder, port):
    """Without a certificate it stays off; with one it is on. The root."""
    expect(refused(client, {"enabled": True, "port": port}) == 400, "RTSP by TLS is on without a certificate")
    expect(refused(client, {"required": True}) == 400, "TLS is required while there is none")
    made = client.call("POST", "/api/v1/certificates", {"name": "first", **SUBJECT})
    client.call("PUT", "/api/v1/https", {"enabled": True, "certificate": made["id"]})
    client.call("PATCH", "/api/v1/settings/rtsps", {"enabled": True, "port": port})
    wait_until("RTSP by TLS does not listen", lambda: is_open(port))
    request = urllib.request.Request(client.base_url + "/api/v1/certificates/ca.crt",
                                     headers={"Authorization": f"Bearer {client.session['token']}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        (folder / "ca.crt").write_bytes(answer.read())
    return folder / "ca.crt"


def shown(port, root):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", root, "-showcerts"], input="",
                          capture_output=True, text=True, timeout=PATIENCE)
    return done.stdout[done.stdout.find("-----BEGIN"):done.stdout.find("-----END")]


def check_required(client, channel, folder, clear, port):
    playing = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", url_of(client, channel, "rtsp", clear),
                                "-c", "copy", "-f", "mpegts", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    expect(playing.stdout.read(1), "ffmpeg was sent nothing in the clear")
    client.call("PATCH", "/api/v1/settings/rtsps", {"required": True})
    playing.communicate(timeout=PATIENCE)  # ends with its stream
    wait_until("RTSP in the clear is open although TLS is required", lambda: not is_open(clear))
    wait_until("RTSP by TLS is not open again", lambda: is_open(port))
    told, pictures = ffmpeg(folder, url_of(client, channel, "rtsps", port))
    expect(len(parts_of(pictures)) >= 20, f"ffmpeg while TLS is required: {told}")
    check_onvif(client, channel, port)
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    client.call("DELETE", "/api/v1/https")
    wait_until("RTSP by TLS goes on without a certificate", lambda: not is_open(port))
    expect(not is_open(clear), "RTSP in the clear is open since there is no certificate")
    again = client.call("POST", "/api/v1/certificates", {"name": "again", **SUBJECT})
    client.call("PUT", "/api/v1/https", {"enabled": True, "certificate": again["id"]})
    wait_until("RTSP by TLS is not open with the next certificate", lambda: is_open(port))
    client.call("PATCH", "/api/v1/settings/rtsps", {"required": False})
    wait_until("RTSP in the clear does not come back", lambda: is_open(clear))


def check_onvif(client, channel, port):
    """ONVIF clients are sent to the port that is open."""
    client.call("PUT", "/api/v1/sessions/current/confirmation", {"password": PASSWORD})
    client.call("POST", "/api/v1/onvif/users", {"name": "eye", "group": "user", "password": PASSWORD, "password_again": PASSWORD})
    client.call("PUT", "/api/v1/services/onvif", {"enabled": True})
    setup = ('<StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream>'
             '<Transport xmlns="http://www.onvif.org/ver10/schema"><Protocol>RTSP</Protocol></Transport></StreamSetup>')
    ask = f'<GetStreamUri xmlns="http://www.onvif.org/ver10/media/wsdl">{setup}<ProfileToken>{channel}-main</ProfileToken></GetStreamUri>'
    status, told = post(f"{client.base_url}/onvif/media_service", envelope(ask, token("eye", PASSWORD)))
    expect(f">rtsps://127.0.0.1:{port}/live/{channel}<" in told, f"GetStreamUri answers {status}: {told}")


def check(vmsd, client, channel, folder):
    clear, port = urllib.parse.urlparse(vmsd.ready["rtsp"]).port, free_port()
    expect("rtsps" not in vmsd.ready, "RTSP by TLS is on from the beginning")
    root = switch_on(client, folder, port)
    wait_until("no picture in the clear", lambda: ffmpeg(folder, url_of(client, channel, "rtsp", clear), "-rtsp_transport", "tcp")[1])
    check_capture(client, channel, folder, clear, port)
    check_players(client, channel, folder, root, port)
    check_refusals(port, root)
    before = shown(port, root)
    second = client.call("POST", "/api/v1/certificates", {"name": "second", **SUBJECT})
    client.call("PUT", "/api/v1/https", {"enabled": True, "certificate": second["id"]})
    expect(before, "no certificate was shown")
    wait_until("the certificate before is still shown", lambda: shown(port, root) not in ("", before))
    check_required(client, channel, folder, clear, port)


def main():
    for program in ("ffmpeg", "ffprobe", "openssl"):
        if not shutil.which(program):
            print(f"skipped: {program} is not installed; ./tools/setup.sh installs it")
            return SKIPPED
    watchrig, vmsd = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name, open(f"{name}/log", "w+") as log:
        folder = pathlib.Path(name)
        rig_file = folder / "rig.xml"
        rig_file.write_text(RIG)
        options = [word for part in ("http", "https", "rtsp") for word in ("--set", f"{part}.port=0")]
        try:
            with Program(log, watchrig, "rig", rig_file) as rig, Program(log, vmsd, "--data", folder / "data", *options) as server:
                client = Client(server.ready["http"]).initialise()
                channel = client.add_camera("Gate", rig.ready["devices"][0]["streams"]["main"]["url"])
                check(server, client, channel, folder)
        except SystemExit:
            log.seek(0)
            print(log.read()[-3000:], file=sys.stderr)
            raise
    print("pictures by TLS are read by FFmpeg and GStreamer, and by nobody on the way")
    return 0


if __name__ == "__main__":
    sys.exit(main())
