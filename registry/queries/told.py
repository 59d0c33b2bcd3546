"""Who is published, and what is read of them: the truth that the index, the pages and the files are made of. A constant number of queries for any number.

A grant is published when its selected decision is notified and stands; one renounced or lapsed stays by reference and amount.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.db.models import Count, F, Max, Min, OuterRef, Subquery, Sum
from django.utils import timezone

from applications.models import Application, NameConsent, Partnership
from core.links import absolute
from core.redaction import redacted
from fund import communes
from fund.models import Entry, FundIdentity, GrantAccount
from fund.queries.results import Results, tells_results
from payments.models import Agreement, Instalment, Report
from registry.enums import PageState, Stage
from registry.models import PastGrant
from registry.queries.grants import PublishedGrant, path_of
from reviews.models import Decision

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
        .select_related("call", "organisation", "bearer_organisation", "bearer_person", "filed_version", "public_page")
    )


@tells_results
def results_of_call(call) -> Results | None:
    """One query: the published projects of the call that are taken up."""
    found = (
        published_applications()
        .filter(call=call, state="selected")
        .aggregate(since=Min("awarded_at"), projects=Count("pk"), amount=Sum("awarded_amount"))
    )
    if not found["projects"]:
        return None
    return Results(timezone.localdate(found["since"]), found["projects"], found["amount"] or 0)


_STAGE_OF = {
    "signed": Stage.ACTIVE,
    "active": Stage.ACTIVE,
    "suspended": Stage.ACTIVE,
    "completed": Stage.COMPLETED,
    "terminated": Stage.STOPPED,
}
"""States of a signed agreement; without one, a grant is awarded and no more."""


def _person_id(reference: str) -> str:
    """An identifier of a natural person that is used nowhere else and leads nowhere."""
    return hmac.new(settings.SECRET_KEY.encode(), f"registry/person/{reference}".encode(), hashlib.sha256).hexdigest()[
        :16
    ]


def _web(address) -> str:
    """An address one can click and that is nobody's, or nothing."""
    shown = isinstance(address, str) and address.startswith(("https://", "http://")) and redacted(address) == address
    return address if shown else ""


_READ = (
    *"reference state applicant_kind bearer_person title summary requested_amount commune department region themes first_received_at".split(),
    *(f"call__{name}" for name in ("slug", "title")),
    *(f"bearer_organisation__{name}" for name in ("name", "siret", "rna")),
    "filed_version__content",
    *(
        f"agreement__{name}"
        for name in "application reference state amount offered_at signed_at paper_signed_on starts_on ends_on closed_at".split()
    ),
    "agreement__de_minimis_amount",
    *(f"public_page__{name}" for name in ("application", "state", "texts", "ground", "changed_at")),
)
"""Columns that pages, files and the index use, of the wide rows they are in."""


def tellable():
    """Published applications with what `told` reads of other tables in the same query: `paid_cents`, and the administration that confirmed."""
    account = GrantAccount.objects.filter(reference=OuterRef("reference")).annotate(
        gross=F("paid_amount") + F("claimed_amount") + F("returned_amount")
    )
    partner = Partnership.objects.filter(application=OuterRef("pk"), state="confirmed").order_by("pk")
    accepted = Report.objects.filter(agreement=OuterRef("agreement"), state="accepted").order_by("-pk")
    parts = Instalment.objects.filter(agreement=OuterRef("agreement")).exclude(state="cancelled").order_by()
    each = parts.values("agreement")
    entries = Entry.objects.filter(grant=OuterRef("reference"), seal__isnull=False).order_by().values("grant")
    reports = accepted.order_by().values("agreement")
    return (
        published_applications()
        .select_related(None)
        .select_related("call", "bearer_organisation", "filed_version", "agreement", "public_page")
        .only(*_READ)
        .annotate(
            paid_cents=Subquery(account.values("gross")[:1]),
            partner_key=Subquery(partner.values("organisation")[:1]),
            partner_name=Subquery(partner.values("organisation__name")[:1]),
            repository_url=Subquery(accepted.exclude(repository_url="").values("repository_url")[:1]),
            demo_url=Subquery(accepted.exclude(demo_url="").values("demo_url")[:1]),
            parts=Subquery(each.annotate(number_of=Count("pk")).values("number_of")),
            paid_first_on=Subquery(each.annotate(first=Min("paid_on")).values("first")),
            paid_last_on=Subquery(each.annotate(last=Max("paid_on")).values("last")),
            moved_at=Subquery(entries.annotate(last=Max("at")).values("last")),
            accepted_at=Subquery(reports.annotate(last=Max("accepted_at")).values("last")),
        )
    )


def told(applications: list[Application], fund=None, *, whole: bool = False) -> list[PublishedGrant]:
    """What everybody may know of each of these applications (rows of `tellable`), in their order. `fund`: who the fund is, when it was read already.
    `whole`: as if no page were taken down, for those who decide on it.
    """
    keys = [application.pk for application in applications]
    decisions = {
        decision.application_id: decision
        for decision in Decision.objects.public().filter(application__in=keys).order_by("notified_at", "pk")
    }
    consents: dict[int, list[NameConsent]] = {}
    for consent in NameConsent.objects.filter(application__in=keys).order_by("pk"):
        consents.setdefault(consent.application_id, []).append(consent)
    fund = fund or FundIdentity.current()
    return [
        _from_application(application, fund, decisions[application.pk], consents.get(application.pk, []), whole)
        for application in applications
    ]


def _latest(*instants: datetime | None) -> datetime:
    return max(instant for instant in instants if instant)


def _stage(application: Application, agreement: Agreement | None, page) -> str:
    if application.state != "selected":
        return Stage.NOT_TAKEN_UP
    if page is not None and page.state == PageState.UNPUBLISHED:
        return Stage.UNPUBLISHED
    return _STAGE_OF.get(agreement.state, Stage.AWARDED) if agreement else Stage.AWARDED


def _from_application(application, fund, decision, consents, whole) -> PublishedGrant:
    local, agreement = timezone.localtime, getattr(application, "agreement", None)
    page = getattr(application, "public_page", None)
    stage = _stage(application, agreement, None if whole else page)
    grant = PublishedGrant(
        reference=application.reference,
        public_id=application.reference,
        url=absolute(f"/projets/{application.reference}/"),
        stage=stage,
        awarded_on=local(decision.notified_at).date(),
        awarded_at=decision.notified_at,
        modified_at=decision.notified_at,
        amount=decision.amount or 0,  # what was notified, never what an appeal under way may change
        funder_name=fund.legal_name,
        funder_siret=fund.siret,
        scheme=application.call.title,
        call_slug=application.call.slug,
        source=application,
        paid_amount=application.paid_cents or 0,
        decision=decision,
        agreement=agreement if agreement and agreement.signed_at else None,
    )
    grant.page = page
    grant.modified_at = _latest(grant.modified_at, application.moved_at, page and page.changed_at)
    if grant.is_bare:
        return grant
    texts = page.texts if page else {}
    organisation = application.bearer_organisation
    content = application.content or {}
    openness = content.get("openness", {})
    names = {one.user_id: redacted(one.name) for one in consents if one.withdrawn_at is None}
    grant.title, grant.purpose = (
        redacted(texts.get(name, getattr(application, name))) for name in ("title", "summary")
    )
    grant.is_person = organisation is None
    grant.recipient_kind = application.applicant_kind
    grant.recipient_name = organisation.name if organisation else names.get(application.bearer_person_id, NOBODY)
    grant.team = list(names.values())
    said = (instant for one in consents for instant in (one.given_at, one.withdrawn_at))
    grant.modified_at = _latest(grant.modified_at, *said)
    grant.person_id = _person_id(application.reference) if grant.is_person else ""
    grant.recipient_siret, grant.recipient_rna = (organisation.siret, organisation.rna) if organisation else ("", "")
    grant.partner_id, grant.partner_name = application.partner_key, redacted(application.partner_name or "")
    grant.commune = "" if grant.is_person else application.commune
    grant.department, grant.region = application.department, application.region
    grant.department_name = communes.department_name(application.department) if application.department else ""
    grant.themes = list(application.themes)
    grant.requested_amount, grant.score, grant.decision_reference = (
        application.requested_amount,
        decision.published_score,
        decision.reference,
    )
    grant.licence = redacted(str(texts.get("licence", openness.get("licence")) or ""))
    # Where the work is: what two people put there, what an accepted report says, else what the application promised.
    grant.repository_url, grant.demo_url = (
        _web(texts.get(name, getattr(application, name) or openness.get(name)))
        for name in ("repository_url", "demo_url")
    )
    if agreement and agreement.signed_at:
        grant.agreed_on, grant.starts_on, grant.ends_on = (
            agreement.agreed_on,
            agreement.starts_on,
            agreement.ends_on,
        )
        grant.agreed_amount = agreement.amount
        grant.modified_at = _latest(grant.modified_at, agreement.signed_at, application.accepted_at)
        grant.conditions = "unique" if application.parts == 1 else "échelonné"
        grant.paid_from_on = application.paid_first_on or agreement.starts_on or grant.agreed_on
        ends = [application.paid_last_on, agreement.ends_on or grant.paid_from_on]
        grant.paid_until_on = max(day for day in ends if day)
    return grant


def from_past(row: PastGrant) -> PublishedGrant:
    """An earlier grant, in the same words."""
    return PublishedGrant(
        reference=row.decision_reference or row.row_key[:12].upper(),
        public_id=row.row_key[:16],
        url=absolute(path_of(row.row_key[:16], is_past=True)),
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
