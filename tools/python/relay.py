"""Somebody on the way between two programs of this machine."""

import socket
import threading

from vmsd_client import PATIENCE


class Relay:
    """A port that leads to another one, and keeps what passes either way."""

    def __init__(self, target):
        self.target = target
        self.seen = bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            threading.Thread(target=self.take, args=(near,), daemon=True).start()

    def take(self, near):
        far = socket.create_connection(("127.0.0.1", self.target), PATIENCE)
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self.pass_on, args=(source, sink), daemon=True).start()

    def pass_on(self, source, sink):
        try:
            while part := source.recv(65536):
                self.seen += part
                sink.sendall(part)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
