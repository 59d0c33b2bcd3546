"""Staff page: import of earlier grants. Look at a file first, then import exactly what was shown; rows with a problem are left out, and said."""

from datetime import date

from django.contrib import messages
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import links
from core.access import allow, public
from core.redaction import redacted
from core.templatetags.ui import euros
from core.transitions import Refusal
from fund.people import instruction_desk
from fund.public_cache import public_page
from registry import queries, transitions
from registry.enums import LICENCES, Licence
from registry.forms import BEHIND, ConfirmForm, HistoryForm, digest
from registry.index.refresh import FEW, fresh
from registry.models import HistoryFile, PastGrant
from registry.queries.earlier import Correction
from registry.resources import Reading, read_past_grants

SHOWN, TASTED, CORRECTED = 20, 8, 200
ABOUT = "history.about"


@allow(instruction_desk)
def history(request):
    form, reading, seen, said, about = HistoryForm(), None, "", None, ""
    if request.method == "POST":
        try:
            transitions.may_import(request.user, request.received_at)
            if "import" in request.POST:
                return _import(request)
            form = HistoryForm(request.POST, request.FILES)
            if form.is_valid() and len(form.cleaned_data["file"]) > BEHIND:
                return _behind(request, form)
            if form.is_valid():
                reading = read_past_grants(form.cleaned_data["file"])
                if reading.new or reading.corrections:
                    seen = digest(form.cleaned_data["file"])
                    _keep(request.user, form.cleaned_data["file"])
                    about = links.signed(ABOUT, {"name": request.FILES["file"].name, "origin": form.origin()})
        except Refusal as refusal:
            if form.is_bound:
                form.add_error("file", str(refusal))
            else:
                said = refusal
    return _page(request, form, reading, seen, said, about)


def _page(request, form: HistoryForm, reading: Reading | None, seen: str, said: Refusal | None, about: str):
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
        "confirm": ConfirmForm(initial={"seen": seen, "about": about}) if seen else None,
        "shown": reading.rows[:TASTED] if reading else [],
        "differences": [_difference(correction) for correction in reading.corrections[:CORRECTED]] if reading else [],
        "count": PastGrant.objects.count(),
        "files": HistoryFile.objects.select_related("by")[:SHOWN],
        "rows": PastGrant.objects.order_by("-imported_at", "-pk")[:SHOWN],
    }
    wrong = bool(form.errors) or (reading is not None and reading.wrong > 0 and not seen)
    status = said.status if said else 422 if wrong else 200
    return render(request, "registry/history.html", context, status=status)


def _behind(request, form: HistoryForm):
    """A large file: the worker reads it, its page follows."""
    raw = form.cleaned_data["file"]
    kept = default_storage.save(f"history/{digest(raw)[:16]}.bin", ContentFile(raw))
    file = transitions.give_file(
        name=request.FILES["file"].name,
        kept=kept,
        digest=digest(raw),
        actor=request.user,
        at=request.received_at,
        origin=form.origin(),
    )
    return redirect("registry:history_file", file.pk)


@allow(instruction_desk)
def history_file(request, pk):
    """One file of earlier grants: how far its reading or its import is, what it holds, and its undoing. `?suivi`: the part that moves, alone."""
    file, refusal = get_object_or_404(HistoryFile.objects.select_related("by"), pk=pk), None
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", ""))
        try:
            if act is None:
                raise Refusal("unknown_act", _("This act does not exist."))
            act(file=file, actor=request.user, at=request.received_at)
            if act is transitions.undo_import and file.new + file.corrected <= FEW:
                fresh(whole=True)
            return redirect("registry:history_file", file.pk)
        except Refusal as found:
            refusal = found
    name = "registry/partials/_history_file.html" if "suivi" in request.GET else "registry/history_file.html"
    changed = [
        (number, recipient, ", ".join(_label(field) for field in fields))
        for number, recipient, fields in file.seen.get("differences", ())
    ]
    context = {"file": file, "seen": file.seen, "refusal": refusal, "differences": changed}
    return render(request, name, context, status=refusal.status if refusal else 200)


ACTS = {"import": transitions.confirm_file, "undo": transitions.undo_import}


def _import(request):
    confirm = ConfirmForm(request.POST)
    raw = _kept(request.user)
    if raw is None or not confirm.is_valid() or digest(raw) != confirm.cleaned_data["seen"]:
        raise Refusal("file_changed", _("This file is not the one that was looked at."), remedy=_("Look at it again."))
    reading, about = read_past_grants(raw), links.read(ABOUT, confirm.cleaned_data["about"]) or {}
    new = transitions.import_past_grants(
        rows=reading.rows,
        corrections=reading.corrections,
        actor=request.user,
        at=request.received_at,
        name=about.get("name", ""),
        origin=about.get("origin"),
    )
    fresh(whole=True)  # the one who imports waits for the index, not the next visitor
    default_storage.delete(_name(request.user))
    messages.success(request, _done(new, len(reading.corrections)))
    return redirect("registry:history")


def _done(new: int, corrected: int) -> str:
    said = []
    if new:
        said.append(
            ngettext("%(count)s earlier grant imported.", "%(count)s earlier grants imported.", new) % {"count": new}
        )
    if corrected:
        said.append(
            ngettext("%(count)s grant corrected.", "%(count)s grants corrected.", corrected) % {"count": corrected}
        )
    return " ".join(said) or _("Nothing new: these rows were already there.")


def _difference(correction: Correction) -> dict:
    """A correction as it is shown before it is made: what the registry says and what the file says."""
    changes = [(_label(name), _told(name, before), _told(name, after)) for name, before, after in correction.changes]
    return {"number": correction.number, "recipient": correction.grant.recipient_name, "changes": changes}


def _label(name: str) -> str:
    """A field's name for people; amounts are kept in cents and shown in euros."""
    return _("Amount") if name == "amount" else str(getattr(PastGrant._meta.get_field(name), "verbose_name", name))


def _told(name: str, value) -> str:
    if value in (None, ""):
        return _("unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "amount":
        return euros(value)
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    return f"{value.normalize():f}" if name == "share" else str(value)


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


# ---- the public page of one of them ----


@allow(public)
@public_page
def grant(request, key):
    """One earlier grant: what its file says, where it comes from, what a later file corrected."""
    found = queries.earlier_grant(key)
    if found is None:
        raise Http404
    context = {
        "grant": found,
        "origin": origin_of(found.source.brought_by),
        "changes": [
            (change.file.at, origin_of(change.file), ", ".join(_label(name) for name in fields))
            for change, fields in queries.corrections_of(found.source)
        ],
    }
    return render(request, "registry/earlier.html", context)


def origin_of(file: HistoryFile | None) -> dict | None:
    """What the public reads of a file: its name, its day, where it was published and under which licence; never who gave it."""
    if file is None:
        return None
    return {
        "name": redacted(file.name),
        "at": file.confirmed_at or file.at,
        "source": file.source if redacted(file.source) == file.source else "",
        "licence": file.get_licence_display() if file.licence else "",
        "licence_url": LICENCES[Licence(file.licence)] if file.licence else "",
    }
