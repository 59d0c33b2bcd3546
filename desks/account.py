"""Pages of a person about all the rooms hold: take one's data away."""

from __future__ import annotations

from django.http import FileResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core import person, reauth
from core.access import allow, signed_in
from desks import personal


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
