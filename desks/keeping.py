"""How long data are kept (rulebook, art. 27), told from the rules in force."""

from __future__ import annotations

from django.shortcuts import render

from core.open_pages import open_page
from fund.models import RuleVersion
from fund.queries import rules_in_force


def kept_months() -> dict[str, int]:
    """Months, as the pages name them: of a draft that was not filed, of a file refused once the time to appeal is over. One query."""
    rules = rules_in_force() or RuleVersion()
    return {
        "draft_months": rules["retention_lapsed_draft_months"],
        "refused_months": rules["retention_refused_months_after_appeal_time"],
    }


@open_page
def privacy(request):
    return render(request, "desks/privacy.html", kept_months())
