"""What is expected of a person now, whatever the role: one task a thing to do, or one a queue with what waits in it. Constant queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Application
from applications.queries import files_with_news, reasons_due, staff_unread
from applications.queries.writing import agreements_awaited, changed_since_filed, invitations_of, without_partner
from applications.transitions.team import invitation_path
from core import two_key
from core.models import TwoKeyAct
from core.transitions import VERBS
from desks import rooms
from fund.enums import Role
from fund.queries import has_role
from payments.queries import desk as payments_desk
from payments.queries import tasks_of_recipient
from payments.queries.agreements import waiting_conditions
from registry.queries import webhooks
from reviews.queries import to_sign
from reviews.queries.appeals import to_contest
from reviews.queries.awaited import meetings_awaiting, refused_minutes
from reviews.queries.interests import waiting_declarations
from reviews.queries.late import late_to_know
from reviews.queries.meetings import notices_due, notices_to_answer
from reviews.queries.reviewing import waiting_readings


@dataclass(frozen=True)
class Task:
    """One thing a person may do now. `due_at` is an instant or a whole day."""

    title: str
    url: str
    due_at: Any = None


def _moment(due: datetime | date) -> tuple[date, float]:
    """Days and instants in one order: a day is due at its end."""
    if isinstance(due, datetime):
        return timezone.localdate(due), due.timestamp()
    return due, float("inf")


def sooner_first(found: list[Task]) -> list[Task]:
    return sorted(found, key=lambda task: (task.due_at is None, _moment(task.due_at) if task.due_at else ()))


def tasks(user, at) -> list[Task]:
    """Everything that awaits this person, the soonest first, what has no date last."""
    return sooner_first(
        [
            *of_applicant(user, at),
            *of_two_keys(user, at),
            *of_member(user, at),
            *of_finance(user),
            *of_officer(user, at),
            *of_administrator(user, at),
            *of_late_interests(user, at),
        ]
    )


def of_applicant(user, at) -> list[Task]:
    """Invitations, drafts to file, changes not filed, requests to answer, refusals to read and contest, messages; then what the grants await."""
    found = []
    for member in invitations_of(user, at):
        join = _("Join the team of “%(title)s”") % {"title": member.application.display_title}
        found.append(Task(join, invitation_path(member), member.expires_at))
    mine = Application.objects.of_team(user).filter(state__in=["draft", "information_requested"])
    drafts = list(mine.select_related("call").order_by("pk")[:50])
    to_agree = agreements_awaited(user) if drafts else set()
    for application in drafts:
        base, title = f"/dossiers/{application.reference}/", {"title": application.display_title}
        if application.state == "information_requested":
            found.append(Task(_("Answer the fund about “%(title)s”") % title, f"{base}complements/"))
        elif at < application.call.closes_at and application.pk in to_agree:
            found.append(
                Task(
                    _("Read “%(title)s” and give your agreement") % title,
                    f"{base}verifier/",
                    application.call.closes_at,
                )
            )
        elif at < application.call.closes_at:
            found.append(Task(_("Finish and file “%(title)s”") % title, f"{base}verifier/", application.call.closes_at))
    for application in changed_since_filed(user, at):
        words = {"title": application.display_title}
        changes = _("Your changes to “%(title)s” are not filed") % words
        found.append(Task(changes, f"/dossiers/{application.reference}/verifier/", application.call.closes_at))
    for application in without_partner(user, at):
        awaited = _("The partner of “%(title)s” has not confirmed yet: remind them") % {
            "title": application.display_title
        }
        until = application.call.partner_deadline_at
        found.append(Task(awaited, f"/dossiers/{application.reference}/partenaires/", until))
    for decision, until in to_contest(user, at):
        refusal = _("Read the decision on “%(title)s”, and contest it if you wish")
        words = {"title": decision.application.display_title}
        found.append(Task(refusal % words, f"/dossiers/{decision.application.reference}/decision/", until))
    for application, unread in files_with_news(user):
        news = ngettext(
            "%(n)s message from the fund about “%(title)s”", "%(n)s messages from the fund about “%(title)s”", unread
        )
        counted = {"n": unread, "title": application.display_title}
        found.append(Task(news % counted, f"/dossiers/{application.reference}/messages/"))
    return found + [Task(row.title, row.path, row.due) for row in tasks_of_recipient(user, at)]


def of_two_keys(user, at) -> list[Task]:
    """Acts whose second key this person holds."""
    acts = list(TwoKeyAct.objects.filter(state="proposed", expires_at__gt=at).exclude(proposed_by=user)[:50])
    ids: dict[str, list[int]] = {}
    for act in acts:
        ids.setdefault(f"{act.target_machine}.{act.verb}", []).append(act.target_id)
    targets = {}
    for name, wanted in ids.items():
        machine, verb_name = name.split(".")
        targets[name] = VERBS[machine][verb_name].model._base_manager.in_bulk(wanted)
    found = []
    for act in acts:
        verb, target = (
            VERBS[act.target_machine][act.verb],
            targets[f"{act.target_machine}.{act.verb}"].get(act.target_id),
        )
        if (
            target is not None
            and verb.two_key is not None
            and any(who(user, target, at) for who in verb.two_key.approves)
        ):
            found.append(
                Task(
                    _("Approve: %(title)s") % {"title": two_key.title_of(act, verb, target)},
                    f"/instruction/cles/{act.reference}/",
                    act.expires_at,
                )
            )
    return found


def of_member(user, at) -> list[Task]:
    """A panel member declares, reads, answers notices, sits and signs."""
    found = []
    for call, n in waiting_declarations(user):
        title = ngettext("%(n)s declaration of interest to make", "%(n)s declarations of interest to make", n)
        found.append(Task(title % {"n": n}, f"/commission/declarations/{call.slug}/", call.review_closes_at))
    for call, n in waiting_readings(user):
        title = ngettext("%(n)s application to read and score", "%(n)s applications to read and score", n)
        found.append(Task(title % {"n": n}, "/commission/", call.review_closes_at))
    for meeting, day in notices_due(user, at):
        title = _("Read the agenda of the meeting %(reference)s again before its notice leaves")
        found.append(Task(title % {"reference": meeting.reference}, f"/commission/seances/{meeting.pk}/", day))
    for meeting in notices_to_answer(user, at):
        title = _("Say whether you come to the meeting %(reference)s") % {"reference": meeting.reference}
        found.append(Task(title, f"/commission/seances/{meeting.pk}/", meeting.planned_at))
    sentences = {
        "under_way": _("The meeting %(reference)s is under way"),
        "to_close": _("Close the meeting %(reference)s: the other president has agreed"),
        "to_sign": _("Sign the minutes of the meeting %(reference)s"),
    }
    for expected in meetings_awaiting(user, at):
        meeting = expected.meeting
        page = "proces-verbal/" if expected.what == "to_sign" else ""
        title = sentences[expected.what] % {"reference": meeting.reference}
        found.append(Task(title, f"/commission/seances/{meeting.pk}/{page}"))
    for call, n in to_sign(user, at):
        title = ngettext("%(n)s decision to sign", "%(n)s decisions to sign", n)
        found.append(Task(title % {"n": n}, f"/commission/decisions/{call.slug}/"))
    return found


def of_finance(user) -> list[Task]:
    """One task a queue of the money, for the officer whose act it awaits."""
    orders = has_role(user, Role.AUTHORISING_OFFICER) or has_role(user, Role.DELEGATE)
    pays = has_role(user, Role.ACCOUNTING_OFFICER)
    if not orders and not pays:
        return []
    queues, others = payments_desk.counts(user), payments_desk.desk_counts(user)
    found = []
    if orders:
        n = queues["order"]["n"]
        found.append((n, ngettext("%(n)s payment to order", "%(n)s payments to order", n), "/paiements/?etape=order"))
        n = payments_desk.to_countersign(user)
        title = ngettext("%(n)s payment to sign as third person", "%(n)s payments to sign as third person", n)
        found.append((n, title, "/paiements/?etape=countersign"))
        n = others["to_sign"]
        found.append((n, ngettext("%(n)s agreement to sign", "%(n)s agreements to sign", n), "/paiements/conventions/"))
        n = others["amendments"]
        found.append((n, ngettext("%(n)s amendment to sign", "%(n)s amendments to sign", n), "/paiements/avenants/"))
    if pays:
        n = queues["pay"]["n"]
        found.append((n, ngettext("%(n)s payment to pay", "%(n)s payments to pay", n), "/paiements/?etape=pay"))
        n = others["accounts"]
        found.append((n, ngettext("%(n)s account to approve", "%(n)s accounts to approve", n), "/paiements/comptes/"))
        n = others["lines"]
        found.append((n, ngettext("%(n)s line to check", "%(n)s lines to check", n), "/paiements/rapprochement/"))
        n = queues["rejected"]["n"]
        found.append(
            (
                n,
                ngettext("%(n)s payment returned by the bank", "%(n)s payments returned by the bank", n),
                "/paiements/?etape=rejected",
            )
        )
    return [Task(title % {"n": n}, url) for n, title, url in found if n]


def of_administrator(user, at) -> list[Task]:
    """Programs that are told nothing more until somebody looks at them."""
    n = webhooks.stopped() if has_role(user, Role.ADMINISTRATOR, at) else 0
    title = ngettext("%(n)s program is told nothing more", "%(n)s programs are told nothing more", n)
    return [Task(title % {"n": n}, "/administration/annonces/")] if n else []


def of_late_interests(user, at) -> list[Task]:
    """Interests declared after a vote by somebody who had a part in it: who answers for the decision sees what follows."""
    room = "/instruction/commission" if has_role(user, Role.CASE_OFFICER, at) else "/commission/deports"
    found = []
    for late in late_to_know(user, at):
        words = {"person": late.declaration.user, "reference": late.declaration.application.reference}
        title = _("%(person)s declared an interest in %(reference)s after voting on it: see what follows") % words
        found.append(Task(title, f"{room}/{late.declaration.application.call.slug}/"))
    return found


def of_officer(user, at) -> list[Task]:
    """One task a room of the instruction desk where something waits."""
    if not has_role(user, Role.CASE_OFFICER, at):
        return []
    found = [
        Task(room.task, room.url, room.due_on)
        for _chapter, listed in rooms.of_instruction(user)
        for room in listed
        if room.waiting and room.task
    ]
    if unread := staff_unread(user):
        title = ngettext("%(n)s application with unread messages", "%(n)s applications with unread messages", unread)
        found.append(Task(title % {"n": unread}, "/instruction/dossiers/?etat=all&attend=messages"))
    for refusal in refused_minutes(user):
        words = {"person": refusal.user, "reference": refusal.meeting.reference}
        title = _("%(person)s refuses to sign the minutes of the meeting %(reference)s: see what follows") % words
        found.append(Task(title, f"/instruction/seances/{refusal.meeting_id}/proces-verbal/"))
    if n := waiting_conditions(user):
        title = ngettext("%(n)s project waits for its conditions", "%(n)s projects wait for their conditions", n)
        found.append(Task(title % {"n": n}, "/instruction/conventions/?etape=in_force"))
    asked, first = reasons_due(user)
    if asked:
        title = ngettext(
            "Give the reasons of %(n)s rejection by silence", "Give the reasons of %(n)s rejections by silence", asked
        )
        found.append(Task(title % {"n": asked}, "/instruction/dossiers/?etat=all&attend=reasons", first))
    return found
