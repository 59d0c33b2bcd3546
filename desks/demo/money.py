"""The grants of the demo: offered, accepted, signed, certified, ordered, paid by the bank's files, reported on, ended in every way there is."""

from __future__ import annotations

from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile

from core import two_key
from core.transitions import VERBS
from desks.demo import meeting
from desks.demo.bank import Movement, camt053, fictional_iban, pain002
from desks.demo.files import paper
from desks.demo.reader import cents
from desks.demo.world import World
from payments.enums import Control
from payments.models import Agreement, Instalment, StatementBalance
from payments.rules.report import needs_explanation, threshold
from payments.schedule import project_end
from payments.transitions import account, agreement, amendment, batch, call, instalment, recovery, report, statement
from reviews.queries import live_award

SAME_ENDS = 7701 + 9700
"""Another account whose number is shown masked as that of 7701 is: who sees the mask, which is no secret, learns nothing of the rest."""
RESERVE_CLOSED = {"c1": -350}
"""Day the reserve list of a call is closed: after the six months of the rules."""
ARCHIVED = {"c1": -80}
REMINDERS = (7, 2)


class Attempt(NamedTuple):
    """One payment sent to the bank: days it is booked (or rejected) and ordered, the instalment, the bank's reason."""

    executed: int
    ordered: int
    key: str
    number: int
    reason: str


def plan(world: World) -> None:
    timeline = world.timeline
    for key, row in world.data.grants.items():
        days = row["agreement"]
        timeline.on(days["offered_offset"], lambda at, key=key: _offer(world, key, at), 10)
        timeline.on(days["accepted_offset"], lambda at, key=key: _accept(world, key, at), 19)
        if days["accepted_offset"] is not None:
            timeline.on(days["accepted_offset"] + 2, lambda at, key=key: _approve_account(world, key, at), 9)
            timeline.on(days["signed_offset"], lambda at, key=key: _sign(world, key, at), 16)
        for one in row["instalments"]:
            _plan_instalment(world, key, one)
        for one in row["reports"]:
            _plan_report(world, key, one)
        if row["lapse"]:
            _plan_lapse(world, row["lapse"])
        if row["amendment"]:
            _plan_amendment(world, key, row["amendment"])
        if row["termination"]:
            _plan_termination(world, key, row)
    _plan_bank(world)
    for name, offset in RESERVE_CLOSED.items():
        timeline.on(offset, lambda at, name=name: meeting.close_reserve(world, name, at), 10)
    for name, offset in ARCHIVED.items():
        timeline.on(offset, lambda at, name=name: _archive(world, name, at), 10)
    timeline.plan(timeline.at - 3 * world.A_DAY, lambda at: _new_account_waits(world, at))


def grant(world: World, key: str) -> Agreement:
    return Agreement.objects.select_related("application__lead", "application__bearer_person").get(
        application=world.files[key]
    )


def _instalment(world: World, key: str, number: int) -> Instalment:
    return Instalment.objects.get(agreement__application=world.files[key], number=number)


# ---- the agreement ----


def _offer(world: World, key: str, at) -> None:
    lapse = world.data.grants[key]["lapse"]
    agreement.offer(
        decision=live_award(world.fresh(world.files[key])),
        actor=world.people["instruction"],
        at=at,
        accept_by_at=world.timeline.instant(lapse["deadline_offset"], 23, 59) if lapse else None,
    )


def _accept(world: World, key: str, at) -> None:
    """The lead accepts, says who signs, gives the account of the bearer."""
    row = grant(world, key)
    lead = row.application.lead
    row = agreement.accept(
        agreement=row,
        actor=lead,
        at=at,
        signatory=row.application.bearer_person or lead,
        signatory_capacity="" if row.application.bearer_person_id else "représentant légal",
        terms=True,
        de_minimis_amount=0 if row.application.economic_activity else None,
        cer=True,
    )
    _record_account(world, key, at, _bank_account(world, key)["iban"])


def _bank_account(world: World, key: str) -> dict:
    bearer = world.data.grants[key]["bearer"]
    return (world.data.people if bearer["kind"] == "person" else world.data.organisations)[bearer["key"]][
        "bank_account"
    ]


def _record_account(world: World, key: str, at, iban: str):
    row = grant(world, key)
    proof = SimpleUploadedFile("rib.pdf", paper(f"RIB · {row.bearer_name}"), "application/pdf")
    return account.record(
        agreement=row,
        actor=row.application.lead,
        at=at,
        holder=row.bearer_name,
        iban=iban,
        bic=_bank_account(world, key).get("bic") or "",
        proof=proof,
    )


def _approve_account(world: World, key: str, at) -> None:
    waiting = grant(world, key).payee_accounts.get(state="recorded")
    account.approve(payee_account=waiting, actor=world.people["comptable"], at=at)
    world.render_soon(grant(world, key).document)


def _sign(world: World, key: str, at) -> None:
    row = grant(world, key)
    world.render(row.document, at)
    for person in dict.fromkeys((row.signatory, row.application.lead)):
        if person == row.signatory or row.application.applicant_kind == "collective":
            row = agreement.sign_as_bearer(agreement=grant(world, key), actor=person, at=at, evidence=meeting.EVIDENCE)
    agreement.sign(agreement=grant(world, key), actor=world.people["ordonnateur"], at=at, evidence=meeting.EVIDENCE)


def _plan_lapse(world: World, row: dict) -> None:
    from desks.demo.clock import tick

    for days in REMINDERS:
        world.timeline.on(row["deadline_offset"] - days, tick, 8)
    world.timeline.on(row["lapsed_offset"], tick, 8)


def _new_account_waits(world: World, at) -> None:
    """A recipient changes banks: the new account waits for the accounting officer's key."""
    key = "thermometres"
    row = Agreement.objects.filter(application=world.files.get(key), state="active").first()
    if row is not None:
        iban = world.variant.iban(f"{key}/compte", fictional_iban(7701), fictional_iban(SAME_ENDS))
        _record_account(world, key, at, iban)


# ---- instalments ----


def _plan_instalment(world: World, key: str, row: dict) -> None:
    if row["certified_offset"] is None:
        return
    attempts, number, on = row["payments"], row["number"], world.timeline.on
    first = attempts[0]["ordered_offset"] - 3 if len(attempts) > 1 else row["certified_offset"]
    on(first, lambda at: _certify(world, key, row, at), 11)
    for attempt in attempts:
        on(attempt["ordered_offset"], lambda at: _order(world, key, number, at), 10)
        if attempt["result"] == "rejected":
            day = attempt["executed_offset"]
            on(day + 1, lambda at: _record_account(world, key, at, fictional_iban(8801)), 18)
            on(day + 2, lambda at: _approve_account(world, key, at), 9)
            on(row["certified_offset"], lambda at: _certify_again(world, key, number, at), 11)


def _certify(world: World, key: str, row: dict, at) -> None:
    notes = {
        "agreement_signed": "Convention signée des deux côtés.",
        "interim_report_accepted": "Compte rendu intermédiaire accepté.",
        "final_report_accepted": "Compte rendu final accepté, pièces vues.",
    }
    instalment.certify(
        instalment=_instalment(world, key, row["number"]),
        actor=world.people["instruction2"],
        at=at,
        note=notes[row["trigger"]],
        amount=cents(row["certified_amount"]),
    )


def _certify_again(world: World, key: str, number: int, at) -> None:
    instalment.recertify(
        instalment=_instalment(world, key, number),
        actor=world.people["instruction2"],
        at=at,
        note="Nouveau compte approuvé après le rejet de la banque.",
    )


def _order(world: World, key: str, number: int, at) -> None:
    instalment.order(instalment=_instalment(world, key, number), actor=world.people["ordonnateur"], at=at)


# ---- the bank ----


def _plan_bank(world: World) -> None:
    """Orders gathered in as few files as their dates allow; one statement for each day the bank books."""
    attempts = sorted(
        Attempt(attempt["executed_offset"], attempt["ordered_offset"], key, one["number"], attempt["bank_reason"] or "")
        for key, row in world.data.grants.items()
        for one in row["instalments"]
        for attempt in one["payments"]
    )
    left = list(attempts)
    while left:
        day = left[0].executed - 1
        lot = [one for one in left if one.ordered <= day]
        left = [one for one in left if one.ordered > day]
        world.timeline.on(day, lambda at, lot=lot: _send_file(world, lot, at), 17)
    for day in sorted({one.executed for one in attempts}):
        booked = [one for one in attempts if one.executed == day]
        world.timeline.on(day, lambda at, booked=booked: _import_statement(world, booked, at), 19)


def _send_file(world: World, lot: list[Attempt], at) -> None:
    payer = world.people["comptable"]
    ones = [_instalment(world, one.key, one.number) for one in lot]
    sent = batch.gather(batch=None, instalments=ones, actor=payer, at=at)
    sent = batch.freeze(payment_batch=sent, actor=payer, at=at, controls=Control.values)
    batch.export(payment_batch=world.fresh(sent), actor=payer, at=at)


def _import_statement(world: World, booked: list[Attempt], at) -> None:
    iban = world.data.fund["debit_account"]["iban"]
    paid, rejected = [], []
    for attempt in booked:
        one = _instalment(world, attempt.key, attempt.number)
        if attempt.reason:
            rejected.append((one, attempt.reason))
        else:
            paid.append(Movement(one.payable_amount, end_to_end_id=one.end_to_end_id))
    for one, reason in rejected:
        sent = one.batch_lines.get(live=True).batch
        _import(world, pain002(sent.message_id, one.end_to_end_id, reason, at), f"statut-{at:%Y%m%d}.xml", at)
    if paid:
        _import(world, camt053(paid, iban=iban, at=at, opened=_balance()), f"releve-{at:%Y%m%d}.xml", at)


def _balance() -> int:
    """What the fund's account holds, in cents: the closing balance of the last statement, a million at first."""
    last = StatementBalance.objects.order_by("-closing_on", "-pk").first()
    return last.closing_amount if last else 100_000_000


def _import(world: World, content: bytes, name: str, at) -> None:
    statement.import_statement(bank_statement=None, actor=world.people["comptable"], at=at, content=content, name=name)


# ---- reports ----


def _plan_report(world: World, key: str, row: dict) -> None:
    timeline, kind = world.timeline, row["kind"]
    changes = row["changes_requested"]
    if row["submitted_offset"] is not None:
        timeline.on(row["submitted_offset"] - 1, lambda at: _write_report(world, key, row, at), 20)
        timeline.on(row["submitted_offset"], lambda at: _file_report(world, key, kind, at), 20)
    elif row["state"] == "draft":
        timeline.plan(timeline.at - 8 * world.A_DAY, lambda at: _begin_report(world, key, row, at))
    if changes:
        timeline.on(changes["offset"], lambda at: _ask_changes(world, key, kind, changes, at), 11)
    if row["accepted_offset"] is not None:
        timeline.on(row["accepted_offset"], lambda at: _accept_report(world, key, kind, at), 11)


def _report(world: World, key: str, kind: str):
    return grant(world, key).reports.get(kind=kind)


def _write_report(world: World, key: str, row: dict, at) -> None:
    told, lead = world.data.grants[key], grant(world, key).application.lead
    one = report.start(report=_report(world, key, row["kind"]), actor=lead, at=at)
    output = (told["outputs"] or [{}])[0]
    facts = {
        "narrative": dict(
            zip(
                ("done", "results", "partnership"),
                [
                    *(
                        row["narrative"]
                        + ["Les indicateurs promis sont suivis ; leur relevé est dans le dépôt du projet."]
                    )[:2],
                    told["adoption"]["comment"] or "L’administration partenaire a tenu ses engagements.",
                ],
                strict=True,
            )
        ),
        "learnt": row["learnt"] or "L’essai demande plus de temps que prévu avec les personnes concernées.",
        "repository_url": output.get("repository_url") or "",
        "demo_url": output.get("demo_url") or "",
        "licence": (output.get("licence") or "")[:40],
        "adoption": told["adoption"]["status"],
        "adoption_comment": told["adoption"]["comment"] or "",
    }
    one = report.write(report=one, actor=lead, at=at, facts=facts, lines=_spending(one, row))


def _begin_report(world: World, key: str, row: dict, at) -> None:
    """A draft that lies there now, whenever now is: nothing when the story has no such grant yet."""
    if Agreement.objects.filter(application=world.files.get(key), state="active").exists():
        _write_report(world, key, row, at)


def _spending(one, row: dict) -> list[dict]:
    """What was spent, line by line; half of the budget at mid-way when the data says nothing."""
    share, least = threshold(one)
    told = dict(enumerate(row["spending"], 1))
    lines = []
    for line in one.lines.all():
        given = told.get(line.position)
        line.actual_amount = cents(given["actual_amount"]) if given else line.budget_amount // 2
        explanation = (given or {}).get("explanation") or ""
        if not explanation and needs_explanation(line, share, least):
            explanation = (
                "Le reste sera dépensé d’ici la fin du projet."
                if one.kind == "interim"
                else "Écart constaté aux factures."
            )
        lines.append({"position": line.position, "actual_amount": line.actual_amount, "explanation": explanation})
    return lines


def _file_report(world: World, key: str, kind: str, at) -> None:
    report.submit(report=_report(world, key, kind), actor=grant(world, key).application.lead, at=at)


def _ask_changes(world: World, key: str, kind: str, changes: dict, at) -> None:
    report.request_changes(
        report=_report(world, key, kind),
        actor=world.people["instruction"],
        at=at,
        changes=[{"line": "", "text": changes["reason"]}],
        due_on=world.timeline.day(changes["due_offset"]),
    )


def _accept_report(world: World, key: str, kind: str, at) -> None:
    report.accept(report=_report(world, key, kind), actor=world.people["instruction"], at=at)


# ---- what becomes of some ----


def _plan_amendment(world: World, key: str, row: dict) -> None:
    on = world.timeline.on
    on(row["requested_offset"], lambda at: _ask_amendment(world, key, row, at), 18)
    on(row["approved_offset"], lambda at: _approve_amendment(world, key, at), 11)
    on(row["approved_offset"] + 4, lambda at: _sign_amendment(world, key, at), 16)


def _ask_amendment(world: World, key: str, row: dict, at) -> None:
    one = grant(world, key)
    months = next(change["to"] for change in row["changes"] if change["field"] == "end_month")
    moved = [change for change in row["changes"] if change["field"].startswith("expense:")]
    amendment.request(
        agreement=one,
        actor=one.application.lead,
        at=at,
        reason=row["reason"],
        new_ends_on=project_end(one.starts_on, months),
        changes=[
            {
                "term": "budget",
                "before": f"Compte {change['field'].removeprefix('expense:')} : {change['from']} €",
                "after": f"Compte {change['field'].removeprefix('expense:')} : {change['to']} €",
            }
            for change in moved
        ],
    )


def _approve_amendment(world: World, key: str, at) -> None:
    one = amendment.approve(amendment=grant(world, key).amendments.get(), actor=world.people["instruction"], at=at)
    world.render_soon(one.document)


def _sign_amendment(world: World, key: str, at) -> None:
    row = grant(world, key)
    one = row.amendments.get()
    world.render(one.document, at)
    amendment.sign_as_bearer(amendment=one, actor=row.signatory, at=at, evidence=meeting.EVIDENCE)
    amendment.sign(amendment=world.fresh(one), actor=world.people["ordonnateur"], at=at, evidence=meeting.EVIDENCE)


def _plan_termination(world: World, key: str, row: dict) -> None:
    """Stopped by agreement: comments invited, ended with two keys, what was not spent of the advance given back."""
    on, ended, back = world.timeline.on, row["termination"], row["recovery"]
    on(ended["observations_invited_offset"], lambda at: _suspend(world, key, ended, at), 10)
    on(ended["observations_offset"], lambda at: _observe(world, key, ended, at), 18)
    on(ended["decided_offset"], lambda at: _terminate(world, key, ended, back, at), 10)
    on(back["notified_offset"], lambda at: _claim(world, key, at), 10)
    on(back["repaid_offset"], lambda at: _repay(world, key, at), 19)


def _suspend(world: World, key: str, row: dict, at) -> None:
    agreement.suspend(
        agreement=grant(world, key),
        actor=world.people["instruction"],
        at=at,
        reason="Le bénéficiaire demande à arrêter le projet.",
        remedy="le compte rendu final est examiné",
    )


def _observe(world: World, key: str, row: dict, at) -> None:
    one = grant(world, key)
    agreement.observe(agreement=one, actor=one.application.lead, at=at, reason=row["observations"])


def _terminate(world: World, key: str, row: dict, back: dict, at) -> None:
    act = two_key.propose(
        VERBS["agreement"]["terminate"],
        grant(world, key),
        actor=world.people["instruction"],
        at=at,
        params={"reason": row["decision"]},
    )
    two_key.approve(act, actor=world.people["ordonnateur"], at=at)
    one = grant(world, key)
    proposed = recovery.propose(
        agreement=one,
        actor=world.people["instruction"],
        at=at,
        ground="unspent",
        facts="L’avance versée dépasse les dépenses justifiées au compte rendu final.",
        amount=cents(back["amount"]),
    )
    recovery.observe(
        recovery=proposed, actor=one.application.lead, at=at, reason="Nous sommes d’accord sur ce montant."
    )


def _claim(world: World, key: str, at) -> None:
    recovery.notify(
        recovery=grant(world, key).recoveries.get(),
        actor=world.people["ordonnateur"],
        at=at,
        answer="Montant accepté par le bénéficiaire.",
        evidence=meeting.EVIDENCE,
    )


def _repay(world: World, key: str, at) -> None:
    one = grant(world, key).recoveries.get()
    came = Movement(one.left_amount, text=f"REVERSEMENT {one.reference}", credit=True)
    iban = world.data.fund["debit_account"]["iban"]
    _import(world, camt053([came], iban=iban, at=at, opened=_balance(), serial="R"), f"releve-{at:%Y%m%d}-r.xml", at)


def _archive(world: World, name: str, at) -> None:
    world.calls[name] = call.archive(call=world.fresh(world.calls[name]), actor=world.people["instruction"], at=at)
