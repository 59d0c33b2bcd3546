"""Pages of a person about all the rooms hold: take one's data away, delete the account."""

from __future__ import annotations

from django import forms
from django.contrib.auth import logout
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from core import person, reauth
from core.access import allow, signed_in
from core.forms import FundForm
from core.transitions import Refusal
from desks import leaving, personal
from desks.keeping import kept_months


def _prove_again(page: str):
    return redirect(f"{reverse('core:confirm')}?next={reverse(page)}")


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request):
    """What the fund holds about me: GET says what is in the file, POST answers it (proved again within five minutes)."""
    if request.method != "POST":
        return render(request, "desks/my_data.html", {"is_recent": reauth.is_recent(request)})
    if not reauth.is_recent(request):
        return _prove_again("desks:my_data")
    packed = personal.archive(request.user, request.received_at)
    person.told(request.user, "take_data", actor=request.user, at=request.received_at)
    day = timezone.localdate(request.received_at)
    answer = FileResponse(packed, as_attachment=True, filename=f"{personal.NAME}-{day}.zip")
    answer["Cache-Control"] = "no-store, private"
    return answer


class LeaveForm(FundForm):
    confirmation = forms.CharField(
        label=_("To confirm, type the e-mail address of the account"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request):
    """Delete my account: what goes at once, what stays and why, what holds me back; POST does it (proved again, confirmed in writing)."""
    me, at = request.user, request.received_at
    form = LeaveForm(request.POST or None, user=me)
    if request.method == "POST" and not reauth.is_recent(request):
        return _prove_again("desks:delete_account")
    if request.method == "POST" and form.is_valid():
        try:
            leaving.erase_account(user=me, actor=me, at=at, **form.params())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            logout(request)
            return render(request, "desks/account_deleted.html")
    context = {"form": form, "reasons": leaving.reasons_to_stay(me, at), "is_recent": reauth.is_recent(request)}
    context |= kept_months()
    return render(request, "desks/delete_account.html", context, status=form.status or 422 if form.errors else 200)
