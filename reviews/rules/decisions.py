"""Guards of decisions: parity, amounts, grounds, what is cited, who signs, minutes adopted. Each speaks of what its reader may see."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from applications import queries as files
from core.transitions import Act, Refusal
from fund.enums import Role
from fund.ledger import queries as books
from fund.models.ledger import EnvelopeState
from fund.queries import has_role
from fund.rules.common import when
from reviews import queries, voting
from reviews.enums.meeting import MeetingState
from reviews.enums.reading import AppealState, DecisionKind, DecisionOutcome, DecisionState
from reviews.models import Appeal, Decision, Vote
from reviews.queries.unequal import inequality_is_told
from reviews.rules.meetings.discussion import check_amount
from reviews.rules.panel import parity_missing
from reviews.rules.people import is_authority, not_the_authority

K, O, S = DecisionKind, DecisionOutcome, DecisionState  # noqa: E741


# ---- common to all births ----


def _application(act: Act):
    return act.get("application") or act.obj


def grounds_given(act: Act) -> None:
    if not act.preview and not (act.get("grounds") or "").strip():
        raise Refusal(
            "grounds_missing",
            _("Write the grounds: every decision has some, even favourable ones."),
            article="art. 18",
            field="grounds",
        )


def no_live_decision(act: Act) -> None:
    if act.preview:
        return
    kind = act.get("kind") or K.AWARD
    found = Decision.objects.live().filter(application=_application(act), kind=kind)
    if kind == K.APPEAL and (cited := act.get("cites")) is not None:
        found = found.exclude(pk=cited.pk, state=S.NOTIFIED)
    if (live := found.first()) is not None:
        raise Refusal(
            "decision_already_live",
            _("A decision of the same kind already exists for this application: %(reference)s.")
            % {"reference": live.reference},
            remedy=_("Annul or replace it."),
            article="art. 18",
            status=409,
        )


def amount_fits(act: Act) -> None:
    """Between the least and the most a meeting may propose for the file: one definition, whichever door the amount comes by (rulebook, art. 4, 17)."""
    if act.preview:
        return
    application, amount = _application(act), act.get("amount")
    if act.get("outcome") != O.SELECTED:
        if amount is not None:
            raise Refusal(
                "amount_without_award", _("Only a decision that funds a project carries an amount."), field="amount"
            )
        return
    check_amount(application, amount if isinstance(amount, int) else None, field="amount")


# ---- the vote ----


def file_is_under_review(act: Act) -> None:
    application = act.get("application")
    if act.preview or application is None:
        return
    if application.state != "under_review":
        raise Refusal("not_allowed_in_state", _("This application is no longer under review."), status=409)
    if act.get("outcome") not in (O.SELECTED, O.RESERVE, O.REJECTED):
        raise Refusal("outcome_unknown", _("A vote funds, puts on the reserve list or refuses."), field="outcome")
    if act.get("outcome") == O.RESERVE and not act.get("reserve_rank"):
        raise Refusal(
            "reserve_rank_missing", _("Give the rank on the reserve list."), field="reserve_rank", article="art. 17"
        )


def parity_of(application, agenda_item) -> voting.Parity:
    """The predicate of article 16 on one file: reviews of both colleges, votes with equal weight."""
    panel = queries.panel_of(application.call)
    vote = (
        Vote.objects.filter(item=agenda_item).exclude(outcome__in=("", "void")).order_by("-round").first()
        if getattr(agenda_item, "pk", None)
        else None
    )
    rule = vote.rule if vote is not None and vote.rule else application.call.rule_version["majority"]
    return voting.parity(
        reviews=queries.review_counts(application),
        fallback=bool(panel and panel.fallback_of(application.reference)),
        rule=rule,
        equal_weight=vote.equal_weight if vote is not None else False,
        # The minutes, the panel's public page and the project's write it from the counts of the vote: without them nobody would.
        inequality_recorded=vote is not None and inequality_is_told(vote),
    )


def decision_is_paritary(act: Act) -> None:
    application = act.get("application")
    if act.preview or application is None:
        return
    found = parity_of(application, act.obj)
    if found.holds:
        return
    if found.missing == "reviews":
        panel = queries.panel_of(application.call)
        raise parity_missing(application, queries.review_counts(application), panel.reviews_per_college if panel else 1)
    raise Refusal(
        "unequal_votes",
        _("The two colleges did not vote with equal weight."),
        remedy=_("Defer the item or, under the ordinary majority, record the inequality in the minutes."),
        article="art. 16",
        status=409,
    )


# ---- the other kinds ----

EXPECTED: dict[str, dict[str, tuple[str, ...]]] = {
    K.ELIGIBILITY: {"submitted": (O.INELIGIBLE,)},
    K.PROMOTION: {"on_reserve": (O.SELECTED,)},
    K.WITHDRAWAL: {"selected": (O.REJECTED,)},
    K.RESERVE_CLOSURE: {"on_reserve": (O.REJECTED,)},
    K.APPEAL: {
        "ineligible": (O.ELIGIBLE,),
        "rejected": (O.SELECTED, O.RESERVE),
        "on_reserve": (O.SELECTED,),
        "selected": (O.REJECTED,),
    },
}
"""Which outcomes a drafted decision may have, by kind and by state of the file."""


def drafter_is_entitled(act: Act) -> None:
    """Eligibility is drafted by a case officer; the other kinds by the authority. Never by someone with an interest in the file."""
    if act.preview:
        return
    application = act.obj
    if act.get("kind") == K.ELIGIBILITY:
        if not has_role(act.actor, Role.CASE_OFFICER, act.at):
            raise Refusal(
                "not_permitted", _("You may not do this; it belongs to: %(people)s.") % {"people": _("a case officer")}
            )
        if files.officer_interest(act.actor, application):
            raise Refusal(
                "officer_interest",
                _("You, your association or your department have a link with this application."),
                remedy=_("Another officer must handle it."),
                article="art. 9",
                status=403,
            )
    elif not is_authority(act.actor, application, act.at):
        raise not_the_authority(application)


def outcome_suits_state(act: Act) -> None:
    if act.preview:
        return
    kind, application = act.get("kind"), act.obj
    allowed = EXPECTED.get(kind, {}).get(application.state)
    if allowed is None:
        raise Refusal(
            "not_allowed_in_state",
            _("This decision is not possible in the present state of the application: %(state)s.")
            % {"state": application.get_state_display()},
            status=409,
        )
    if act.get("outcome") not in allowed:
        raise Refusal("outcome_unknown", _("This kind of decision cannot have this outcome."), field="outcome")


def cites_what_it_follows(act: Act) -> None:
    """Every kind but the first two rests on a standing decision of the same file, and says which."""
    if act.preview or act.get("kind") == K.ELIGIBILITY:
        return
    cited = act.get("cites")
    if cited is None or cited.application_id != act.obj.pk or cited.state != S.NOTIFIED:
        raise Refusal(
            "cited_decision_missing",
            _("Give the decision that this one replaces or follows."),
            article="art. 18",
            field="cites",
        )


def ineligible_with_reason(act: Act) -> None:
    """Condition, article, finding; and nobody is declared ineligible before he could complete his file (art. 9)."""
    if act.preview or act.get("kind") != K.ELIGIBILITY:
        return
    if not (act.get("article") or "").strip():
        raise Refusal(
            "eligibility_reason_missing",
            _("Give the missing condition, its article and what you found:"),
            remedy=_("the applicant must be able to understand and contest."),
            article="art. 9",
            field="article",
        )
    rules = act.obj.call.rule_version
    if (
        rules["ineligible_only_after_information_request"]
        and act.get("correctable", True)
        and not act.obj.information_requests.exists()
    ):
        raise Refusal(
            "information_request_required_first",
            _("This defect can be corrected. Ask for it first;"),
            remedy=_("you can conclude after the answer or the time limit."),
            article="art. 9",
            status=409,
        )


def first_of_the_list(act: Act) -> None:
    """A promotion goes to the first of the reserve list, while the list lasts."""
    if act.preview or act.get("kind") != K.PROMOTION:
        return
    application, waiting = act.obj, queries.reserve_list(act.obj.call)
    if not waiting or waiting[0].application_id != application.pk:
        raise Refusal(
            "not_first_of_list",
            _("Another application comes first on the reserve list: %(reference)s.")
            % {"reference": waiting[0].application.reference if waiting else "…"},
            article="art. 17",
            status=409,
        )
    until = queries.reserve_until(waiting[0])
    if until is not None and act.at >= until:
        raise Refusal(
            "reserve_list_over",
            _("The reserve list ended on %(instant)s.") % {"instant": when(until)},
            article="art. 17",
            status=409,
        )


def list_is_over(act: Act) -> None:
    if act.preview or act.get("kind") != K.RESERVE_CLOSURE:
        return
    until = queries.reserve_until(act.get("cites"))
    if until is not None and act.at < until and act.obj.call.envelope.state != EnvelopeState.CLOSED:
        raise Refusal(
            "reserve_list_open",
            _("The reserve list lasts until %(instant)s.") % {"instant": when(until)},
            remedy=_("It ends before only when the envelope is closed."),
            article="art. 17",
            status=409,
        )


def appeal_was_granted(act: Act) -> None:
    if act.preview or act.get("kind") != K.APPEAL:
        return
    if not Appeal.objects.filter(
        decision=act.get("cites"), state=AppealState.GRANTED, new_decision__isnull=True
    ).exists():
        raise Refusal(
            "appeal_missing",
            _("No granted appeal asks for this decision."),
            remedy=_("Answer the appeal first."),
            article="art. 19",
            status=409,
        )


def observations_were_invited(act: Act) -> None:
    """An award is taken back only after its laureate could give his observations (CRPA L122-1), and before the agreement is signed."""
    if act.preview or not (
        act.get("kind") == K.WITHDRAWAL or act.get("kind") == K.APPEAL and act.obj.state == "selected"
    ):
        return
    details = act.get("details") or {}
    invited_on = parse_date(str(details.get("observations_invited_on") or ""))
    days = act.obj.call.rule_version["adversarial_days"]
    if invited_on is None:
        raise Refusal(
            "adversarial_step_missing",
            _("Say on which day the laureate was invited to give observations."),
            article="art. 25",
            field="observations_invited_on",
        )
    last = invited_on + timedelta(days=days)
    if not (details.get("observations") or "").strip() and timezone.localdate(act.at) <= last:
        raise Refusal(
            "observations_period_open",
            _("The recipient can still reply until %(day)s.") % {"day": date_format(last, "j F Y")},
            remedy=_("Wait for the reply or that date."),
            article="art. 25",
            status=409,
        )


def award_not_committed(act: Act) -> None:
    """Once both signed the agreement, the grant lives and ends by it: even terminated, its award is not taken back.

    Asked when the decision is drafted and again when it is notified: the agreement may have been signed in between.
    """
    drafted = isinstance(act.obj, Decision)
    application = act.obj.application if drafted else act.obj
    outcome = act.obj.outcome if drafted else act.get("outcome")
    if outcome == O.REJECTED and application.state == "selected" and books.was_committed(application.reference):
        raise Refusal(
            "agreement_already_signed",
            _("Both sides have signed the agreement: the award can no longer be taken back."),
            remedy=_("Annul this decision; the agreement itself can be suspended, then terminated.")
            if drafted
            else _("Suspend the agreement, then terminate it; what was paid and is not due is claimed back."),
            article="art. 20",
            status=409,
        )


# ---- signing, annulling, notifying ----


def may_sign(act: Act) -> None:
    """One of those expected, who has not signed yet. Refusals name the office, never a vote."""
    decision = act.obj
    expected = queries.signers(decision, act.at)
    own = [signer for signer in expected if signer.user == act.actor]
    if not own:
        from reviews.rules.people import not_recused

        not_recused(act)
        raise not_the_authority(decision.application)
    if own[0].signed_at is not None:
        left = ", ".join(signer.label or signer.capacity for signer in expected if signer.signed_at is None)
        raise Refusal(
            "already_signed",
            _("You already signed, on %(instant)s.") % {"instant": when(own[0].signed_at)},
            remedy=_("Missing: %(people)s.") % {"people": left} if left else None,
            article="art. 18",
            status=409,
        )


def minutes_are_adopted(act: Act) -> None:
    item = act.obj.agenda_item
    if act.obj.kind != K.AWARD or item is None or item.meeting.state == MeetingState.MINUTES_ADOPTED:
        return
    raise Refusal(
        "minutes_not_adopted",
        _("The minutes are not adopted."),
        remedy=_("Award decisions are signed once both colleges have signed them."),
        article="art. 16, 18",
        status=409,
    )


def letter_is_ready(act: Act) -> None:
    document = act.obj.document
    if document is None or document.state != "rendered":
        raise Refusal(
            "document_not_rendered",
            _("The document is not ready yet: you only sign what you can read as a PDF."),
            remedy=_("Try again in a minute, or have it produced now."),
            status=409,
        )


def not_notified(act: Act) -> None:
    if act.obj.state in (S.NOTIFIED, S.REPLACED):
        raise Refusal(
            "already_notified",
            _("The decision is notified and can no longer be annulled."),
            remedy=_("Make a new one that cites it."),
            article="art. 18",
            status=409,
        )


def annulled_by_its_author(act: Act) -> None:
    """An eligibility decision by the case officer or the authority; the others by the authority alone."""
    decision = act.obj
    officer = decision.kind == K.ELIGIBILITY and has_role(act.actor, Role.CASE_OFFICER, act.at)
    if not officer and not is_authority(act.actor, decision.application, act.at):
        raise not_the_authority(decision.application)


def cited_still_stands(act: Act) -> None:
    cited = act.obj.cites
    if cited is not None and cited.state != S.NOTIFIED:
        raise Refusal(
            "cited_decision_missing",
            _("The decision that this one replaces no longer stands."),
            remedy=_("Annul this one and write another."),
            article="art. 18",
            status=409,
        )
