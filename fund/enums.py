"""Choices of the institution: roles, colleges, states of a call, kinds of applicants, triggers of instalments."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    CASE_OFFICER = "case_officer", _("case officer")
    AUTHORISING_OFFICER = "authorising_officer", _("authorising officer")
    ACCOUNTING_OFFICER = "accounting_officer", _("accounting officer")
    CO_PRESIDENT = "co_president", _("co-president")
    PANEL_MEMBER = "panel_member", _("panel member")
    ADMINISTRATOR = "administrator", _("administrator")
    AUDITOR = "auditor", _("auditor")
    DELEGATE = "delegate", _("delegate of the authorising officer")


DECIDING_ROLES = (
    Role.CASE_OFFICER,
    Role.AUTHORISING_OFFICER,
    Role.ACCOUNTING_OFFICER,
    Role.CO_PRESIDENT,
    Role.PANEL_MEMBER,
    Role.DELEGATE,
)
COLLEGE_ROLES = (Role.CO_PRESIDENT, Role.PANEL_MEMBER)
"""Roles held for one college; the others are held for the whole fund."""


class College(models.TextChoices):
    CIVIL_SOCIETY = "civil_society", _("civil society")
    STATE = "state", _("State")

    @property
    def other(self) -> "College":
        return College.STATE if self == College.CIVIL_SOCIETY else College.CIVIL_SOCIETY


class RoleGrantState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("role", "waiting for a second key")
    GRANTED = "granted", pgettext_lazy("role", "granted")
    ENDED = "ended", pgettext_lazy("role", "ended")
    DROPPED = "dropped", pgettext_lazy("role", "not granted")


class DelegatedAct(models.TextChoices):
    """What an authorising officer may delegate: no decision, which the authority signs itself, and no control of the accounting officer."""

    AGREEMENTS = "agreements", _("sign agreements")
    AMENDMENTS = "amendments", _("sign amendments")
    PAYMENT_ORDERS = "payment_orders", _("order payments")


class DelegationState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("delegation", "waiting for a second key")
    GIVEN = "given", pgettext_lazy("delegation", "given")
    REVOKED = "revoked", pgettext_lazy("delegation", "revoked")
    DROPPED = "dropped", pgettext_lazy("delegation", "not given")


class CallState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("call", "Draft")
    PUBLISHED = "published", pgettext_lazy("call", "Published")
    CLOSED = "closed", pgettext_lazy("call", "Closed, checking eligibility")
    UNDER_REVIEW = "under_review", pgettext_lazy("call", "Under review")
    DECIDED = "decided", pgettext_lazy("call", "Decisions notified")
    ARCHIVED = "archived", pgettext_lazy("call", "Archived")
    CANCELLED = "cancelled", pgettext_lazy("call", "Cancelled")


class CallPhase(models.TextChoices):
    """What the public sees of a call: its state read with the clock. `draft` is seen by nobody outside."""

    DRAFT = "draft", pgettext_lazy("call", "Draft")
    UPCOMING = "upcoming", pgettext_lazy("call", "Coming soon")
    OPEN = "open", pgettext_lazy("call", "Open")
    CLOSED = "closed", pgettext_lazy("call", "Closed")
    UNDER_REVIEW = "under_review", pgettext_lazy("call", "Under review")
    DECIDED = "decided", pgettext_lazy("call", "Results published")
    ARCHIVED = "archived", pgettext_lazy("call", "Archived")
    CANCELLED = "cancelled", pgettext_lazy("call", "Cancelled")

    @property
    def tone(self) -> str:
        """How a badge shows it."""
        return {"upcoming": "next", "open": "run", "decided": "done", "archived": "done", "cancelled": "bad"}.get(
            self.value, ""
        )


PUBLIC_CALL_STATES = (
    CallState.PUBLISHED,
    CallState.CLOSED,
    CallState.UNDER_REVIEW,
    CallState.DECIDED,
    CallState.ARCHIVED,
)
"""States in which a call is public. A cancelled call is public too when it had been published."""


class RuleVersionState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("rules", "In preparation")
    IN_FORCE = "in_force", pgettext_lazy("rules", "In force")
    SUPERSEDED = "superseded", pgettext_lazy("rules", "Superseded")


class IdentityState(models.TextChoices):
    CURRENT = "current", pgettext_lazy("identity", "current")


class ApplicantKind(models.TextChoices):
    CITIZEN = "citizen", _("citizen")
    ASSOCIATION = "association", _("association")
    COLLECTIVE = "collective", _("collective")


class Trigger(models.TextChoices):
    AGREEMENT_SIGNED = "agreement_signed", _("signature of the agreement")
    INTERIM_REPORT_ACCEPTED = "interim_report_accepted", _("acceptance of the interim report")
    FINAL_REPORT_ACCEPTED = "final_report_accepted", _("acceptance of the final report")


class OrganisationKind(models.TextChoices):
    ASSOCIATION = "association", _("association")
    FOUNDATION = "foundation", _("foundation")
    ADMINISTRATION = "administration", _("public administration")
    OTHER = "other", _("other organisation")


class Authority(models.TextChoices):
    CO_PRESIDENTS = "co_presidents", _("the two co-presidents")
    AUTHORISING_OFFICER = "authorising_officer", _("the authorising officer")
