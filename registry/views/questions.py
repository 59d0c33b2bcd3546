"""Questions of the public: read with their answers, asked without an account, answered from the case officers' desk."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.models import Application
from core.access import allow, anyone, public
from core.idempotency import once
from core.models import User
from core.transitions import Refusal, offered
from fund.people import instruction_desk
from fund.public_cache import public_page
from fund.views.acts import did, page_of
from fund.views.public import public_call
from registry import transitions
from registry.enums import QuestionState
from registry.forms import AnswerForm, QuestionForm, SetAsideForm
from registry.models import Question
from registry.queries import questions as queries

PAGE = 20


def published_project(reference: str) -> Application:
    """A published project, by its reference; 404 for any other file."""
    row = (
        Application.objects.filter(reference=reference)
        .select_related("call__rule_version", "call__envelope", "public_page")
        .first()
    )
    if row is None or not queries.is_published(row):
        raise Http404
    return row


# ---- read ----


def _board(request, call, application=None):
    today = timezone.localdate(request.received_at)
    board = queries.board(call, application, today)
    context = {
        "call": call,
        "application": application,
        "title": Question(call=call, application=application).title,
        "board": board,
        "late_days": board.late_days(today),
        "page": page_of(request, board.answered, PAGE),
        "answer_days": call.rule_version["question_answer_days"],
    }
    return render(request, "registry/questions.html", context)


@allow(public)
@public_page
def of_call(request, slug):
    """Questions on a call with their answers; how many wait, and since when."""
    return _board(request, public_call(slug))


@allow(public)
@public_page
def of_project(request, reference):
    """The same on a funded project."""
    application = published_project(reference)
    return _board(request, application.call, application)


# ---- ask ----


def _ask(request, call, application=None):
    form = QuestionForm(request.POST if request.method == "POST" else None)
    about = Question(call=call, application=application)
    if request.method == "POST" and form.is_valid():
        try:
            if not form.cleaned_data["website"]:
                transitions.ask_question(
                    call=call,
                    application=application,
                    actor=User.objects.system(),
                    at=request.received_at,
                    **form.params(),
                )
            return redirect(f"{request.path}?merci=1")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {
        "call": call,
        "application": application,
        "form": form,
        "title": about.title,
        "back": about.path,
        "thanks": "merci" in request.GET,
        "answer_days": call.rule_version["question_answer_days"],
    }
    return render(request, "registry/ask.html", context, status=form.status or (422 if form.errors else 200))


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def ask_on_call(request, slug):
    """Ask on a call, without an account."""
    return _ask(request, public_call(slug))


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def ask_on_project(request, reference):
    """Ask on a funded project, without an account."""
    application = published_project(reference)
    return _ask(request, application.call, application)


# ---- answer ----


@allow(instruction_desk)
@require_safe
def desk(request):
    """Questions that wait, the most urgent first; then those closed."""
    state = request.GET.get("etat", "")
    context = {
        "page": page_of(request, queries.of_desk(request.user, state), PAGE),
        "state": state if state in QuestionState.values else "",
        "states": QuestionState.choices,
        "today": timezone.localdate(request.received_at),
    }
    return render(request, "registry/instruction/questions.html", context)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def one(request, reference):
    """One question: answered in public, answered again, or set aside."""
    row = get_object_or_404(queries.of_desk(request.user), reference=reference)
    act = request.POST.get("act") if request.method == "POST" else None
    answer = AnswerForm(request.POST if act == "answer" else None, initial={"text": row.answer}, prefix="answer")
    aside = SetAsideForm(request.POST if act == "set_aside" else None, prefix="set_aside")
    calls = {"answer": (transitions.answer_publicly, answer), "set_aside": (transitions.set_aside, aside)}
    if request.method == "POST":
        if act not in calls:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
        call, form = calls[act]
        if form.is_valid():
            try:
                call(question=row, actor=request.user, at=request.received_at, **form.params())
                messages.success(request, did(call.verb))
                return redirect("registry:questions")
            except Refusal as refusal:
                form.refuse(refusal)
    offers = {offer.name: offer for offer in offered(row, request.user, request.received_at, only_in_state=True)}
    context = {
        "row": row,
        "answer": answer,
        "aside": aside,
        "may_answer": offers.get("answer_publicly"),
        "may_set_aside": offers.get("set_aside"),
    }
    return render(request, "registry/instruction/question.html", context, status=answer.status or aside.status or 200)
