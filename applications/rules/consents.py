"""Who may be named with a project: oneself alone decides, at any time, and takes it back at any time."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import queries
from applications.models import NameConsent
from core.redaction import holds_contact
from core.transitions import Act, Refusal, Who

the_person = Who(
    "AP",
    gettext_lazy("the person who agreed"),
    lambda actor, obj, at: (
        queries.is_member(actor, obj) or NameConsent.objects.filter(application=obj, user=actor).exists()
    ),
)
"""Someone who left the team may still take back what he said."""

NEVER_PUBLIC = ("lapsed", "withdrawn", "ineligible", "rejected", "dismissed", "renounced")
"""Files that no page tells: there is nothing to be named with."""


def project_may_be_public(act: Act) -> None:
    if act.obj.state in NEVER_PUBLIC:
        raise Refusal(
            "never_public",
            _("This application is not published as a project: nobody is named with it."),
            remedy=_("Should that change, you can agree then."),
            article="CRPA L312-1-2",
            status=409,
        )


def name_is_one(act: Act) -> None:
    """A name, and nothing by which one could be written to or called."""
    name = (act.get("shown") or "").strip()
    if not name:
        raise Refusal("name_missing", _("Give the name under which you agree to appear."), field="name")
    if holds_contact(name):
        raise Refusal(
            "name_with_contact",
            _("This name holds an e-mail address, a phone number or a bank account."),
            remedy=_("Give the name alone: the rest is never published."),
            field="name",
        )
