from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from fund.enums import RuleVersionState
from fund.rule_parameters import DEFAULTS


class RuleVersion(Machine):
    """The fund's rules as data, read with `version["reviews_per_college"]`. The verbs write every value, so that a later default changes no version.

    `endorsed_by` is a co-president who agreed to this text before the second key is turned; changing the text undoes it.
    """

    machine = "rule_version"

    state = StateField(_("state"), choices=RuleVersionState.choices, default=RuleVersionState.DRAFT)
    number = models.PositiveIntegerField(_("number"), unique=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    note = models.TextField(_("what changes, and why"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    endorsed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("endorsed by")
    )
    endorsed_at = models.DateTimeField(_("endorsed at"), null=True, blank=True)
    in_force_at = models.DateTimeField(_("in force at"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("rule version")
        verbose_name_plural = _("rule versions")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RuleVersionState.values), name="rule_version_state"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(in_force_at__isnull=False), name="rule_version_in_force_at"
            ),
            models.CheckConstraint(
                condition=~Q(state="superseded") | Q(superseded_at__isnull=False), name="rule_version_superseded_at"
            ),
            models.CheckConstraint(
                condition=Q(endorsed_by__isnull=True, endorsed_at__isnull=True)
                | Q(endorsed_by__isnull=False, endorsed_at__isnull=False),
                name="rule_version_endorsement",
            ),
            models.UniqueConstraint(fields=["state"], condition=Q(state="in_force"), name="rule_version_one_in_force"),
        ]

    def __str__(self):
        return _now("rules, version %(number)s") % {"number": self.number}

    def __getitem__(self, code: str):
        """The value of a parameter, or its default. Raises KeyError for a name that is no parameter."""
        default = DEFAULTS[code]
        return self.parameters.get(code, default)

    @property
    def event_subject(self):
        return f"R-{self.number}"

    def two_key_facts(self) -> dict:
        return {"state": self.state, "parameters": self.parameters, "note": self.note}

    @transition(state, source=RuleVersionState.DRAFT, target=RuleVersionState.DRAFT)
    def edit(self, parameters, note):
        self.parameters, self.note, self.endorsed_by, self.endorsed_at = parameters, note, None, None

    @transition(state, source=RuleVersionState.DRAFT, target=RuleVersionState.DRAFT)
    def endorse(self, by, at):
        self.endorsed_by, self.endorsed_at = by, at

    @transition(state, source=RuleVersionState.DRAFT, target=RuleVersionState.IN_FORCE)
    def put_in_force(self, at):
        self.in_force_at = at

    @transition(state, source=RuleVersionState.IN_FORCE, target=RuleVersionState.SUPERSEDED)
    def supersede(self, at):
        self.superseded_at = at
