"""Guards of the agreement, from the offer to its end."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_euros
from core.transitions import Act, Refusal, never_after
from fund.enums import ApplicantKind, Role
from fund.models import GrantAccount
from fund.rules.common import when
from payments.enums import AGREEMENT_SIGNED_ONCE, RECOVERY_OPEN, InstalmentState, PayeeAccountState
from payments.models import Agreement, PayeeAccount
from payments.rules.people import agreement_of, names, same_person
from payments.rules.recovery import overpaid, overpayment_answered
from reviews.queries import live_award

REMINDER_BEFORE_LAPSE = timedelta(days=2)
"""Rulebook, art. 20: nothing lapses less than two days after the first reminder, however late it left."""


def decision_awards(act: Act) -> None:
    decision = act.obj
    if live_award(decision.application) != decision:
        raise Refusal(
            "decision_not_notified",
            _("No notified award stands for this file."),
            remedy=_("Notify the decision first."),
            article="art. 20",
            status=409,
        )
    if Agreement.objects.filter(application=decision.application_id).exists():
        raise Refusal("already_offered", _("An agreement was already offered for this file."), status=409)


def award_stands(act: Act) -> None:
    if live_award(act.obj.application) != act.obj.decision:
        raise Refusal(
            "award_replaced",
            _("The decision that awarded this grant no longer stands."),
            remedy=_("Write to your contact at the fund."),
            article="art. 20",
            status=409,
        )


def award_is_gone(act: Act) -> None:
    if live_award(act.obj.application) == act.obj.decision:
        raise Refusal(
            "award_stands", _("The decision that awarded this grant still stands."), article="art. 20", status=409
        )


def awarded_anew(act: Act) -> None:
    """The former award fell, another decision (an appeal that was granted) gives the grant again."""
    award = live_award(act.obj.application)
    if award is None or award == act.obj.decision:
        raise Refusal(
            "decision_not_notified",
            _("No notified award stands for this file."),
            remedy=_("Notify the decision first."),
            article="art. 20",
            status=409,
        )


def within_award(act: Act) -> None:
    amount, award = act.get("amount"), act.obj
    if isinstance(award, Agreement):
        award = live_award(award.application)
    if amount is not None and not 0 < amount <= award.amount:
        raise Refusal(
            "agreement_above_award",
            _("The agreement cannot be above the decision, %(amount)s.") % {"amount": format_euros(award.amount)},
            article="art. 20",
            field="amount",
        )


def offer_is_open(act: Act) -> None:
    if act.at >= act.obj.accept_by_at:
        raise Refusal(
            "offer_lapsed",
            _("The time to accept ended on %(instant)s.") % {"instant": when(act.obj.accept_by_at)},
            remedy=_("You can contest the lapse within two months, or apply to the next call."),
            article="art. 20",
            status=409,
        )


def signing_is_open(act: Act) -> None:
    if act.obj.sign_by_at and act.at >= act.obj.sign_by_at:
        raise Refusal(
            "offer_lapsed",
            _("The time to sign ended on %(instant)s.") % {"instant": when(act.obj.sign_by_at)},
            remedy=_("Ask your contact at the fund for more time."),
            article="art. 20",
            status=409,
        )


def terms_accepted(act: Act) -> None:
    if not act.preview and not act.get("terms"):
        raise Refusal(
            "terms_not_accepted",
            _("Tick the box that says you accept the amount and the terms."),
            field="terms",
            article="art. 20",
        )


def signatory_is_of_the_bearer(act: Act) -> None:
    if act.preview:
        return
    application, signatory = act.obj.application, act.get("signatory")
    if signatory is None:
        raise Refusal("signatory_missing", _("Choose who signs for the bearer."), field="signatory", article="art. 20")
    if application.bearer_person_id and signatory.pk != application.bearer_person_id:
        raise Refusal(
            "signatory_not_bearer",
            _("The grant is received by %(person)s, who signs in person.") % {"person": application.bearer_person},
            field="signatory",
            article="art. 20",
        )
    known = {
        application.lead_id,
        *application.members.filter(joined_at__isnull=False).values_list("user_id", flat=True),
        application.bearer_person_id,
    }
    if signatory.pk not in known:
        raise Refusal(
            "signatory_unknown",
            _("The one who signs must have joined the team of this file with an account."),
            remedy=_("Invite this person from the Team page."),
            field="signatory",
            article="art. 20",
        )


def de_minimis_declared(act: Act) -> None:
    given = act.obj.de_minimis_amount if act.obj.de_minimis_amount is not None else act.get("de_minimis_amount")
    if act.obj.application.economic_activity and given is None and not (act.preview and act.verb.name == "accept"):
        raise Refusal(
            "de_minimis_missing",
            _("The de minimis aid received over three years must be declared before signing."),
            remedy=_("Write the amount, zero if none."),
            article="art. 4",
            field="de_minimis_amount",
        )


def needs_cer(application) -> bool:
    """Whether the bearer is an association or a foundation, which subscribes the republican commitment contract."""
    return application.bearer_organisation_id is not None or application.applicant_kind == ApplicantKind.ASSOCIATION


def cer_subscribed(act: Act) -> None:
    application = act.obj.application
    if not needs_cer(application) or act.obj.cer_at or act.get("cer"):
        return
    if application.content.get("statements", {}).get("cer"):
        return
    if act.preview and act.verb.name == "accept":
        return
    raise Refusal(
        "cer_missing",
        _("The republican commitment contract is not subscribed by the bearer."),
        remedy=_("Its representative subscribes it when accepting the offer."),
        article="art. 7",
        field="cer",
    )


def approved_account(agreement) -> PayeeAccount | None:
    return agreement.payee_accounts.filter(state=PayeeAccountState.APPROVED).first()


def account_approved(act: Act) -> None:
    if approved_account(act.obj) is None:
        raise Refusal(
            "payee_account_not_approved",
            _("The bank account is not approved yet."),
            remedy=_("The accounting officer checks it, never the person who recorded it: %(people)s.")
            % {"people": names(Role.ACCOUNTING_OFFICER, act)},
            article="art. 20, 22",
            status=409,
        )


def document_ready(act: Act) -> None:
    document = act.obj.document
    if document is None or document.state != "rendered":
        raise Refusal(
            "document_not_rendered",
            _("The agreement is being prepared as a PDF."),
            remedy=_("Open it once, or come back in a minute."),
            article="art. 20",
            status=409,
        )


def signer_has_not_signed(act: Act) -> None:
    """Who signs: the one who acts, or the one whose signature on paper is recorded."""
    document, signer = act.obj.document, act.get("signer") or act.actor
    if document is not None and document.signatures.filter(signer=signer).exists():
        raise Refusal("already_signed", _("You have already signed this document."), status=409)


def missing_people(agreement, paper) -> list:
    """Who of the bearer's side has not signed this paper (the agreement itself, or an amendment of it)."""
    missing = []
    if not paper.bearer_signed_at and agreement.signatory_id:
        missing.append(agreement.signatory)
    lead = agreement.application.lead
    if (
        agreement.application.applicant_kind == ApplicantKind.COLLECTIVE
        and agreement.signatory_id != lead.pk
        and not (paper.document and paper.document.signatures.filter(signer=lead).exists())
    ):
        missing.append(lead)
    return missing


def bearer_has_signed(act: Act) -> None:
    agreement = agreement_of(act.obj)
    missing = list(map(str, missing_people(agreement, act.obj)))
    if missing or not act.obj.bearer_signed_at:
        raise Refusal(
            "fund_signs_last",
            _("The fund signs last."),
            remedy=_("Missing: %(people)s.") % {"people": ", ".join(missing) or agreement.bearer_name},
            article="art. 20",
            status=409,
        )


@never_after("sign_as_bearer")
def signer_is_not_bearer(act: Act) -> None:
    if act.obj.bearer_signed_by_id == act.actor.pk:
        raise same_person(_("you signed for the bearer"), names(Role.AUTHORISING_OFFICER, act, act.actor.pk))


def later_deadline(act: Act) -> None:
    new = act.get("until")
    present = act.obj.accept_by_at if act.obj.state == "offered" else act.obj.sign_by_at
    if new is not None and new <= max(present, act.at):
        raise Refusal(
            "deadline_not_later",
            _("The new deadline must be later than the present one, %(instant)s.") % {"instant": when(present)},
            field="until",
        )


def deadline_of(agreement):
    """The instant the present step lapses, or None after signature."""
    return {"offered": agreement.accept_by_at, "accepted": agreement.sign_by_at}.get(agreement.state)


def deadline_passed_after_reminder(act: Act) -> None:
    from applications.periods import CLOSING_GRACE

    agreement = act.obj
    if act.at < deadline_of(agreement) + CLOSING_GRACE:
        raise Refusal("deadline_not_passed", _("The time to answer is not over."), status=409)
    if agreement.first_reminded_at is None:
        raise Refusal(
            "reminder_missing",
            _("No reminder was sent yet."),
            remedy=_("A reminder leaves at least two days before the lapse."),
            article="art. 20",
            status=409,
        )
    if act.at < agreement.first_reminded_at + REMINDER_BEFORE_LAPSE:
        raise Refusal(
            "reminder_too_recent", _("The reminder was sent less than two days ago."), article="art. 20", status=409
        )


def observations_over(act: Act) -> None:
    agreement = act.obj
    if agreement.observations_invited_at is None:
        raise Refusal(
            "adversarial_step_missing",
            _("The recipient has not been invited to comment yet."),
            remedy=_("Suspend the agreement first: the recipient is invited to comment, with fifteen days to reply."),
            article="art. 25",
            status=409,
        )
    if agreement.observed_at is None and timezone.localdate(act.at) <= agreement.observations_due_on:
        raise Refusal(
            "observations_period_open",
            _("The recipient can still reply until %(day)s.")
            % {"day": date_format(agreement.observations_due_on, "j F Y")},
            remedy=_("Wait for the reply or that date."),
            article="art. 25",
            status=409,
        )


def nothing_on_its_way(act: Act) -> None:
    if act.obj.instalments.filter(state__in=(InstalmentState.ORDERED, InstalmentState.IN_PAYMENT)).exists():
        raise Refusal(
            "payment_on_its_way",
            _("A payment of this grant is ordered or at the bank."),
            remedy=_("Recall the order, or wait for the bank’s answer."),
            article="art. 25",
            status=409,
        )


def all_done(act: Act) -> None:
    open_things = open_matters(act.obj)
    if open_things:
        raise Refusal(
            "balance_open",
            _("The agreement cannot be completed: %(things)s.") % {"things": ", ".join(open_things)},
            article="art. 23",
            status=409,
        )


def open_matters(agreement) -> list[str]:
    """What keeps the agreement open, in plain words; empty when it may complete."""
    found = []
    if not agreement.reports.filter(kind="final", state="accepted").exists():
        found.append(_("the final report is not accepted"))
    waiting = agreement.instalments.exclude(state__in=("paid", "cancelled")).count()
    if waiting:
        found.append(ngettext("%(n)s payment is open", "%(n)s payments are open", waiting) % {"n": waiting})
    if not overpayment_answered(agreement):
        found.append(
            _("%(amount)s that was not spent is to be given back") % {"amount": format_euros(overpaid(agreement))}
        )
    if agreement.recoveries.filter(state__in=RECOVERY_OPEN).exists():
        found.append(_("an amount is being claimed back"))
    account = GrantAccount.objects.filter(reference=agreement.reference).first()
    if account and (account.committed_amount or account.ordered_amount or account.claimed_amount):
        found.append(_("money is still committed, ordered or claimed"))
    return found


def in_force(act: Act) -> None:
    """For acts on the money: signed on both sides and not suspended."""
    agreement = agreement_of(act.obj)
    if agreement.state == "suspended":
        raise Refusal(
            "agreement_suspended",
            _("The agreement is suspended: %(reason)s.") % {"reason": agreement.suspension_reason.rstrip(".")},
            remedy=_("Payments resume as soon as: %(remedy)s.")
            % {"remedy": agreement.suspension_remedy.rstrip(".") or "…"},
            article="art. 25",
            status=409,
        )
    if agreement.state not in AGREEMENT_SIGNED_ONCE:
        raise Refusal(
            "agreement_not_signed", _("The agreement is not signed by both sides."), article="art. 20, 21", status=409
        )
