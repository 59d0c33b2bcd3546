"""Appeals to the fund: filed, withdrawn, granted (a new decision is then drafted), rejected by a reasoned letter."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.transitions import Refusal, verb
from fund.enums import Role
from fund.queries import holders
from reviews.documents.decisions import freeze_appeal_receipt, freeze_appeal_rejection
from reviews.models import Appeal
from reviews.notifications import tell, tell_applicant
from reviews.queries import appeals as dates
from reviews.rules import appeals as rules
from reviews.rules.people import appellant, applicant, authority, is_authority, not_the_authority


def _by_the_authority(act) -> None:
    application = act.obj.decision.application
    if not is_authority(act.actor, application, act.at):
        raise not_the_authority(application)


@verb(
    machine=Appeal,
    label=_("contest this decision"),
    who=(applicant,),
    creates="filed",
    on="decision",
    name="file",
    guards=(rules.decision_can_be_contested, rules.text_given),
    documents=("appeal_receipt",),
    mails=("reviews/appeal.received", "reviews/appeal.to_answer"),
)
def file(act, decision, *, text):
    """Free and without form. A receipt says by when the fund answers and what silence means; a late one is received and flagged."""
    appeal = Appeal.objects.create(decision=decision, filed_by=act.actor, filed_at=act.at, text=text.strip())
    appeal.receipt = freeze_appeal_receipt(appeal, at=act.at)
    appeal.save(update_fields=["receipt"])
    application = decision.application
    act.note(late=dates.is_late(appeal))
    tell_applicant(
        "appeal.received",
        application,
        f"/dossiers/{application.reference}/decision/",
        at=act.at,
        wait_for=appeal.receipt,
        filed_at=appeal.filed_at,
        late=dates.is_late(appeal),
        answer_by=dates.implicit_rejection_on(appeal),
    )
    role = Role.AUTHORISING_OFFICER if decision.authority == "authorising_officer" else Role.CO_PRESIDENT
    judges = [person for person in holders(role, act.at) if is_authority(person, application, act.at)]
    tell(
        "appeal.to_answer",
        judges,
        "/instruction/recours/",
        at=act.at,
        reference=application.reference,
        answer_by=dates.implicit_rejection_on(appeal),
    )
    return appeal


@verb(machine=Appeal, label=_("withdraw the appeal"), who=(appellant,))
def withdraw(act, appeal):
    """The applicant takes it back: the decision stays as it is."""
    appeal.withdraw(act.at)


JUDGING = (_by_the_authority, rules.did_not_handle_the_file, rules.answer_given)


@verb(machine=Appeal, label=_("grant the appeal"), who=(authority,), guards=JUDGING, mails=("reviews/appeal.answered",))
def grant(act, appeal, *, answer):
    """The fund agrees: a decision of kind appeal is then drafted, signed and notified; it replaces the contested one."""
    appeal.grant(act.actor, act.at, answer.strip())


@verb(
    machine=Appeal,
    label=_("reject the appeal"),
    who=(authority,),
    guards=JUDGING,
    documents=("appeal_rejection",),
    mails=("reviews/appeal.answered",),
)
def reject(act, appeal, *, answer):
    """The decision is maintained, by a letter that answers each argument and names the court."""
    appeal.reject(act.actor, act.at, answer.strip())
    appeal.letter = freeze_appeal_rejection(appeal, signer=act.actor, at=act.at)
    application = appeal.decision.application
    tell_applicant(
        "appeal.answered",
        application,
        f"/dossiers/{application.reference}/decision/",
        at=act.at,
        wait_for=appeal.letter,
        filed_at=appeal.filed_at,
    )


__all__ = ["Refusal", "file", "grant", "reject", "withdraw"]
