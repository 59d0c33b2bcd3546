from django.db import models
from django.utils.translation import gettext_lazy as _


class SimulationBase(models.TextChoices):
    """Over which files a simulation is made. Its reader may open every one of them, or the simulation does not exist for him."""

    MINE = "mine", _("every application its author may open")
    COMMON = "common", _("only those from which no member is recused, so that everyone can be shown it")


class SimulationStart(models.TextChoices):
    """What a simulation starts from; afterwards its author changes it as he likes."""

    RANKING = "ranking", _("the ranking")
    CIVIL = "civil_society", _("the ranking by civil society’s scores alone")
    STATE = "state", _("the ranking by the State’s scores alone")
    EMPTY = "empty", _("nothing: I choose each application")
    COPY = "copy", _("another simulation")
