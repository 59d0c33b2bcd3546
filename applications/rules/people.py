"""Who may act on a file."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications import queries
from core.transitions import Act, Refusal, Who
from fund import people

case_officer = people.case_officer

applicant = Who(
    "AP", _("the applicant and the editors of the team"), lambda actor, obj, at: queries.is_applicant(actor, _file(obj))
)
member = Who("AP", _("the applicant’s team"), lambda actor, obj, at: queries.is_member(actor, _file(obj)))
lead = Who("AP", _("the applicant or referent"), lambda actor, obj, at: _file(obj).lead_id == actor.pk)
signatory = Who(
    "AP", _("those whose agreement is needed"), lambda actor, obj, at: queries.is_signatory(actor, _file(obj))
)
anyone_signed_in = Who(
    "AP", _("anyone with an account"), lambda actor, obj, at: actor.is_authenticated and not actor.is_system
)
partner_agent = Who("PA", _("the administration’s agent, by his personal link"), lambda actor, obj, at: actor.is_system)
"""The agent has no account: the fund's own user signs, and the link is the proof (rules.partners.link_is_good)."""


def offered(member) -> Who:
    """The member the lead is offered to."""
    return Who("AP", _("the member the lead is offered to"), lambda actor, obj, at: actor.pk == member.user_id)


def _file(obj):
    return obj.application if hasattr(obj, "application_id") else obj


def officer_has_no_interest(act: Act) -> None:
    if queries.officer_interest(act.actor, _file(act.obj)):
        raise Refusal(
            "officer_interest",
            _("You, your association or your department have a link with this application."),
            remedy=_("Another officer must handle it."),
            article="art. 9",
            status=403,
        )


def reason_given(act: Act) -> None:
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _("Say why in one sentence: this reason will be kept and shown to those concerned."),
            field="reason",
        )
