"""States of a request to an external expert, and the grounds on which he steps back."""

from django.db import models
from django.utils.translation import pgettext_lazy

from reviews.enums.reading import AUTOMATIC_GROUNDS, Ground


class ExpertState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("expert", "Asked, has not declared yet")
    READING = "reading", pgettext_lazy("expert", "No interest, reads and writes")
    SUBMITTED = "submitted", pgettext_lazy("expert", "Opinion given")
    CONFLICTED = "conflicted", pgettext_lazy("expert", "Has an interest: closed")
    DECLINED = "declined", pgettext_lazy("expert", "Declined")
    REVOKED = "revoked", pgettext_lazy("expert", "Withdrawn by the fund")


OPEN_REQUESTS = (ExpertState.ASKED, ExpertState.READING)
EXPERT_BADGES = {
    "asked": "next",
    "reading": "run",
    "submitted": "good",
    "conflicted": "bad",
    "declined": "",
    "revoked": "",
}
EXPERT_GROUNDS = [choice for choice in Ground.choices if choice[0] not in AUTOMATIC_GROUNDS]
