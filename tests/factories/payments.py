"""Grants at any step after the award, made by the real verbs; the bank's answers as files; accounts that exist nowhere and pass every check."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from lxml import etree

from core import documents
from core.models import User
from fund import ledger
from fund.enums import Role
from payments.enums import Control
from payments.models import Agreement, Amendment, Instalment, PaymentBatch
from payments.transitions import account, agreement, amendment, batch, instalment, recovery, report, statement
from reviews.models import Decision
from tests.factories import ledger as books
from tests.factories.applications import ApplicationFactory
from tests.factories.fund import CallFactory, FundIdentityFactory, person_with

FUND_IBAN = "FR309999900042DEMO000004792"
_numbers = itertools.count(1)


def fictional_iban(n: int) -> str:
    """The n-th account of bank 99999, which does not exist: national key and check digits are right."""
    bank, branch, number = 99999, 42, n
    key = 97 - (89 * bank + 15 * branch + 3 * number) % 97
    bban = f"{bank:05d}{branch:05d}{number:011d}{key:02d}"
    return f"FR{98 - int(bban + '152700') % 97:02d}{bban}"


def pdf_proof(name: str = "rib.pdf") -> SimpleUploadedFile:
    """A small real PDF."""
    import io

    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out)
    return SimpleUploadedFile(name, out.getvalue(), content_type="application/pdf")


@dataclass
class People:
    """One person for each act of the money."""

    officer: User = field(default_factory=lambda: person_with(Role.CASE_OFFICER, name="Zoé Astruc"))
    orderer: User = field(default_factory=lambda: person_with(Role.AUTHORISING_OFFICER, name="Henri Cazaux"))
    payer: User = field(default_factory=lambda: person_with(Role.ACCOUNTING_OFFICER, name="Claire Desmoulins"))


def notified_award(
    amount: int = 1_850_000, *, at: datetime | None = None, call=None, requested: int | None = None, **application
) -> Decision:
    """A selected file, its award signed and notified, the money reserved and public. The envelope holds EUR 300,000 unless the call is given."""
    at = at or timezone.now()
    books.start_ledger()
    if call is None:
        call = CallFactory(
            state="decided", envelope=books.envelope(30_000_000, at=at), opens_at=at - timedelta(days=200)
        )
    application = ApplicationFactory(
        call=call,
        state="selected",
        requested_amount=requested or amount,
        received_at=at - timedelta(days=100),
        **application,
    )
    reference = f"D-2026-{next(_numbers):08d}"
    with transaction.atomic():
        decision = Decision(
            reference=reference,
            application=application,
            kind="award",
            outcome="selected",
            amount=amount,
            rank=1,
            grounds="Utile et essayable.",
            rule_version=call.rule_version,
            authority=call.authority,
            decided_at=at - timedelta(days=3),
            signed_at=at - timedelta(days=2),
            notified_at=at - timedelta(days=1),
            state="notified",
        )
        decision.document = letter_of(application, at)
        decision.save()
        ledger.open_grant(application.reference, call.envelope, application.requested_amount, call.ceiling_amount)
        ledger.set_awarded(application.reference, amount)
        ledger.post("reserve", at=at, amount=amount, grant=application.reference, basis=reference)
    return decision


def letter_of(application, at):
    """A rendered paper that stands for the award letter (its own room makes the real one)."""
    from core.models import Document

    return Document.objects.create(
        code=f"DOC-TEST{next(_numbers):04d}",
        kind="award_letter",
        title="Lettre",
        template_version="0" * 64,
        context={},
        context_hash="0" * 64,
        subject=application.reference,
        owner_machine="application",
        owner_id=application.pk,
        frozen_at=at,
        rendered_at=at,
        sha256="0" * 64,
        state="rendered",
    )


# ---- a grant, step by step ----


def offered(
    people: People, amount: int = 1_850_000, *, at=None, decision=None, offer_amount=None, conditions=(), **award
) -> Agreement:
    at = at or timezone.now()
    FundIdentityFactory()
    decision = decision or notified_award(amount, at=at, **award)
    return agreement.offer(
        decision=decision, actor=people.officer, at=at, amount=offer_amount, conditions=list(conditions)
    )


def accepted(people: People, amount: int = 1_850_000, *, at=None, **options) -> Agreement:
    at = at or timezone.now()
    row = offered(people, amount, at=at, **options)
    lead = row.application.lead
    return agreement.accept(
        agreement=row,
        actor=lead,
        at=at,
        signatory=row.application.bearer_person or lead,
        signatory_capacity="présidente",
        terms=True,
        de_minimis_amount=0 if row.application.economic_activity else None,
        cer=True,
    )


def give_account(row: Agreement, *, at=None, iban: str = "", actor=None):
    """The recipient records an account in the bearer's name."""
    return account.record(
        agreement=row,
        actor=actor or row.application.lead,
        at=at or timezone.now(),
        holder=row.bearer_name,
        iban=iban or fictional_iban(next(_numbers)),
        proof=pdf_proof(),
    )


def rendered(row: Agreement) -> Agreement:
    """The agreement's document as bytes, without waiting for the renderer."""
    render_quickly(row.document)
    return Agreement.objects.get(pk=row.pk)


def render_quickly(document) -> None:
    """Keep bytes that are not a real PDF: tests of the money do not draw pages (`core.documents.render` has its own)."""
    import hashlib

    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    document.refresh_from_db()
    if document.state == "frozen":
        content = documents.page(document).encode()
        document.render(
            default_storage.save(f"tests/{document.code}.pdf", ContentFile(content)),
            hashlib.sha256(content).hexdigest(),
            timezone.now(),
        )
        document.save()


def to_sign(people: People, amount: int = 1_850_000, *, at=None, **options) -> Agreement:
    """Accepted, the account approved, the document rendered."""
    at = at or timezone.now()
    row = accepted(people, amount, at=at, **options)
    account.approve(payee_account=give_account(row, at=at), actor=people.payer, at=at)
    return rendered(Agreement.objects.get(pk=row.pk))


def signed(people: People, amount: int = 1_850_000, *, at=None, **options) -> Agreement:
    """Signed by both sides, in progress, its first instalment due."""
    at = at or timezone.now()
    row = to_sign(people, amount, at=at, **options)
    row = agreement.sign_as_bearer(agreement=row, actor=row.signatory, at=at)
    agreement.sign(agreement=row, actor=people.orderer, at=at)
    return Agreement.objects.get(pk=row.pk)


def first_of(row: Agreement, number: int = 1) -> Instalment:
    return row.instalments.get(number=number)


def certified(people: People, one: Instalment, *, at=None, amount=None) -> Instalment:
    return instalment.certify(
        instalment=one, actor=people.officer, at=at or timezone.now(), note="Convention signée.", amount=amount
    )


def ordered(people: People, one: Instalment, *, at=None) -> Instalment:
    at = at or timezone.now()
    if one.state == "due":
        one = certified(people, one, at=at)
    return instalment.order(instalment=one, actor=people.orderer, at=at)


def exported(people: People, ones: list[Instalment], *, at=None, **freeze) -> PaymentBatch:
    """A batch with these ordered instalments, frozen and exported."""
    at = at or timezone.now()
    row = batch.gather(batch=None, instalments=ones, actor=people.payer, at=at)
    row = batch.freeze(payment_batch=row, actor=people.payer, at=at, controls=Control.values, **freeze)
    return batch.export(payment_batch=row, actor=people.payer, at=at)


def at_the_bank(people: People, one: Instalment, *, at=None) -> Instalment:
    """Certified, ordered, in an exported batch."""
    exported(people, [ordered(people, one, at=at)], at=at)
    return Instalment.objects.get(pk=one.pk)


def import_bytes(people: People, content: bytes, *, at=None, name: str = "releve.xml"):
    return statement.import_statement(
        bank_statement=None, actor=people.payer, at=at or timezone.now(), content=content, name=name
    )


def paid(people: People, one: Instalment, *, at=None, on: date | None = None) -> Instalment:
    """The whole way to the bank's booking."""
    at = at or timezone.now()
    one = at_the_bank(people, one, at=at)
    import_bytes(
        people, camt053([Movement(one.end_to_end_id, one.certified_amount)], on=on or timezone.localdate(at)), at=at
    )
    return Instalment.objects.get(pk=one.pk)


def written_report(
    row: Agreement,
    *,
    at=None,
    kind: str = "final",
    spent: dict[int, int] | None = None,
    explanation: str = "Moins cher que prévu.",
):
    """A complete draft; `spent` {position: cents} says where spending differs from the budget."""
    at = at or timezone.now()
    lead, one = row.application.lead, row.reports.get(kind=kind)
    one = report.start(report=one, actor=lead, at=at)
    lines = [
        {
            "position": line.position,
            "actual_amount": (spent or {}).get(line.position, line.budget_amount),
            "explanation": explanation
            if (spent or {}).get(line.position, line.budget_amount) != line.budget_amount
            else "",
        }
        for line in one.lines.all()
    ]
    facts = {
        "narrative": {"done": "Douze ateliers.", "results": "Un appel sur cinq évité.", "partnership": "Deux agents."},
        "learnt": "Lire à voix haute.",
        "repository_url": "https://forge.example/lettres",
        "demo_url": "",
        "licence": "CC-BY-4.0",
        "adoption": "yes",
        "adoption_comment": "",
    }
    return report.write(report=one, actor=lead, at=at, facts=facts, lines=lines)


def filed_report(row: Agreement, **options):
    return report.submit(
        report=written_report(row, **options), actor=row.application.lead, at=options.get("at") or timezone.now()
    )


# ---- amendments and recoveries ----


FEWER = [{"term": "prototype", "before": "Douze ateliers", "after": "Dix ateliers"}]
"""A difference in words."""


def asked(row: Agreement, *, at=None, **changes):
    """An amendment the recipient asks for; says something in words unless told what changes."""
    changes = changes or {"changes": FEWER}
    return amendment.request(
        agreement=row, actor=row.application.lead, at=at or timezone.now(), reason="Un agent est parti.", **changes
    )


def approved_amendment(people: People, row: Agreement, *, at=None, **changes):
    at = at or timezone.now()
    one = amendment.approve(amendment=asked(row, at=at, **changes), actor=people.officer, at=at)
    render_quickly(one.document)
    return Amendment.objects.get(pk=one.pk)


def signed_amendment(people: People, row: Agreement, *, at=None, **changes):
    at = at or timezone.now()
    one = approved_amendment(people, row, at=at, **changes)
    one = amendment.sign_as_bearer(amendment=one, actor=row.signatory, at=at)
    return amendment.sign(amendment=one, actor=people.orderer, at=at)


def proposed(people: People, row: Agreement, amount: int = 100_000, *, at=None, ground: str = "off_purpose"):
    return recovery.propose(
        agreement=row,
        actor=people.officer,
        at=at or timezone.now(),
        ground=ground,
        facts="Une facture d’un autre projet.",
        amount=amount,
    )


def claimed(people: People, row: Agreement, amount: int = 100_000, *, at=None, **options):
    """Proposed, commented, notified: the money is claimed."""
    at = at or timezone.now()
    one = proposed(people, row, amount, at=at, **options)
    one = recovery.observe(recovery=one, actor=row.application.lead, at=at, reason="La facture est la nôtre.")
    return recovery.notify(recovery=one, actor=people.orderer, at=at, answer="Elle porte un autre nom.")


def given_back(people: People, text: str, amount: int, *, at=None):
    """Money that comes in on the fund's account, with these words."""
    on = timezone.localdate(at or timezone.now())
    return import_bytes(people, camt053([Movement("", amount, credit=True, text=text)], on=on), at=at)


# ---- the bank's files ----


@dataclass
class Movement:
    """One movement of a statement. `amount` in cents; a return is money that came back, with the bank's reason."""

    end_to_end_id: str
    amount: int
    returned: bool = False
    reason: str = ""
    credit: bool = False
    """Money that comes in without being a return: a repayment, a gift."""
    booked: bool = True
    on: date | None = None
    text: str = ""
    batch: str = ""
    count: int = 0
    """A whole file booked as one sum: its message id and the number of its payments, without details."""


CAMT = {"02": "camt.053.001.02", "08": "camt.053.001.08"}


def camt053(
    movements: list[Movement],
    *,
    version: str = "08",
    on: date | None = None,
    iban: str = FUND_IBAN,
    message_id: str = "",
    together: bool = False,
    currency: str = "EUR",
    opening: int = 10_000_000,
    closing: int | None = None,
) -> bytes:
    """A statement of the bank, valid against the ISO schema. `together` books all movements as one entry with its details; its balances (cents) hold together
    unless `closing` says otherwise."""
    on = on or timezone.localdate()
    schema, message_id = CAMT[version], message_id or f"STMT-{next(_numbers):06d}"
    root = _document(schema)
    report_ = _sub(root, "BkToCstmrStmt")
    header = _sub(report_, "GrpHdr")
    _sub(header, "MsgId", message_id)
    _sub(header, "CreDtTm", f"{on.isoformat()}T20:00:00")
    block = _sub(report_, "Stmt")
    _sub(block, "Id", f"{message_id}-1")
    _sub(block, "CreDtTm", f"{on.isoformat()}T20:00:00")
    _sub(_sub(_sub(block, "Acct"), "Id"), "IBAN", iban)
    moved = sum(one.amount * (1 if one.returned or one.credit else -1) for one in movements if one.booked)
    closing = opening + moved if closing is None else closing
    for code, cents in (("OPBD", opening), ("CLBD", closing)):
        balance = _sub(block, "Bal")
        _sub(_sub(_sub(balance, "Tp"), "CdOrPrtry"), "Cd", code)
        _sub(balance, "Amt", _euros(abs(cents)), Ccy=currency)
        _sub(balance, "CdtDbtInd", "CRDT" if cents >= 0 else "DBIT")
        _sub(_sub(balance, "Dt"), "Dt", on.isoformat())
    groups = [movements] if together and movements else [[one] for one in movements]
    for group in groups:
        _entry(block, group, version, on, currency)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _entry(block, group: list[Movement], version: str, on: date, currency: str) -> None:
    first = group[0]
    day = (first.on or on).isoformat()
    entry = _sub(block, "Ntry")
    _sub(entry, "Amt", _euros(sum(one.amount for one in group)), Ccy=currency)
    _sub(entry, "CdtDbtInd", "CRDT" if first.returned or first.credit else "DBIT")
    status = "BOOK" if first.booked else "PDNG"
    if version == "02":
        _sub(entry, "Sts", status)
    else:
        _sub(_sub(entry, "Sts"), "Cd", status)
    for name in ("BookgDt", "ValDt"):
        _sub(_sub(entry, name), "Dt", day)
    _sub(entry, "AcctSvcrRef", f"BANK{next(_numbers)}")
    _sub(_sub(_sub(entry, "BkTxCd"), "Prtry"), "Cd", "SCT")
    details = _sub(entry, "NtryDtls")
    if first.batch:
        whole = _sub(details, "Btch")
        _sub(whole, "PmtInfId", first.batch)
        _sub(whole, "NbOfTxs", str(first.count))
        return
    for one in group:
        transaction_ = _sub(details, "TxDtls")
        if one.end_to_end_id:
            _sub(_sub(transaction_, "Refs"), "EndToEndId", one.end_to_end_id)
        if version == "02":
            _sub(_sub(_sub(transaction_, "AmtDtls"), "TxAmt"), "Amt", _euros(one.amount), Ccy=currency)
        else:
            _sub(transaction_, "Amt", _euros(one.amount), Ccy=currency)
            _sub(transaction_, "CdtDbtInd", "CRDT" if one.returned or one.credit else "DBIT")
        if one.text:
            _sub(_sub(transaction_, "RmtInf"), "Ustrd", one.text)
        if one.reason:
            _sub(_sub(_sub(transaction_, "RtrInf"), "Rsn"), "Cd", one.reason)


def pain002(message_id: str, rejections: list[tuple[str, str]] = (), *, whole_file: bool = False) -> bytes:
    """A status report on a bank file: these payments are rejected (end-to-end id, reason), or the whole file."""
    root = _document("pain.002.001.11")
    body = _sub(root, "CstmrPmtStsRpt")
    header = _sub(body, "GrpHdr")
    _sub(header, "MsgId", f"STS-{next(_numbers):06d}")
    _sub(header, "CreDtTm", "2026-11-24T12:00:00")
    group = _sub(body, "OrgnlGrpInfAndSts")
    _sub(group, "OrgnlMsgId", message_id)
    _sub(group, "OrgnlMsgNmId", "pain.001.001.09")
    _sub(group, "GrpSts", "RJCT" if whole_file else "PART")
    if rejections:
        block = _sub(body, "OrgnlPmtInfAndSts")
        _sub(block, "OrgnlPmtInfId", message_id)
        for end_to_end_id, reason in rejections:
            line = _sub(block, "TxInfAndSts")
            _sub(line, "OrgnlEndToEndId", end_to_end_id)
            _sub(line, "TxSts", "RJCT")
            _sub(_sub(_sub(line, "StsRsnInf"), "Rsn"), "Cd", reason)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _document(schema: str):
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{schema}"
    return etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})


def _sub(parent, name: str, text: str | None = None, **attributes):
    element = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}", **attributes)
    element.text = text
    return element


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def invariants() -> list[str]:
    """Broken identities of the money, none when the books and the rows agree."""
    from payments.queries import invariants as found

    return found.problems()
