"""Public pages corrected or taken down: the desk where it is proposed, and the public log."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.models import Application
from core.access import allow, public
from core.idempotency import once
from fund.people import calls_desk
from fund.public_cache import public_page
from fund.queries.keys import open_acts_on
from fund.views.acts import act, cards, history, page_of, status
from fund.views.keys import presents_at
from fund.views.presenting import Line, register
from registry.enums import ChangeGround
from registry.forms import CorrectionForm, GroundForm
from registry.models import PublicPage
from registry.queries import pages

PAGE = 30
ACTS = {
    "correct": CorrectionForm,
    "correct_unpublished": CorrectionForm,
    "unpublish": GroundForm,
    "republish": GroundForm,
}


@allow(calls_desk)
@require_safe
def listing(request):
    """Published projects, those whose page was changed first."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    return render(
        request,
        "registry/instruction/publications.html",
        {"page": page_of(request, pages.of_desk(text), PAGE), "text": text},
    )


@allow(calls_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def one(request, reference):
    """One public page: what was changed of it, what waits for its second key, what can be proposed."""
    application = get_object_or_404(Application, reference=reference)
    if not pages.is_told(application):
        raise Http404
    page, bound, at = pages.page_of(application), None, request.received_at
    if request.method == "POST":
        page, _made = PublicPage.objects.get_or_create(application=application)
        response, bound = act(request, page, ACTS, done=reverse("registry:publication", args=[reference]))
        if response:
            return response
    context = {
        "page": page,
        "title": pages.whole(application).title,
        "acts": open_acts_on(page, at) if page.pk else [],
        "cards": cards(request, page, ACTS, bound),
        "history": history(page) if page.pk else [],
        "changes": pages.told_changes(pages.log(reference)[:PAGE]),
    }
    return render(request, "registry/instruction/publication.html", context, status=status(bound))


presents_at("public_page", lambda page: reverse("registry:publication", args=[page.application.reference]))


def _said(act) -> list[Line]:
    ground = act.params.get("ground", "")
    return [
        Line(_("Ground"), str(dict(ChangeGround.choices).get(ground, ground))),
        Line(_("Detail"), act.params.get("detail", "")),
    ]


def _moved(act, page) -> list[Line]:
    return [Line(_("Project"), page.application.reference), *_said(act)]


def _corrected(act, page) -> list[Line]:
    present = pages.present_texts(page.application) if act.state == "proposed" else None
    lines = [
        Line(str(pages.label_of(name)).capitalize(), text or "–", (present.get(name) or "–") if present else None)
        for name, text in act.params.get("changes", {}).items()
    ]
    return [*_moved(act, page), *lines]


for _name, _present in (
    ("correct", _corrected),
    ("correct_unpublished", _corrected),
    ("unpublish", _moved),
    ("republish", _moved),
):
    register("public_page", _name)(_present)


@allow(public)
@public_page
def corrections(request):
    """Every change of a public page, for everybody."""
    reference = request.GET.get("ref", "").replace("\x00", "").strip()[:40]
    page = page_of(request, pages.log(reference), PAGE)
    return render(
        request,
        "registry/corrections.html",
        {"page": page, "changes": pages.told_changes(page), "reference": reference},
    )
