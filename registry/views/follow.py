"""Following by mail without an account: an address is given, confirmed by its owner, told what becomes public, erased when it stops."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.access import allow, anyone
from core.browser import address_hash, as_int
from core.idempotency import once
from core.transitions import Refusal
from registry import transitions
from registry.forms import FollowForm
from registry.models import public_title
from registry.queries import follow as queries
from registry.rules.follow import CONFIRM_DAYS
from registry.views.questions import published_project


def _ask(request, application=None):
    form = FollowForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            if not form.cleaned_data["website"]:
                transitions.ask_to_follow(
                    address=form.cleaned_data["email"],
                    application=application,
                    browser=address_hash(request),
                    at=request.received_at,
                )
            return redirect(f"{request.path}?merci=1")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {
        "application": application,
        "title": public_title(application) if application else "",
        "form": form,
        "thanks": "merci" in request.GET,
        "days": CONFIRM_DAYS,
        "feed": f"/projets/{application.reference}/flux.atom" if application else "/donnees/flux.atom",
    }
    return render(request, "registry/follow.html", context, status=form.status or (422 if form.errors else 200))


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_project(request, reference):
    """Follow one project."""
    return _ask(request, published_project(reference))


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def of_fund(request):
    """Follow every project."""
    return _ask(request)


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, token):
    """The link of the first mail. Opening it changes nothing, so that no program confirms by reading a mail; its button does, once."""
    follow = queries.to_confirm(token, CONFIRM_DAYS)
    done = (
        request.method == "POST"
        and follow is not None
        and transitions.confirm_follow(follow=follow, at=request.received_at)
    )
    if request.method == "POST" and not done:
        follow = None
    context = {
        "follow": follow,
        "title": public_title(follow.application) if follow and follow.application else "",
        "done": done,
        "days": CONFIRM_DAYS,
    }
    return render(request, "registry/follow_confirm.html", context, status=200 if follow else 410)


@csrf_exempt
@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request, token):
    """The link to stop of each mail: a page with buttons, and what mail programs post to it by themselves (RFC 8058), which comes from no page of ours.

    Whose token it is may stop and nothing more; said again, it answers the same.
    """
    follower = queries.leaving(token)
    known = follower is not None or queries.is_link_to_leave(token)
    done = False
    if request.method == "POST" and follower is not None:
        one = as_int(request.POST.get("one"))
        transitions.stop_following(follower=follower, follow_id=one)
        follower, done = queries.leaving(token), True
    follows = queries.followed(follower) if follower else []
    context = {
        "known": known,
        "done": done,
        "follows": [(one.pk, public_title(one.application) if one.application else "") for one in follows],
    }
    return render(request, "registry/follow_leave.html", context, status=200 if known else 404)
