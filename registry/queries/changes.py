"""What became public, read from the facts themselves, and the words for it. Whatever is told is told from the published set as it is at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from applications.models import Application
from core.links import absolute, localized
from core.money import format_euros
from fund.ledger import queries as ledger
from fund.models import Call, Seal
from payments.models import Report
from registry.enums import ChangeKind, News, QuestionState
from registry.models import PageChange, PublicChange, Question
from registry.queries.grants import PublishedGrant
from registry.queries.told import tellable, told

OF_ENTRY = {
    "reserve": News.DECISION,
    "commit": News.AGREEMENT,
    "pay": News.PAYMENT,
    "bounce": News.BOUNCE,
    "claim": News.CLAIM,
    "unclaim": News.UNCLAIM,
    "return": News.RETURN,
    "release_reservation": News.RELEASE,
    "release_commitment": News.RELEASE,
}
"""An entry gets its public number when its fact becomes public, an award when it is notified: the sealed ledger tells when."""
UNDONE = {"bounce": News.PAYMENT, "return": News.CLAIM}
"""What stands again once an entry of this kind was reversed."""
MOST = 500
"""Changes that one mail looks at."""
OF_PAGE = {
    ChangeKind.CORRECT: News.CORRECTION,
    ChangeKind.UNPUBLISH: News.UNPUBLICATION,
    ChangeKind.REPUBLISH: News.REPUBLICATION,
}


def of_ledger(after: int, until: int, application: Application | None = None) -> list[PublicChange]:
    """Public entries with a number above `after`, up to `until`. Two queries."""
    ours = Q(entry__kind__in=OF_ENTRY) | Q(entry__reverses__kind__in=UNDONE)
    rows = Seal.objects.filter(ours, seq__gt=after, seq__lte=until)
    if application is not None:
        rows = rows.filter(entry__grant=application.reference)
    facts = rows.order_by("seq").values_list("seq", "entry__kind", "entry__reverses__kind", "entry__grant", "entry__at")
    found = [(seq, OF_ENTRY.get(kind) or UNDONE[undone], grant, at) for seq, kind, undone, grant, at in facts]
    keys = dict(Application.objects.filter(reference__in={one[2] for one in found}).values_list("reference", "pk"))
    return [
        PublicChange(kind=kind, key=f"entry:{seq}", application_id=keys[grant], seq=seq, at=at)
        for seq, kind, grant, at in found
        if grant in keys
    ]


def of_rows(since: datetime, application: Application | None = None) -> list[PublicChange]:
    """Accepted reports, public answers and changes of public pages from `since` on. Three queries."""
    reports = Report.objects.filter(state="accepted", accepted_at__gte=since, agreement__signed_at__isnull=False)
    answers = Question.objects.filter(state=QuestionState.ANSWERED, answered_at__gte=since)
    changes = PageChange.objects.filter(at__gte=since).order_by("pk")
    if application is not None:
        reports, answers = reports.filter(agreement__application=application), answers.filter(application=application)
        changes = changes.filter(page__application=application)
    found = [
        PublicChange(kind=News.REPORT, key=f"report:{pk}", application_id=file, at=at)
        for pk, at, file in reports.values_list("pk", "accepted_at", "agreement__application")
    ]
    for pk, at, file, call in answers.values_list("pk", "answered_at", "application", "call"):
        about = {"application_id": file} if file else {"call_id": call}
        found.append(PublicChange(kind=News.ANSWER, key=f"answer:{pk}:{_instant(at)}", at=at, **about))
    for page, kind, at, file in changes.values_list("page", "kind", "at", "page__application"):
        one = PublicChange(
            kind=OF_PAGE[ChangeKind(kind)], key=f"page:{page}:{kind}:{_instant(at)}", application_id=file, at=at
        )
        found.append(one)
    return list({one.key: one for one in found}.values())


def _instant(at: datetime | None) -> int:
    return int(at.timestamp() * 1_000_000) if at else 0


def of_project(application: Application, since: datetime) -> list[PublicChange]:
    """Everything that became public of one project since its award, latest first: for its feed. Constant queries.

    Money is set aside the day of the vote and told once notified: nothing is dated before `since`.
    """
    found = [*of_ledger(0, ledger.public_count(), application), *of_rows(since, application)]
    for one in found:
        one.at = max(one.at, since)
    return sorted(found, key=lambda one: (one.at, one.seq or 0), reverse=True)


# ---- in words ----


@dataclass(frozen=True)
class Line:
    """One fact in words, with the page where it is read."""

    change: PublicChange
    words: str
    link: str


@dataclass
class Group:
    """What is told of one project or call. `withdrawn`: its page is taken down, and nothing else is said of it."""

    title: str
    link: str
    reference: str = ""
    withdrawn: bool = False
    lines: list[Line] = field(default_factory=list)


def in_words(changes: Iterable[PublicChange]) -> list[Group]:
    """What may be said of these changes now, in the present language, by project and call: from the published set alone. Constant queries.

    A project that is no longer published is not named. One whose page is taken down is withdrawn, told once, and nothing else.
    """
    changes = list(changes)
    files = {one.application_id for one in changes if one.application_id}
    grants = {grant.source.pk: grant for grant in told(list(tellable().filter(pk__in=files)))} if files else {}
    calls = Call.objects.public().in_bulk({one.call_id for one in changes if one.call_id})
    entries = {entry.seq: entry for entry in ledger.read_seals([one.seq for one in changes if one.seq])}
    groups: dict[tuple, Group] = {}
    for one in changes:
        grant, call = grants.get(one.application_id or 0), calls.get(one.call_id or 0)
        if call is not None:
            path = localized(f"/appels/{call.slug}/questions/")
            group = groups.setdefault(("call", call.pk), Group(call.title, absolute(path)))
            group.lines.append(Line(one, _("A question has a public answer"), absolute(path)))
        elif grant is not None:
            _add(groups, one, grant, entries.get(one.seq or 0))
    return [group for group in groups.values() if group.lines]


def _add(groups: dict, one: PublicChange, grant: PublishedGrant, entry) -> None:
    base = f"/projets/{grant.reference}/"
    link, withdrawn = absolute(localized(base)), grant.unpublished_on is not None
    title = grant.reference if grant.is_bare else grant.title
    group = groups.setdefault(("project", grant.reference), Group(title, link, grant.reference, withdrawn))
    if withdrawn:
        if one.kind == News.UNPUBLICATION:
            group.lines = [Line(one, _("Its page was withdrawn"), link)]
        return
    words = _words(one, entry)
    if words and not (grant.is_bare and one.kind in (News.REPORT, News.ANSWER, News.CORRECTION)):
        place = {
            News.ANSWER: f"{base}questions/",
            News.CORRECTION: f"/corrections/?ref={grant.reference}",
        }.get(News(one.kind), base)
        group.lines.append(Line(one, words, absolute(localized(place))))


def _words(one: PublicChange, entry) -> str:
    said = {
        News.REPORT: _("A report was accepted"),
        News.ANSWER: _("A question has a public answer"),
        News.CORRECTION: _("A text of its page was corrected"),
        News.UNPUBLICATION: "",  # the page is back: that it had left is in the log
        News.REPUBLICATION: _("Its page was published again"),
    }
    if one.kind in said:
        return said[News(one.kind)]
    if entry is None:
        return ""
    amount = {"amount": format_euros(entry.amount, cents_if_round=False), "number": entry.seq}
    return {
        News.DECISION: _("Award notified: %(amount)s (entry %(number)s of the accounts)"),
        News.AGREEMENT: _("Agreement signed: %(amount)s (entry %(number)s of the accounts)"),
        News.PAYMENT: _("Paid by the bank: %(amount)s (entry %(number)s of the accounts)")
        if entry.reverses is None
        else _("Returned in error, the payment stands: %(amount)s (entry %(number)s of the accounts)"),
        News.BOUNCE: _("Returned by the bank: %(amount)s (entry %(number)s of the accounts)"),
        News.RELEASE: _("Never paid, back in the envelope: %(amount)s (entry %(number)s of the accounts)"),
        News.CLAIM: _("Claimed back: %(amount)s (entry %(number)s of the accounts)")
        if entry.reverses is None
        else _("Given back in error, claimed still: %(amount)s (entry %(number)s of the accounts)"),
        News.UNCLAIM: _("No longer claimed: %(amount)s (entry %(number)s of the accounts)"),
        News.RETURN: _("Given back to the fund: %(amount)s (entry %(number)s of the accounts)"),
    }[News(one.kind)] % amount


def pending_of(follows: Iterable[tuple[int | None, int, int]]) -> Iterator[PublicChange]:
    """Changes of these things followed, in order, each once: (project or None for the whole fund, told up to, up to)."""
    wanted = Q(pk__in=[])
    for application, since, until in follows:
        some = Q(pk__gt=since, pk__lte=until)
        wanted |= some if application is None else some & Q(application=application)
    return PublicChange.objects.filter(wanted).order_by("pk")[:MOST].iterator()
