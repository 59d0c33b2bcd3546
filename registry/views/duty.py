"""The desk of the three months: the essential data of each grant that the law wants published, and until when."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from core.access import allow
from fund.people import instruction_desk
from fund.views.acts import page_of
from registry.queries import duty

PAGE = 30
STANDS = {
    "late": (_("late"), "bad"),
    "soon": (_("due within thirty days"), "next"),
    "coming": (pgettext_lazy("essential data", "to publish"), ""),
    "published": (pgettext_lazy("essential data", "published"), "good"),
}


@allow(instruction_desk)
@require_safe
def listing(request):
    """Grants signed in a year, those that are not published first."""
    today, years = timezone.localdate(request.received_at), duty.years()
    asked = request.GET.get("annee", "")
    if asked and asked not in {str(year) for year in years}:
        raise Http404
    year = int(asked) if asked else years[0] if years else today.year
    found = duty.duties(request.user, year, today)
    page = page_of(request, found, PAGE)
    context = {
        "page": page,
        "rows": [(one, *STANDS[one.stands(today)]) for one in page],
        "missing": sum(bool(one.missing) for one in found),
        "year": year,
        "years": years,
    }
    return render(request, "registry/instruction/duty.html", context)
