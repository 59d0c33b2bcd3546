"""Links between members and files: those that recuse by themselves, likenesses to look at, the cards on which a member declares."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from applications.enums import STANDING
from applications.models import Application
from applications.queries import closes_files, with_interest
from fund.enums import CallState
from fund.models import Call
from reviews.enums.meeting import AgendaItemState
from reviews.enums.reading import DeclarationState, Ground, Hint
from reviews.models import Declaration, Panel, Seat
from reviews.models.meeting import AgendaItem
from reviews.queries.panels import seats
from reviews.queries.past import Past, past_of

OPEN_STATES = ("eligible", "under_review")
"""States of a file in which members declare: from eligibility to the notification of its decision."""
OFFICERS = ("representative_name", "bearer_representative")
"""Where a filed application names those who lead the applicant's body, or the bearer's."""
COMMON_DOMAINS = frozenset(
    {
        "gmail.com",
        "outlook.com",
        "outlook.fr",
        "hotmail.com",
        "hotmail.fr",
        "live.fr",
        "yahoo.com",
        "yahoo.fr",
        "icloud.com",
        "protonmail.com",
        "proton.me",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "sfr.fr",
        "laposte.net",
        "bbox.fr",
    }
)


def files_of(panel: Panel, states=OPEN_STATES):
    """Files of the call in these states, with all that cards and links read."""
    return (
        Application.objects.filter(call=panel.call_id, state__in=states)
        .select_related("lead", "organisation", "bearer_organisation", "bearer_person", "filed_version")
        .prefetch_related("members__user", "partnerships__organisation")
        .order_by("reference")
    )


def waiting_declarations(user) -> list[tuple[Call, int]]:
    """Calls in which this member still has declarations to make, and how many."""
    waiting = Declaration.objects.filter(
        user=user, state=DeclarationState.REQUIRED, application__state__in=OPEN_STATES
    ).exclude(application__call__state__in=(CallState.ARCHIVED, CallState.CANCELLED))
    counts = Counter(waiting.values_list("application__call", flat=True))
    calls = Call.objects.in_bulk(counts)
    return [(calls[pk], counts[pk]) for pk in sorted(counts)]


def folded(text) -> str:
    """A name as it is compared: one space between words, case aside."""
    return " ".join(str(text or "").split()).casefold()


def _officers(application: Application) -> set[str]:
    """Names of those who lead the applicant's or the bearer's body, as the file says them."""
    applicant = (application.content or {}).get("applicant", {})
    return {name for name in (folded(applicant.get(officer)) for officer in OFFICERS) if name}


def own_ground(user, application: Application) -> str:
    """The ground that recuses this person from this file without anybody saying it, or an empty text."""
    if application.lead_id == user.pk:
        return Ground.OWN_FILE
    if any(
        member.user_id == user.pk or member.email and member.email.casefold() == user.email.casefold()
        for member in application.members.all()
    ):
        return Ground.CO_APPLICANT
    if application.bearer_person_id == user.pk or user.name and folded(user.name) in _officers(application):
        return Ground.BEARER_OFFICER
    if any(
        row.state == "confirmed" and row.agent_email.casefold() == user.email.casefold()
        for row in application.partnerships.all()
    ):
        return Ground.PARTNER_AGENT
    return ""


APPLYING = (Ground.OWN_FILE, Ground.CO_APPLICANT, Ground.BEARER_OFFICER)


def automatic_grounds(panel: Panel, users, applications=None) -> dict[tuple[int, int], str]:
    """(application, user) -> ground, for every recusal of office of these people. A member who applies in the call is recused from all its files."""
    standing = list(files_of(panel, STANDING))
    wanted = (
        [application for application in standing if application.state in OPEN_STATES]
        if applications is None
        else list(applications)
    )
    found: dict[tuple[int, int], str] = {}
    for user in users:
        own = {application.pk: ground for application in standing if (ground := own_ground(user, application))}
        applies = any(ground in APPLYING for ground in own.values())
        for application in wanted:
            ground = own.get(application.pk) or (Ground.APPLIES_IN_CALL if applies else "")
            if ground:
                found[application.pk, user.pk] = str(ground)
    return found


def ground_of(panel: Panel, user, application: Application) -> str:
    """The same for one person and one file, without reading the other files whole: what each declaration asks."""
    if ground := own_ground(user, application):
        return str(ground)
    others = Application.objects.filter(call=panel.call_id, state__in=STANDING).exclude(pk=application.pk)
    mine = Q(lead=user) | Q(bearer_person=user) | Q(members__user=user) | Q(members__email__iexact=user.email)
    if others.filter(mine).exists():
        return str(Ground.APPLIES_IN_CALL)
    said = [f"filed_version__content__applicant__{name}" for name in OFFICERS] if user.name else []
    names = {folded(name) for row in others.values_list(*said) for name in row} if said else set()
    return str(Ground.APPLIES_IN_CALL) if names and folded(user.name) in names else ""


def _domain(email: str) -> str:
    return email.rpartition("@")[2].casefold()


def telling_domains(panel: Panel) -> set[str]:
    """E-mail domains that say something: not a public provider's, not one that both colleges share."""
    by_domain: dict[str, set[str]] = {}
    for college, email in panel.seats.current().members().values_list("college", "user__email"):
        by_domain.setdefault(_domain(email), set()).add(college)
    return {domain for domain, colleges in by_domain.items() if len(colleges) == 1 and domain not in COMMON_DOMAINS}


def hints(seat: Seat, application: Application, domains: set[str], past: Past | None = None) -> list[str]:
    """Likenesses between a member and a file (codes of Hint). `domains`: those of `telling_domains`; `past`: his own of `past_of`."""
    found = []
    numbers = {row.siret for row in application.partnerships.all() if row.state in ("invited", "confirmed")}
    numbers |= {
        row.organisation.siret for row in application.partnerships.all() if row.state in ("invited", "confirmed")
    }
    numbers |= {body.siret for body in (application.organisation, application.bearer_organisation) if body is not None}
    numbers.discard("")
    if seat.siret and seat.siret in numbers:
        found.append(str(Hint.SAME_SIRET))
    elif seat.siret and seat.siret[:9] in {number[:9] for number in numbers}:
        found.append(str(Hint.SAME_BODY))
    domain = _domain(seat.user.email)
    emails = [
        application.lead.email,
        *(member.email for member in application.members.all()),
        *(row.agent_email for row in application.partnerships.all()),
    ]
    if domain in domains and domain in {_domain(email) for email in emails}:
        found.append(str(Hint.SAME_EMAIL_DOMAIN))
    return found + (past.hints(application) if past is not None else [])


@dataclass
class Card:
    """What a member sees of a file before he declares; recused, the reference alone."""

    declaration: Declaration
    reference: str
    title: str = ""
    applicant: str = ""
    team: list[str] = field(default_factory=list)
    bearer: str = ""
    partners: list[str] = field(default_factory=list)
    territory: str = ""
    hints: list[tuple[str, str]] = field(default_factory=list)

    @property
    def recused(self) -> bool:
        return self.declaration.state == DeclarationState.RECUSED

    @property
    def needs_presidents(self) -> bool:
        return any(code == Hint.SAME_SIRET for code, _label in self.hints) and self.declaration.hint_cleared_at is None


def card_of(
    declaration: Declaration,
    application: Application,
    seat: Seat | None,
    domains: set[str],
    blind: bool,
    past: Past | None = None,
) -> Card:
    if declaration.state == DeclarationState.RECUSED:
        return Card(declaration, application.reference)
    team = [member.display_name for member in application.members.all() if member.user_id != application.lead_id]
    partners = [
        row.organisation.name for row in application.partnerships.all() if row.state in ("invited", "confirmed")
    ]
    found = [(code, str(Hint(code).label)) for code in (hints(seat, application, domains, past) if seat else [])]
    place = f"{application.commune} ({application.department})" if application.commune else application.department
    return Card(
        declaration,
        application.reference,
        "" if blind else application.display_title,
        application.laureate_name,
        sorted([str(application.lead), *team]),
        application.bearer_name,
        partners,
        place,
        found,
    )


def cards(panel: Panel, user) -> list[Card]:
    """The cards of one member, those to declare first. In a blind call: names only, in alphabetical order."""
    seat = panel.seats.current().filter(user=user).select_related("user").first()
    domains, past = telling_domains(panel), past_of(user, panel.call)
    mine = {row.application_id: row for row in Declaration.objects.filter(user=user, application__call=panel.call_id)}
    blind = panel.call.blind
    found = [card_of(mine[row.pk], row, seat, domains, blind, past) for row in files_of(panel) if row.pk in mine]
    order = {DeclarationState.REQUIRED: 0, DeclarationState.NONE: 1, DeclarationState.RECUSED: 2}
    return sorted(
        found,
        key=lambda card: (
            order[card.declaration.state],
            card.applicant if panel.call.blind and not card.recused else card.reference,
        ),
    )


def seat_hints(declaration: Declaration) -> list[str]:
    """Likenesses of one declaration, read now."""
    application = declaration.application
    seat = (
        Seat.objects.current()
        .filter(panel__call=application.call_id, user=declaration.user_id)
        .select_related("user", "panel__call__rule_version")
        .first()
    )
    return hints(seat, application, telling_domains(seat.panel), past_of(seat.user, seat.panel.call)) if seat else []


def progress(panel: Panel) -> list[dict]:
    """For case officers: how far each member is with his declarations. Categories and counts, no private detail."""
    counts: dict[int, Counter] = {}
    for user_id, state in Declaration.objects.filter(
        application__call=panel.call_id, application__state__in=OPEN_STATES
    ).values_list("user_id", "state"):
        counts.setdefault(user_id, Counter())[state] += 1
    return [
        {
            "seat": seat,
            "required": counts.get(seat.user_id, Counter())["required"],
            "none": counts.get(seat.user_id, Counter())["none"],
            "recused": counts.get(seat.user_id, Counter())["recused"],
        }
        for seat in seats(panel)
    ]


def recusals(panel: Panel, user) -> list[Declaration]:
    """Recusals of the call, for case officers: who, which file, which category; nothing of the files closed to the asker."""
    return list(
        Declaration.objects.filter(application__call=panel.call_id, state=DeclarationState.RECUSED)
        .exclude(application__in=with_interest(user).values("pk"))
        .select_related("application", "user")
        .order_by("application__reference", "user__name")
    )


def held_back(panel: Panel) -> list[Declaration]:
    """Declarations that only both co-presidents can change: recusals, and members whom an equal SIRET keeps from declaring. `is_voted`: too late, the
    file was voted on. `is_over`: the recusal of a file whose decision was notified, or that left the call, kept to be read."""
    sitting = {seat.user_id: seat for seat in seats(panel)}
    files, domains = {row.pk: row for row in files_of(panel)}, telling_domains(panel)
    voted = AgendaItem.objects.filter(application=OuterRef("application"), state=AgendaItemState.VOTED)
    closed = ~Q(application__state__in=OPEN_STATES)
    over = Q(application__call=panel.call_id, state=DeclarationState.RECUSED) & closed
    rows = Declaration.objects.filter(Q(application__in=files, user__in=sitting) | over)
    rows = rows.exclude(state=DeclarationState.NONE)
    found: list[Declaration] = []
    for row in (
        rows.annotate(is_voted=Exists(voted), is_over=ExpressionWrapper(closed, BooleanField()))
        .select_related("application", "user")
        .order_by("application__reference", "user__name")
    ):
        if row.state == DeclarationState.RECUSED or (
            row.hint_cleared_at is None
            and Hint.SAME_SIRET in hints(sitting[row.user_id], files[row.application_id], domains)
        ):
            found.append(row)
    return found


def declarations_missing(panel: Panel) -> int:
    return Declaration.objects.filter(
        application__call=panel.call_id,
        application__state__in=OPEN_STATES,
        state=DeclarationState.REQUIRED,
        user__in=panel.seats.current().values("user"),
    ).count()


def is_recused(user, application) -> bool:
    return Declaration.objects.filter(user=user, application=application, state=DeclarationState.RECUSED).exists()


@closes_files
def recused_files(user):
    """Ids of the files this person is recused from, as a subquery."""
    return Declaration.objects.filter(user=user, state=DeclarationState.RECUSED).values("application")


def recused_references(user, call) -> list[str]:
    """References of the files of a call this person is recused from: all that he is shown of them, whatever became of them."""
    return list(
        Declaration.objects.filter(user=user, application__call=call, state=DeclarationState.RECUSED)
        .order_by("application__reference")
        .values_list("application__reference", flat=True)
    )


def closed_references(user, call_id) -> list[str]:
    """References of the filed files of a call that a link or a recusal closes to this officer: all that he is shown of them."""
    return list(
        with_interest(user)
        .filter(call=call_id, filed_version__isnull=False)
        .order_by("reference")
        .values_list("reference", flat=True)
    )


def opened_files(user):
    """Ids of the files a member may open: he declared no interest."""
    return Declaration.objects.filter(user=user, state=DeclarationState.NONE).values("application")
