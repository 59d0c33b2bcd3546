"""Requests to addresses that people give leave for the public internet and nowhere else."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from core import outgoing

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "198.18.0.1", "192.0.2.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "100::1", "::127.0.0.1", "x",
]  # fmt: skip
PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public(address):
    assert not outgoing.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address):
    assert outgoing.is_public(address)


@pytest.mark.parametrize(
    "url, code",
    [
        ("http://exemple.fr/", "scheme"), ("ftp://exemple.fr/", "scheme"), ("file:///etc/passwd", "url"), ("gopher://x/", "scheme"), ("//exemple.fr", "scheme"),
        ("https://", "url"), ("https://a:b@exemple.fr/", "url"), ("https://exemple.fr@127.0.0.1/", "url"), ("https://exemple.fr/#x", "url"),
        ("https://exemple.fr:22/", "port"), ("https://exemple.fr:99999/", "url"), ("https://exemple.fr\\@127.0.0.1/", "url"),
        ("https://exemple.fr/\r\nX: y", "url"), ("https://éxemple.fr/", "url"), ("https://[fe80::1%25eth0]/", "url"), ("https://x/" + "a" * 600, "url"),
    ],
)  # fmt: skip
def test_addresses_that_are_not_taken(url, code, settings):
    settings.FUND_DEMO = False
    with pytest.raises(outgoing.NotAllowed) as refused:
        outgoing.read(url)
    assert str(refused.value) == code


def test_http_is_taken_in_the_demonstration_alone(settings):
    settings.FUND_DEMO = True
    assert outgoing.read("http://exemple.fr:8080/x?y=1").target == "/x?y=1"


def answers(monkeypatch, *addresses: str) -> list[str]:
    """Names lead to these addresses, one list a question when there are several; returns what was asked."""
    asked: list[str] = []

    def resolve(host, port, *args, **kwargs):
        asked.append(host)
        found = addresses[min(len(asked), len(addresses)) - 1].split()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", resolve)
    return asked


def never(*args, **kwargs):
    raise AssertionError("a connection was opened")


@pytest.mark.parametrize("found", ["127.0.0.1", "8.8.8.8 10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["interne.exemple.fr", "2130706433", "0x7f.1", "localhost", "127.1"])
def test_a_name_that_leads_inside_is_never_connected_to(monkeypatch, host, found):
    answers(monkeypatch, found)
    monkeypatch.setattr(outgoing.socket, "create_connection", never)
    with pytest.raises(outgoing.NotAllowed) as refused:
        outgoing.post(f"https://{host}/", b"{}", {})
    assert str(refused.value) == "private"


def test_a_name_is_resolved_once_and_its_address_connected_to(monkeypatch):
    """A name that changes between the look and the connection (DNS rebinding) changes nothing."""
    asked, opened = answers(monkeypatch, "8.8.8.8", "127.0.0.1"), []

    def connect(address, timeout):
        opened.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(outgoing.socket, "create_connection", connect)
    with pytest.raises(outgoing.NoAnswer):
        outgoing.post("https://change.exemple.fr/", b"{}", {})
    assert asked == ["change.exemple.fr"] and opened == [("8.8.8.8", 443)]


class Peer:
    """A socket whose other end is not where one meant to go."""

    closed = False

    def getpeername(self):
        return ("127.0.0.1", 443)

    def close(self):
        self.closed = True


def test_the_other_end_is_looked_at_before_a_byte_leaves(monkeypatch):
    answers(monkeypatch, "8.8.8.8")
    peer = Peer()
    monkeypatch.setattr(outgoing.socket, "create_connection", lambda *args, **kwargs: peer)
    with pytest.raises(outgoing.NotAllowed):
        outgoing.post("https://exemple.fr/", b"{}", {})
    assert peer.closed


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    answers(monkeypatch, "8.8.8.8")
    opened = []

    def connect(address, timeout):
        opened.append(address)
        raise TimeoutError

    monkeypatch.setattr(outgoing.socket, "create_connection", connect)
    with pytest.raises(outgoing.NoAnswer, match="timeout"):
        outgoing.post("https://exemple.fr/", b"{}", {})
    assert opened == [("8.8.8.8", 443)]


class Handler(BaseHTTPRequestHandler):
    got: list = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Handler.got.append((self.path, dict(self.headers), body))
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/landed")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/slow":
            for _byte in range(100):
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.05)
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
        else:
            self.send_response(204)
            self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver(monkeypatch, settings):
    """A receiver on this machine, which these tests alone may ask."""
    settings.FUND_DEMO = True
    monkeypatch.setattr(outgoing, "is_public", lambda address: True)
    Handler.got = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_is_sent_is_received(receiver):
    assert outgoing.post(f"{receiver}/x?y=1", b'{"a": 1}', {"Content-Type": "application/json"}) == 204
    (path, headers, body) = Handler.got[0]
    assert path == "/x?y=1" and body == b'{"a": 1}' and headers["Host"].startswith("127.0.0.1")


def test_a_redirection_is_not_followed(receiver):
    assert outgoing.post(f"{receiver}/redirect", b"{}", {}) == 302
    assert [one[0] for one in Handler.got] == ["/redirect"]


def test_an_answer_without_end_is_left(receiver):
    started = time.monotonic()
    assert outgoing.post(f"{receiver}/endless", b"{}", {}) == 200
    assert time.monotonic() - started < 3


def test_an_answer_that_drips_is_left(receiver, monkeypatch):
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 0.5)
    started = time.monotonic()
    with pytest.raises(outgoing.NoAnswer):
        outgoing.post(f"{receiver}/slow", b"{}", {})
    assert time.monotonic() - started < 3
