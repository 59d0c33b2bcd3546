"""An earlier grant's late report keeps its recipient, and who bears the money, from filing again (fund rules, art. 2)."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import queries as files
from applications.models import Application
from applications.queries import rules_of
from core.transitions import Act, Refusal
from payments.models import Report


def overdue_reports(application: Application, at):
    """Reports not yet filed after their day, for earlier grants of this applicant or of this bearer."""
    today, written = timezone.localdate(at), files.section_now(application, "applicant")
    bodies = [body.pk for prefix in ("", "bearer_") if (body := files.find_body(written, prefix)) is not None]
    theirs = (
        Q(agreement__application__applicant_key=files.applicant_key(application))
        | Q(agreement__application__organisation__in=bodies)
        | Q(agreement__application__bearer_organisation__in=bodies)
    )
    if application.bearer_person_id:
        theirs |= Q(agreement__application__bearer_person=application.bearer_person_id)
    return Report.objects.filter(
        theirs, state__in=("due", "draft"), due_on__lt=today, agreement__state__in=("active", "suspended")
    )


def no_report_is_overdue(act: Act) -> None:
    """A rule of the call (`overdue_report_blocks_filing`). The grant is named to who may see it; a bearer's other grants are not told to a team."""
    if not rules_of(act.obj)["overdue_report_blocks_filing"]:
        return
    late = overdue_reports(act.obj, act.at)
    if not late.exists():
        return
    own = late.filter(agreement__application__in=Application.objects.of_team(act.actor).values("pk"))
    report = own.select_related("agreement__application").first()
    raise Refusal(
        "report_overdue",
        _("A report is overdue for your earlier grant %(reference)s.")
        % {"reference": report.agreement.application.reference}
        if report
        else _("The applicant or the bearer has an overdue report for an earlier grant."),
        remedy=_("Once the fund has received that report, this application can be filed."),
        article="art. 2",
        status=409,
    )
