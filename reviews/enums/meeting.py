"""States and choices of meetings, their agenda and their votes."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MeetingState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("meeting", "Planned")
    CONVENED = "convened", pgettext_lazy("meeting", "Notice sent")
    OPEN = "open", pgettext_lazy("meeting", "In session")
    ADJOURNED = "adjourned", pgettext_lazy("meeting", "Adjourned")
    CLOSED = "closed", pgettext_lazy("meeting", "Closed, minutes to sign")
    MINUTES_ADOPTED = "minutes_adopted", pgettext_lazy("meeting", "Minutes adopted")
    CANCELLED = "cancelled", pgettext_lazy("meeting", "Cancelled")


MEETING_LIVE = (MeetingState.PLANNED, MeetingState.CONVENED, MeetingState.OPEN, MeetingState.ADJOURNED)
"""States in which the agenda may still be dealt with."""
MEETING_HELD = (MeetingState.CLOSED, MeetingState.MINUTES_ADOPTED)

MEETING_TONES = {
    "planned": "",
    "convened": "next",
    "open": "run",
    "adjourned": "bad",
    "closed": "next",
    "minutes_adopted": "done",
    "cancelled": "bad",
}


class AgendaItemState(models.TextChoices):
    LISTED = "listed", pgettext_lazy("agenda item", "Listed")
    IN_DISCUSSION = "in_discussion", pgettext_lazy("agenda item", "In discussion")
    VOTED = "voted", pgettext_lazy("agenda item", "Voted")
    DEFERRED = "deferred", pgettext_lazy("agenda item", "Deferred")
    WITHDRAWN = "withdrawn", pgettext_lazy("agenda item", "Removed from the agenda")


ITEM_OPEN = (AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION)

ITEM_TONES = {"listed": "", "in_discussion": "run", "voted": "done", "deferred": "next", "withdrawn": "bad"}


class Proposal(models.TextChoices):
    """What the panel is asked to vote on for a file."""

    SELECTED = "selected", pgettext_lazy("proposal", "Fund")
    RESERVE = "reserve", pgettext_lazy("proposal", "Reserve list")
    REJECTED = "rejected", pgettext_lazy("proposal", "Do not fund")


class VoteMode(models.TextChoices):
    CONSENT = "consent", pgettext_lazy("vote", "without objection")
    OPEN = "open", pgettext_lazy("vote", "show of hands")
    SECRET = "secret", pgettext_lazy("vote", "secret ballot")  # noqa: S105


class BallotChoice(models.TextChoices):
    FOR = "for", pgettext_lazy("vote", "for")
    AGAINST = "against", pgettext_lazy("vote", "against")
    ABSTAIN = "abstain", pgettext_lazy("vote", "abstention")


class VoteOutcome(models.TextChoices):
    ADOPTED = "adopted", pgettext_lazy("vote", "adopted")
    REJECTED = "rejected", pgettext_lazy("vote", "not adopted")
    TIED = "tied", pgettext_lazy("vote", "equal split")
    DEFERRED = "deferred", pgettext_lazy("vote", "deferred")
    VOID = "void", pgettext_lazy("vote", "abandoned")


DISPOSITION_TONES = {"selected": "good", "reserve": "next", "rejected": "bad"}
OUTCOME_TONES = {"adopted": "good", "rejected": "bad", "tied": "next", "deferred": "next", "void": ""}


class AttendanceKind(models.TextChoices):
    ROOM = "room", pgettext_lazy("attendance", "in the room")
    REMOTE = "remote", pgettext_lazy("attendance", "remote")
    ALTERNATE = "alternate", pgettext_lazy("attendance", "replaced by an alternate")
    PROXY = "proxy", pgettext_lazy("attendance", "represented by a proxy")
    ABSENT = "absent", pgettext_lazy("attendance", "absent")


class ActingReason(models.TextChoices):
    """Why a full member stands in for his college's co-president."""

    ABSENT = "absent", pgettext_lazy("acting president", "the co-president is absent")
    RECUSED = "recused", pgettext_lazy("acting president", "the co-president is recused from an item")
    ENDED = "ended", pgettext_lazy("acting president", "the co-president’s term has ended")
    REFUSED = "refused", pgettext_lazy("acting president", "the co-president refuses to sign, saying why")


class MinutesCapacity(models.TextChoices):
    PRESIDENT = "president", _("co-president")
    ACTING = "acting", _("acting president")


CUT_REASON = "votre projet est le premier qui ne tenait pas en entier dans l’enveloppe, et le reste atteint votre montant minimum"
"""Why the list gives less than the vote, as the letter says it to its applicant, and as the page of the project says it to all."""
CUT_REASON_TOLD = (
    "ce projet est le premier qui ne tenait pas en entier dans l’enveloppe, et le reste atteint son montant minimum"
)
