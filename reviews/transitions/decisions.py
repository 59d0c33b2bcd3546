"""Decisions: born of a vote or drafted, signed by the authority, annulled or notified. A file changes state here only, when its decision is notified.

Money: an award reserves at birth, unsealed; annulled, it releases unsealed and the two stay private for ever; notified, its entries are sealed.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from applications import transitions as files
from applications.models import Application
from applications.queries import with_interest
from core import documents, references
from core.transitions import Refusal, Verb, locked, verb
from fund import ledger
from fund.enums import Authority, Role
from fund.models import GrantAccount
from fund.queries import holders
from reviews import queries
from reviews.documents.decisions import freeze_letter, freeze_reserve_extract
from reviews.enums.reading import NOT_NOTIFIED, TO_SIGN, AppealState, DecisionKind, DecisionOutcome, DecisionState
from reviews.models import Appeal, Decision
from reviews.notifications import tell, tell_applicant
from reviews.rules import decisions as rules
from reviews.rules.people import (
    authority,
    case_officer,
    co_president,
    not_recused,
    officer_has_no_interest,
    reason_given,
)
from reviews.transitions.common import lock_call_money, lock_money
from reviews.transitions.declarations import open_declarations

K, O, S = DecisionKind, DecisionOutcome, DecisionState  # noqa: E741


# ---- births ----


def _born(application: Application, *, state, kind, outcome, at, **content) -> Decision:
    call = application.call
    decision = Decision(
        state=state,
        reference=references.new("D", timezone.localdate(at).year),
        application=application,
        kind=kind,
        outcome=outcome,
        rule_version=call.rule_version,
        authority=call.authority,
        decided_at=at,
        **content,
    )
    decision.save(force_insert=True)
    return decision


def _reserve(decision, act):
    """The account of the grant, its award, the money set aside: all of it private until the notification. Raises `envelope_exceeded` in words."""
    if decision.outcome != O.SELECTED:
        return
    application = decision.application
    ledger.open_grant(
        application.reference, application.call.envelope, application.requested_amount, application.call.ceiling_amount
    )
    ledger.set_awarded(application.reference, decision.amount)
    ledger.post(
        "reserve",
        at=act.at,
        amount=decision.amount,
        grant=application.reference,
        basis=decision.reference,
        sealed=False,
        actor=act.actor,
    )


def _write_letter(decision: Decision, act) -> None:
    decision.document = freeze_letter(decision, at=act.at)
    decision.save(update_fields=["document"])


@verb(
    machine=Decision,
    label=_("decide"),
    who=(co_president,),
    creates="voted",
    on="agenda_item",
    inner=True,
    guards=(
        rules.file_is_under_review,
        rules.grounds_given,
        rules.no_live_decision,
        rules.amount_fits,
        rules.decision_is_paritary,
    ),
    documents=("award_letter", "reserve_letter", "refusal_letter"),
    ledger=("reserve",),
    lock=lock_money,
)
def decide(act, agenda_item, *, application, outcome, grounds, amount=None, rank=None, reserve_rank=None, details=None):
    """Born of the vote on an agenda item, inside `adopt_list`. `details`: what the letter says besides (move_reason, reduction_reason, tie_rule,
    reserve_count, remedy). The score is that of the filed reviews. Raises `parity_missing`, `envelope_exceeded`…"""
    facts = dict(details or {})
    decision = _born(
        application,
        state=S.VOTED,
        kind=K.AWARD,
        outcome=outcome,
        at=act.at,
        amount=amount,
        rank=rank,
        reserve_rank=reserve_rank,
        grounds=grounds.strip(),
        remedy=str(facts.pop("remedy", "")),
        details=facts,
        published_score=queries.score_of(application).published,
        agenda_item=agenda_item if agenda_item.pk else None,
        drafted_by=act.actor,
    )
    _reserve(decision, act)
    _write_letter(decision, act)
    act.note(reference=decision.reference)
    return decision


@verb(
    machine=Decision,
    label=_("draft a decision"),
    who=(case_officer, authority),
    creates="drafted",
    on="application",
    guards=(
        rules.drafter_is_entitled,
        rules.outcome_suits_state,
        rules.grounds_given,
        rules.cites_what_it_follows,
        rules.no_live_decision,
        rules.ineligible_with_reason,
        rules.first_of_the_list,
        rules.list_is_over,
        rules.appeal_was_granted,
        rules.observations_were_invited,
        rules.award_not_committed,
        rules.amount_fits,
    ),
    documents=("award_letter", "reserve_letter", "refusal_letter", "ineligibility_letter", "reinstatement_letter"),
    mails=("reviews/decision.to_sign",),
    ledger=("reserve",),
    lock=lock_money,
)
def draft(
    act,
    application,
    *,
    kind,
    outcome,
    grounds,
    amount=None,
    cites=None,
    article="",
    remedy="",
    reserve_rank=None,
    correctable=True,
    details=None,
):
    """A decision that no vote makes: eligibility by a case officer (`article`, `grounds` = what was found, `remedy` = what would make it possible;
    `correctable=False` when no request for information could have mended it), the other kinds by the authority, citing the decision they follow."""
    score = (
        queries.score_of(application).published
        if kind in (K.PROMOTION, K.APPEAL) and application.state != "ineligible"
        else ""
    )
    decision = _born(
        application,
        state=S.DRAFTED,
        kind=kind,
        outcome=outcome,
        at=act.at,
        amount=amount,
        reserve_rank=_reserve_rank(application, outcome, reserve_rank),
        grounds=grounds.strip(),
        article=article.strip(),
        remedy=remedy.strip(),
        cites=cites,
        details=dict(details or {}),
        published_score=score,
        drafted_by=act.actor,
        rank=cites.rank if cites is not None else None,
    )
    _reserve(decision, act)
    _write_letter(decision, act)
    if kind == K.APPEAL:
        appeal = (
            Appeal.objects.filter(decision=cites, state=AppealState.GRANTED, new_decision__isnull=True)
            .order_by("-id")
            .first()
        )
        appeal.new_decision = decision
        appeal.save(update_fields=["new_decision"])
    act.note(reference=decision.reference, kind=str(kind), outcome=str(outcome))
    tell_signers(decision, at=act.at, besides=act.actor)
    return decision


def _reserve_rank(application: Application, outcome, given):
    """After an appeal the file enters at the end of the list, unless told otherwise."""
    if outcome != O.RESERVE or given:
        return given
    last = queries.reserve_list(application.call)
    return (last[-1].reserve_rank or len(last)) + 1 if last else 1


# ---- signing ----


def tell_signers(decision: Decision, *, at, besides=None) -> None:
    """Those who must sign, told once the decision can be signed."""
    people = [
        signer.user
        for signer in queries.missing_signers(decision, at)
        if signer.user is not None and signer.user != besides
    ]
    tell(
        "decision.to_sign",
        people,
        f"/commission/decisions/{decision.application.call.slug}/",
        at=at,
        call=decision.application.call.title,
        count=1,
    )


SIGNING = (rules.minutes_are_adopted, rules.may_sign, rules.letter_is_ready)


def _sign_document(decision, act, evidence):
    """One signature on the letter. Returns whether it was the last."""
    own = next(signer for signer in queries.signers(decision, act.at) if signer.user == act.actor)
    documents.sign(
        decision.document,
        signer=act.actor,
        capacity=own.capacity,
        at=act.at,
        evidence={**(evidence or {}), "college": own.college},
    )
    return not queries.missing_signers(decision, act.at)


@verb(
    machine=Decision,
    label=_("sign"),
    who=(authority,),
    guards=SIGNING,
    name="sign",
    fsm="sign",
    mails=("reviews/decision.signed",),
)
def _sign_last(act, decision, *, evidence=None):
    """The last signature: the decision is signed. Each signs once, after proving again who he is."""
    if not _sign_document(decision, act, evidence):
        raise RuntimeError("a signature is still missing")
    decision.sign(act.at)


@verb(machine=Decision, label=_("sign first"), who=(authority,), guards=SIGNING)
def begin_signing(act, decision, *, evidence=None):
    """The first of two signatures on a voted decision."""
    _sign_document(decision, act, evidence)
    decision.begin_signing()


@verb(machine=Decision, label=_("sign first a drafted decision"), who=(authority,), guards=SIGNING)
def begin_signing_draft(act, decision, *, evidence=None):
    """The first of two signatures on a drafted decision."""
    _sign_document(decision, act, evidence)
    decision.begin_signing_draft()


def sign(*, decision: Decision, actor, at=None, evidence=None, approved_act=None) -> Decision:
    """One signature of the authority: the first leaves the decision where it is, the last makes it signed. Raises Refusal."""
    at = at or timezone.now()
    with transaction.atomic():
        row = locked(decision)
        if row.authority == Authority.CO_PRESIDENTS and len(queries.missing_signers(row, at)) > 1:
            chosen = begin_signing if row.state != S.DRAFTED else begin_signing_draft
        else:
            chosen = _sign_last
        done = chosen(decision=row, actor=actor, at=at, evidence=evidence)
        call = done.application.call
        if done.state == S.SIGNED and not Decision.objects.filter(application__call=call, state__in=TO_SIGN).exists():
            tell_ready_to_notify(call, at=at)
        return done


sign.verb, sign.keyword = _sign_last.verb, "decision"  # type: ignore[attr-defined]
object.__setattr__(_sign_last.verb, "call", sign)


# ---- taken back before anyone knows ----


def _release(decision: Decision, act) -> None:
    """Give back what a decision that nobody knows had set aside: reservation and release cancel each other, out of the public ledger."""
    if decision.outcome != O.SELECTED:
        return
    account = GrantAccount.objects.get(reference=decision.application.reference)
    if account.reserved_amount:
        ledger.post(
            "release_reservation",
            at=act.at,
            amount=account.reserved_amount,
            grant=account.reference,
            basis=decision.reference,
            sealed=False,
            actor=act.actor,
        )
    ledger.set_awarded(account.reference, 0)


def _take_back(decision: Decision, act) -> None:
    _release(decision, act)
    if decision.document is not None:
        documents.void(decision.document, act.at)
    Appeal.objects.filter(new_decision=decision).update(new_decision=None)
    act.note(reference=decision.reference)


@verb(
    machine=Decision,
    label=_("annul"),
    who=(case_officer, authority),
    guards=(rules.not_notified, rules.annulled_by_its_author, reason_given),
    ledger=("release_reservation",),
    danger=True,
    lock=lock_money,
)
def annul(act, decision, *, reason):
    """Before its notification: it will have had no effect, the money is free again, the applicant will not know."""
    act.because(reason)
    decision.annul(act.at)
    decision.save()
    _take_back(decision, act)


@verb(
    machine=Decision,
    label=_("annul, the applicant withdrew"),
    who=(case_officer, authority),
    inner=True,
    ledger=("release_reservation",),
)
def annul_withdrawn(act, decision):
    """The applicant withdrew before the notification."""
    decision.annul_withdrawn(act.at)
    decision.save()
    _take_back(decision, act)


# ---- notified ----

MOVES = {
    O.SELECTED: "select",
    O.RESERVE: "put_on_reserve",
    O.REJECTED: "reject",
    O.INELIGIBLE: "declare_ineligible",
    O.ELIGIBLE: "reinstate",
}


@verb(machine=Decision, label=_("become replaced"), who=(case_officer,), inner=True, ledger=("release_reservation",))
def replace(act, decision, *, by):
    """A new decision that cites this one is notified: what this one still holds goes back to the envelope, unless the new one holds it."""
    decision.replace(act.at)
    if decision.outcome != O.SELECTED or by.outcome == O.SELECTED:
        return
    account = GrantAccount.objects.filter(reference=decision.application.reference).first()
    if account and account.reserved_amount:
        ledger.post(
            "release_reservation",
            at=act.at,
            amount=account.reserved_amount,
            grant=account.reference,
            basis=by.reference,
            actor=act.actor,
        )
        ledger.set_awarded(account.reference, 0)


@verb(
    machine=Decision,
    label=_("notify"),
    who=(case_officer,),
    guards=(
        officer_has_no_interest,
        not_recused,
        rules.letter_is_ready,
        rules.cited_still_stands,
        rules.award_not_committed,
    ),
    documents=("reserve_extract",),
    mails=("reviews/decision.notified", "applications/eligibility.ineligible"),
    ledger=("reserve", "release_reservation"),
    danger=True,
    lock=lock_money,
)
def notify(act, decision):
    """In one act: the file changes state, the cited decision is replaced, the entries become public, the applicant is told, the time to contest begins."""
    application, cited = decision.application, decision.cites
    decision.notify(act.actor, act.at)
    decision.save()
    if decision.outcome == O.RESERVE:
        freeze_reserve_extract(decision, at=act.at)
    move = getattr(files, MOVES[decision.outcome])
    if decision.outcome == O.INELIGIBLE:
        move(application=application, actor=act.actor, at=act.at, document=decision.document)
    else:
        move(application=application, actor=act.actor, at=act.at)
        _tell(decision, act)
    if cited is not None:
        replace(decision=cited, actor=act.actor, at=act.at, by=decision)
    if decision.outcome == O.ELIGIBLE and (panel := queries.panel_of(application.call)):
        open_declarations(panel, actor=act.actor, at=act.at)
    act.note(reference=decision.reference, outcome=decision.outcome, amount=decision.amount)
    ledger.seal(decision.reference, act.at)


def _tell(decision: Decision, act) -> None:
    codes: dict[str, str] = {K.PROMOTION: "decision.promotion_notified", K.RESERVE_CLOSURE: "decision.reserve_closed"}
    tell_applicant(
        codes.get(decision.kind, "decision.notified"),
        decision.application,
        f"/dossiers/{decision.application.reference}/decision/",
        at=act.at,
        wait_for=decision.document,
        decided_on=decision.signed_at,
        until=queries.appeal_until(decision),
    )


def check_call_ready(call, actor) -> list[Decision]:
    """The decisions that notifying a call will notify. Raises Refusal when a file has none, one is not signed or not ready, or one is closed to the actor."""
    if with_interest(actor).filter(call=call, decisions__state__in=NOT_NOTIFIED).exists():
        raise Refusal(
            "officer_has_interest",
            _("A file of this call is closed to you by a link or a recusal: you do not notify its decisions."),
            remedy=_("Another case officer previews and notifies them."),
            article="art. 12, 18",
            status=403,
        )
    found = queries.preview(call)
    if found.undecided:
        raise Refusal(
            "files_undecided",
            ngettext(
                "%(n)s application under review has no decision.",
                "%(n)s applications under review have no decision.",
                len(found.undecided),
            )
            % {"n": len(found.undecided)},
            remedy=_("The panel decides on each of them first."),
            article="art. 18",
            status=409,
        )
    if found.unsigned:
        raise Refusal(
            "decisions_unsigned",
            ngettext(
                "%(n)s decision waits for a signature.", "%(n)s decisions wait for a signature.", len(found.unsigned)
            )
            % {"n": len(found.unsigned)},
            remedy=_("All the decisions of a call are notified together."),
            article="art. 18",
            status=409,
        )
    if not found.decisions:
        raise Refusal("nothing_to_notify", _("No signed decision waits to be notified."), article="art. 18", status=409)
    return found.decisions


def notify_call(call, actor, at=None) -> list[Decision]:
    """Every decision of a call in one act: all are notified, or none. Locks are taken first, in the order of the house. Raises Refusal."""
    at = at or timezone.now()
    with transaction.atomic():
        references_ = Application.objects.filter(call=call, decisions__state__in=NOT_NOTIFIED).values_list(
            "reference", flat=True
        )
        lock_call_money(call, list(references_))
        going = check_call_ready(call, actor)
        list(
            Application.objects.select_for_update(of=("self",))
            .filter(pk__in=[row.application_id for row in going])
            .order_by("pk")
            .values_list("pk")
        )
        list(
            Decision.objects.select_for_update(of=("self",))
            .filter(pk__in=[row.pk for row in going])
            .order_by("pk")
            .values_list("pk")
        )
        return [notify(decision=decision, actor=actor, at=at) for decision in going]


def annul_pending(application: Application, *, actor, at) -> int:
    """Inside a verb: every decision of the file that nobody knows is annulled. Returns how many."""
    pending = list(Decision.objects.filter(application=application, state__in=NOT_NOTIFIED).order_by("pk"))
    for decision in pending:
        annul_withdrawn(decision=decision, actor=actor, at=at)
    return len(pending)


def may(declared: Verb, decision: Decision, actor, at) -> Refusal | None:
    """What a verb would answer this person, asked of the same guards."""
    from core.transitions import Act

    try:
        declared.check(Act(declared, decision, actor, at, preview=True))
    except Refusal as refusal:
        return refusal
    return None


def tell_minutes_adopted(call, *, at) -> None:
    """After the minutes are adopted: those who must sign the award decisions are told once, with their number."""
    counts: dict = {}
    for row in queries.rows_of_call(call, at):
        if row.decision.state in (S.VOTED, S.DRAFTED):
            for signer in row.missing:
                if signer.user is not None:
                    counts[signer.user] = counts.get(signer.user, 0) + 1
    for person, count in counts.items():
        tell("decision.to_sign", [person], f"/commission/decisions/{call.slug}/", at=at, call=call.title, count=count)


def tell_ready_to_notify(call, *, at) -> None:
    """Every decision is signed: a case officer may notify."""
    tell(
        "decision.signed",
        holders(Role.CASE_OFFICER, at),
        f"/instruction/decisions/{call.slug}/",
        at=at,
        call=call.title,
    )
