"""The bank file: a pure function of a frozen batch. Same batch, same bytes, on any machine and at any time.

ISO 20022 pain.001.001.09 (default) or .03, SEPA credit transfer, one payment information block, batch booking, no postal address (unstructured
ones are refused by banks since November 2026 and none is needed), SEPA character set, validated against the XSD before release.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from lxml import etree
from sepaxml import SepaTransfer
from text_unidecode import unidecode

from core.transitions import Refusal
from payments.iban import checked, checked_bic, masked

SCHEMAS = ("pain.001.001.09", "pain.001.001.03")
DATA = Path(__file__).resolve().parent / "data"
_SIGNS = {
    "’": "'",
    "‘": "'",
    "“": "'",
    "”": "'",
    "«": "",
    "»": "",
    "–": "-",
    "—": "-",
    "…": "...",
    "&": "+",
    "@": "(at)",
    "€": "EUR",
    "_": "-",
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "Æ": "AE",
    "ß": "ss",
    "°": "o",
    "№": "No",
    "•": "-",
    "·": "-",
}
_ALLOWED = re.compile(r"[^a-zA-Z0-9/\-?:().,'+ ]")
IDENTIFIER = re.compile(r"(?!/)(?!.*//)[a-zA-Z0-9/\-?:().,'+]{1,35}(?<!/)")


class InvalidFile(ValueError):
    """The batch cannot make a file that a bank takes. `errors` is a list of sentences."""

    def __init__(self, errors: list[str]):
        super().__init__("; ".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class Debtor:
    name: str
    iban: str
    bic: str = ""


@dataclass(frozen=True)
class Transfer:
    """One payment; `amount` in cents."""

    end_to_end_id: str
    name: str
    iban: str
    amount: int
    remittance: str
    bic: str = ""


@dataclass(frozen=True)
class FrozenBatch:
    """Everything the file depends on."""

    message_id: str
    created_at: datetime
    execution_on: date
    debtor: Debtor
    transfers: tuple[Transfer, ...]
    schema: str = SCHEMAS[0]


def sepa_text(text: str, limit: int) -> str:
    """The text in the SEPA character set (letters without accents, figures, / - ? : ( ) . , ' + space), at most `limit` signs; may be empty."""
    text = "".join(_SIGNS.get(sign, sign) for sign in unicodedata.normalize("NFKC", text))
    text = _ALLOWED.sub(" ", unidecode(text))
    text = re.sub(r"/{2,}", "/", re.sub(r"\s+", " ", text)).strip(" /")
    return text[:limit].strip(" /")


class _File(SepaTransfer):
    """sepaxml draws the message id, the block id and the creation instant at random or from the clock; here they come from the batch."""

    def __init__(self, batch: FrozenBatch):
        self._batch = batch
        config = {"name": sepa_text(batch.debtor.name, 70), "IBAN": batch.debtor.iban, "batch": True, "currency": "EUR"}
        if batch.debtor.bic:
            config["BIC"] = batch.debtor.bic
        super().__init__(config, schema=batch.schema, clean=False)

    def _create_header(self):
        self.msg_id = self._batch.message_id
        super()._create_header()
        self._xml.find("CstmrCdtTrfInitn/GrpHdr/CreDtTm").text = self._batch.created_at.strftime("%Y-%m-%dT%H:%M:%S")

    def _finalize_batch(self):
        super()._finalize_batch()
        for block in self._xml.iter("PmtInf"):
            block.find("PmtInfId").text = self._batch.message_id
            agent = block.find("DbtrAgt/FinInstnId")
            if len(agent) == 0:  # without a BIC the EPC rules ask for this mention
                ElementTree.SubElement(ElementTree.SubElement(agent, "Othr"), "Id").text = "NOTPROVIDED"


def build(batch: FrozenBatch) -> bytes:
    """The bytes of the file. Raises InvalidFile when a rule of SEPA or the XSD is not met."""
    errors = problems(batch)
    if errors:
        raise InvalidFile(errors)
    document = _File(batch)
    for transfer in batch.transfers:
        payment = {
            "name": sepa_text(transfer.name, 70),
            "IBAN": transfer.iban,
            "amount": transfer.amount,
            "execution_date": batch.execution_on,
            "description": sepa_text(transfer.remittance, 140),
            "endtoend_id": transfer.end_to_end_id,
        }
        if transfer.bic:
            payment["BIC"] = transfer.bic
        document.add_payment(payment)
    content = document.export(validate=False)
    errors = schema_errors(content, batch.schema)
    if errors:
        raise InvalidFile(errors)
    return content


def problems(batch: FrozenBatch) -> list[str]:
    """What the XSD does not check: identifiers, unique end-to-end ids, names that survive the SEPA character set, amounts."""
    found = []
    if batch.schema not in SCHEMAS:
        found.append(f"unknown schema {batch.schema}")
    if not batch.transfers:
        found.append("no payment")
    if not IDENTIFIER.fullmatch(batch.message_id):
        found.append(f"message id {batch.message_id!r}")
    if not sepa_text(batch.debtor.name, 70):
        found.append("the debtor's name is empty in the SEPA character set")
    found += account_problems(batch.debtor.iban, batch.debtor.bic)
    seen = set()
    for transfer in batch.transfers:
        found += account_problems(transfer.iban, transfer.bic)
        if not IDENTIFIER.fullmatch(transfer.end_to_end_id):
            found.append(f"end-to-end id {transfer.end_to_end_id!r}")
        if transfer.end_to_end_id in seen:
            found.append(f"end-to-end id {transfer.end_to_end_id} twice")
        seen.add(transfer.end_to_end_id)
        if not 0 < transfer.amount <= 99_999_999_999:
            found.append(f"amount of {transfer.end_to_end_id}")
        if not sepa_text(transfer.name, 70):
            found.append(f"the payee's name of {transfer.end_to_end_id} is empty in the SEPA character set")
        if not sepa_text(transfer.remittance, 140):
            found.append(f"the remittance text of {transfer.end_to_end_id} is empty")
    return found


def account_problems(iban: str, bic: str) -> list[str]:
    """Why the bank would send back a payment from or to this account; the number itself stays masked."""
    try:
        checked_bic(bic, checked(iban))
    except Refusal as refusal:
        return [f"{masked(iban)}: {refusal.reason}"]
    return []


@lru_cache(maxsize=4)
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(DATA / f"{name}.xsd")))


def schema_errors(content: bytes, schema: str) -> list[str]:
    """Sentences of the XSD validator; empty when the file is valid."""
    validator = _schema(schema)
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    return [] if validator.validate(root) else [f"line {error.line}: {error.message}" for error in validator.error_log]
