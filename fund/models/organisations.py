from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fund.enums import OrganisationKind


class Organisation(models.Model):
    """A legal person the fund deals with: an association that files or receives the money, or a partner administration. Codes are INSEE's."""

    kind = models.CharField(_("kind"), max_length=20, choices=OrganisationKind.choices)
    name = models.CharField(_("name"), max_length=200)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True)
    rna = models.CharField(_("RNA number"), max_length=10, blank=True)
    court_registry = models.CharField(_("registry of the court (Alsace-Moselle)"), max_length=200, blank=True)
    insee_code = models.CharField(_("INSEE code of the commune"), max_length=5, blank=True)
    commune = models.CharField(_("commune"), max_length=100, blank=True)
    department = models.CharField(_("department"), max_length=3, blank=True)
    region = models.CharField(_("region"), max_length=3, blank=True)
    website = models.URLField(_("website"), blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    purpose = models.TextField(_("purpose"), blank=True)
    economic_activity = models.BooleanField(_("has an economic activity"), default=False)
    administration_type = models.CharField(_("type of administration"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["department", "kind"], name="organisation_place")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=OrganisationKind.values), name="organisation_kind"),
            models.UniqueConstraint(fields=["siret"], condition=~Q(siret=""), name="organisation_siret_once"),
            models.UniqueConstraint(fields=["rna"], condition=~Q(rna=""), name="organisation_rna_once"),
        ]

    def __str__(self):
        return self.name

    @property
    def siren(self) -> str:
        return self.siret[:9]

    @property
    def identifier(self) -> str:
        """The number that names it best: SIRET, else RNA, else the court's registry."""
        return self.siret or self.rna or self.court_registry


class Theme(models.Model):
    code = models.SlugField(_("code"), max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=80)
    description = models.CharField(_("description"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["label"]

    def __str__(self):
        return self.label
