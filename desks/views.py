"""Pages that span a whole life. No business here: they read, and lead to the room where a thing is done."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from applications.models import Application
from applications.queries import unread_count
from core.access import allow, signed_in
from core.transitions import offered
from desks import awaited, queries, rooms
from desks.links import desks_of
from fund.people import instruction_desk
from fund.queries import open_calls
from payments.models import Agreement


@allow(signed_in)
def my_space(request):
    tasks = awaited.tasks(request.user, request.received_at)
    files = Application.objects.of_team(request.user).select_related("call").order_by("-pk")[:20]
    newcomer = not tasks and not files and not queries.is_staff_view(request.user)
    calls = open_calls(request.received_at) if newcomer else ()  # who has just come finds where to begin
    return render(
        request,
        "desks/my_space.html",
        {"tasks": tasks, "files": files, "calls": calls, "desks": desks_of(request.user)},
    )


@allow(instruction_desk)
@require_safe
def instruction(request):
    """The case officers' first page: what waits, room by room."""
    tasks = awaited.of_two_keys(request.user, request.received_at)
    return render(
        request, "desks/instruction.html", {"chapters": rooms.of_instruction(request.user), "tasks": tasks[:5]}
    )


@allow(signed_in)
def spine(request, reference):
    application = (
        queries.files_visible_to(request.user)
        .select_related("call", "organisation", "bearer_organisation", "filed_version")
        .filter(reference=reference)
        .first()
    )
    if application is None:
        raise Http404
    offers = list(offered(application, request.user, request.received_at, only_in_state=True))
    is_team = Application.objects.of_team(request.user).filter(pk=application.pk).exists()
    context = {
        "application": application,
        "verdict": queries.verdict(application, request.received_at) if is_team else None,
        "steps": queries.spine(application, request.user, request.received_at),
        "documents": queries.documents(application, request.user),
        "offers": offers,
        "is_team": is_team,
        "grant": Agreement.objects.visible_to(request.user).filter(application=application).first()
        if is_team
        else None,
        "is_staff_view": queries.is_staff_view(request.user),
        "messages_path": (path := queries.messages_path(request.user, application, request.received_at)),
        "unread": unread_count(request.user, application) if path else 0,
    }
    return render(request, "desks/spine.html", context)
