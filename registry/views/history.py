"""Staff page: import of earlier grants, a trial run first."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access import allow
from core.transitions import Refusal
from fund.people import instruction_desk
from registry import transitions
from registry.forms import ImportForm
from registry.models import PastGrant


@allow(instruction_desk)
def history(request):
    form = ImportForm(request.POST or None, request.FILES or None)
    report = None
    if request.method == "POST" and form.is_valid():
        trial = "import" not in request.POST
        try:
            table = transitions.read_table(form.cleaned_data["file"])
            report = transitions.import_past_grants(
                table=table, actor=request.user, at=request.received_at, dry_run=trial
            )
        except Refusal as refusal:
            form.add_error("file", str(refusal))
        if report and report.is_valid and not trial:
            messages.success(
                request,
                ngettext("%(count)s earlier grant imported.", "%(count)s earlier grants imported.", report.new)
                % {"count": report.new}
                if report.new
                else _("Nothing new: these rows were already there."),
            )
            return redirect("registry:history")
    context = {
        "form": form,
        "report": report,
        "count": PastGrant.objects.count(),
        "rows": PastGrant.objects.order_by("-imported_at", "-pk")[:20],
    }
    return render(request, "registry/history.html", context, status=200)
