"""The public data in the CommonGrants dialect: its two required addresses, and its awards."""

from __future__ import annotations

from functools import wraps

from django.http import HttpResponse, JsonResponse
from django.utils.translation import override

from core.access import allow, public
from core.api import readable_from_anywhere
from core.browser import as_int
from fund.models import FundIdentity
from fund.public_cache import public_page
from fund.queries import public_calls
from registry import queries
from registry.exports import commongrants

MOST, USUAL = 100, 100
"""Items of a page at most, and when nothing is asked."""
LATEST_CHANGED = queries.Filters(order="changed")


def spoken(view):
    """JSON in the protocol's own words, refusals too, in the one language of the files; other sites may read it."""
    kept = public_page(view)

    @wraps(kept)
    def answered(request, *args, **kwargs):
        if request.method == "OPTIONS":
            return readable_from_anywhere(HttpResponse(status=204, headers={"Allow": "GET, HEAD, OPTIONS"}))
        with override("fr"):
            return readable_from_anywhere(kept(request, *args, **kwargs))

    return answered


def _refused(status: int, message: str, *errors: str) -> JsonResponse:
    return JsonResponse(commongrants.error(status, message, errors), status=status)


def _asked(request) -> tuple[int, int] | None:
    """(page, page size); None when they are no numbers from 1 on."""
    number, size = (
        as_int(request.GET.get(name, default)) for name, default in (("page", "1"), ("pageSize", str(USUAL)))
    )
    return (number, min(size, MOST)) if number and size else None


WRONG = "page and pageSize are whole numbers from 1 on"


@allow(public)
@spoken
def opportunities(request):
    """Every call that was published, the latest changed first."""
    asked = _asked(request)
    if asked is None:
        return _refused(400, "Bad request", WRONG)
    number, size = asked
    fund, at = FundIdentity.current(), request.received_at
    items = [commongrants.opportunity(call, fund, at) for call in public_calls(at)]
    items.sort(key=lambda item: (item["lastModifiedAt"], item["id"]), reverse=True)
    return JsonResponse(commongrants.page(items[(number - 1) * size : number * size], number, size, len(items)))


@allow(public)
@spoken
def opportunity(request, uid):
    fund, at = FundIdentity.current(), request.received_at
    for call in public_calls(at):
        if commongrants.opportunity_id(call, fund.siret) == uid.lower():
            return JsonResponse(commongrants.one(commongrants.opportunity(call, fund, at)))
    return _refused(404, "Not found")


@allow(public)
@spoken
def awards(request):
    """The published set, earlier grants included, the latest changed first."""
    asked = _asked(request)
    if asked is None:
        return _refused(400, "Bad request", WRONG)
    number, size = asked
    fund, found = FundIdentity.current(), queries.GrantList(LATEST_CHANGED)
    grants = found[(number - 1) * size : number * size]
    items = (commongrants.award(grant, fund) for grant in grants)
    return JsonResponse(commongrants.page(items, number, size, len(found)))


@allow(public)
@spoken
def award(request, uid):
    fund = FundIdentity.current()
    named = commongrants.award_named(uid, fund.siret)
    if named is not None:
        reference, is_past = named
        grant = queries.earlier_grant(reference) if is_past else queries.get(reference, fund)
        if grant is not None:
            return JsonResponse(commongrants.one(commongrants.award(grant, fund)))
    return _refused(404, "Not found")
