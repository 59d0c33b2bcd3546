"""The CommonGrants protocol 0.4: calls as opportunities, the published set as awards. Only what the schemas define; amounts are decimal texts.

An id is made from the public reference and leads back to it, so that nothing has to be stored for this dialect: the same grant has the same id for ever.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.utils import timezone

from core.links import absolute
from core.money import decimal_text
from core.references import ALPHABET, is_valid
from fund.enums import CallPhase
from fund.models import Call
from registry.enums import Stage
from registry.queries.grants import PublishedGrant

OWN, PAST, CALL, BODY = 1, 2, 3, 4


def _uid(kind: int, payload: int, siret: str) -> str:
    """A UUID of version 8 (RFC 9562): 64 bits of payload, what it names, and forty bits of who says it."""
    raw = bytearray(16)
    said = payload.to_bytes(8, "big")
    raw[0:6], raw[9:11], raw[7] = said[:6], said[6:], kind
    raw[11:16] = hashlib.sha256(f"common-grants/{siret}".encode()).digest()[:5]
    raw[6], raw[8] = 0x80, 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def _hashed(kind: int, text: str, siret: str) -> str:
    return _uid(kind, int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"), siret)


def award_id(public_id: str, siret: str, *, is_past: bool) -> str:
    if is_past:
        return _uid(PAST, int(public_id, 16), siret)
    _prefix, year, signs = public_id.split("-")
    number = 0
    for sign in signs:
        number = number * 32 + ALPHABET.index(sign)
    return _uid(OWN, (int(year) << 40) + number, siret)


def award_named(uid: str, siret: str) -> tuple[str, bool] | None:
    """The public reference that an id was made from, and whether it is of an earlier grant; None when it was not made here."""
    try:
        raw = uuid.UUID(uid).bytes
    except ValueError:
        return None
    payload = int.from_bytes(raw[0:6] + raw[9:11], "big")
    if raw[7] == PAST:
        found, is_past = f"{payload:016x}", True
    else:
        year, number, signs, is_past = payload >> 40, payload & (2**40 - 1), "", False
        for _place in range(8):
            number, sign = divmod(number, 32)
            signs = ALPHABET[sign] + signs
        found = f"FP-{year}-{signs}"
        if not is_valid(found):
            return None
    return (found, is_past) if award_id(found, siret, is_past=is_past) == uid.lower() else None


def opportunity_id(call: Call, siret: str) -> str:
    return _hashed(CALL, call.slug, siret)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _money(cents: int) -> dict:
    return {"amount": decimal_text(cents), "currency": "EUR"}


def _event(name: str, at) -> dict:
    if not isinstance(at, datetime):
        return {"name": name, "eventType": "singleDate", "date": at.isoformat()}
    local = timezone.localtime(at)
    return {
        "name": name,
        "eventType": "singleDate",
        "date": local.date().isoformat(),
        "time": local.time().isoformat(timespec="seconds"),
    }


def _body(name: str, siret: str, rna: str, ours: str) -> dict:
    """A legal person; `ours`: the SIRET of the fund, that says the id."""
    known = {"org:fr:siret": siret, "org:fr:rna": rna}
    ids = {code: {"id": value} for code, value in known.items() if value}
    found = {"id": _hashed(BODY, siret or rna or name, ours), "name": name}
    return found | ({"identifiers": {"otherIds": ids}} if ids else {})


def _status(value: str, words: str, known: Collection[str]) -> dict:
    if value in known:
        return {"value": value, "description": words}
    return {"value": "custom", "customValue": value, "description": words}


_OF_PHASE = {CallPhase.UPCOMING: "forecasted", CallPhase.OPEN: "open", CallPhase.CANCELLED: "cancelled"}
OPPORTUNITY, AWARD = ("forecasted", "open", "closed"), ("awarded", "completed", "cancelled")
"""States that the protocol knows; others are said as custom ones."""


def opportunity(call: Call, fund, at: datetime) -> dict:
    phase = call.phase(at)
    said = [call.published_at, call.opens_at, call.closes_at, call.closed_at, call.decided_at, call.archived_at, call.cancelled_at]  # fmt: skip
    passed = [one for one in said if one and one <= at]
    dates = {"postDate": _event("Publication", call.published_at)}
    if call.closes_at:
        dates["closeDate"] = _event("Clôture du dépôt", call.closes_at)
    if call.opens_at:
        dates["otherDates"] = {"opening": _event("Ouverture du dépôt", call.opens_at)}
    funding = {"totalAmountAvailable": _money(call.envelope.opened_amount)} if call.envelope else {}
    for name, cents in (("minAwardAmount", call.floor_amount), ("maxAwardAmount", call.ceiling_amount)):
        if cents:
            funding[name] = _money(cents)
    return {
        "id": opportunity_id(call, fund.siret),
        "title": call.title,
        "status": _status(_OF_PHASE.get(phase, "closed"), str(phase.label), OPPORTUNITY),
        "description": call.summary or call.title,
        "funding": funding,
        "keyDates": dates,
        "acceptedApplicantTypes": [
            {"value": "individual", "description": "Citoyen"},
            {"value": "custom", "customValue": "association", "description": "Association"},
            {"value": "custom", "customValue": "collective", "description": "Collectif"},
        ],
        "source": absolute(f"/appels/{call.slug}/"),
        "createdAt": _instant(call.published_at or at),
        "lastModifiedAt": _instant(max(passed, default=at)),
    }


_OF_STAGE = {
    Stage.AWARDED: "awarded",
    Stage.ACTIVE: "awarded",
    Stage.EARLIER: "awarded",
    Stage.COMPLETED: "completed",
    Stage.STOPPED: "cancelled",
    Stage.NOT_TAKEN_UP: "cancelled",
}


def award(grant: PublishedGrant, fund) -> dict:
    """One grant as everybody may know it. One not taken up, or whose page is taken down, is its reference and its amounts."""
    uid = award_id(grant.public_id, fund.siret, is_past=grant.is_past)
    funding = {"awardedAmount": _money(grant.shared_amount)}
    if grant.requested_amount:
        funding["requestedAmount"] = _money(grant.requested_amount)
    if grant.paid_amount:
        funding["disbursedAmount"] = _money(grant.paid_amount)
    dates = {"awardDate": _event("Décision", grant.agreed_on if grant.is_past else grant.awarded_on)}
    if grant.starts_on and grant.ends_on:
        span = {"startDate": grant.starts_on.isoformat(), "endDate": grant.ends_on.isoformat()}
        dates["periodOfPerformance"] = {"name": "Projet", "eventType": "dateRange"} | span
    created = grant.awarded_at or timezone.make_aware(datetime.combine(grant.awarded_on, datetime.min.time()))
    found = {
        "id": uid,
        "title": grant.title or grant.reference,
        "description": grant.purpose or str(grant.stage_label),
        "status": _status(_OF_STAGE.get(Stage(grant.stage), grant.stage), str(grant.stage_label), AWARD),
        "funding": funding,
        "keyDates": dates,
        "funders": {"primary": _body(grant.funder_name or fund.name, grant.funder_siret, "", fund.siret)},
        "identifiers": {"systemId": {"id": uid}, "otherIds": {"awd:fr:civic-fund": {"id": grant.reference}}},
        "source": grant.url,
        "createdAt": _instant(created),
        "lastModifiedAt": _instant(max(grant.modified_at, created)),
    }
    if not grant.is_past:
        found["opportunity"] = {"id": opportunity_id(grant.source.call, fund.siret), "title": grant.scheme}
    if grant.is_person:
        found["recipientIndividual"] = {}
    elif grant.recipient_name:
        body = _body(grant.recipient_name, grant.recipient_siret, grant.recipient_rna, fund.siret)
        found["recipientOrganizations"] = {"primary": body}
    return found


def page(items: Iterable[dict], number: int, size: int, total: int) -> dict:
    info = {"page": number, "pageSize": size, "totalItems": total, "totalPages": -(-total // size)}
    return {"status": 200, "message": "Success", "items": list(items), "paginationInfo": info}


def one(data: dict) -> dict:
    return {"status": 200, "message": "Success", "data": data}


def error(status: int, message: str, errors: Iterable[str] = ()) -> dict:
    return {"status": status, "message": message, "errors": list(errors)}
