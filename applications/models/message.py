from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from applications.enums import MessageKind, ScanState
from applications.models.application import Application


class MessageQuerySet(models.QuerySet):
    def unread_by_team(self):
        """What the fund wrote and nobody of the team has opened."""
        return self.filter(from_staff=True, read_at__isnull=True)

    def unread_by_staff(self):
        """What the team wrote and no case officer has opened."""
        return self.filter(from_staff=False, read_at__isnull=True)

    def open_reasons(self):
        """Requests for the reasons that the fund has not answered: nothing it wrote comes after."""
        later = Message.objects.filter(application=OuterRef("application"), from_staff=True, pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later), kind=MessageKind.REASONS_REQUEST)


class Message(models.Model):
    """One message between the team of a file and the case officers. The text is only here: the row may be erased, the event keeps none of it.

    `read_at` is when somebody of the other side first had it on screen. `due_on` is the last day to answer a request that has one.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="messages", verbose_name=_("application"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by"))
    kind = models.CharField(_("kind"), max_length=20, choices=MessageKind.choices, default=MessageKind.MESSAGE)
    text = models.TextField(_("text"))
    from_staff = models.BooleanField(_("from the fund"))
    sent_at = models.DateTimeField(_("sent at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    due_on = models.DateField(_("answer at the latest on"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MessageKind.values), name="message_kind"),
            models.CheckConstraint(
                condition=Q(kind="message", due_on__isnull=True)
                | Q(kind="reasons_request", due_on__isnull=False, from_staff=False),
                name="message_due_on",
            ),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True) | Q(read_at__gte=models.F("sent_at")), name="message_read_after_sent"
            ),
        ]
        indexes = [
            models.Index(fields=["application", "from_staff"], condition=Q(read_at__isnull=True), name="message_unread")
        ]

    def __str__(self):
        return f"{self.application_id} / {self.pk}"


class MessageAttachment(models.Model):
    """A file sent with a message. It opens for whoever reads the conversation, once the antivirus found it clean; infected, it has no bytes left."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments", verbose_name=_("message"))
    name = models.CharField(_("name"), max_length=200)
    file = models.FileField(_("file"), upload_to="messages/%Y/%m/", max_length=255)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content_type = models.CharField(_("type"), max_length=120)
    scan_state = models.CharField(_("scan"), max_length=10, choices=ScanState.choices, default=ScanState.CLEAN)

    class Meta:
        verbose_name = _("file of a message")
        verbose_name_plural = _("files of messages")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(scan_state__in=ScanState.values), name="message_attachment_scan_state"),
            models.CheckConstraint(
                condition=~Q(scan_state="infected") | Q(file=""), name="message_attachment_infected_has_no_bytes"
            ),
        ]

    def __str__(self):
        return self.name
