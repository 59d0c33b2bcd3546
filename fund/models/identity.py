from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.fields import EncryptedTextField
from core.models import Machine, StateField
from fund.enums import IdentityState


class FundIdentity(Machine):
    """Who the fund is: one row. Changed by two keys only, because letters, bank files and open data are made from it."""

    machine = "fund_identity"
    FIELDS = (
        "name",
        "tagline",
        "short_description",
        "legal_name",
        "legal_form",
        "siret",
        "address_lines",
        "postcode",
        "insee_code",
        "commune",
        "department",
        "region",
        "website",
        "email",
        "data_protection_email",
        "accessibility_email",
        "appeals_email",
        "phone",
        "opening_hours",
        "debtor_holder",
        "debtor_iban",
        "debtor_bic",
        "pays_through_chorus",
        "opened_on",
        "fictional_notice",
    )

    state = StateField(_("state"), choices=IdentityState.choices, default=IdentityState.CURRENT)
    name = models.CharField(_("name"), max_length=120)
    tagline = models.CharField(_("tagline"), max_length=200, blank=True)
    short_description = models.TextField(_("what it does, in a few lines"), blank=True)
    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    legal_form = models.CharField(_("legal form"), max_length=200, blank=True)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True)
    address_lines = models.JSONField(_("address"), default=list, blank=True)
    postcode = models.CharField(_("postcode"), max_length=5, blank=True)
    insee_code = models.CharField(_("INSEE code of the commune"), max_length=5, blank=True)
    commune = models.CharField(_("commune"), max_length=100, blank=True)
    department = models.CharField(_("department"), max_length=3, blank=True)
    region = models.CharField(_("region"), max_length=3, blank=True)
    website = models.URLField(_("website"), blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    data_protection_email = models.EmailField(_("data protection officer's e-mail"), blank=True)
    accessibility_email = models.EmailField(_("accessibility contact's e-mail"), blank=True)
    appeals_email = models.EmailField(_("appeals' e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    opening_hours = models.CharField(_("opening hours"), max_length=200, blank=True)
    debtor_holder = models.CharField(_("holder of the account payments leave from"), max_length=140, blank=True)
    debtor_iban = EncryptedTextField(_("IBAN of that account"), blank=True)
    debtor_bic = models.CharField(_("BIC of that account"), max_length=11, blank=True)
    pays_through_chorus = models.BooleanField(_("the State pays, through Chorus"), default=False)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    fictional_notice = models.TextField(_("notice shown on a demonstration site"), blank=True)
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("fund identity")
        verbose_name_plural = _("fund identity")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="fund_identity_one_row"),
            models.CheckConstraint(condition=models.Q(state__in=IdentityState.values), name="fund_identity_state"),
        ]

    def __str__(self):
        return self.name

    @classmethod
    def current(cls) -> "FundIdentity":
        """The fund, or an unsaved nameless one on an installation that was never set up."""
        return cls.objects.first() or cls(id=1, name="Fonds civique")

    @property
    def address(self) -> str:
        """One line: street, postcode and commune."""
        return (
            ", ".join([*self.address_lines, f"{self.postcode} {self.commune}".strip()])
            if self.commune or self.address_lines
            else ""
        )

    @property
    def siren(self) -> str:
        return self.siret[:9]

    def two_key_facts(self) -> dict:
        return {"state": self.state, "changed_at": self.changed_at.isoformat() if self.changed_at else None}

    @transition(state, source=IdentityState.CURRENT, target=IdentityState.CURRENT)
    def change(self, changes: dict, at):
        for field, value in changes.items():
            setattr(self, field, value)
        self.changed_at = at
