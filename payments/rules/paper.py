"""Signing by hand: when a copy may be printed, and what is needed to record a signature that stands on paper."""

from __future__ import annotations

from datetime import datetime, time

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from payments.models import Agreement, PaperCopy
from payments.rules.people import agreement_of


def live_copy(document) -> PaperCopy | None:
    return document.paper_copies.filter(withdrawn_at__isnull=True).select_related("document").first()


def missing_pages(document) -> tuple[list[int], int]:
    """Numbers of the pages that no scan gave yet, and how many pages there are (0 when none came)."""
    pages = list(document.paper_pages.filter(finding="filed").values_list("number", "count"))
    count = pages[0][1] if pages else 0
    return sorted(set(range(1, count + 1)) - {number for number, _count in pages}), count


def copy_is_complete(act: Act) -> None:
    """Every page of the printed copy came back and stands in one PDF; what the verb needs of it is left in `act.found`."""
    document = act.obj.document
    copy = live_copy(document) if document else None
    if copy is not None:
        act.found["copy"] = copy
        return
    missing, count = missing_pages(document) if document else ([], 0)
    raise Refusal(
        "paper_copy_missing",
        _("The signed copy is not complete: these pages are missing: %(pages)s.")
        % {"pages": ", ".join(map(str, missing))}
        if count
        else _("No scan of the signed copy was given yet."),
        remedy=_("Scan the pages that came back under “Papers signed by hand”."),
        article="art. 20",
        status=409,
    )


def signer_signs_for_bearer(act: Act) -> None:
    from payments.rules.agreement import missing_people

    if act.preview:
        return
    if (signer := act.get("signer")) is None or signer not in missing_people(agreement_of(act.obj), act.obj):
        raise Refusal(
            "signer_not_expected",
            _("This signature is not expected."),
            remedy=_("Choose one of those who have still to sign for the bearer."),
            field="signer",
            article="art. 20",
        )


def was_seen(act: Act) -> None:
    if not act.preview and not act.get("seen"):
        raise Refusal(
            "copy_not_seen",
            _("Open the signed copy and look at the signature before you record it."),
            field="seen",
            article="art. 20",
        )


def day_of_paper(act: Act) -> None:
    """A paper is signed between the day it was made and today; the fund signs last."""
    day, document = act.get("signed_on"), act.obj.document
    if day is None:
        if not act.preview and act.verb.name == "record_paper_signature":
            raise Refusal("day_missing", _("Write the date that stands beside the signature."), field="signed_on")
        return
    earliest = timezone.localdate(document.frozen_at)
    if act.verb.name == "sign":
        days = [timezone.localdate(one.signed_at) for one in document.signatures.all()]
        earliest = max([earliest, *days])
    if not earliest <= day <= timezone.localdate(act.at):
        raise Refusal(
            "day_of_paper_refused",
            _("The date on the paper must lie between %(first)s and today.")
            % {"first": date_format(earliest, "j F Y")},
            remedy=_("The document did not exist before, and the fund signs last."),
            field="signed_on",
            article="art. 20",
        )


def paper_if_said(act: Act) -> None:
    """Who says that he signed by hand needs the paper in the file."""
    if act.get("signed_on") is not None:
        copy_is_complete(act)


def instant_of(day, document, at) -> datetime:
    """The instant kept of a signature that bears a day: midday, never before the document was frozen nor after now."""
    noon = timezone.make_aware(datetime.combine(day, time(12)))
    return min(max(noon, document.frozen_at), at)


def may_be_printed(owner, user, at) -> None:
    """Raises Refusal unless the document waits for signatures, is rendered and is the one that will count."""
    from payments.rules.agreement import account_approved, document_ready

    awaited = owner.state == ("accepted" if isinstance(owner, Agreement) else "approved")
    if not awaited or owner.document.state == "void":
        raise Refusal(
            "nothing_to_sign",
            _("This document does not wait for a signature."),
            remedy=_("Open the agreement: its page says what is awaited."),
            status=409,
        )
    asked = Act(None, owner, user, at, preview=True)  # type: ignore[arg-type]
    if isinstance(owner, Agreement):
        account_approved(asked)
    document_ready(asked)
