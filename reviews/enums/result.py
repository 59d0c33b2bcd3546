from django.db import models
from django.utils.translation import pgettext_lazy


class ResultKind(models.TextChoices):
    """What a confirmed result of the solver was: the first assignment, or a repair of it."""

    ASSIGN = "assign", pgettext_lazy("result", "first assignment")
    REASSIGN = "reassign", pgettext_lazy("result", "repair")
