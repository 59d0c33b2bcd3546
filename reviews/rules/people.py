"""Who acts on the panel's side."""

from __future__ import annotations

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from applications import queries as files
from applications.rules.people import officer_has_no_interest as officer_has_no_interest
from core.transitions import Act, Refusal, Who
from core.transitions import clock as clock
from fund import people
from fund.enums import Authority, Role
from fund.queries import has_role
from reviews import queries
from reviews.models import Seat

case_officer, authorising_officer, co_president = people.case_officer, people.authorising_officer, people.co_president


def _application(obj):
    if hasattr(obj, "application_id"):
        return obj.application
    return obj.decision.application if hasattr(obj, "decision_id") else obj


declarant = Who("PM", _("the member whose declaration it is"), lambda actor, obj, at: obj.user_id == actor.pk)
reader = Who("PM", _("the reader of this application"), lambda actor, obj, at: obj.seat.user_id == actor.pk)
applicant = Who(
    "AP",
    _("the applicant and the editors of the team"),
    lambda actor, obj, at: files.is_applicant(actor, _application(obj)),
)
appellant = Who(
    "AP", _("the applicant who filed the appeal"), lambda actor, obj, at: files.is_applicant(actor, _application(obj))
)


def _other_president(actor, obj, at) -> bool:
    """Never the member himself: a recusal is not lifted by the one it concerns."""
    return obj.user_id != actor.pk and has_role(actor, Role.CO_PRESIDENT, at)


president_not_concerned = Who("CP", _("a co-president, never the member concerned"), _other_president)


def may_sign_for_fund(actor, obj, at) -> bool:
    """Someone who may be of the authority: a co-president, a full member who may stand in for one, an authorising officer."""
    if has_role(actor, Role.CO_PRESIDENT, at) or has_role(actor, Role.AUTHORISING_OFFICER, at):
        return True
    application = _application(obj)
    return Seat.objects.current().full_members().filter(panel__call=application.call_id, user=actor).exists()


authority = Who("AU", _("the authority: both co-presidents, or the authorising officer"), may_sign_for_fund)


sits_in_panel = Who(
    "PM",
    _("a member of this panel"),
    lambda actor, obj, at: Seat.objects.filter(panel=obj, user=actor).current(at).exists(),
)


def is_authority(user, application, at) -> bool:
    """Of the authority that the call's rules name, and without interest in this file."""
    role = (
        Role.AUTHORISING_OFFICER if application.call.authority == Authority.AUTHORISING_OFFICER else Role.CO_PRESIDENT
    )
    return (
        has_role(user, role, at)
        and not queries.is_recused(user, application)
        and not files.officer_interest(user, application)
    )


def authority_label(application) -> str:
    return str(Authority(application.call.authority).label)


def not_the_authority(application) -> Refusal:
    return Refusal(
        "not_the_authority",
        _now("This decision is signed by %(authority)s.") % {"authority": authority_label(application)},
        article="art. 18",
        status=403,
    )


def reason_given(act: Act) -> None:
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _now("Say why in one sentence: this reason will be kept and shown to those concerned."),
            field="reason",
        )


def not_recused(act: Act) -> None:
    """The one who acts has no interest in the file."""
    application = _application(act.obj)
    if queries.is_recused(act.actor, application):
        raise Refusal(
            "recused",
            _now("Recused from %(reference)s: this application is closed to you.")
            % {"reference": application.reference},
            remedy=_now("If this is a mistake, both co-presidents together can lift the recusal before any vote."),
            article="art. 12",
            status=403,
        )
