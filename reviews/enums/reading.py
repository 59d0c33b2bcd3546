"""States and choices of the reading side: declarations, assignments, decisions, appeals. Choice labels are the staff's; the applicant's stand beside them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PanelState(models.TextChoices):
    CONSTITUTED = "constituted", pgettext_lazy("panel", "Constituted")
    READING = "reading", pgettext_lazy("panel", "Reading")
    READING_CLOSED = "reading_closed", pgettext_lazy("panel", "Reading closed")


class SeatKind(models.TextChoices):
    FULL_MEMBER = "full_member", _("full member")
    ALTERNATE = "alternate", _("alternate")
    OBSERVER = "observer", _("without a vote (user of the service, observer)")


class SeatEnd(models.TextChoices):
    """Why a seat ended before its call was over."""

    RESIGNATION = "resignation", pgettext_lazy("seat", "resignation")
    END_OF_TERM = "end_of_term", pgettext_lazy("seat", "end of the term")
    DEATH = "death", pgettext_lazy("seat", "death")
    ROLE_ENDED = "role_ended", pgettext_lazy("seat", "the role ended")
    OTHER = "other", pgettext_lazy("seat", "another reason")


class Gender(models.TextChoices):
    """As the member says it; never asked of anyone who would rather not."""

    WOMAN = "woman", pgettext_lazy("gender", "woman")
    MAN = "man", pgettext_lazy("gender", "man")
    OTHER = "other", pgettext_lazy("gender", "other")


class DeclarationState(models.TextChoices):
    REQUIRED = "required", pgettext_lazy("declaration", "To declare")
    NONE = "none", pgettext_lazy("declaration", "No interest")
    RECUSED = "recused", pgettext_lazy("declaration", "Recused")


class Ground(models.TextChoices):
    """Why a member steps back. The first five are found by the service; the member chooses among the others. The private detail stays erasable."""

    OWN_FILE = "own_file", _("files or leads this application")
    CO_APPLICANT = "co_applicant", _("is a member of its team")
    BEARER_OFFICER = "bearer_officer", _("receives the money or leads the body that receives it")
    PARTNER_AGENT = "partner_agent", _("confirmed the partnership for the administration")
    APPLIES_IN_CALL = "applies_in_call", _("applies in this call")
    ASSOCIATION_MEMBER = "association_member", _("member, employee or volunteer of the applicant or the bearer")
    FAMILY_TIE = "family_tie", _("family or close tie with someone of the team")
    PARTNER_TIE = "partner_tie", _("works for the partner administration")
    PROFESSIONAL_TIE = "professional_tie", _("funds, supplies or competes with the project")
    CONTRIBUTOR = "contributor", _("helped to write the application")
    FORMER_POSITION = "former_position", _("was in one of these cases in the last three years")
    PERSONAL_INTEREST = "personal_interest", _("another personal interest")


AUTOMATIC_GROUNDS = (
    Ground.OWN_FILE,
    Ground.CO_APPLICANT,
    Ground.BEARER_OFFICER,
    Ground.PARTNER_AGENT,
    Ground.APPLIES_IN_CALL,
)


class Hint(models.TextChoices):
    """A likeness the service found between a member and a file; only the first needs both co-presidents to be set aside."""

    SAME_SIRET = "same_siret", _("same SIRET number")
    SAME_BODY = "same_body", _("another department of the same body")
    SAME_EMAIL_DOMAIN = "same_email_domain", _("same e-mail domain")
    FORMER_TEAM = "former_team", _("you were in another application with someone of this team")
    OWN_BODY = "own_body", _("this body was in another application of yours")
    EARLIER_GRANT = "earlier_grant", _("this body received a grant with you")


class AssignmentState(models.TextChoices):
    ASSIGNED = "assigned", pgettext_lazy("assignment", "Assigned")
    IN_PROGRESS = "in_progress", pgettext_lazy("assignment", "In progress")
    SUBMITTED = "submitted", pgettext_lazy("assignment", "Submitted")
    RECUSED = "recused", pgettext_lazy("assignment", "Recused")
    WITHDRAWN = "withdrawn", pgettext_lazy("assignment", "Withdrawn")


ACTIVE_ASSIGNMENTS = (AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS, AssignmentState.SUBMITTED)
READER_LABELS = {
    "assigned": pgettext_lazy("assignment", "To read"),
    "in_progress": pgettext_lazy("assignment", "Started"),
    "reopened": pgettext_lazy("assignment", "To revise"),
    "submitted": pgettext_lazy("assignment", "Submitted"),
    "recused": pgettext_lazy("assignment", "Recused"),
    "withdrawn": pgettext_lazy("assignment", "Withdrawn"),
}


class Fallback(models.TextChoices):
    """What replaces equal reviews when a college lacks readers, in the order of article 13."""

    ALTERNATE = "alternate", _("an alternate of the same college reads")
    LOWER = "lower", _("the same lower number of reviews for both colleges")
    PLENARY = "plenary", _("reading by the whole panel in its meeting")


class DecisionKind(models.TextChoices):
    ELIGIBILITY = "eligibility", pgettext_lazy("decision", "Eligibility decision")
    AWARD = "award", pgettext_lazy("decision", "Decision on the request (award, reserve list or refusal)")
    PROMOTION = "promotion", pgettext_lazy("decision", "Award from the reserve list")
    APPEAL = "appeal", pgettext_lazy("decision", "Decision after appeal")
    WITHDRAWAL = "withdrawal", pgettext_lazy("decision", "Withdrawal of the grant")
    RESERVE_CLOSURE = "reserve_closure", pgettext_lazy("decision", "End of the reserve list")


AWARD_KINDS = (DecisionKind.AWARD, DecisionKind.PROMOTION, DecisionKind.APPEAL)
"""Kinds that may grant money."""


class DecisionOutcome(models.TextChoices):
    SELECTED = "selected", pgettext_lazy("decision", "Funded")
    RESERVE = "reserve", pgettext_lazy("decision", "Reserve list")
    REJECTED = "rejected", pgettext_lazy("decision", "Not selected")
    INELIGIBLE = "ineligible", pgettext_lazy("decision", "Ineligible")
    ELIGIBLE = "eligible", pgettext_lazy("decision", "Eligible again")


class DecisionState(models.TextChoices):
    VOTED = "voted", pgettext_lazy("decision", "Voted, to sign")
    DRAFTED = "drafted", pgettext_lazy("decision", "Drafted, to sign")
    SIGNED = "signed", pgettext_lazy("decision", "Signed, to notify")
    NOTIFIED = "notified", pgettext_lazy("decision", "Notified")
    REPLACED = "replaced", pgettext_lazy("decision", "Replaced")
    ANNULLED = "annulled", pgettext_lazy("decision", "Annulled before notification")


TO_SIGN = (DecisionState.VOTED, DecisionState.DRAFTED)
NOT_NOTIFIED = (DecisionState.VOTED, DecisionState.DRAFTED, DecisionState.SIGNED)
LIVE_DECISIONS = (*NOT_NOTIFIED, DecisionState.NOTIFIED)


class AppealState(models.TextChoices):
    FILED = "filed", pgettext_lazy("appeal", "Appeal to examine")
    GRANTED = "granted", pgettext_lazy("appeal", "Granted")
    REJECTED = "rejected", pgettext_lazy("appeal", "Rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("appeal", "Withdrawn")


APPEAL_LABELS = {
    "filed": pgettext_lazy("appeal", "Appeal in progress"),
    "filed_late": pgettext_lazy("appeal", "Appeal in progress, received late"),
    "granted": pgettext_lazy("appeal", "Appeal granted"),
    "rejected": pgettext_lazy("appeal", "Appeal rejected"),
    "withdrawn": pgettext_lazy("appeal", "Appeal withdrawn"),
}
BADGES = {
    "constituted": "next",
    "reading": "run",
    "reading_closed": "good",
    "required": "next",
    "none": "good",
    "recused": "bad",
    "assigned": "next",
    "in_progress": "run",
    "submitted": "good",
    "withdrawn": "",
    "voted": "next",
    "drafted": "next",
    "signed": "run",
    "notified": "good",
    "replaced": "",
    "annulled": "bad",
    "filed": "next",
    "granted": "good",
    "rejected": "bad",
    "selected": "good",
    "reserve": "run",
    "ineligible": "bad",
    "eligible": "good",
}
