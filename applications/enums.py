"""States and choices of the file. Values are English and stable; the choice labels are the staff's, the applicant's stand beside them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ApplicationState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("application", "Draft (content closed)")
    LAPSED = "lapsed", pgettext_lazy("application", "Lapsed")
    SUBMITTED = "submitted", pgettext_lazy("application", "Received, to check")
    INFORMATION_REQUESTED = "information_requested", pgettext_lazy("application", "Awaiting information")
    ELIGIBLE = "eligible", pgettext_lazy("application", "Eligible")
    INELIGIBLE = "ineligible", pgettext_lazy("application", "Ineligible, notified")
    UNDER_REVIEW = "under_review", pgettext_lazy("application", "Under review")
    ON_RESERVE = "on_reserve", pgettext_lazy("application", "Reserve list")
    SELECTED = "selected", pgettext_lazy("application", "Funded")
    REJECTED = "rejected", pgettext_lazy("application", "Not selected")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Withdrawn")
    RENOUNCED = "renounced", pgettext_lazy("application", "Given up, money released")
    DISMISSED = "dismissed", pgettext_lazy("application", "Dismissed")


APPLICANT_LABELS = {
    "draft": pgettext_lazy("application", "Draft"),
    "lapsed": pgettext_lazy("application", "Not filed in time"),
    "lapsed_award": pgettext_lazy("application", "Grant lapsed"),
    "submitted": pgettext_lazy("application", "Received"),
    "submitted_copy": pgettext_lazy("application", "Received, changes not filed"),
    "information_requested": pgettext_lazy("application", "Action needed"),
    "eligible": pgettext_lazy("application", "Eligible"),
    "ineligible": pgettext_lazy("application", "Not reviewed: decision to read"),
    "under_review": pgettext_lazy("application", "Under review"),
    "on_reserve": pgettext_lazy("application", "Reserve list"),
    "selected": pgettext_lazy("application", "Funded"),
    "rejected": pgettext_lazy("application", "Not selected"),
    "withdrawn": pgettext_lazy("application", "Withdrawn"),
    "renounced": pgettext_lazy("application", "You gave up the grant"),
    "dismissed": pgettext_lazy("application", "Dismissed: call cancelled"),
}
STAFF_LABELS = {
    "lapsed": pgettext_lazy("application", "Lapsed, never filed"),
    "lapsed_award": pgettext_lazy("application", "Lapsed, money released"),
}
SENTENCES = {
    "draft": pgettext_lazy("application", "You are writing; the fund has received nothing yet."),
    "lapsed": pgettext_lazy(
        "application", "The draft was not filed before closing; it can be reused for another call."
    ),
    "lapsed_award": pgettext_lazy(
        "application", "The time to accept or sign has passed; the money went back to the envelope."
    ),
    "submitted": pgettext_lazy("application", "Your application is received; staff are checking it is complete."),
    "submitted_copy": pgettext_lazy("application", "The version you filed stands until you file your copy."),
    "information_requested": pgettext_lazy("application", "Something is missing; the page says what and by when."),
    "eligible": pgettext_lazy("application", "Your application fits the call; the panel will review it."),
    "ineligible": pgettext_lazy(
        "application", "A condition of the call is not met; the decision says which one and how to contest it."
    ),
    "under_review": pgettext_lazy("application", "The panel is reading and deliberating; nothing is expected of you."),
    "on_reserve": pgettext_lazy("application", "Your project will be proposed if money comes free."),
    "selected": pgettext_lazy("application", "The fund supports your project; what follows is in the agreement."),
    "rejected": pgettext_lazy("application", "No grant is awarded; the decision says why and how to contest it."),
    "withdrawn": pgettext_lazy(
        "application", "The application was withdrawn at its author’s request, before any notification."
    ),
    "renounced": pgettext_lazy(
        "application", "The laureate gave up the grant before signing; the money went back to the envelope."
    ),
    "dismissed": pgettext_lazy(
        "application", "The call is cancelled; your application was not judged and can be reused for another call."
    ),
}
_ENDED = pgettext_lazy("partner", "The application has ended: there will be no project with the fund under this call.")
_CHECKED = pgettext_lazy("partner", "The application is filed; the fund is checking that it is complete.")
_REFUSED = pgettext_lazy("partner", "The fund does not support the project.")
PARTNER_SENTENCES = {
    "draft": pgettext_lazy("partner", "The application is being written; the fund has not received it yet."),
    "lapsed": pgettext_lazy("partner", "The application was not filed in time."),
    "submitted": _CHECKED,
    "submitted_copy": _CHECKED,
    "information_requested": _CHECKED,
    "eligible": pgettext_lazy("partner", "The application fits the call; the panel will review it."),
    "under_review": pgettext_lazy("partner", "The panel is reading and deliberating."),
    "on_reserve": pgettext_lazy(
        "partner", "The project is on the reserve list: it will be proposed if money comes free."
    ),
    "selected": pgettext_lazy("partner", "The fund supports the project."),
    "ineligible": _REFUSED,
    "rejected": _REFUSED,
    "withdrawn": _ENDED,
    "renounced": _ENDED,
    "lapsed_award": _ENDED,
    "dismissed": pgettext_lazy("partner", "The call is cancelled; the application was not judged."),
}
"""One sentence for the administration that follows: no more than the applicant reads, and no reason."""
BADGES = {
    "draft": "",
    "lapsed": "bad",
    "submitted": "run",
    "information_requested": "next",
    "eligible": "good",
    "ineligible": "bad",
    "under_review": "run",
    "on_reserve": "run",
    "selected": "good",
    "rejected": "bad",
    "withdrawn": "",
    "renounced": "",
    "dismissed": "",
    "invited": "next",
    "confirmed": "good",
    "declined": "bad",
    "expired": "bad",
    "cancelled": "",
    "open": "next",
    "answered": "good",
}

# Groups. A file in one of FILED has been received; in CLOSED its life here is over.
FILED = (
    "submitted",
    "information_requested",
    "eligible",
    "ineligible",
    "under_review",
    "on_reserve",
    "selected",
    "rejected",
    "renounced",
    "dismissed",
)
STANDING = (
    "submitted",
    "information_requested",
    "eligible",
    "ineligible",
    "under_review",
    "on_reserve",
    "selected",
    "rejected",
)
WRITABLE = ("draft", "submitted", "information_requested")
IN_INSTRUCTION = ("submitted", "information_requested", "eligible", "ineligible")
CLOSED = ("lapsed", "withdrawn", "renounced", "dismissed")


class InformationRequestState(models.TextChoices):
    OPEN = "open", pgettext_lazy("application", "Open, clock paused")
    ANSWERED = "answered", pgettext_lazy("application", "Answered, to read")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Dropped")
    EXPIRED = "expired", pgettext_lazy("application", "Expired, incomplete file")


class PartnershipState(models.TextChoices):
    INVITED = "invited", pgettext_lazy("application", "Awaiting reply")
    CONFIRMED = "confirmed", pgettext_lazy("application", "Confirmed")
    DECLINED = "declined", pgettext_lazy("application", "Declined")
    EXPIRED = "expired", pgettext_lazy("application", "No reply")
    CANCELLED = "cancelled", pgettext_lazy("application", "Invitation cancelled")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "The partner withdrew")


class SectionCode(models.TextChoices):
    APPLICANT = "applicant", _("Who applies")
    PROJECT = "project", _("The project")
    PARTNERSHIP = "partnership", _("The administration")
    BUDGET = "budget", _("The budget")
    OPENNESS = "openness", _("Open results")
    DOCUMENTS = "documents", _("The documents")
    STATEMENTS = "statements", _("Commitments")


class MessageKind(models.TextChoices):
    """A request for the reasons is a message with a last day to answer."""

    MESSAGE = "message", _("message")
    REASONS_REQUEST = "reasons_request", _("request for the reasons")


class TeamRight(models.TextChoices):
    EDITOR = "editor", _("may write")
    READER = "reader", _("may read")


class Area(models.TextChoices):
    """What an editor's right may be limited to, as the team page offers it; the row keeps the sections (`AREA_SECTIONS`)."""

    PROJECT = "project", _("the text of the project")
    PEOPLE = "people", _("the applicant, the administration and the commitments")
    BUDGET = "budget", _("the budget")
    DOCUMENTS = "documents", _("the documents")


AREA_SECTIONS = {
    "project": ("project", "openness"),
    "people": ("applicant", "partnership", "statements"),
    "budget": ("budget",),
    "documents": ("documents",),
}


class AttachmentKind(models.TextChoices):
    STATUTES = "statutes", _("statutes")
    ACCOUNTS = "accounts", _("accounts or annual report")
    MANDATE = "mandate", _("mandate of the collective’s members")
    PARTNER_LETTER = "partner_letter", _("letter of the partner administration")
    QUOTE = "quote", _("quote or price")
    PICTURE = "picture", _("picture or drawing")
    OTHER = "other", _("other document")


class ScanState(models.TextChoices):
    CLEAN = "clean", _("checked")
    PENDING = "pending", _("being checked for viruses")
    INFECTED = "infected", _("refused: infected")


PIECE_KINDS = frozenset({"pdf", "image", "office"})
"""What a document of a file may be (kinds of `core.files.KINDS`)."""


class BearerKind(models.TextChoices):
    ASSOCIATION = "association", _("an association")
    NATURAL_PERSON = "natural_person", _("an adult member of the collective")


class Condition(models.TextChoices):
    """What a case officer checks, in the order of articles 9.1 to 9.7; the call's own conditions follow as `call_<code>`."""

    ADMISSIBLE = "admissible", _("filed in time, complete, signed, readable")
    APPLICANT_KIND = "applicant_kind", _("the applicant and the bearer may receive a grant")
    PARTNERSHIP_CONFIRMED = "partnership_confirmed", _("at least one partnership is confirmed")
    AMOUNT = "amount_within_ceiling", _("the amount is within the ceiling")
    BUDGET = "budget_balanced", _("the budget balances and its expenses can be funded")
    DURATION = "project_duration", _("the project is not finished and is not too long")
    OPENNESS = "openness_commitment", _("the commitment to open results is made")
    CER = "cer_when_due", _("the republican commitment contract is subscribed when due")


CONDITION_ARTICLES = {
    "admissible": "art. 8",
    "applicant_kind": "art. 2",
    "partnership_confirmed": "art. 3",
    "amount_within_ceiling": "art. 4",
    "budget_balanced": "art. 5",
    "project_duration": "art. 5",
    "openness_commitment": "art. 7",
    "cer_when_due": "art. 7",
}
