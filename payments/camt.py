"""Bank files read: statements (camt.053), notices (camt.054), status reports (pain.002). Pure: bytes in, lines out.

A file that cannot be trusted is refused as a whole with `Unreadable(line, reason)`: nothing of it is imported. Entities, DTDs and network access
are off. Namespaces of every published version are taken; the elements that moved between versions (02 and 08) are read in both places.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from lxml import etree

from core.browser import as_int

MAX_BYTES = 20 * 1024 * 1024
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,5})?")
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:((?:camt\.05[34]|pain\.002)\.001\.\d\d)")


class Unreadable(ValueError):
    """`line` in the file and `reason` in plain words."""

    def __init__(self, line: int, reason: str):
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


@dataclass(frozen=True)
class Line:
    """One movement, or one status. `amount` in cents, positive; `direction` debit or credit (seen from the fund's account) or status."""

    source_line: int
    direction: str
    amount: int | None
    end_to_end_id: str
    booked: bool
    booked_on: date | None = None
    value_on: date | None = None
    bank_reference: str = ""
    reason_code: str = ""
    reversal: bool = False
    status: str = ""
    batch_message_id: str = ""
    batch_count: int | None = None
    text: str = ""
    account: str = ""
    statement_number: str = ""
    """The bank's running number of the statement, when it numbers them."""

    @property
    def is_return(self) -> bool:
        """Money that came back: a reversal, or a credit that carries a return reason."""
        return self.direction == "credit" and (self.reversal or bool(self.reason_code))

    def identity(self, occurrence: int = 0) -> str:
        """What the line says, and which of those that say the same it is. Without the bank's own reference: a notice and a statement differ in it."""
        facts = (
            self.account,
            self.direction,
            self.amount,
            self.end_to_end_id,
            self.value_on or self.booked_on,
            self.booked,
            self.reversal,
            self.reason_code,
            self.status,
            self.batch_message_id,
            self.text if not (self.end_to_end_id or self.batch_message_id) else "",
            occurrence,
        )
        return hashlib.sha256("|".join(str(fact) for fact in facts).encode()).hexdigest()


@dataclass(frozen=True)
class Balance:
    """What one statement says of its account, in cents (negative when overdrawn), and what its booked movements add up to. `opening` None: not said."""

    account: str
    opening: int | None
    closing: int
    closing_on: date
    moved: int


@dataclass(frozen=True)
class Statement:
    kind: str  # camt.053, camt.054 or pain.002
    schema: str
    message_id: str
    created: str
    accounts: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    balances: tuple[Balance, ...] = ()
    original_message_id: str = ""
    group_status: str = ""
    notes: tuple[str, ...] = field(default=())


def parse(content: bytes) -> Statement:
    """The statement, or Unreadable."""
    root = _root(content)
    schema = _schema_of(root)
    for element in root.iter():  # namespaces are known by now: names alone are easier to read
        if isinstance(element.tag, str):
            element.tag = etree.QName(element).localname
    kind = schema[:8]
    if kind == "pain.002":
        return _status_report(root, schema)
    body, block = ("BkToCstmrStmt", "Stmt") if kind == "camt.053" else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    report = root.find(body)
    if report is None:
        raise Unreadable(root.sourceline or 1, _("the element %(name)s is missing") % {"name": body})
    blocks = report.findall(block)
    if not blocks:
        raise Unreadable(report.sourceline or 1, _("the file holds no statement"))
    accounts, lines, balances = [], [], []
    for statement in blocks:
        account = _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")
        if not account:
            raise Unreadable(statement.sourceline or 1, _("the account of the statement is missing"))
        accounts.append(account)
        number = _number(statement)
        for entry in statement.findall("Ntry"):
            lines.extend(_entry(entry, account, number))
        balances.append(_balance(statement, account))
    message_id = _required(report, "GrpHdr/MsgId")
    said = tuple(balance for balance in balances if balance is not None)
    return Statement(kind, schema, message_id, _text(report, "GrpHdr/CreDtTm"), tuple(accounts), tuple(lines), said)


def _root(content: bytes):
    if len(content) > MAX_BYTES:
        raise Unreadable(1, _("the file is over 20 megabytes"))
    if not content.strip():
        raise Unreadable(1, _("the file is empty"))
    if content.lstrip()[:5] == b"%PDF-":
        raise Unreadable(1, _("this is a PDF, which a person reads, whatever its name says"))
    _refuse_declarations(content)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(error.lineno or 1, _("this is not well-formed XML")) from None
    except ValueError:
        raise Unreadable(1, _("this is not well-formed XML")) from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable(1, _("a document type declaration is not accepted"))
    return root


def _refuse_declarations(content: bytes) -> None:
    """A document type declaration stands before the first element: reading that far tells, and no entity is ever expanded."""
    try:
        next(
            iterparse(
                io.BytesIO(content), events=("start",), forbid_dtd=True, forbid_entities=True, forbid_external=True
            ),
            None,
        )
    except DefusedXmlException:
        raise Unreadable(1, _("a document type declaration is not accepted")) from None
    except ParseError as error:
        raise Unreadable(error.position[0], _("this is not well-formed XML")) from None
    except (ValueError, LookupError):
        raise Unreadable(1, _("this is not well-formed XML")) from None


def _schema_of(root) -> str:
    found = _NAMESPACE.fullmatch(etree.QName(root).namespace or "")
    if not found or etree.QName(root).localname != "Document":
        raise Unreadable(root.sourceline or 1, _("this is not a camt.053, camt.054 or pain.002 file"))
    return found.group(1)


def _text(element, path: str) -> str:
    found = element.find(path)
    return (found.text or "").strip() if found is not None else ""


def _required(element, path: str) -> str:
    text = _text(element, path)
    if not text:
        raise Unreadable(element.sourceline or 1, _("the element %(name)s is missing") % {"name": path})
    return text


def _amount(element) -> int:
    if element is None:
        raise ValueError
    line = element.sourceline or 1
    if element.get("Ccy") != "EUR":
        raise Unreadable(line, _("an amount is not in euros"))
    text = (element.text or "").strip()
    if not _AMOUNT.fullmatch(text) or (cents := Decimal(text) * 100) != cents.to_integral_value():
        raise Unreadable(line, _("an amount cannot be read"))
    return int(cents)


def _day(entry, path: str) -> date | None:
    text = _text(entry, f"{path}/Dt") or _text(entry, f"{path}/DtTm")
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Unreadable(entry.find(path).sourceline or 1, _("a date cannot be read")) from None


def _direction(element, entry) -> str:
    code = _text(element, "CdtDbtInd") or _text(entry, "CdtDbtInd")
    if code not in ("CRDT", "DBIT"):
        raise Unreadable(element.sourceline or 1, _("a movement is neither a credit nor a debit"))
    return "credit" if code == "CRDT" else "debit"


def _reason(element) -> str:
    return _text(element, "RtrInf/Rsn/Cd") or _text(element, "RtrInf/Rsn/Prtry")


def _number(statement) -> str:
    return (_text(statement, "ElctrncSeqNb") or _text(statement, "LglSeqNb"))[:35]


def _balance(statement, account: str) -> Balance | None:
    """Balances only check the rest: a file whose balances are missing or strange is read all the same, and nothing is checked."""
    found: dict[str, tuple[int, date | None]] = {}
    try:
        for element in statement.findall("Bal"):
            code, amount = _text(element, "Tp/CdOrPrtry/Cd"), element.find("Amt")
            found.setdefault(code, (_signed(element, _amount(amount)), _day(element, "Dt")))
        booked = [entry for entry in statement.findall("Ntry") if _is_booked(entry)]
        moved = sum(_signed(entry, _amount(entry.find("Amt"))) for entry in booked)
    except ValueError:  # Unreadable among them
        return None
    closing, closing_on = found.get("CLBD", (0, None))
    if closing_on is None:
        return None
    opening = found.get("OPBD") or found.get("PRCD")
    return Balance(account, opening[0] if opening else None, closing, closing_on, moved)


def _is_booked(entry) -> bool:
    return (_text(entry, "Sts/Cd") or _text(entry, "Sts")) == "BOOK"


def _entry(entry, account: str, number: str) -> list[Line]:
    if entry.find("Amt") is None:
        raise Unreadable(entry.sourceline or 1, _("an amount is missing"))
    total = _amount(entry.find("Amt"))
    common: dict[str, Any] = {
        "account": account,
        "statement_number": number,
        "booked": _is_booked(entry),
        "booked_on": _day(entry, "BookgDt"),
        "value_on": _day(entry, "ValDt"),
        "reversal": _text(entry, "RvslInd") in ("true", "1"),
    }
    transactions = entry.findall("NtryDtls/TxDtls")
    batch = entry.find("NtryDtls/Btch")
    if not transactions:
        count = _text(batch, "NbOfTxs") if batch is not None else ""
        return [
            Line(
                entry.sourceline or 1,
                _direction(entry, entry),
                total,
                "",
                bank_reference=_text(entry, "AcctSvcrRef"),
                reason_code=_reason(entry),
                batch_message_id=(_text(batch, "PmtInfId") or _text(batch, "MsgId")) if batch is not None else "",
                batch_count=as_int(count),
                text=_text(entry, "AddtlNtryInf")[:140],
                **common,
            )
        ]
    lines = []
    for transaction in transactions:
        element = next(
            (
                found
                for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
                if (found := transaction.find(path)) is not None
            ),
            None,
        )
        if element is None and len(transactions) > 1:
            raise Unreadable(transaction.sourceline or 1, _("an amount is missing"))
        amount = _amount(element) if element is not None else total
        end_to_end = _text(transaction, "Refs/EndToEndId")
        lines.append(
            Line(
                transaction.sourceline or 1,
                _direction(transaction, entry),
                amount,
                "" if end_to_end == "NOTPROVIDED" else end_to_end,
                bank_reference=_text(transaction, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef"),
                reason_code=_reason(transaction),
                text=_remittance(transaction),
                **common,
            )
        )
    if len(lines) > 1 and sum(_signed_of(line) for line in lines) != _signed(entry, total):
        raise Unreadable(entry.sourceline or 1, _("the details of a movement do not add up to its amount"))
    return lines


def _signed_of(line: Line) -> int:
    amount = line.amount or 0
    return amount if line.direction == "credit" else -amount


def _signed(entry, total: int) -> int:
    return total if _direction(entry, entry) == "credit" else -total


def _remittance(transaction) -> str:
    parts = [(element.text or "").strip() for element in transaction.findall("RmtInf/Ustrd")]
    return " ".join(parts)[:140]


def _status_report(root, schema: str) -> Statement:
    report = root.find("CstmrPmtStsRpt")
    if report is None:
        raise Unreadable(root.sourceline or 1, _("the element %(name)s is missing") % {"name": "CstmrPmtStsRpt"})
    group = report.find("OrgnlGrpInfAndSts")
    if group is None:
        raise Unreadable(report.sourceline or 1, _("the element %(name)s is missing") % {"name": "OrgnlGrpInfAndSts"})
    lines = []
    for block in report.findall("OrgnlPmtInfAndSts"):
        for transaction in block.findall("TxInfAndSts"):
            amount = transaction.find("OrgnlTxRef/Amt/InstdAmt")
            lines.append(
                Line(
                    transaction.sourceline or 1,
                    "status",
                    _amount(amount) if amount is not None else None,
                    _text(transaction, "OrgnlEndToEndId"),
                    booked=False,
                    status=_text(transaction, "TxSts"),
                    reason_code=_text(transaction, "StsRsnInf/Rsn/Cd") or _text(transaction, "StsRsnInf/Rsn/Prtry"),
                    batch_message_id=_text(group, "OrgnlMsgId"),
                )
            )
    return Statement(
        "pain.002",
        schema,
        _required(report, "GrpHdr/MsgId"),
        _text(report, "GrpHdr/CreDtTm"),
        (),
        tuple(lines),
        original_message_id=_required(group, "OrgnlMsgId"),
        group_status=_text(group, "GrpSts"),
    )
