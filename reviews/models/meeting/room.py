"""What is agreed without debate, and what a member writes against: clear files put to the vote in one act, signed dissents."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviews.enums.meeting import Proposal
from reviews.models.meeting.agenda import AgendaItem
from reviews.models.meeting.sitting import Meeting, instant


class ClearPoint(models.Model):
    """A file that the chairs propose to settle with other clear ones in one act, and what is proposed for it (cents). Any voting member may take it out;
    taken out, it stays out."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="clear_points", verbose_name=_("meeting"))
    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="clear_points", verbose_name=_("item"))
    proposal = models.CharField(_("proposal"), max_length=10, choices=Proposal.choices)
    amount = models.BigIntegerField(_("proposed amount"), null=True, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    taken_out_by = models.ForeignKey(
        "reviews.Seat", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken out by")
    )
    taken_out_at = instant(_("taken out at"))
    put_at = instant(_("put to the vote at"))

    class Meta:
        verbose_name = _("clear file")
        verbose_name_plural = _("clear files")
        ordering = ["item__position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "item"], name="clear_point_once"),
            models.CheckConstraint(
                condition=Q(taken_out_by__isnull=True, taken_out_at__isnull=True)
                | Q(taken_out_by__isnull=False, taken_out_at__isnull=False),
                name="clear_point_taken_out",
            ),
            models.CheckConstraint(
                condition=Q(taken_out_at__isnull=True) | Q(put_at__isnull=True), name="clear_point_out_or_put"
            ),
        ]

    def __str__(self):
        return f"{self.meeting_id} / {self.item_id}"

    @property
    def reference(self) -> str:
        return self.item.application.reference if self.item.application is not None else self.item.title


class Dissent(models.Model):
    """The short text of a member whose vote did not carry, signed by himself alone, that the minutes give in the part of the item."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="dissents", verbose_name=_("item"))
    seat = models.ForeignKey("reviews.Seat", models.PROTECT, related_name="+", verbose_name=_("seat"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"))
    round = models.PositiveSmallIntegerField(_("number of the vote"))
    text = models.CharField(_("text"), max_length=1000)
    signed_at = models.DateTimeField(_("signed at"))

    class Meta:
        verbose_name = _("dissent")
        verbose_name_plural = _("dissents")
        ordering = ["signed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "round", "user"], name="dissent_once"),
            models.CheckConstraint(condition=~Q(text=""), name="dissent_text"),
        ]

    def __str__(self):
        return f"{self.item_id} / {self.user_id}"
