"""What the pages share: the file or 404, acts as cards (open with their form, or closed with the reason and what would lift it)."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse

from applications import queries
from applications.models import Application
from core.transitions import Act, Refusal

BASE = (
    "call__rule_version",
    "call__envelope",
    "lead",
    "organisation",
    "bearer_organisation",
    "bearer_person",
    "filed_version",
)


def of_team(request, reference: str) -> Application:
    """The file of the person's own team; for anybody else it does not exist."""
    application = Application.objects.of_team(request.user).select_related(*BASE).filter(reference=reference).first()
    if application is None:
        raise Http404
    return application


def page(name: str, application: Application, *args) -> str:
    return reverse(f"applications:{name}", args=[application.reference, *args])


def refusal_of(verb_call, obj, request) -> Refusal | None:
    """Why this act would be refused now, or None."""
    try:
        verb_call.verb.check(Act(verb_call.verb, obj, request.user, request.received_at, preview=True))
    except Refusal as refusal:
        return refusal
    return None


def may(guard, verb, obj, request, **params) -> Refusal | None:
    """The same question to one guard of what is written without a state."""
    try:
        guard(Act(verb, obj, request.user, request.received_at, params))
    except Refusal as refusal:
        return refusal
    return None


def is_writer(request, application: Application) -> bool:
    return queries.is_applicant(request.user, application)
