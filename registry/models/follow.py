"""Who follows a project or the whole fund by mail: an address, encrypted, and nothing else of anybody. It leaves in no export."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.models import Mail


class Follower(models.Model):
    """One address. `digest` finds it again without reading it; `leave_key` is what its links to stop carry."""

    in_exports = False

    address = EncryptedTextField(_("e-mail address"))
    digest = models.CharField(_("hash of the address"), max_length=64, unique=True)
    language = models.CharField(_("language"), max_length=2, default="fr")
    leave_key = models.CharField(_("key to leave"), max_length=32)
    asked_at = models.DateTimeField(_("asked at"))
    told_at = models.DateTimeField(_("told at"), null=True)

    class Meta:
        verbose_name = _("follower")
        verbose_name_plural = _("followers")

    def __str__(self):
        return f"follower {self.pk}"


class Follow(models.Model):
    """One project that an address follows, or the whole fund. Nothing is told before `confirmed_at`; `told`: last public change it was told of.

    `nonce`: what the link of confirmation carries, empty once used.
    """

    in_exports = False

    follower = models.ForeignKey(Follower, models.CASCADE, related_name="follows", verbose_name=_("follower"))
    application = models.ForeignKey(
        "applications.Application", models.CASCADE, null=True, related_name="+", verbose_name=_("project")
    )
    nonce = models.CharField(_("key to confirm"), max_length=32, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    told = models.BigIntegerField(_("told up to"), default=0)

    class Meta:
        verbose_name = _("thing followed")
        verbose_name_plural = _("things followed")
        constraints = [
            models.UniqueConstraint(fields=["follower", "application"], name="follow_project_once"),
            models.UniqueConstraint(
                fields=["follower"], condition=Q(application__isnull=True), name="follow_fund_once"
            ),
        ]

    def __str__(self):
        return f"follow {self.pk}"


class FollowMail(models.Model):
    """What a mail of the outbox is to say, and to whom: it goes with the follower, and the mail then says nothing any more.

    `follow`: the one to confirm. Else `told`: for each thing followed, [its key, the public change it was told up to, the one it is told up to].
    """

    in_exports = False

    mail = models.OneToOneField(Mail, models.CASCADE, related_name="+", verbose_name=_("mail"))
    follower = models.ForeignKey(Follower, models.CASCADE, related_name="mails", verbose_name=_("follower"))
    follow = models.ForeignKey(Follow, models.CASCADE, null=True, related_name="+", verbose_name=_("thing followed"))
    told = models.JSONField(_("told"), default=list)
    at = models.DateTimeField(_("date"))

    class Meta:
        verbose_name = _("mail to a follower")
        verbose_name_plural = _("mails to followers")

    def __str__(self):
        return f"mail {self.mail_id}"
