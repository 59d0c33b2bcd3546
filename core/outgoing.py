"""Requests to addresses that people give: to the public internet and nowhere else.

A name is resolved once; each of its addresses must be public, one of these is connected to (never the name again), and what is at the other end of the
socket is looked at before a byte leaves. No redirection, no proxy of the environment, a time for the whole, and nothing is kept of the answer but its
status. The packages of the registry that do this are either no longer maintained or newer than a year: what is needed of them is on this page.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings

SECONDS, WHOLE_SECONDS = 8, 20
"""For each step (connect, send, read), and for all of them."""
LARGEST_ANSWER = 16_384
LONGEST_URL = 500
PORTS = (443, 8443)
CLOSED = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "5f00::/16",
    )
]  # fmt: skip
"""Besides what Python knows as private: shared, reserved and translated ranges, and the services of a cloud to its own machines."""


class NotAllowed(Exception):
    """This address may not be asked. The code says why: `url`, `scheme`, `port`, `unknown`, `private`."""


class NoAnswer(Exception):
    """Nothing answered as it should; the word says what happened, never what was read."""


@dataclass(frozen=True)
class Place:
    """Where a request goes: what the name was resolved to, once."""

    scheme: str
    host: str
    port: int
    target: str
    addresses: tuple[str, ...] = ()


def is_public(address: str) -> bool:
    """Whether anybody on the internet can be meant by this numeric address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (inner := found.ipv4_mapped or found.sixtofour):
        return found.ipv4_mapped is not None and is_public(str(inner))
    closed = any(found in network for network in CLOSED if network.version == found.version)
    return found.is_global and not found.is_multicast and not found.is_reserved and not closed


def read(url: str) -> Place:
    """The parts of an address that may be given, before it is resolved. Raises NotAllowed."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise NotAllowed("url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("url") from None
    host = (parts.hostname or "").rstrip(".")
    if not host or parts.username is not None or parts.password is not None or parts.fragment or "%" in host:
        raise NotAllowed("url")
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.FUND_DEMO):
        raise NotAllowed("scheme")
    if parts.scheme == "https" and (port or 443) not in PORTS:
        raise NotAllowed("port")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def resolve(url: str) -> Place:
    """The same with the addresses of its name, each of which is public. Raises NotAllowed."""
    place = read(url)
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotAllowed("unknown") from None
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses:
        raise NotAllowed("unknown")
    if not all(is_public(one) for one in addresses):
        raise NotAllowed("private")
    return Place(place.scheme, place.host, place.port, place.target, addresses)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send this, and tell the status of the answer. Raises NotAllowed before anything leaves, NoAnswer after."""
    place = resolve(url)
    connection = _connection(place)
    ending = threading.Timer(WHOLE_SECONDS, _shut, [connection])
    ending.daemon = True
    ending.start()
    try:
        connection.request("POST", place.target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        answer.read(LARGEST_ANSWER)
        return answer.status
    except ssl.SSLError as error:
        raise NoAnswer("certificate" if isinstance(error, ssl.SSLCertVerificationError) else "tls") from None
    except TimeoutError:
        raise NoAnswer("timeout") from None
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(type(error).__name__) from None
    finally:
        ending.cancel()
        connection.close()


def _shut(connection: HTTPConnection) -> None:
    """Whoever reads from it reads no more."""
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _open(place: Place) -> socket.socket:
    """A socket to the first of these addresses that answers; its other end is looked at again."""
    failure: OSError = OSError("no address")
    for address in place.addresses[:4]:
        try:
            found = socket.create_connection((address, place.port), timeout=SECONDS)
        except OSError as error:
            failure = error
            continue
        if is_public(str(found.getpeername()[0])):
            return found
        found.close()
        raise NotAllowed("private")
    raise failure


def _connection(place: Place) -> HTTPConnection:
    class ToPlace(HTTPConnection):
        def connect(self):
            self.sock = _open(place)

    class ToSafePlace(HTTPSConnection):
        def connect(self):
            self.sock = ssl.create_default_context().wrap_socket(_open(place), server_hostname=place.host)

    kind = ToSafePlace if place.scheme == "https" else ToPlace
    return kind(place.host, place.port, timeout=SECONDS)
