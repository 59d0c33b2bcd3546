from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models.machine import Machine, StateField


class DocumentState(models.TextChoices):
    FROZEN = "frozen", _("frozen")
    RENDERED = "rendered", _("rendered")
    FAILED = "failed", _("failed, to retry")
    VOID = "void", _("void")


class Document(Machine):
    """A legal document: context, template version and hash frozen in the act's transaction, bytes rendered once, never changed."""

    machine = "document"

    state = StateField(_("state"), choices=DocumentState.choices, default=DocumentState.FROZEN)
    code = models.CharField(_("verification code"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=60)
    language = models.CharField(_("language"), max_length=2, default="fr")
    title = models.CharField(_("title"), max_length=200)
    template_version = models.CharField(_("template version"), max_length=64)
    context = models.JSONField(_("context"))
    context_hash = models.CharField(_("hash of the context"), max_length=64)
    subject = models.CharField(_("subject"), max_length=40, blank=True, db_index=True)
    owner_machine = models.CharField(_("machine of the owner"), max_length=40)
    owner_id = models.BigIntegerField(_("owner"))
    frozen_at = models.DateTimeField(_("frozen at"))
    rendered_at = models.DateTimeField(_("rendered at"), null=True, blank=True)
    file = models.FileField(_("file"), upload_to="documents/%Y/%m/", blank=True)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True)
    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["id"]
        indexes = [models.Index(fields=["owner_machine", "owner_id"], name="document_owner")]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=DocumentState.values), name="document_state"),
            models.CheckConstraint(
                condition=~models.Q(state="rendered") | (models.Q(rendered_at__isnull=False) & ~models.Q(sha256="")),
                name="document_rendered_has_bytes",
            ),
        ]

    def __str__(self):
        return f"{self.title} ({self.code})"

    @property
    def event_subject(self):
        return self.subject

    @transition(state, source=DocumentState.FROZEN, target=DocumentState.RENDERED)
    def render(self, name, sha256, at):
        self.file.name, self.sha256, self.rendered_at, self.error = name, sha256, at, ""

    @transition(state, source=DocumentState.FROZEN, target=DocumentState.FAILED)
    def fail(self, error):
        self.error = error[:200]

    @transition(state, source=DocumentState.FAILED, target=DocumentState.FROZEN)
    def retry(self):
        self.error = ""

    @transition(
        state, source=[DocumentState.FROZEN, DocumentState.RENDERED, DocumentState.FAILED], target=DocumentState.VOID
    )
    def void(self, at):
        self.voided_at = at


class Signature(models.Model):
    """A signature: who, when, the SHA-256 of the bytes signed, and the evidence. A simple electronic one (re-authentication instant, address hash), or one
    made by hand on a printed copy of these bytes (the scan of it).
    """

    document = models.ForeignKey(Document, models.PROTECT, related_name="signatures", verbose_name=_("document"))
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signer"))
    capacity = models.CharField(_("capacity"), max_length=120)
    signed_at = models.DateTimeField(_("signed at"))
    sha256 = models.CharField(_("SHA-256 signed"), max_length=64)
    evidence = models.JSONField(_("evidence"), default=dict)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = [models.UniqueConstraint(fields=["document", "signer"], name="signature_once")]

    def __str__(self):
        return f"{self.document_id} / {self.signer_id}"

    @property
    def on_paper(self) -> bool:
        """By hand, on a printed copy: `signed_at` then holds the day written there, and `evidence` the scan."""
        return self.evidence.get("means") == "paper"
