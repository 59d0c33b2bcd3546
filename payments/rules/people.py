"""Who may act on a grant."""

from __future__ import annotations

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from applications import queries as files
from core.transitions import Act, Refusal, Who
from core.transitions import clock as clock
from fund import people
from fund.enums import Role
from fund.queries import holders

case_officer, authorising_officer, accounting_officer, delegate = (
    people.case_officer,
    people.authorising_officer,
    people.accounting_officer,
    people.delegate,
)


def agreement_of(obj):
    return obj.agreement if hasattr(obj, "agreement_id") else obj


def is_party(user, agreement) -> bool:
    """An editor of the whole application, or the one who signs for the bearer."""
    if user is None or not user.is_authenticated:
        return False
    application = agreement.application
    if user.pk in (agreement.signatory_id, application.bearer_person_id):
        return True
    return files.is_applicant(user, application) and not files.areas_of(user, application)


def signs_for_bearer(user, agreement) -> bool:
    """The bearer's representative, and the referent of a collective."""
    return user.pk in (agreement.signatory_id, agreement.application.lead_id)


party = Who("AP", _("the recipient of the grant"), lambda actor, obj, at: is_party(actor, agreement_of(obj)))
referent = Who(
    "AP",
    _("the referent or the one who signs for the bearer"),
    lambda actor, obj, at: signs_for_bearer(actor, agreement_of(obj)),
)


def has_interest(user, application) -> bool:
    """As applications says it; a list asks once for all its files (`queries.desk.prime_interests`)."""
    known = user.__dict__.get("_file_interests")
    if known is not None and application.pk in known:
        return known[application.pk]
    return files.officer_interest(user, application)


def no_interest(act: Act) -> None:
    """Nobody acts on a grant in which he, his association or his department has an interest, staff included."""
    no_interest_in(act, agreement_of(act.obj))


def no_interest_in(act: Act, agreement) -> None:
    """The same for a grant that the act names. Raises `officer_interest` (403)."""
    application = getattr(agreement, "application", None)
    if application is not None and has_interest(act.actor, application):
        raise Refusal(
            "officer_interest",
            _now("You, your association or your department have a link with this grant."),
            remedy=_now("Another person must do it."),
            article="art. 9",
            status=403,
        )


def reason_given(act: Act) -> None:
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _now("Say why in one sentence: this reason will be kept and shown to those concerned."),
            field="reason",
        )


def comments_given(act: Act) -> None:
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _now("Write your comments: they are kept in the file and read before any decision."),
            field="reason",
        )


def names(role: Role, act: Act, *besides) -> str:
    """Who could do it instead."""
    cache = act.actor.__dict__.setdefault("_holders", {})
    if role not in cache:
        cache[role] = list(holders(role, act.at))
    people_ = [person for person in cache[role] if person.pk not in {one for one in besides if one}]
    return ", ".join(str(person) for person in people_[:4]) or _now("nobody yet; an administrator can propose someone")


def same_person(done, instead: str) -> Refusal:
    return Refusal(
        "same_person",
        _now("You have already done an act that rules this one out: %(act)s.") % {"act": done},
        remedy=_now("Someone else must do it: %(people)s.") % {"people": instead},
        article="art. 22",
        status=403,
    )
