"""The documents of a file."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from applications import forms
from applications import transitions as files
from applications.enums import PIECE_KINDS
from applications.models import Attachment
from applications.queries import rules_of
from applications.views.acts import of_team, page
from applications.views.writing import closed, frame
from core import files as uploads
from core.access import allow, signed_in
from core.browser import as_int
from core.idempotency import once
from core.transitions import Refusal
from fund.views.acts import status

IN_THE_FILE = _("The document is in the file.")
IN_QUARANTINE = _("The document is in the file. It opens once checked for viruses; you can file without waiting.")


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def pieces(request, reference):
    """The documents of the file: added after a check of what they are, taken off, never deleted once filed."""
    application = of_team(request, reference)
    form, name = forms.UploadForm(), request.POST.get("act", "") if request.method == "POST" else ""
    most = rules_of(application)["attachment_max_megabytes"]
    try:
        if name == "remove":
            piece = application.attachments.current().filter(pk=as_int(request.POST.get("piece")) or 0).first()
            if piece is not None:
                files.detach(application=application, actor=request.user, at=request.received_at, attachment=piece)
            return redirect(page("pieces", application))
        if request.method == "POST":
            form = forms.UploadForm(request.POST, request.FILES)
            if form.is_valid():
                uploaded = form.cleaned_data["file"]
                if not uploaded:
                    raise Refusal("file_missing", _("Choose a file first."), field="file")
                content_type, scanned = uploads.check_or_quarantine(
                    uploaded, kinds=PIECE_KINDS, max_bytes=most * 1024 * 1024
                )
                files.attach(
                    application=application,
                    actor=request.user,
                    at=request.received_at,
                    uploaded=uploaded,
                    content_type=content_type,
                    kind=form.cleaned_data["kind"],
                    scanned=scanned,
                )
                messages.success(request, IN_THE_FILE if scanned else IN_QUARANTINE)
                return redirect(page("pieces", application))
    except Refusal as refusal:
        if name == "remove":
            messages.error(request, str(refusal))
            return redirect(page("pieces", application))
        refusal.field = refusal.field or "file"
        form.refuse(refusal)
    rules = rules_of(application)
    return render(
        request,
        "applications/pieces.html",
        frame(request, application, "pieces")
        | {
            "pieces": application.attachments.current().select_related("uploaded_by"),
            "form": form,
            "closed": closed(request, application, "documents"),
            "most": rules["attachment_max_count"],
            "megabytes": most,
        },
        status=status(form),
    )


@allow(signed_in)
@require_safe
def piece(request, reference, pk):
    """A document, for those who may see the file."""
    row = (
        Attachment.objects.visible_to(request.user)
        .filter(application__reference=reference, pk=pk, scan_state="clean")
        .first()
    )
    if row is None:
        raise Http404
    return uploads.send(row.file, row.name, row.content_type)
