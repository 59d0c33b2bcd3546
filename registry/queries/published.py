"""Who is published, and what is read of them. A constant number of queries for a page of any size.

A grant is published when its selected decision is notified and stands; one renounced or lapsed stays by reference and amount.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import BigIntegerField, CharField, DateTimeField, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast
from django.utils import timezone

from applications.models import Application, NameConsent, Partnership
from core.links import absolute
from core.redaction import redacted
from fund import communes
from fund.models import FundIdentity, GrantAccount
from payments.models import Agreement, Instalment, Report
from registry.enums import Stage
from registry.models import PastGrant
from registry.queries.grants import EVERYTHING, Filters, PublishedGrant
from reviews.models import Decision

CHUNK = 500
NOBODY = "Personne physique"
"""Name in files (French, as their columns) of a person who has not agreed to be named."""


def published_applications():
    """Applications whose selected decision is notified and stands, with `awarded_at` and `awarded_amount` (cents) of that decision."""
    standing = Decision.objects.public().filter(application=OuterRef("pk")).order_by("-notified_at", "-pk")
    return (
        Application.objects.annotate(
            awarded_at=Subquery(standing.values("notified_at")[:1]),
            awarded_amount=Subquery(standing.values("amount")[:1]),
        )
        .filter(awarded_at__isnull=False, state__in=("selected", "renounced", "lapsed"))
        .select_related("call", "organisation", "bearer_organisation", "bearer_person", "filed_version")
    )


def _spellings(word: str) -> set[str]:
    """SQLite folds the case of ASCII letters alone; the others are tried as people write them."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}


def _has(word: str, *fields: str) -> Q:
    found = Q()
    for field in fields:
        for spelling in _spellings(word):
            found |= Q(**{f"{field}__icontains": spelling})
    return found


_STAGE_OF = {
    "signed": Stage.ACTIVE,
    "active": Stage.ACTIVE,
    "suspended": Stage.ACTIVE,
    "completed": Stage.COMPLETED,
    "terminated": Stage.STOPPED,
}
"""States of a signed agreement; without one, a grant is awarded and no more."""


def own(filters: Filters):
    """Published applications of the fund itself that match. A filter on what is not told of a grant not taken up leaves it out."""
    rows = published_applications()
    told = Q(state="selected")
    for word in filters.text.split()[:8]:
        rows = rows.filter(
            (told & _has(word, "title", "summary", "bearer_organisation__name"))
            | (told & Q(bearer_organisation__isnull=False) & _has(word, "commune"))
            | Q(reference__icontains=word)
        )
    if filters.call:
        rows = rows.filter(call__slug=filters.call)
    if filters.department:
        rows = rows.filter(told, department=filters.department)
    if filters.theme:
        rows = rows.filter(told, themes__icontains=f'"{filters.theme}"')
    if filters.year:
        rows = rows.filter(awarded_at__year=filters.year_number) if filters.year_number else rows.none()
    return _at_stage(rows, filters.stage)


def _at_stage(rows, stage: str):
    if not stage:
        return rows
    if stage == Stage.NOT_TAKEN_UP:
        return rows.exclude(state="selected")
    rows = rows.filter(state="selected")
    if stage == Stage.AWARDED:
        return rows.exclude(reference__in=Agreement.objects.filter(state__in=_STAGE_OF).values("reference"))
    states = [state for state, known in _STAGE_OF.items() if known == stage]
    return rows.filter(reference__in=Agreement.objects.filter(state__in=states).values("reference"))


def past(filters: Filters):
    """Earlier grants that match; they have no call, department or theme here."""
    rows = PastGrant.objects.all()
    if filters.stage not in ("", Stage.EARLIER) or filters.call or filters.department or filters.theme:
        return rows.none()
    for word in filters.text.split()[:8]:
        rows = rows.filter(
            _has(word, "recipient_name", "purpose", "scheme", "decision_reference")
            | (Q(row_key__startswith=word.lower()) if len(word) >= 16 else Q())
        )
    if filters.year:
        rows = rows.filter(agreed_on__year=filters.year_number) if filters.year_number else rows.none()
    return rows


_ORDERS = {"recent": ("-moment", "kind", "pk"), "amount": ("-cents", "kind", "pk"), "oldest": ("moment", "kind", "pk")}


def count(filters: Filters = EVERYTHING) -> int:
    return own(filters).count() + past(filters).count()


def _keys(filters: Filters):
    """(kind, id) of every match in the order asked: ids first, rows after, so that no wide row is sorted."""
    mine = (
        own(filters)
        .order_by()
        .annotate(kind=Value("own", CharField()), moment=Cast("awarded_at", DateTimeField()), cents=F("awarded_amount"))
    )
    earlier = (
        past(filters)
        .order_by()
        .annotate(
            kind=Value("past", CharField()),
            moment=Cast("agreed_on", DateTimeField()),
            cents=Cast("amount", BigIntegerField()),
        )
    )
    columns = ("kind", "pk", "moment", "cents")
    keys = mine.values_list(*columns).union(earlier.values_list(*columns), all=True)
    return keys.order_by(*_ORDERS.get(filters.order, _ORDERS["recent"]))


def _read(keys) -> list[PublishedGrant]:
    applications = published_applications().in_bulk([pk for kind, pk, *_ in keys if kind == "own"])
    rows = PastGrant.objects.in_bulk([pk for kind, pk, *_ in keys if kind == "past"])
    mine = {grant.source.pk: grant for grant in _hydrate(list(applications.values()))}
    found = (mine.get(pk) if kind == "own" else _from_past(rows[pk]) if pk in rows else None for kind, pk, *_ in keys)
    return [grant for grant in found if grant]


class GrantList:
    """The published set as a list that is counted and sliced, for pages."""

    def __init__(self, filters: Filters = EVERYTHING):
        self.filters = filters

    def count(self) -> int:
        return count(self.filters)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[PublishedGrant]:
        return _read(list(_keys(self.filters)[part]))


def published(filters: Filters = EVERYTHING) -> Iterator[PublishedGrant]:
    """Every published grant in the order asked, in flat memory but for the ids."""
    keys = list(_keys(filters))
    for start in range(0, len(keys), CHUNK):
        yield from _read(keys[start : start + CHUNK])


def get(reference: str) -> PublishedGrant | None:
    grants = _hydrate(list(published_applications().filter(reference=reference)))
    return grants[0] if grants else None


def _person_id(reference: str) -> str:
    """An identifier of a natural person that is used nowhere else and leads nowhere."""
    return hmac.new(settings.SECRET_KEY.encode(), f"registry/person/{reference}".encode(), hashlib.sha256).hexdigest()[
        :16
    ]


def _web(address) -> str:
    """An address one can click and that is nobody's, or nothing."""
    shown = isinstance(address, str) and address.startswith(("https://", "http://")) and redacted(address) == address
    return address if shown else ""


def _hydrate(applications: list[Application]) -> list[PublishedGrant]:
    references = [application.reference for application in applications]
    keys = [application.pk for application in applications]
    accounts = GrantAccount.objects.in_bulk(references, field_name="reference")
    decisions = {
        decision.application_id: decision
        for decision in Decision.objects.public().filter(application__in=keys).order_by("notified_at", "pk")
    }
    accepted = Report.objects.filter(agreement=OuterRef("pk"), state="accepted").order_by("-pk")
    agreements = {
        agreement.application_id: agreement
        for agreement in Agreement.objects.filter(application__in=keys).annotate(
            repository_url=Subquery(accepted.exclude(repository_url="").values("repository_url")[:1]),
            demo_url=Subquery(accepted.exclude(demo_url="").values("demo_url")[:1]),
        )
    }
    partners = {
        partnership.application_id: partnership
        for partnership in Partnership.objects.filter(application__in=keys, state="confirmed")
        .select_related("organisation")
        .order_by("-pk")
    }
    consents: dict[int, list[NameConsent]] = {}
    for consent in NameConsent.objects.filter(application__in=keys).order_by("pk"):
        consents.setdefault(consent.application_id, []).append(consent)
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
            consents.get(application.pk, []),
            payments.get(application.pk, []),
        )
        for application in applications
    ]


def _stage(application: Application, agreement: Agreement | None) -> str:
    if application.state != "selected":
        return Stage.NOT_TAKEN_UP
    return _STAGE_OF.get(agreement.state, Stage.AWARDED) if agreement else Stage.AWARDED


def _from_application(
    application, fund, account, decision, agreement, partnership, consents, instalments
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
        amount=decision.amount or 0,  # what was notified, never what an appeal under way may change
        funder_name=fund.legal_name,
        funder_siret=fund.siret,
        scheme=application.call.title,
        call_slug=application.call.slug,
        not_taken_up=stage == Stage.NOT_TAKEN_UP,
        source=application,
        paid_amount=account.paid_total if account else 0,
    )
    if grant.not_taken_up:
        return grant
    organisation = application.bearer_organisation
    content = application.content or {}
    openness = content.get("openness", {})
    names = {one.user_id: redacted(one.name) for one in consents if one.withdrawn_at is None}
    grant.title, grant.purpose = redacted(application.title), redacted(application.summary)
    grant.is_person = organisation is None
    grant.recipient_kind = application.applicant_kind
    grant.recipient_name = organisation.name if organisation else names.get(application.bearer_person_id, NOBODY)
    grant.team = list(names.values())
    said = [instant for one in consents for instant in (one.given_at, one.withdrawn_at) if instant]
    grant.modified_at = max([grant.modified_at, *said])
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
    grant.licence = redacted(str(openness.get("licence") or ""))
    # Where the work is: what an accepted report says, else what the application promised.
    grant.repository_url, grant.demo_url = (
        _web(getattr(agreement, name, None) or openness.get(name)) for name in ("repository_url", "demo_url")
    )
    if agreement and agreement.signed_at:
        grant.agreed_on, grant.starts_on, grant.ends_on = (
            local(agreement.signed_at).date(),
            agreement.starts_on,
            agreement.ends_on,
        )
        grant.agreed_amount = agreement.amount
        grant.modified_at = max(grant.modified_at, agreement.signed_at)
        paid = [instalment.paid_on for instalment in instalments if instalment.paid_on]
        grant.conditions = "unique" if len(instalments) == 1 else "échelonné"
        grant.paid_from_on = min(paid) if paid else agreement.starts_on or grant.agreed_on
        grant.paid_until_on = max([*paid, agreement.ends_on or grant.paid_from_on])
    return grant


def _from_past(row: PastGrant) -> PublishedGrant:
    return PublishedGrant(
        reference=row.decision_reference or row.row_key[:12].upper(),
        public_id=row.row_key[:16],
        url=absolute(f"/projets/?{urlencode({'q': row.row_key[:16]})}"),
        stage=Stage.EARLIER,
        awarded_on=row.agreed_on,
        modified_at=row.imported_at,
        amount=row.amount,
        share=row.share,
        funder_name=row.funder_name,
        funder_siret=row.funder_siret,
        title=redacted(row.purpose),
        purpose=redacted(row.purpose),
        scheme=row.scheme,
        recipient_name=redacted(row.recipient_name),
        recipient_kind=None,
        recipient_siret=row.recipient_siret,
        recipient_rna=row.recipient_rna,
        decision_reference=row.decision_reference,
        agreed_on=row.agreed_on,
        paid_from_on=row.paid_from_on,
        paid_until_on=row.paid_until_on,
        nature=row.nature,
        conditions=redacted(row.conditions),
        rae=row.rae,
        eu_notified=row.eu_notified,
        is_past=True,
        source=row,
    )
