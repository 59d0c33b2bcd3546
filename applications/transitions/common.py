"""What the verbs of the file share: the frame of what is written without a state, the columns that mirror the content, links."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from applications import queries
from applications.models import Application
from applications.rules.gaps import bearer_person
from applications.rules.partners import token_hash
from core.models import User
from core.transitions import Act, Refusal, Who, locked, record
from fund import communes, identifiers
from fund.enums import ApplicantKind, OrganisationKind
from fund.models import Call, Organisation

access_log = logging.getLogger("fund.access")


@dataclass(frozen=True)
class Writing:
    """Stands for the verb of an act that moves no state: its name for the guards and the event."""

    name: str
    ledger: tuple[str, ...] = ()


@contextmanager
def writing(
    name: str,
    application: Application,
    *,
    actor: User,
    at,
    who: Who | None,
    guards: Iterable[Callable[[Act], None]] = (),
    **params,
):
    """One transaction around a write on a locked file: who may, then the guards, each refusing with its reason. Gives the act; its `obj` is the file."""
    with transaction.atomic():
        act = Act(Writing(name), locked(application), actor, at, params)  # type: ignore[arg-type]
        try:
            if who is not None and not (actor.is_active and who(actor, act.obj, at)):
                raise Refusal(
                    "not_permitted", _("You may not do this; it belongs to: %(people)s.") % {"people": who.label}
                )
            for guard in guards:
                guard(act)
        except Refusal as refusal:
            access_log.info(
                "refused", extra={"facts": {"who": actor.pk, "verb": f"application.{name}", "rule": refusal.code}}
            )
            raise
        yield act


def note(act: Act, **facts) -> None:
    """The event of a write that moves no state: an invitation, a document added, an agreement given."""
    act.note(**facts)
    record(act, act.obj, act.obj.state, act.obj.state)


def lock_call(application: Application) -> None:
    """The call before the file: two files of one applicant never pass the same check together."""
    list(Call.objects.select_for_update(of=("self",)).filter(pk=application.call_id).values_list("pk"))


def lock_file(row) -> None:
    """The file before its partnerships and requests."""
    list(Application.objects.select_for_update(of=("self",)).filter(pk=row.application_id).values_list("pk"))


def new_link(purpose: str, *facts) -> tuple[str, str]:
    """The token of a personal link, signed from its facts (who, for what, when), and the hash that is kept of it: a reminder can carry it again."""
    # An instant signs the same in whatever zone it was read.
    text = "|".join(fact.astimezone(UTC).isoformat() if isinstance(fact, datetime) else str(fact) for fact in facts)
    token = (
        base64.urlsafe_b64encode(salted_hmac(f"fund.{purpose}", text, algorithm="sha256").digest()).decode().rstrip("=")
    )
    return token, token_hash(token)


def _amount(value) -> int:
    return max(0, value or 0)


def columns(application: Application, content: dict, *, create: bool) -> dict:
    """The columns that mirror a content (only of the sections given). `create` makes organisations not known yet: at filing, never before."""
    found: dict = {}
    if "applicant" in content:
        found |= _people(application, content["applicant"], create)
    if "project" in content:
        project = content["project"]
        months = project["duration_months"]
        found |= {
            "title": project["title"],
            "summary": project["summary"],
            "themes": project["themes"],
            "duration_months": months if months and 0 < months <= 600 else None,
            **communes.place(project["insee_code"]),
        }
    if "budget" in content:
        minimum = content["budget"]["minimum_viable_amount"]
        found |= {
            "requested_amount": _amount(content["budget"]["requested_amount"]),
            "minimum_viable_amount": None if minimum is None else _amount(minimum),
        }
    return found


def _people(application: Application, section: dict, create: bool) -> dict:
    kind = application.applicant_kind
    found = {
        "applicant_name": section["name"],
        "economic_activity": section["economic_activity"],
        "organisation": None,
        "bearer_organisation": None,
        "bearer_person": None,
    }
    if kind == ApplicantKind.ASSOCIATION:
        found["organisation"] = found["bearer_organisation"] = _body(section, "", create)
    elif kind == ApplicantKind.CITIZEN:
        found["bearer_person"] = application.lead
    elif section["bearer_kind"] == "association":
        found["bearer_organisation"] = _body(section, "bearer_", create)
    elif section["bearer_kind"] == "natural_person":
        found["bearer_person"] = (
            bearer_person(application, section["bearer_email"]) if section["bearer_email"] else None
        )
    body = found["organisation"]
    found["applicant_key"] = f"organisation:{body.pk}" if body else f"user:{application.lead_id}"
    return found


def _body(section: dict, prefix: str, create: bool) -> Organisation | None:
    """The organisation of these numbers. What is already known of it is never overwritten by what an applicant types; blanks are filled at filing."""
    found = queries.find_body(section, prefix)
    if not create:
        return found
    siret, rna = (identifiers.compact(section[f"{prefix}{name}"]) for name in ("siret", "rna"))
    rna = rna if identifiers.is_rna(rna) and not Organisation.objects.filter(rna=rna).exists() else ""
    if found is None:
        return Organisation.objects.create(
            kind=OrganisationKind.ASSOCIATION,
            name=section[f"{prefix}name"],
            siret=siret if identifiers.is_siret(siret) else "",
            rna=rna,
            court_registry=section[f"{prefix}court_registry"],
            purpose=section["purpose"] if not prefix else "",
            economic_activity=section["economic_activity"],
        )
    blanks = {
        "siret": siret if identifiers.is_siret(siret) else "",
        "rna": rna,
        "court_registry": section[f"{prefix}court_registry"],
    }
    filled = {name: value for name, value in blanks.items() if value and not getattr(found, name)}
    if filled:
        for name, value in filled.items():
            setattr(found, name, value)
        found.save(update_fields=list(filled))
    return found
