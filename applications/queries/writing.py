"""What is being written: the working copy, its hash, who agreed to it, who may write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Prefetch, prefetch_related_objects

from applications.enums import ApplicationState, InformationRequestState, SectionCode, TeamRight
from applications.models import Application, Attachment, InformationRequest, SignOff, TeamMember
from applications.schema import SECTIONS, clean
from core.models import User
from core.transitions import canonical_hash
from fund.enums import ApplicantKind
from fund.identifiers import compact, is_rna, is_siret
from fund.models import Organisation, RuleVersion

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def is_member(user, application: Application) -> bool:
    """Leads the file or has joined its team."""
    return application.lead_id == user.pk or application.members.filter(user=user, joined_at__isnull=False).exists()


def is_applicant(user, application: Application) -> bool:
    """May write, file and withdraw: the lead, and the members who joined as editors."""
    return (
        application.lead_id == user.pk
        or application.members.filter(user=user, joined_at__isnull=False, right=TeamRight.EDITOR).exists()
    )


def areas_of(user, application: Application) -> list[str]:
    """The sections this editor's right is limited to; empty for the whole file, as the lead's always is."""
    if application.lead_id == user.pk:
        return []
    return application.members.filter(user=user, joined_at__isnull=False).values_list("areas", flat=True).first() or []


def is_signatory(user, application: Application) -> bool:
    return (
        application.lead_id == user.pk
        or application.members.filter(user=user, joined_at__isnull=False, signatory=True).exists()
    )


def signatories(application: Application) -> list[User | TeamMember]:
    """Everyone whose agreement filing needs: the lead first, then the members marked so (a TeamMember while not joined yet)."""
    members = application.members.select_related("user").filter(signatory=True)
    others = [member for member in members if member.user_id != application.lead_id]
    return [application.lead, *(member.user if member.user and member.joined_at else member for member in others)]


def team_facts(application: Application) -> list[dict]:
    """The members, the lead apart."""
    return _facts(application, application.members.select_related("user"))


def _facts(application: Application, members) -> list[dict]:
    return [
        {
            "name": member.display_name,
            "role": member.role,
            "description": member.description,
            "signatory": member.signatory,
        }
        for member in members
        if member.user_id != application.lead_id
    ]


def content_now(application: Application) -> dict:
    """The working copy as it would be filed: sections in shape, team, list of documents with their fingerprints."""
    pieces = application.attachments.in_copy(application).order_by("id")
    return _content(application, application.sections.all(), pieces, team_facts(application))


def _content(application: Application, sections, pieces, team: list[dict]) -> dict:
    written = {section.code: section.content for section in sections}
    content: dict = {code: clean(code, written.get(code, {})) for code in SECTIONS}
    content["documents"]["files"] = [
        {"id": piece.pk, "kind": piece.kind, "name": piece.name, "size": piece.size, "sha256": piece.sha256}
        for piece in pieces
    ]
    content["applicant"] |= {"kind": application.applicant_kind, "team": team}
    return content


def agreements_awaited(user) -> set[int]:
    """Ids of the drafts that this person, a member whose agreement filing needs, never agreed to. The lead's own is asked when he files. One query."""
    mine = TeamMember.objects.filter(user=user, joined_at__isnull=False, signatory=True, application__state="draft")
    return set(
        mine.exclude(application__lead=user)
        .exclude(application__sign_offs__user=user)
        .values_list("application", flat=True)
    )


def partner_awaited_until(application: Application, at):
    """Until when a partner administration may still confirm, when none has; None otherwise."""
    until = application.call.partner_deadline_at
    if until is None or until <= at or application.partnerships.filter(state="confirmed").exists():
        return None
    return until


def without_partner(user, at, limit: int = 50) -> list[Application]:
    """Filed files of this person's teams that no administration has confirmed, while one still may. One query."""
    return list(
        Application.objects.of_team(user)
        .filter(
            state__in=(ApplicationState.SUBMITTED, ApplicationState.INFORMATION_REQUESTED),
            call__partner_deadline_at__gt=at,
        )
        .exclude(partnerships__state="confirmed")
        .select_related("call")
        .order_by("pk")[:limit]
    )


def changed_since_filed(user, at, limit: int = 50) -> list[Application]:
    """Filed files of this person's teams whose working copy is not what was filed, while their call takes them. Constant queries."""
    files = list(
        Application.objects.of_team(user)
        .filter(state=ApplicationState.SUBMITTED, filed_version__isnull=False, call__closes_at__gt=at)
        .select_related("call", "filed_version")
        .defer("filed_version__content")
        .order_by("pk")[:limit]
    )
    if not files:
        return []
    pieces = Attachment.objects.in_copy(files[0]).order_by("id")  # all are in one state
    members = TeamMember.objects.select_related("user")
    prefetch_related_objects(
        files, "sections", Prefetch("members", members), Prefetch("attachments", pieces, to_attr="pieces_in_copy")
    )
    return [
        file
        for file in files
        if file.filed_version.content_hash
        != canonical_hash(_content(file, file.sections.all(), file.pieces_in_copy, _facts(file, file.members.all())))
    ]


def hash_now(application: Application, content: dict | None = None) -> str:
    """SHA-256 of the working copy; what a sign-off is bound to."""
    return canonical_hash(content if content is not None else content_now(application))


def rules_of(application: Application) -> RuleVersion:
    """The rules the call was published with, or those in force for a call that was not."""
    return application.call.rule_version or RuleVersion.objects.filter(state="in_force").first() or RuleVersion()


def section_now(application: Application, code: str) -> dict:
    """One section of the working copy, in its shape."""
    row = application.sections.filter(code=code).first()
    return clean(code, row.content if row else {})


def find_body(section: dict, prefix: str = "") -> Organisation | None:
    """The organisation already known under the numbers of an applicant section (`bearer_` for the bearer's): by SIRET first, then by RNA."""
    siret, rna = compact(section.get(f"{prefix}siret") or ""), compact(section.get(f"{prefix}rna") or "")
    found = Organisation.objects.filter(siret=siret).first() if is_siret(siret) else None
    if found is None and is_rna(rna):
        found = Organisation.objects.filter(rna=rna).first()
    return found


def applicant_key(application: Application, section: dict | None = None) -> str:
    """Who files, as one key: an association by its organisation, other applicants by the lead. One standing file per key and call (art. 2)."""
    if application.applicant_kind == ApplicantKind.ASSOCIATION:
        body = find_body(section if section is not None else section_now(application, "applicant"))
        if body is not None:
            return f"organisation:{body.pk}"
    return f"user:{application.lead_id}"


def signed_hashes(application: Application) -> dict[int, SignOff]:
    """Last agreement of each person."""
    return {sign_off.user_id: sign_off for sign_off in application.sign_offs.order_by("id")}


def missing_signatures(application: Application, content_hash: str) -> tuple[list, list]:
    """Who has never agreed, and who agreed to another content (people, or team members who have not joined)."""
    signed, never, outdated = signed_hashes(application), [], []
    for person in signatories(application):
        last = signed.get(person.pk) if isinstance(person, User) else None
        if last is None:
            never.append(person)
        elif last.content_hash != content_hash:
            outdated.append(person)
    return never, outdated


def open_request(application: Application) -> InformationRequest | None:
    return application.information_requests.filter(state=InformationRequestState.OPEN).first()


def live_code(application: Application, at):
    """An access code that still opens late filing, or None."""
    return application.access_codes.live(at).order_by("-id").first()


def code_is_live(application: Application, at) -> bool:
    return live_code(application, at) is not None


@dataclass(frozen=True)
class Progress:
    code: str
    label: StrOrPromise
    missing: int
    started: bool

    @property
    def complete(self) -> bool:
        return self.missing == 0


def progress(application: Application, missing: list) -> list[Progress]:
    """One line a section, with the number of answers still missing (from rules.missing)."""
    started = {section.code for section in application.sections.all() if section.version}
    return [
        Progress(code, label, sum(1 for gap in missing if gap.section == code), code in started)
        for code, label in SectionCode.choices
    ]


def body_prefix(application: Application) -> str | None:
    """Where the answers stand that name the body that receives the money: "" for an association, "bearer_" for a collective's; None when it is a person."""
    if application.applicant_kind == ApplicantKind.ASSOCIATION:
        return ""
    if application.applicant_kind == ApplicantKind.COLLECTIVE:
        bearer = content_now(application)["applicant"]["bearer_kind"]
        return None if bearer == "natural_person" else "bearer_"
    return None


def invitations_of(user: User, at) -> list[TeamMember]:
    """Invitations to a team that wait for an answer at this person's own, confirmed address; twenty at most."""
    rows = TeamMember.objects.filter(email__iexact=user.email, joined_at=None, expires_at__gt=at).exclude(token_hash="")
    return list(rows.select_related("application").order_by("pk")[:20])
