"""Programs of Watchrig as processes, and vmsd by its HTTP interface."""

import json
import subprocess
import urllib.error
import urllib.request

PASSWORD = "Watchrig.26"
PATIENCE = 60  # seconds that anything may take on a loaded machine


class Refused(Exception):
    """An answer with a status over 299; the text names request, status and the server's reason."""

    def __init__(self, text, status):
        super().__init__(text)
        self.status = status


class Program:
    """A process of Watchrig from its ready line to its end; a context manager."""

    def __init__(self, log, *command):
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line:
            log.seek(0)
            raise SystemExit(f"{command[0]} did not start: {log.read()}")
        self.ready = json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)


class Client:
    """Signed in to vmsd as its administrator, after initialise()."""

    def __init__(self, base_url):
        self.base_url = base_url
        self.session = None

    def initialise(self):
        """Makes the administrator of a fresh vmsd, and is signed in as such."""
        self.session = self.call("POST", "/api/v1/initialisation", {
            "password": PASSWORD, "password_again": PASSWORD, "email": "harness@example.org", "licence_accepted": True})
        return self

    def call(self, method, path, body=None):
        """The parsed JSON of the answer, None when it is empty. Raises Refused, and OSError when there is no answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        if self.session:
            request.add_header("Authorization", f"Bearer {self.session['token']}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}", error.code) from error

    def add_camera(self, name, url, **more):
        """The id of the new device's channel."""
        body = {"name": name, "driver": "rtsp", "streams": {"main": url}, **more}
        return self.call("POST", "/api/v1/devices", body)["channels"][0]["id"]

    def websocket_url(self, path):
        return f"{self.base_url.replace('http:', 'ws:', 1)}{path}?access_token={self.session['token']}"
