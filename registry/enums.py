from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Stage(models.TextChoices):
    """Where a published grant stands, for the public. Computed, never stored."""

    AWARDED = "awarded", _("awarded")
    ACTIVE = "active", _("under way")
    COMPLETED = "completed", _("completed")
    STOPPED = "stopped", _("stopped")
    NOT_TAKEN_UP = "not_taken_up", _("not taken up")
    UNPUBLISHED = "unpublished", _("page unpublished")
    EARLIER = "earlier", _("earlier grant")


BARE = (Stage.NOT_TAKEN_UP, Stage.UNPUBLISHED)
"""Stages of which the public reads the reference, the amount and the entries of the ledger, and nothing else."""


class PageState(models.TextChoices):
    PUBLISHED = "published", pgettext_lazy("page", "published")
    UNPUBLISHED = "unpublished", pgettext_lazy("page", "unpublished")


class ChangeKind(models.TextChoices):
    CORRECT = "correct", _("text corrected")
    UNPUBLISH = "unpublish", _("page unpublished")
    REPUBLISH = "republish", _("page published again")


class ChangeGround(models.TextChoices):
    """Why a public page is changed. The public reads the ground; the detail stays with the fund."""

    ERROR = "error", pgettext_lazy("ground", "error")
    PERSONAL_DATA = "personal_data", pgettext_lazy("ground", "personal data")
    COURT_ORDER = "court_order", pgettext_lazy("ground", "court order")
    SAFETY = "safety", pgettext_lazy("ground", "safety of persons")


class News(models.TextChoices):
    """What becomes public of a project, or of a call for an answer: what followers are told and programs are sent."""

    DECISION = "decision", pgettext_lazy("news", "award notified")
    AGREEMENT = "agreement", pgettext_lazy("news", "agreement signed")
    PAYMENT = "payment", pgettext_lazy("news", "payment")
    BOUNCE = "bounce", pgettext_lazy("news", "payment returned by the bank")
    RELEASE = "release", pgettext_lazy("news", "money given back to the envelope")
    CLAIM = "claim", pgettext_lazy("news", "money claimed back")
    UNCLAIM = "unclaim", pgettext_lazy("news", "claim lowered or dropped")
    RETURN = "return", pgettext_lazy("news", "money given back by the recipient")
    REPORT = "report", pgettext_lazy("news", "report accepted")
    ANSWER = "answer", pgettext_lazy("news", "answer to a question")
    CORRECTION = "correction", pgettext_lazy("news", "public text corrected")
    UNPUBLICATION = "unpublication", pgettext_lazy("news", "page withdrawn")
    REPUBLICATION = "republication", pgettext_lazy("news", "page published again")


class Licence(models.TextChoices):
    """Under what a file of earlier grants was published by those who made it."""

    ETALAB = "etalab-2.0", _("Licence Ouverte 2.0")
    ODBL = "odbl-1.0", _("ODbL 1.0")
    CC_BY = "cc-by-4.0", _("CC BY 4.0")
    CC_ZERO = "cc0-1.0", _("CC0 1.0")


LICENCES = {
    Licence.ETALAB: "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    Licence.ODBL: "https://opendatacommons.org/licenses/odbl/1-0/",
    Licence.CC_BY: "https://creativecommons.org/licenses/by/4.0/",
    Licence.CC_ZERO: "https://creativecommons.org/publicdomain/zero/1.0/",
}
"""Where each is read."""


class WebhookState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("webhook", "active")
    DISABLED = "disabled", pgettext_lazy("webhook", "disabled")
    ENDED = "ended", pgettext_lazy("webhook", "ended")


class QuestionState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("question", "waiting for an answer")
    ANSWERED = "answered", pgettext_lazy("question", "answered")
    SET_ASIDE = "set_aside", pgettext_lazy("question", "set aside")


class SetAsideReason(models.TextChoices):
    """Why a question gets no public answer. Its text is never shown."""

    ANSWERED_ELSEWHERE = "answered_elsewhere", pgettext_lazy("question", "already answered on this page")
    OF_A_FILE = "of_a_file", pgettext_lazy("question", "about one application: the fund answers its team")
    OF_A_PERSON = "of_a_person", pgettext_lazy("question", "about a person’s private life")
    OFF_TOPIC = "off_topic", pgettext_lazy("question", "not about this call or project")
    UNLAWFUL = "unlawful", pgettext_lazy("question", "insulting, advertising or unlawful")


DOCUMENT_LABELS = {
    "agreement": _("grant agreement"),
    "amendment": _("amendment to the agreement"),
    "annual_statement": _("statement of what was received in a year"),
    "appeal_receipt": _("receipt of an appeal"),
    "appeal_rejection": _("answer to an appeal"),
    "award_letter": _("award letter"),
    "closing_letter": _("closing letter"),
    "dismissal": _("dismissal"),
    "financial_figures": _("figures of the financial report (Cerfa 15059)"),
    "formal_notice": _("formal notice to report"),
    "ineligibility_letter": _("letter of ineligibility"),
    "grant_statement": _("account of a grant"),
    "information_request": _("request for information"),
    "lapse_letter": _("letter of lapse"),
    "liquidation_sheet": _("sheet of a liquidation file"),
    "meeting_notice": _("notice of meeting"),
    "minutes": _("minutes of a meeting"),
    "payment_order": _("payment order"),
    "quorum_record": _("record of a missing quorum"),
    "receipt": _("receipt of an application"),
    "recovery_invitation": _("invitation to comment before a recovery"),
    "recovery_letter": _("letter of recovery"),
    "refusal_letter": _("letter of refusal"),
    "reinstatement_letter": _("letter of reinstatement"),
    "report_copy": _("copy of a report"),
    "reserve_extract": _("extract of the reserve list"),
    "reserve_letter": _("reserve list letter"),
    "return_receipt": _("receipt of a repayment"),
    "signed_copy": _("copy signed on paper"),
    "year_closing": _("closing of a year"),
}
"""What a document is, for someone who holds it."""


def document_label(kind: str):
    return DOCUMENT_LABELS.get(kind, _("document"))
