"""Signed statements about the public ledger. Made after a sealing is committed and once a day, then only read."""

from __future__ import annotations

from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction

from fund.ledger import canonical, hashes
from fund.ledger.head import genesis, locked_head
from fund.models import Checkpoint, LedgerHead, Seal


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.LEDGER_KEY))


def public_key() -> str:
    """The verifying key, 32 bytes in lower-case hex."""
    return _private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def public_key_pem() -> bytes:
    """The verifying key as the PEM file published beside the ledger."""
    return _private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def statement(point: Checkpoint) -> dict:
    """What is signed."""
    return {
        "at": canonical.instant(point.at),
        "count": point.count,
        "format": canonical.FORMAT,
        "genesis": point.genesis,
        "head": point.head,
        "key": point.key,
        "root": point.root,
    }


def document(point: Checkpoint) -> dict:
    """The published JSON object: the statement and its signature (128 hex digits)."""
    return {**statement(point), "signature": point.signature}


def verify_signature(published: dict) -> bool:
    """Whether a published checkpoint is signed by the key it names."""
    signed = {name: value for name, value in published.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(published["key"]))
        signature = bytes.fromhex(published["signature"])
        if signature.hex() != published["signature"]:  # one way to write it
            return False
        key.verify(signature, hashes.CHECKPOINT_TAG + canonical.canonical(signed))
    except (InvalidSignature, KeyError, ValueError, TypeError):
        return False
    return True


def _make(head: LedgerHead, at: datetime) -> Checkpoint:
    frontier = hashes.Frontier(head.count, [bytes.fromhex(root) for root in head.frontier])
    first = hashes.genesis_hash(canonical.canonical(canonical.genesis(head.fund, head.opened_on)))
    point = Checkpoint(
        at=at.replace(microsecond=0),
        count=head.count,
        genesis=first.hex(),
        head=head.head,
        root=frontier.root.hex(),
        key=public_key(),
    )
    point.signature = _private_key().sign(hashes.CHECKPOINT_TAG + canonical.canonical(statement(point))).hex()
    point.save(force_insert=True)
    return point


def checkpoint(at: datetime) -> Checkpoint:
    """Sign the ledger as it stands and store it. The daily task calls this; sealing calls `checkpoint_if_new` by itself."""
    with transaction.atomic():
        genesis()
        return _make(locked_head(), at)


def checkpoint_if_new(at: datetime) -> Checkpoint | None:
    """The same, unless a checkpoint of this very count exists.

    Never dated before the last entry it covers: one transaction may seal several times, and its first call signs them all.
    """
    with transaction.atomic():
        head = locked_head()
        if Checkpoint.objects.filter(count=head.count).exists():
            return None
        newest = Seal.objects.order_by("-seq").values_list("entry__at", flat=True).first()
        return _make(head, max(at, newest) if newest else at)


def latest() -> Checkpoint | None:
    """The newest checkpoint: the one with the largest count, the latest of these."""
    return Checkpoint.objects.order_by("-count", "-id").first()
