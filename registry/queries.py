"""The one published set, and every figure made from it. Pages, files, feeds and API read here and nowhere else.

A grant is published when its selected decision is notified and not annulled or replaced; one renounced or lapsed stays by reference and amount.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast
from django.utils import timezone

from applications.models import Application, Partnership, TeamMember
from core.links import absolute
from fund import communes
from fund.models import FundIdentity, GrantAccount
from payments.models import Agreement, Instalment
from registry.enums import Stage
from registry.models import PastGrant
from reviews.models import Decision

AWARD_KINDS = ("award", "promotion", "appeal")
CHUNK = 500


@dataclass
class PublishedGrant:
    """What the public may know of one grant. Amounts in cents; `shared_amount` is this beneficiary's part of `amount`."""

    reference: str
    public_id: str
    url: str
    stage: str
    awarded_on: date
    modified_at: datetime
    amount: int
    funder_name: str
    funder_siret: str
    title: str = ""
    purpose: str = ""
    scheme: str = ""
    call_slug: str = ""
    recipient_name: str = ""
    recipient_kind: str = ""
    is_person: bool = False
    person_id: str = ""
    recipient_siret: str = ""
    recipient_rna: str = ""
    partner_name: str = ""
    department: str = ""
    department_name: str = ""
    region: str = ""
    themes: list[str] = field(default_factory=list)
    requested_amount: int | None = None
    paid_amount: int | None = None
    share: Decimal = Decimal(1)
    score: str = ""
    decision_reference: str = ""
    agreed_on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    paid_from_on: date | None = None
    paid_until_on: date | None = None
    nature: str = "aide en numéraire"
    conditions: str = ""
    rae: str = ""
    eu_notified: bool = False
    licence: str = ""
    repository_url: str = ""
    demo_url: str = ""
    not_taken_up: bool = False
    is_past: bool = False
    source: Any = None

    @property
    def shared_amount(self) -> int:
        return int((self.amount * self.share).to_integral_value()) if self.share != 1 else self.amount

    @property
    def stage_label(self):
        return Stage(self.stage).label


@dataclass(frozen=True)
class Filters:
    """What a reader asked for; empty means everything. Unknown values simply match nothing."""

    text: str = ""
    call: str = ""
    department: str = ""
    theme: str = ""
    stage: str = ""
    year: str = ""
    order: str = "recent"

    def as_query(self) -> dict[str, str]:
        names = {
            "text": "q",
            "call": "appel",
            "department": "departement",
            "theme": "theme",
            "stage": "etat",
            "year": "annee",
            "order": "tri",
        }
        values = {names[name]: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value and not (name == "tri" and value == "recent")}


def published_applications():
    """Applications whose selected decision is notified and stands, with `awarded_at` and `awarded_amount` (cents)."""
    standing = Decision.objects.filter(
        application=OuterRef("pk"), kind__in=AWARD_KINDS, outcome="selected", state="notified"
    ).order_by("-notified_at")
    account = GrantAccount.objects.filter(reference=OuterRef("reference"))
    return (
        Application.objects.annotate(
            awarded_at=Subquery(standing.values("notified_at")[:1]),
            awarded_amount=Subquery(account.values("awarded_amount")[:1]),
        )
        .filter(awarded_at__isnull=False, state__in=("selected", "renounced", "lapsed"))
        .select_related("call", "organisation", "bearer_organisation", "bearer_person")
    )


def _own(filters: Filters):
    rows = published_applications()
    shown = Q(state="selected")
    if filters.text:
        for word in filters.text.split()[:8]:
            rows = rows.filter(
                shown,
                Q(title__icontains=word)
                | Q(summary__icontains=word)
                | Q(reference__icontains=word)
                | Q(commune__icontains=word),
            )
    if filters.call:
        rows = rows.filter(call__slug=filters.call)
    if filters.department:
        rows = rows.filter(shown, department=filters.department)
    if filters.theme:
        rows = rows.filter(shown, themes__icontains=f'"{filters.theme}"')
    if filters.year:
        rows = rows.filter(awarded_at__year=_year(filters.year))
    if filters.stage == Stage.NOT_TAKEN_UP:
        rows = rows.exclude(state="selected")
    elif filters.stage == Stage.EARLIER:
        rows = rows.none()
    elif filters.stage:
        rows = rows.filter(shown)
        agreed = {
            Stage.COMPLETED: ["completed"],
            Stage.STOPPED: ["terminated"],
            Stage.ACTIVE: ["signed", "active", "suspended"],
        }.get(filters.stage)
        if agreed:
            rows = rows.filter(reference__in=Agreement.objects.filter(state__in=agreed).values("reference"))
        elif filters.stage == Stage.AWARDED:
            rows = rows.exclude(
                reference__in=Agreement.objects.exclude(state__in=["offered", "accepted"]).values("reference")
            )
        else:
            rows = rows.none()
    return rows


def _past(filters: Filters):
    rows = PastGrant.objects.all()
    if filters.stage not in ("", Stage.EARLIER) or filters.call or filters.department or filters.theme:
        return rows.none()
    for word in filters.text.split()[:8]:
        rows = rows.filter(Q(recipient_name__icontains=word) | Q(purpose__icontains=word) | Q(scheme__icontains=word))
    if filters.year:
        rows = rows.filter(agreed_on__year=_year(filters.year))
    return rows


def _year(text: str) -> int:
    return int(text) if text.isdigit() and 1 <= int(text) <= 9999 else 1


_ORDERS = {"recent": ("-moment", "kind", "pk"), "amount": ("-cents", "kind", "pk"), "oldest": ("moment", "kind", "pk")}


def count(filters: Filters) -> int:
    return _own(filters).count() + _past(filters).count()


def page(filters: Filters, start: int, size: int) -> list[PublishedGrant]:
    """One page of the published set, own and earlier grants together, in a constant number of queries."""
    # Ids first, rows after: no sort over wide rows.
    own = (
        _own(filters)
        .order_by()
        .annotate(kind=Value("own", CharField()), moment=Cast("awarded_at", DateTimeField()), cents=F("awarded_amount"))
    )
    past = (
        _past(filters)
        .order_by()
        .annotate(
            kind=Value("past", CharField()),
            moment=Cast("agreed_on", DateTimeField()),
            cents=ExpressionWrapper(F("amount") * 1, BigIntegerField()),
        )
    )
    keys = own.values_list("kind", "pk", "moment", "cents").union(
        past.values_list("kind", "pk", "moment", "cents"), all=True
    )
    keys = list(keys.order_by(*_ORDERS.get(filters.order, _ORDERS["recent"]))[start : start + size])
    applications = published_applications().in_bulk([pk for kind, pk, *_ in keys if kind == "own"])
    earlier = PastGrant.objects.in_bulk([pk for kind, pk, *_ in keys if kind == "past"])
    own_grants = {grant.source.pk: grant for grant in _hydrate(list(applications.values()))}
    return [own_grants[pk] if kind == "own" else _from_past(earlier[pk]) for kind, pk, *_ in keys]


def published(filters: Filters = Filters()) -> Iterator[PublishedGrant]:
    """Every published grant, streamed in chunks: own grants by date then earlier ones."""
    rows = _own(filters).order_by("awarded_at", "pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield from _hydrate(chunk)
    for row in _past(filters).order_by("agreed_on", "pk").iterator(chunk_size=CHUNK):
        yield _from_past(row)


def get(reference: str) -> PublishedGrant | None:
    grants = _hydrate(list(published_applications().filter(reference=reference)))
    return grants[0] if grants else None


def _person_id(reference: str) -> str:
    """An identifier of a natural person that is used nowhere else and leads nowhere."""
    return hmac.new(settings.SECRET_KEY.encode(), f"registry/person/{reference}".encode(), hashlib.sha256).hexdigest()[
        :16
    ]


def _hydrate(applications: list[Application]) -> list[PublishedGrant]:
    references = [application.reference for application in applications]
    keys = [application.pk for application in applications]
    accounts = GrantAccount.objects.in_bulk(references, field_name="reference")
    decisions = {
        decision.application_id: decision
        for decision in Decision.objects.filter(
            application__in=keys, kind__in=AWARD_KINDS, outcome="selected", state="notified"
        ).order_by("notified_at")
    }
    agreements = {agreement.application_id: agreement for agreement in Agreement.objects.filter(application__in=keys)}
    partners = {
        partnership.application_id: partnership
        for partnership in Partnership.objects.filter(application__in=keys, state="confirmed")
        .select_related("organisation")
        .order_by("-pk")
    }
    consents = {
        member.application_id: member.name
        for member in TeamMember.objects.filter(
            application__in=keys, consent_at__isnull=False, user=F("application__bearer_person")
        )
    }
    payments: dict[int, list[Instalment]] = {}
    for instalment in (
        Instalment.objects.filter(agreement__application__in=keys)
        .exclude(state="cancelled")
        .order_by("number")
        .select_related("agreement")
    ):
        payments.setdefault(instalment.agreement.application_id, []).append(instalment)
    fund = FundIdentity.current()
    return [
        _from_application(
            application,
            fund,
            accounts.get(application.reference),
            decisions[application.pk],
            agreements.get(application.pk),
            partners.get(application.pk),
            consents.get(application.pk),
            payments.get(application.pk, []),
        )
        for application in applications
    ]


def _stage(application: Application, agreement: Agreement | None) -> str:
    if application.state != "selected":
        return Stage.NOT_TAKEN_UP
    if agreement is None or agreement.state in ("offered", "accepted"):
        return Stage.AWARDED
    return {"completed": Stage.COMPLETED, "terminated": Stage.STOPPED}.get(agreement.state, Stage.ACTIVE)


def _from_application(
    application, fund, account, decision, agreement, partnership, consent, instalments
) -> PublishedGrant:
    local = timezone.localtime
    stage = _stage(application, agreement)
    grant = PublishedGrant(
        reference=application.reference,
        public_id=application.reference,
        url=absolute(f"/projets/{application.reference}/"),
        stage=stage,
        awarded_on=local(decision.notified_at).date(),
        modified_at=decision.notified_at,
        amount=account.awarded_amount if account else decision.amount,
        funder_name=fund.legal_name,
        funder_siret=fund.siret,
        scheme=application.call.title,
        call_slug=application.call.slug,
        not_taken_up=stage == Stage.NOT_TAKEN_UP,
        source=application,
        paid_amount=_paid(account),
    )
    if grant.not_taken_up:
        return grant
    organisation = application.bearer_organisation
    content = application.content or {}
    openness = content.get("openness", {})
    grant.title, grant.purpose = application.title, application.summary
    grant.is_person = organisation is None
    grant.recipient_kind = application.applicant_kind
    grant.recipient_name = organisation.name if organisation else (consent or "Personne physique")
    grant.person_id = _person_id(application.reference) if grant.is_person else ""
    grant.recipient_siret, grant.recipient_rna = (organisation.siret, organisation.rna) if organisation else ("", "")
    grant.partner_name = partnership.organisation.name if partnership and partnership.organisation else ""
    grant.department, grant.region = application.department, application.region
    grant.department_name = communes.department_name(application.department) if application.department else ""
    grant.themes = list(application.themes)
    grant.requested_amount, grant.score, grant.decision_reference = (
        application.requested_amount,
        decision.published_score,
        decision.reference,
    )
    grant.licence, grant.repository_url, grant.demo_url = (
        str(openness.get(key) or "") for key in ("licence", "repository_url", "demo_url")
    )
    if agreement and agreement.signed_at:
        grant.agreed_on, grant.starts_on, grant.ends_on = (
            local(agreement.signed_at).date(),
            agreement.starts_on,
            agreement.ends_on,
        )
        grant.modified_at = max(grant.modified_at, agreement.signed_at)
        paid = [instalment.paid_on for instalment in instalments if instalment.paid_on]
        grant.conditions = "unique" if len(instalments) == 1 else "échelonné"
        grant.paid_from_on = min(paid) if paid else agreement.starts_on or grant.agreed_on
        grant.paid_until_on = max([*paid, agreement.ends_on or grant.paid_from_on])
    return grant


def _paid(account: GrantAccount | None) -> int:
    return account.paid_amount + account.claimed_amount + account.returned_amount if account else 0


def _from_past(row: PastGrant) -> PublishedGrant:
    return PublishedGrant(
        reference=row.decision_reference or row.row_key[:12].upper(),
        public_id=row.row_key[:16],
        url=absolute("/projets/") + f"?q={row.row_key[:0]}",
        stage=Stage.EARLIER,
        awarded_on=row.agreed_on,
        modified_at=row.imported_at,
        amount=row.amount,
        share=row.share,
        funder_name=row.funder_name,
        funder_siret=row.funder_siret,
        title=row.purpose,
        purpose=row.purpose,
        scheme=row.scheme,
        recipient_name=row.recipient_name,
        recipient_kind="association",
        recipient_siret=row.recipient_siret,
        recipient_rna=row.recipient_rna,
        decision_reference=row.decision_reference,
        agreed_on=row.agreed_on,
        paid_from_on=row.paid_from_on or row.agreed_on,
        paid_until_on=row.paid_until_on,
        nature=row.nature,
        conditions=row.conditions,
        rae=row.rae,
        eu_notified=row.eu_notified,
        is_past=True,
        source=row,
    )


def modified_at() -> datetime:
    """The instant the published set last changed, as far as its rows tell."""
    instants = [
        Decision.objects.filter(state="notified").aggregate(at=Max("notified_at"))["at"],
        PastGrant.objects.aggregate(at=Max("imported_at"))["at"],
        Agreement.objects.filter(signed_at__isnull=False).aggregate(at=Max("signed_at"))["at"],
    ]
    return max(
        (instant for instant in instants if instant),
        default=datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone()),
    )


def by_department(filters: Filters = Filters()) -> list[dict]:
    """Number and awarded cents of taken-up grants per department code."""
    rows = _own(filters).filter(state="selected").order_by()
    return list(
        rows.values("department")
        .annotate(projects=Count("pk"), cents=Sum("awarded_amount"))
        .order_by("-cents", "department")
    )


def by_call(filters: Filters = Filters()) -> list[dict]:
    rows = _own(filters).filter(state="selected").order_by()
    return list(
        rows.values("call__slug", "call__title")
        .annotate(projects=Count("pk"), cents=Sum("awarded_amount"))
        .order_by("-cents")
    )


def by_year() -> list[dict]:
    rows = published_applications().filter(state="selected").order_by()
    return list(
        rows.values(year=F("awarded_at__year"))
        .annotate(projects=Count("pk"), cents=Sum("awarded_amount"))
        .order_by("year")
    )


def unsayable_in_scdl(grants: Iterable[PublishedGrant]) -> tuple[int, int]:
    """How many published grants SCDL cannot express, and their cents: told beside the file so that totals reconcile."""
    from registry.exports.scdl import is_expressible

    left = [grant.shared_amount for grant in grants if not is_expressible(grant) and not grant.not_taken_up]
    return len(left), sum(left)
