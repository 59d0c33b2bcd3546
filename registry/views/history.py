"""Staff page: import of earlier grants. Look at a file first, then import exactly what was shown; rows with a problem are left out, and said."""

from django.contrib import messages
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access import allow
from core.transitions import Refusal
from fund.people import instruction_desk
from registry import transitions
from registry.forms import ConfirmForm, HistoryForm, digest
from registry.models import PastGrant
from registry.resources import Reading, read_past_grants

SHOWN, TASTED = 20, 8


@allow(instruction_desk)
def history(request):
    form, reading, seen, said = HistoryForm(), None, "", None
    if request.method == "POST":
        try:
            transitions.may_import(request.user, request.received_at)
            if "import" in request.POST:
                return _import(request)
            form = HistoryForm(request.POST, request.FILES)
            if form.is_valid():
                reading = read_past_grants(form.cleaned_data["file"])
                if reading.new:
                    seen = digest(form.cleaned_data["file"])
                    _keep(request.user, form.cleaned_data["file"])
        except Refusal as refusal:
            if form.is_bound:
                form.add_error("file", str(refusal))
            else:
                said = refusal
    return _page(request, form, reading, seen, said)


def _page(request, form: HistoryForm, reading: Reading | None, seen: str, said: Refusal | None):
    refusal = None
    try:
        transitions.may_import(request.user, request.received_at)
    except Refusal as found:
        refusal = found
    context = {
        "said": said,
        "form": form,
        "reading": reading,
        "refusal": refusal,
        "confirm": ConfirmForm(initial={"seen": seen}) if seen else None,
        "shown": reading.rows[:TASTED] if reading else [],
        "count": PastGrant.objects.count(),
        "rows": PastGrant.objects.order_by("-imported_at", "-pk")[:SHOWN],
    }
    wrong = bool(form.errors) or (reading is not None and reading.wrong > 0 and not reading.new)
    status = said.status if said else 422 if wrong else 200
    return render(request, "registry/history.html", context, status=status)


def _import(request):
    confirm = ConfirmForm(request.POST)
    raw = _kept(request.user)
    if raw is None or not confirm.is_valid() or digest(raw) != confirm.cleaned_data["seen"]:
        raise Refusal("file_changed", _("This file is not the one that was looked at."), remedy=_("Look at it again."))
    rows = read_past_grants(raw).rows
    new = transitions.import_past_grants(rows=rows, actor=request.user, at=request.received_at)
    default_storage.delete(_name(request.user))
    messages.success(
        request,
        ngettext("%(count)s earlier grant imported.", "%(count)s earlier grants imported.", new) % {"count": new}
        if new
        else _("Nothing new: these rows were already there."),
    )
    return redirect("registry:history")


def _name(user) -> str:
    """Where the file that somebody looks at waits: one a person, the next replaces it."""
    return f"history/{user.pk}.csv"


def _keep(user, raw: bytes) -> None:
    default_storage.delete(_name(user))
    default_storage.save(_name(user), ContentFile(raw))


def _kept(user) -> bytes | None:
    try:
        with default_storage.open(_name(user)) as file:
            return file.read()
    except OSError:
        return None
