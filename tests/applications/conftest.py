"""An antivirus of our own, that can keep silent."""

from __future__ import annotations

import socket
import struct
import threading

import pytest


class Antivirus:
    """At first an address where nobody answers; once it wakes, it answers each INSTREAM: infected when the bytes hold EICAR."""

    def __init__(self, settings):
        self.settings = settings
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.server.settimeout(0.05)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._answer)
        self._silence()

    def _silence(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            self.settings.CLAMD_URL = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"

    def wakes(self) -> None:
        self.settings.CLAMD_URL = f"tcp://127.0.0.1:{self.port}"
        if not self.thread.is_alive():
            self.thread.start()

    def _answer(self) -> None:
        while not self.over.is_set():
            try:
                connection, _address = self.server.accept()
            except TimeoutError:
                continue
            with connection, connection.makefile("rb") as stream:
                stream.read(10)
                received = b""
                while length := struct.unpack("!I", stream.read(4))[0]:
                    received += stream.read(length)
                connection.sendall(b"stream: Eicar FOUND\0" if b"EICAR" in received else b"stream: OK\0")

    def ends(self) -> None:
        self.over.set()
        if self.thread.is_alive():
            self.thread.join()
        self.server.close()


@pytest.fixture
def antivirus(settings):
    """Silent until `antivirus.wakes()`."""
    ours = Antivirus(settings)
    yield ours
    ours.ends()
