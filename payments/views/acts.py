"""What the pages of payments share besides the acts of every room: uploads checked, forms bound, identity confirmed before a signature."""

from __future__ import annotations

from functools import partial

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from core.files import check_upload
from core.transitions import Refusal
from fund.views.acts import act as act_of_every_room
from payments.views import effects  # noqa: F401  says what two-key acts on money do

PROOF_BYTES = 10 * 1024 * 1024


def uploads_checked(params: dict) -> dict:
    """Check what was uploaded (type by content, size, virus scan) and say its type to the verb. Raises Refusal on the field."""
    checked = dict(params)
    for name in ("proof", "evidence"):
        uploaded = checked.get(name)
        if name in checked and not uploaded:
            checked.pop(name)
        elif uploaded:
            try:
                checked["content_type"] = check_upload(uploaded, kinds={"pdf", "image"}, max_bytes=PROOF_BYTES)
            except Refusal as refusal:
                refusal.field = name
                raise
    return checked


def posted(request, unless: str = "") -> tuple:
    """What a form is bound to: the fields and files of a POST (whatever they hold), nothing on a GET or when another act was posted."""
    if request.method != "POST" or unless and request.POST.get("act") == unless:
        return None, None
    return request.POST, request.FILES


def confirm_first(after: str):
    """To the page where one proves again who one is, then back."""
    return redirect(f"{reverse('core:confirm')}?{urlencode({'next': after})}")


act = partial(act_of_every_room, given=uploads_checked)


def searched(request) -> str:
    """The words typed in the search box."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:100]
