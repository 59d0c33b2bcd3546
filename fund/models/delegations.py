from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.append_only import frozen
from core.models import Machine, StateField
from fund.enums import DelegatedAct, DelegationState


def _person(verbose_name, related_name="+", **options):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name=related_name, verbose_name=verbose_name, **options
    )


@frozen(
    "reference",
    "delegator",
    "delegate",
    "agreements",
    "amendments",
    "payment_orders",
    "ceiling_amount",
    "starts_on",
    "ends_on",
    "deed",
    once={"given_at": ("given_at", "given_by"), "revoked_at": ("revoked_at", "revoked_by")},
)
class Delegation(Machine):
    """An authorising officer lets another person sign for him: which acts, up to which amount each, between which days, by which deed."""

    machine = "delegation"

    state = StateField(_("state"), choices=DelegationState.choices, default=DelegationState.PROPOSED)
    reference = models.CharField(_("reference"), max_length=40, unique=True)
    delegator = _person(_("who delegates"))
    delegate = _person(_("delegate"), "delegations")
    agreements = models.BooleanField(DelegatedAct.AGREEMENTS.label, default=False)
    amendments = models.BooleanField(DelegatedAct.AMENDMENTS.label, default=False)
    payment_orders = models.BooleanField(DelegatedAct.PAYMENT_ORDERS.label, default=False)
    ceiling_amount = models.BigIntegerField(_("highest amount of an act"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    deed = models.CharField(_("deed of delegation"), max_length=60)
    given_by = _person(_("approved by"), null=True, blank=True)
    given_at = models.DateTimeField(_("given at"), null=True, blank=True)
    revoked_by = _person(_("revoked by"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("delegation of signature")
        verbose_name_plural = _("delegations of signature")
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DelegationState.values), name="delegation_state"),
            models.CheckConstraint(condition=~Q(delegator=F("delegate")), name="delegation_to_another"),
            models.CheckConstraint(
                condition=Q(agreements=True) | Q(amendments=True) | Q(payment_orders=True),
                name="delegation_of_something",
            ),
            models.CheckConstraint(condition=Q(ceiling_amount__gt=0), name="delegation_amount"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="delegation_dates"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "dropped"])
                | (
                    Q(given_at__isnull=False, given_by__isnull=False)
                    & ~Q(given_by=F("delegate"))
                    & ~Q(given_by=F("delegator"))
                ),
                name="delegation_given_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="revoked") | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="delegation_revoked_by_somebody",
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def acts(self) -> list[DelegatedAct]:
        return [act for act in DelegatedAct if getattr(self, act.value)]

    @property
    def acts_text(self) -> str:
        """The acts in words, as a sentence lists them."""
        return ", ".join(str(act.label) for act in self.acts)

    def is_over(self, at) -> bool:
        return timezone.localdate(at) > self.ends_on

    def is_to_come(self, at) -> bool:
        return timezone.localdate(at) < self.starts_on

    def mention(self) -> str:
        """What a signature and an order say, in the language of the moment: `par délégation de Henri Cazaux (DEL-2026-4T8RWZ2M)`."""
        return _now("by delegation of %(person)s (%(reference)s)") % {
            "person": str(self.delegator)[:60],
            "reference": self.reference,
        }

    def evidence(self) -> dict:
        """The same as facts, kept with a signature."""
        return {"delegation": self.reference, "deed": self.deed, "delegator": self.delegator_id}

    def two_key_facts(self) -> dict:
        return {
            "state": self.state,
            "delegator": self.delegator_id,
            "delegate": self.delegate_id,
            "acts": [str(act) for act in self.acts],
            "ceiling_amount": self.ceiling_amount,
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "deed": self.deed,
        }

    @transition(state, source=DelegationState.PROPOSED, target=DelegationState.GIVEN)
    def give(self, by, at):
        self.given_by, self.given_at = by, at

    @transition(state, source=DelegationState.PROPOSED, target=DelegationState.DROPPED)
    def drop(self):
        pass

    @transition(state, source=DelegationState.GIVEN, target=DelegationState.REVOKED)
    def revoke(self, by, at):
        self.revoked_by, self.revoked_at = by, at
