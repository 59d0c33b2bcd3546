"""What two people changed of the public page of a project: texts put in the place of others, or the page taken down; and the public log of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models import Machine, StateField
from core.redaction import redacted
from registry.enums import ChangeGround, ChangeKind, PageState


class PublicPage(Machine):
    """The page of one project, once somebody proposed to change it; a project without a row has its page as its file says it.

    `texts`: by name, what the public reads in the place of what the file says. The file itself, its decision and the ledger are never touched.
    """

    machine = "public_page"

    state = StateField(_("state"), choices=PageState.choices, default=PageState.PUBLISHED)
    application = models.OneToOneField(
        "applications.Application", models.PROTECT, related_name="public_page", verbose_name=_("project")
    )
    texts = models.JSONField(_("public texts"), default=dict)
    ground = models.CharField(_("why it is unpublished"), max_length=20, blank=True, choices=ChangeGround.choices)
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("public page")
        verbose_name_plural = _("public pages")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PageState.values), name="public_page_state"),
            models.CheckConstraint(
                condition=Q(state="published", ground="") | Q(state="unpublished") & ~Q(ground=""),
                name="public_page_unpublished_on_a_ground",
            ),
        ]

    def __str__(self):
        return self.application.reference

    @property
    def event_subject(self) -> str:
        return self.application.reference

    def two_key_facts(self) -> dict:
        changed_at = self.changed_at.isoformat() if self.changed_at else None
        return {"state": self.state, "changed_at": changed_at}

    def _correct(self, changes: dict, at):
        self.texts, self.changed_at = self.texts | changes, at

    @transition(state, source=PageState.PUBLISHED, target=PageState.PUBLISHED)
    def correct(self, changes: dict, at):
        self._correct(changes, at)

    @transition(state, source=PageState.UNPUBLISHED, target=PageState.UNPUBLISHED)
    def correct_unpublished(self, changes: dict, at):
        self._correct(changes, at)

    @transition(state, source=PageState.PUBLISHED, target=PageState.UNPUBLISHED)
    def unpublish(self, ground: str, at):
        self.ground, self.changed_at = ground, at

    @transition(state, source=PageState.UNPUBLISHED, target=PageState.PUBLISHED)
    def republish(self, at):
        self.ground, self.changed_at = "", at


class PageChange(models.Model):
    """One line of the public log. `before` and `after` are kept only on a ground that lets them be told, and go with a later change on another ground."""

    page = models.ForeignKey(PublicPage, models.PROTECT, related_name="changes", verbose_name=_("public page"))
    kind = models.CharField(_("change"), max_length=12, choices=ChangeKind.choices)
    ground = models.CharField(_("ground"), max_length=20, choices=ChangeGround.choices)
    field = models.CharField(_("text"), max_length=40, blank=True)
    before = models.TextField(_("before"), blank=True)
    after = models.TextField(_("after"), blank=True)
    at = models.DateTimeField(_("date"))

    class Meta:
        verbose_name = _("change of a public page")
        verbose_name_plural = _("changes of public pages")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="correct") & ~Q(field="") | ~Q(kind="correct") & Q(field="", before="", after=""),
                name="page_change_of_a_text",
            ),
            models.CheckConstraint(
                condition=Q(ground=ChangeGround.ERROR) | Q(before="", after=""), name="page_change_silent_ground"
            ),
        ]

    def __str__(self):
        return f"{self.page_id} {self.kind} {self.field}"


def public_title(application) -> str:
    """The title of a published project as the public reads it; its reference when the page says no more than that."""
    page = getattr(application, "public_page", None)
    if application.state != "selected" or page is not None and page.state == PageState.UNPUBLISHED:
        return application.reference
    return redacted(page.texts.get("title", application.title) if page else application.title)


__all__ = ["PageChange", "PublicPage", "public_title"]
