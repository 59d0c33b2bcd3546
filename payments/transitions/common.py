"""What the verbs of the money side share: locks in the order of the house, consequences, events, uploaded files."""

from __future__ import annotations

import hashlib
from functools import wraps

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import documents
from core.files import clean_name
from core.logs import current_request_id
from core.models import Event, User
from fund import ledger
from fund.models import GrantAccount
from payments.models import Agreement, Evidence, Instalment
from payments.rules.paper import instant_of
from payments.rules.people import agreement_of


def lock_money(obj) -> None:
    """Envelope, grant account, then the agreement: before the row the verb is about."""
    lock_grants([agreement_of(obj).reference])


def lock_grants(references) -> None:
    """The same for many grants, each kind of row by id."""
    wanted = sorted(set(references))
    envelopes = GrantAccount.objects.filter(reference__in=wanted).values_list("envelope_id", flat=True)
    known = GrantAccount.objects.filter(reference__in=wanted).values_list("reference", flat=True)
    ledger.lock(set(envelopes), set(known))
    list(
        Agreement.objects.select_for_update(of=("self",)).filter(reference__in=wanted).order_by("pk").values_list("pk")
    )


def lock_instalments(ids, grants=()) -> None:
    """Their grants first (and those of these references), then the instalments by id."""
    ids = sorted(set(ids))
    lock_grants([*Instalment.objects.filter(pk__in=ids).values_list("agreement__reference", flat=True), *grants])
    list(Instalment.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").values_list("pk"))


def followed_by(consequence):
    """Wrap a verb: after it, in the same transaction, `consequence(row, at)` runs as the fund's clock (what the worker would find anyway)."""

    def decorate(call):
        @wraps(call)
        def chained(**params):
            params["at"] = params.get("at") or timezone.now()
            with transaction.atomic():
                result = call(**params)
                consequence(result, params["at"])
            return result

        chained.verb, chained.keyword = call.verb, call.keyword
        object.__setattr__(
            call.verb, "call", chained
        )  # screens, API and second keys call the verb with its consequences
        return chained

    return decorate


def system() -> User:
    return User.objects.system()


def record_event(row, verb: str, *, actor, at, **facts) -> Event:
    """An event that moves no state: a look at bank details, an amount admitted."""
    return Event.objects.create(
        at=at,
        actor=actor,
        machine=row.machine,
        object_id=row.pk,
        subject=row.event_subject,
        verb=verb,
        from_state=row.state,
        to_state=row.state,
        payload=facts,
        request_id=current_request_id(),
    )


def sign_paper(act, paper, *, signer, capacity, evidence, signed_on=None):
    """Sign the document of an agreement or of an amendment: here, or as it stands by hand on the printed copy (`signed_on`, the day written there)."""
    at, copy = act.at, act.found.get("copy")
    if signed_on is not None:
        at = instant_of(signed_on, paper.document, act.at)
        evidence = (evidence or {}) | {
            "means": "paper",
            "signed_on": signed_on.isoformat(),
            "copy": copy.document.code,
            "copy_sha256": copy.document.sha256,
            "recorded_by": act.actor.pk,
            "recorded_at": act.at.isoformat(),
        }
        act.note(paper=copy.document.code, signed_on=signed_on.isoformat(), signer=signer.pk)
    documents.sign(paper.document, signer=signer, capacity=capacity, at=at, evidence=evidence or {})


def capacity_for_bearer(agreement, signer) -> str:
    own = agreement.signatory_capacity if signer == agreement.signatory else str(_("referent of the project"))
    return own or str(_("representative of the bearer"))


def keep_file(
    uploaded, *, agreement, kind, actor, at, content_type, instalment=None, report=None, line=None
) -> Evidence:
    """Store an uploaded file that was checked (core.files), with its fingerprint."""
    digest = hashlib.sha256()
    for chunk in uploaded.chunks():
        digest.update(chunk)
    uploaded.seek(0)
    return Evidence.objects.create(
        agreement=agreement,
        kind=kind,
        instalment=instalment,
        report=report,
        line=line,
        name=clean_name(uploaded.name),
        file=uploaded,
        size=uploaded.size,
        sha256=digest.hexdigest(),
        content_type=content_type,
        uploaded_by=actor,
        uploaded_at=at,
    )
