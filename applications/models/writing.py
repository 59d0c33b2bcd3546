from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.enums import ApplicationState, AttachmentKind, ScanState, SectionCode, TeamRight
from applications.models.application import Application


class ApplicationSection(models.Model):
    """The working copy of one section; `version` grows at each save and tells two writers apart."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="sections", verbose_name=_("application"))
    code = models.CharField(_("section"), max_length=20, choices=SectionCode.choices)
    content = models.JSONField(_("content"), default=dict)
    version = models.PositiveIntegerField(_("version"), default=0)
    updated_at = models.DateTimeField(_("updated at"))
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("updated by")
    )

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["application", "code"], name="section_once")]

    def __str__(self):
        return f"{self.application_id} / {self.code}"


class TeamMember(models.Model):
    """A person of the team: with an account once joined, invited by a hashed single-use link until then, or only named."""

    link_token: str
    """The link just made, for the one who invites; only its hash is stored."""
    again: bool
    """Whether the address was already invited when that link was made; not stored."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="members", verbose_name=_("application"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="team_memberships",
        verbose_name=_("person"),
    )
    email = models.EmailField(_("e-mail address"), blank=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    role = models.CharField(_("role in the project"), max_length=120, blank=True)
    description = models.CharField(_("what this person brings"), max_length=300, blank=True)
    right = models.CharField(_("right"), max_length=10, choices=TeamRight.choices, default=TeamRight.READER)
    areas = models.JSONField(_("sections this editor may write"), default=list, blank=True)
    """Section codes; empty for the whole application."""
    signatory = models.BooleanField(_("must sign off"), default=False)
    lead_offer_ends_at = models.DateTimeField(_("offer of the lead ends at"), null=True, blank=True)
    """Set while the lead offers this member the lead; the offer is worth nothing from that instant on."""
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("invited by")
    )
    invited_at = models.DateTimeField(_("invited at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("invitation ends at"), null=True, blank=True)
    token_hash = models.CharField(_("hash of the link"), max_length=64, blank=True, db_index=True)
    joined_at = models.DateTimeField(_("joined at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "email"], condition=~Q(email=""), name="member_email_once"),
            models.UniqueConstraint(
                fields=["application", "user"], condition=Q(user__isnull=False), name="member_user_once"
            ),
            models.CheckConstraint(
                condition=Q(joined_at__isnull=True) | Q(user__isnull=False), name="member_joined_has_user"
            ),
            models.CheckConstraint(
                condition=Q(lead_offer_ends_at__isnull=True) | Q(joined_at__isnull=False),
                name="member_lead_offered_has_joined",
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(lead_offer_ends_at__isnull=False), name="member_lead_offered_once"
            ),
        ]

    def __str__(self):
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or (str(self.user) if self.user_id else "") or self.email or self.role

    @property
    def area_labels(self) -> list:
        return [label for code, label in SectionCode.choices if code in self.areas]

    def is_offered_the_lead(self, at) -> bool:
        return self.lead_offer_ends_at is not None and at < self.lead_offer_ends_at


class SignOff(models.Model):
    """One signatory's agreement to one exact content; in a collective it also carries the mandate given to the bearer."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="sign_offs", verbose_name=_("application")
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person"))
    content_hash = models.CharField(_("hash of the content"), max_length=64)
    mandate = models.BooleanField(_("mandates the bearer"), default=False)
    signed_at = models.DateTimeField(_("signed at"))

    class Meta:
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["application", "user", "content_hash"], name="sign_off_once")]

    def __str__(self):
        return f"{self.application_id} / {self.user_id}"


class AttachmentQuerySet(models.QuerySet):
    def current(self):
        """Those of the working copy."""
        return self.filter(removed_at__isnull=True)

    def of_partners(self):
        """Letters that agents of partner administrations joined to their answer: no account, so nobody uploaded them."""
        return self.filter(kind=AttachmentKind.PARTNER_LETTER, uploaded_by=None)

    def in_copy(self, application):
        """Those that filing freezes. A partner's letter that came after filing is read beside what was filed, and changes none of it."""
        rows = self.current()
        if application.state == ApplicationState.DRAFT:
            return rows
        return rows.exclude(kind=AttachmentKind.PARTNER_LETTER, uploaded_by=None, first_filed_at=None)

    def visible_to(self, user):
        """With the file. Staff see what was filed, and a partner's letter that came since: a draft's pieces stay closed."""
        team = Application.objects.of_team(user).values("pk")
        seen = Application.objects.visible_to(user).values("pk")
        letter = Q(kind=AttachmentKind.PARTNER_LETTER, uploaded_by=None, removed_at=None)
        given = Q(first_filed_at__isnull=False) | (letter & ~Q(application__state=ApplicationState.DRAFT))
        return self.filter(Q(application__in=team) | Q(given, application__in=seen))


class Attachment(models.Model):
    """A file of the file. A piece that was filed is never deleted: removing it only takes it off the working copy."""

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="attachments", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=AttachmentKind.choices, default=AttachmentKind.OTHER)
    name = models.CharField(_("name"), max_length=200)
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m/", max_length=255)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content_type = models.CharField(_("type"), max_length=120)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"))
    scan_state = models.CharField(_("scan"), max_length=10, choices=ScanState.choices, default=ScanState.CLEAN)
    first_filed_at = models.DateTimeField(_("first filed at"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(scan_state__in=ScanState.values), name="attachment_scan_state"),
            models.CheckConstraint(
                condition=~Q(scan_state="infected") | Q(file="", removed_at__isnull=False),
                name="attachment_infected_has_no_bytes",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_partner_letter(self) -> bool:
        return self.kind == AttachmentKind.PARTNER_LETTER and self.uploaded_by_id is None
