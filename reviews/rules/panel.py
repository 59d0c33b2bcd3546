"""Guards of the panel: two equal colleges, presidents, files ready, readers without interest."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Application
from core.transitions import Act, Refusal
from fund.enums import CallState, College
from reviews import queries
from reviews.enums.reading import ACTIVE_ASSIGNMENTS, AssignmentState, DeclarationState, Fallback, SeatKind
from reviews.models import Assignment, Declaration, Panel
from reviews.rules import seats

PENDING = ("submitted", "information_requested")


def call_has_no_panel(act: Act) -> None:
    if Panel.objects.filter(call=act.obj).exists():
        raise Refusal(
            "panel_exists",
            _("The panel of this call is already constituted."),
            remedy=_("Change its seats instead."),
            article="art. 11",
            status=409,
        )
    if act.obj.state not in (CallState.PUBLISHED, CallState.CLOSED):
        raise Refusal(
            "call_not_open_to_panel",
            _("A panel is constituted between the publication of the call and the start of the review."),
            article="art. 11",
            status=409,
        )


def colleges_are_equal(act: Act) -> None:
    """As many full members in each college, the number of the rules; a co-president in each, who holds the office; everyone of his own college."""
    wanted = act.get("seats")
    if act.preview or wanted is None:
        return
    call = act.obj.call if isinstance(act.obj, Panel) else act.obj
    full = [row for row in wanted if row["kind"] == SeatKind.FULL_MEMBER]
    counts = {college: sum(row["college"] == college for row in full) for college in College.values}
    if counts[College.CIVIL_SOCIETY] != counts[College.STATE] or not counts[College.STATE]:
        less, more = sorted(counts, key=lambda college: counts[college])
        raise Refusal(
            "panel_unbalanced",
            _("The %(college)s college has %(filled)s members and the other has %(other)s.")
            % {"college": College(less).label, "filled": counts[less], "other": counts[more]},
            remedy=_("Appoint until they are equal to be able to review and convene."),
            article="art. 11",
            status=409,
            field="seats",
        )
    if len({row["user"].pk for row in wanted}) < len(wanted):
        raise Refusal(
            "seat_person_twice", _("The same person cannot hold two seats."), article="art. 11", field="seats"
        )
    for college in College:
        presidents = [row for row in full if row["college"] == college and row.get("is_president")]
        if len(presidents) != 1:
            raise Refusal(
                "president_missing",
                _("Each college has one co-president; that of %(college)s is missing.") % {"college": college.label},
                article="art. 11",
                field="seats",
                status=409,
            )
    for row in wanted:
        seats.seat_is_lawful(row, call.rule_version, act.at)
    seats.number_is_the_rules(wanted, call.rule_version)


def panel_is_balanced(panel: Panel | None, at) -> None:
    """Raises Refusal unless the panel is there, with equal colleges (what a review and a meeting need)."""
    if panel is None:
        raise Refusal(
            "panel_missing",
            _("The panel of this call is not constituted."),
            remedy=_("Constitute it first."),
            article="art. 11",
            status=409,
        )
    seats.colleges_sit_equal(panel, at)


def panel_ready(act: Act) -> None:
    panel_is_balanced(queries.panel_of(act.obj), act.at)


def files_are_checked(act: Act) -> None:
    waiting = Application.objects.filter(call=act.obj, state__in=PENDING).count()
    if waiting:
        raise Refusal(
            "files_pending",
            ngettext(
                "%(n)s application still awaits eligibility.", "%(n)s applications still await eligibility.", waiting
            )
            % {"n": waiting},
            remedy=_("Finish them to start the review."),
            article="art. 9",
            status=409,
        )


def some_file_is_eligible(act: Act) -> None:
    if not Application.objects.filter(call=act.obj, state="eligible").exists():
        raise Refusal(
            "no_eligible_file",
            _("No application is eligible:"),
            remedy=_("the call is concluded without review."),
            article="art. 9",
            status=409,
        )


def review_started(act: Act) -> None:
    if act.obj.call.state != CallState.UNDER_REVIEW:
        raise Refusal(
            "review_not_started",
            _("The review of this call has not started."),
            remedy=_("Start it once every application is checked."),
            article="art. 13",
            status=409,
        )
    panel_is_balanced(act.obj, act.at)


def someone_declared(act: Act) -> None:
    declared = Declaration.objects.filter(
        application__call=act.obj.call_id, application__state="under_review", state=DeclarationState.NONE
    )
    if not declared.exists():
        raise Refusal(
            "declarations_missing",
            _("No member has declared his interests yet: nobody can be given an application to read."),
            article="art. 12",
            status=409,
        )


def reading_is_over(act: Act) -> None:
    """Closed when everyone has filed, or once the date of the call has passed."""
    panel = act.obj
    waiting = Assignment.objects.filter(
        seat__panel=panel,
        application__state="under_review",
        state__in=(AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS),
    )
    limit = panel.call.review_closes_at
    if waiting.exists() and (limit is None or act.at < limit):
        raise Refusal(
            "reading_still_open",
            _("%(n)s reviews are not filed, and readers still have time.") % {"n": waiting.count()},
            remedy=_("Wait for them, or for the date of the call."),
            article="art. 13",
            status=409,
        )


def file_of_call(act: Act) -> Application | None:
    application = act.get("application")
    if application is not None and (application.call_id != act.obj.call_id or application.state != "under_review"):
        raise Refusal(
            "file_not_under_review",
            _("This application is not under review in this call."),
            status=409,
            field="application",
        )
    return application


def file_is_open_to_asker(act: Act) -> None:
    """A member speaks of a file under review he declared no interest in."""
    if act.preview:
        return
    application = file_of_call(act)
    if application is None:
        raise Refusal("file_missing", _("Choose the application to discuss."), field="application", article="art. 15")
    if not Declaration.objects.filter(user=act.actor, application=application, state=DeclarationState.NONE).exists():
        raise Refusal(
            "recused",
            _("This application is closed to you: you are recused from it, or have not declared."),
            remedy=_("If this is a mistake, both co-presidents together can lift the recusal before any vote."),
            article="art. 12",
            status=403,
        )


def reader_may_read(act: Act) -> None:
    """A reader without interest, of the panel, who does not have the file already."""
    application, seat = file_of_call(act), act.get("seat")
    if application is None or seat is None:
        return
    if seat.panel_id != act.obj.pk or seat.ends_at is not None:
        raise Refusal(
            "not_of_the_panel", _("This person does not sit in the panel of this call."), status=409, field="seat"
        )
    declared = Declaration.objects.filter(application=application, user=seat.user_id).first()
    if declared is None or declared.state != DeclarationState.NONE:
        raise Refusal(
            "conflict_of_interest",
            _("This member has an interest in this application, or a link to check."),
            remedy=_("Choose another member of the same college."),
            article="art. 12",
            status=409,
            field="seat",
        )
    if Assignment.objects.filter(application=application, seat=seat, state__in=ACTIVE_ASSIGNMENTS).exists():
        raise Refusal("already_assigned", _("This member already reads this application."), status=409, field="seat")


def fallback_is_known(act: Act) -> None:
    """Recorded on a file that lacks readers, with its reason; "the same lower number" needs that number in both colleges, one at least."""
    if act.preview:
        return
    application, fallback = file_of_call(act), act.get("fallback")
    if application is None or fallback not in Fallback.values:
        raise Refusal("fallback_unknown", _("Choose one of the solutions of article 13."), field="fallback")
    counts = (
        list(queries.review_counts(application).values())
        if act.obj.is_reading_closed
        else [
            Assignment.objects.filter(
                application=application, state__in=ACTIVE_ASSIGNMENTS, seat__college=college
            ).count()
            for college in College.values
        ]
    )
    if fallback == Fallback.LOWER and (counts[0] != counts[1] or not counts[0]):
        raise parity_missing(application, dict(zip(College.values, counts, strict=True)), act.obj.reviews_per_college)


def parity_missing(application, counts: dict, needed: int) -> Refusal:
    return Refusal(
        "parity_missing",
        _("This application has %(civil)s civil-society and %(state)s State reviews; %(needed)s of each are needed.")
        % {"civil": counts.get(College.CIVIL_SOCIETY, 0), "state": counts.get(College.STATE, 0), "needed": needed},
        remedy=_(
            "In order: an alternate, the same lower number for both colleges (never zero), or a plenary reading. "
            "The secretary records it on the page of the panel, under “what replaces a missing reader”."
        ),
        article="art. 13, 16",
        status=409,
    )
