"""The bank of the demo: its answers as files (camt.053, pain.002), and accounts of a bank that does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from lxml import etree

CAMT, PAIN = "camt.053.001.08", "pain.002.001.11"


@dataclass(frozen=True)
class Movement:
    """One movement of the fund's account, in cents: a payment, or with `credit` money that comes in."""

    amount: int
    end_to_end_id: str = ""
    text: str = ""
    credit: bool = False


def fictional_iban(number: int) -> str:
    """An account of bank 99999: national key and check digits are right."""
    bank, branch = 99999, 42
    key = 97 - (89 * bank + 15 * branch + 3 * number) % 97
    bban = f"{bank:05d}{branch:05d}{number:011d}{key:02d}"
    return f"FR{98 - int(bban + '152700') % 97:02d}{bban}"


def camt053(movements: list[Movement], *, iban: str, at: datetime, opened: int, serial: str = "") -> bytes:
    """The statement of one day; `opened` is the balance in cents at which the one before closed."""
    day, number = timezone.localdate(at).isoformat(), f"RELEVE-{at:%Y%m%d}{serial}"
    root = _document(CAMT)
    body = _sub(root, "BkToCstmrStmt")
    _header(body, number, at)
    block = _sub(body, "Stmt")
    _sub(block, "Id", number)
    _sub(block, "CreDtTm", _instant(at))
    _sub(_sub(_sub(block, "Acct"), "Id"), "IBAN", iban)
    closed = opened + sum(one.amount if one.credit else -one.amount for one in movements)
    for code, balance in (("OPBD", opened), ("CLBD", closed)):
        row = _sub(block, "Bal")
        _sub(_sub(_sub(row, "Tp"), "CdOrPrtry"), "Cd", code)
        _sub(row, "Amt", _euros(balance), Ccy="EUR")
        _sub(row, "CdtDbtInd", "CRDT")
        _sub(_sub(row, "Dt"), "Dt", day)
    for position, one in enumerate(movements, 1):
        _entry(block, one, day, f"{number}-{position}")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _entry(block, one: Movement, day: str, reference: str) -> None:
    entry, way = _sub(block, "Ntry"), "CRDT" if one.credit else "DBIT"
    _sub(entry, "Amt", _euros(one.amount), Ccy="EUR")
    _sub(entry, "CdtDbtInd", way)
    _sub(_sub(entry, "Sts"), "Cd", "BOOK")
    for name in ("BookgDt", "ValDt"):
        _sub(_sub(entry, name), "Dt", day)
    _sub(entry, "AcctSvcrRef", reference)
    _sub(_sub(_sub(entry, "BkTxCd"), "Prtry"), "Cd", "SCT")
    details = _sub(_sub(entry, "NtryDtls"), "TxDtls")
    if one.end_to_end_id:
        _sub(_sub(details, "Refs"), "EndToEndId", one.end_to_end_id)
    _sub(details, "Amt", _euros(one.amount), Ccy="EUR")
    _sub(details, "CdtDbtInd", way)
    if one.text:
        _sub(_sub(details, "RmtInf"), "Ustrd", one.text)


def pain002(message_id: str, end_to_end_id: str, reason: str, at: datetime) -> bytes:
    """The status of a file of which one payment is rejected."""
    root = _document(PAIN)
    body = _sub(root, "CstmrPmtStsRpt")
    _header(body, f"STATUT-{at:%Y%m%d}", at)
    group = _sub(body, "OrgnlGrpInfAndSts")
    _sub(group, "OrgnlMsgId", message_id)
    _sub(group, "OrgnlMsgNmId", "pain.001.001.09")
    _sub(group, "GrpSts", "PART")
    block = _sub(body, "OrgnlPmtInfAndSts")
    _sub(block, "OrgnlPmtInfId", message_id)
    line = _sub(block, "TxInfAndSts")
    _sub(line, "OrgnlEndToEndId", end_to_end_id)
    _sub(line, "TxSts", "RJCT")
    _sub(_sub(_sub(line, "StsRsnInf"), "Rsn"), "Cd", reason)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _document(schema: str):
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{schema}"
    return etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})


def _header(body, number: str, at: datetime) -> None:
    header = _sub(body, "GrpHdr")
    _sub(header, "MsgId", number)
    _sub(header, "CreDtTm", _instant(at))


def _instant(at: datetime) -> str:
    return timezone.localtime(at).replace(tzinfo=None, microsecond=0).isoformat()


def _sub(parent, name: str, text: str | None = None, **attributes):
    element = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}", **attributes)
    element.text = text
    return element


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
