"""The team: invited by a signed single-use link, named without an account, joined, taken off; its lead handed over; and the agreement of those who sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import queries
from applications.enums import WRITABLE, SectionCode, TeamRight
from applications.models import Application, NameConsent, SignOff, TeamMember
from applications.notifications import tell
from applications.periods import TEAM_INVITATION_DAYS, end_of
from applications.rules import filing, people, rights
from applications.rules.gaps import missing
from applications.rules.partners import token_hash
from applications.transitions.common import lock_call, new_link, note, writing
from applications.transitions.consents import end_consents
from applications.transitions.writing import _agreed, _ask_again
from core.models import Event, User
from core.transitions import Refusal, Who, locked
from fund.enums import ApplicantKind
from fund.rules.common import when

TEAM = (rights.content_is_writable,)
RIGHTS = (rights.whole_file, *TEAM)
"""Who is in the team, and with which right: an editor of some parts would widen his own."""
THE_TEAM = gettext_lazy("the team")
REMIND_AGAIN_AFTER = timedelta(minutes=30)
"""Requests for agreement leave at most once in that time: a mail is not a bell."""


def _already(application: Application, email: str) -> Refusal | None:
    if application.lead.email.lower() == email.lower():
        return Refusal(
            "already_member", _("%(email)s leads this application.") % {"email": email}, field="email", status=409
        )
    if application.members.filter(user__email__iexact=email, joined_at__isnull=False).exists():
        return Refusal(
            "already_member", _("%(email)s is already in the team.") % {"email": email}, field="email", status=409
        )
    return None


def invite_member(
    *,
    application: Application,
    actor: User,
    at: datetime,
    email: str,
    name: str = "",
    role: str = "",
    right: str = TeamRight.READER,
    signatory: bool = False,
    areas: Sequence[str] = (),
) -> TeamMember:
    """Invite someone to write (everywhere, or the sections of `areas`) or to read. The link leaves by mail and lasts 21 days.

    Inviting the same address again kills the former link and keeps the right and the agreement that were set: `change_member` changes them.

    The row returned carries `link_token`, which is not stored (its hash is), and `again`: the address was already invited.
    """
    email = email.strip().lower()
    guards = (*RIGHTS, rights.invitation_is_good)
    with writing(
        "invite_member",
        application,
        actor=actor,
        at=at,
        who=people.applicant,
        guards=guards,
        code="applicant",
        email=email,
    ) as act:
        if refusal := _already(act.obj, email):
            raise refusal
        agreed = _agreed(act.obj)
        member = act.obj.members.filter(email=email).first()
        again = member is not None
        if member is None:
            member = TeamMember(application=act.obj, email=email, created_at=at, signatory=signatory)
            member.right = right if right in TeamRight.values else TeamRight.READER
            member.areas = _areas(member.right, areas)
        member.name, member.role = member.name or name.strip()[:150], member.role or role.strip()[:120]
        token, member.token_hash = new_link("team", act.obj.reference, email, at)
        member.invited_by, member.invited_at = actor, at
        member.expires_at = end_of(timezone.localdate(at) + timedelta(days=TEAM_INVITATION_DAYS))
        member.save()
        note(act, member=member.pk)
        tell(
            "team.invited",
            act.obj,
            f"/equipe/{token}/",
            at=at,
            to=[email],
            language=actor.language,
            inviter=str(actor),
            right=TeamRight(member.right).label,
            signatory=member.signatory,
            until=member.expires_at,
        )
        _ask_again(act, agreed, THE_TEAM)
        member.link_token, member.again = token, again
        return member


def _areas(right: str, areas: Sequence[str]) -> list[str]:
    """Kept in the order of the sections; every section is the same as none named, and a reader has none to write."""
    kept = [code for code in SectionCode.values if code in areas] if right == TeamRight.EDITOR else []
    return [] if len(kept) == len(SectionCode.values) else kept


def add_person(
    *, application: Application, actor: User, at: datetime, name: str, role: str = "", description: str = ""
) -> TeamMember:
    """Name someone of the project who needs no account."""
    with writing(
        "add_person", application, actor=actor, at=at, who=people.applicant, guards=RIGHTS, code="applicant"
    ) as act:
        if not name.strip():
            raise Refusal("name_missing", _("Give this person’s name."), field="name")
        agreed = _agreed(act.obj)
        member = TeamMember.objects.create(
            application=act.obj,
            name=name.strip()[:150],
            role=role.strip()[:120],
            description=description.strip()[:300],
            created_at=at,
        )
        note(act, member=member.pk)
        _ask_again(act, agreed, THE_TEAM)
        return member


def change_member(*, member: TeamMember, actor: User, at: datetime, **facts) -> TeamMember:
    """Change `name`, `role`, `description`, `right`, `areas` (section codes, none for all) or `signatory` of a member; what is not given stays."""
    with writing(
        "change_member", member.application, actor=actor, at=at, who=people.applicant, guards=RIGHTS, code="applicant"
    ) as act:
        row = locked(member)
        agreed = _agreed(act.obj)
        for name in ("name", "role", "description"):
            if name in facts:
                setattr(row, name, str(facts[name]).strip()[: row._meta.get_field(name).max_length])
        if facts.get("right") in TeamRight.values:
            row.right = facts["right"]
        row.areas = _areas(row.right, facts.get("areas", row.areas))
        if "signatory" in facts:
            row.signatory = bool(facts["signatory"])
        row.save()
        note(act, member=row.pk)
        _ask_again(act, agreed, THE_TEAM)
        return row


def remove_member(*, member: TeamMember, actor: User, at: datetime) -> None:
    """Take someone off the team (or leave it). The person no longer sees the file, a pending link dies, what was written stays."""
    leaving = member.user_id == actor.pk and member.joined_at is not None
    who = people.member if leaving else people.applicant
    with writing(
        "remove_member",
        member.application,
        actor=actor,
        at=at,
        who=who,
        guards=TEAM if leaving else RIGHTS,
        code="" if leaving else "applicant",
    ) as act:
        row = act.obj.members.filter(pk=member.pk).first()
        if row is None:
            return
        if row.user_id == act.obj.lead_id:
            raise Refusal(
                "lead_cannot_leave",
                _("You lead this application: without you it would belong to nobody."),
                remedy=_("Hand it over to another member first."),
                status=409,
            )
        agreed = _agreed(act.obj)
        note(act, member=row.pk)
        if row.user_id:
            end_consents(NameConsent.objects.filter(application=act.obj, user=row.user_id), at)
        row.delete()
        _ask_again(act, agreed, THE_TEAM)


def offer_lead(*, member: TeamMember, actor: User, at: datetime) -> TeamMember:
    """Offer the lead to a member who has joined, for 21 days. An offer made to someone else ends with it."""
    with _hands("offer_lead", member, actor, at, people.lead) as act:
        row = locked(member)
        if row.joined_at is None or row.user_id == act.obj.lead_id:
            raise Refusal(
                "member_not_joined",
                _("Only a member who has joined the team can lead it."),
                remedy=_("Invite this person; once the invitation is accepted, offer again."),
                field="member",
                status=409,
            )
        act.obj.members.exclude(pk=row.pk).update(lead_offer_ends_at=None)
        row.lead_offer_ends_at = end_of(timezone.localdate(at) + timedelta(days=TEAM_INVITATION_DAYS))
        row.save(update_fields=["lead_offer_ends_at"])
        note(act, member=row.pk)
        tell(
            "team.lead_offered",
            act.obj,
            "equipe/",
            at=at,
            to=[row.user],
            who=str(act.obj.lead),
            until=row.lead_offer_ends_at,
        )
        return row


def withdraw_lead_offer(*, member: TeamMember, actor: User, at: datetime) -> TeamMember:
    """The lead takes the offer back. Taking back what is not offered any more changes nothing."""
    return _end_offer("withdraw_lead_offer", member, actor, at, people.lead)


def decline_lead(*, member: TeamMember, actor: User, at: datetime) -> TeamMember:
    """The member declines; the lead is told and stays."""
    return _end_offer("decline_lead", member, actor, at, people.offered(member))


def _end_offer(name: str, member: TeamMember, actor: User, at: datetime, who: Who) -> TeamMember:
    with writing(name, member.application, actor=actor, at=at, who=who) as act:
        row = locked(member)
        if row.lead_offer_ends_at is not None:
            row.lead_offer_ends_at = None
            row.save(update_fields=["lead_offer_ends_at"])
            note(act, member=row.pk)
            if actor.pk == row.user_id:
                tell("team.lead_declined", act.obj, "equipe/", at=at, to=[act.obj.lead], who=str(actor))
        return row


def accept_lead(*, member: TeamMember, actor: User, at: datetime) -> Application:
    """The member takes the lead over; the former lead stays as an editor. Agreements to the text are asked again, the filed version stands.

    Who files is counted by the lead when no organisation does it (art. 2): that key moves too, so a person never leads two files of one call.
    """
    with transaction.atomic():
        lock_call(member.application)
        with _hands("accept_lead", member, actor, at, people.offered(member)) as act:
            application, row, former = act.obj, locked(member), act.obj.lead
            if not row.is_offered_the_lead(at):
                raise Refusal(
                    "offer_over",
                    _("The lead is no longer offered to you."),
                    remedy=_("Ask %(name)s to offer it again.") % {"name": former},
                    status=409,
                )
            agreed = _agreed(application)
            application.lead = actor
            if application.applicant_key == f"user:{former.pk}":
                application.applicant_key = f"user:{actor.pk}"
                filing.leads_no_other_file(act)
            application.save(update_fields=["lead", "applicant_key"])
            row.lead_offer_ends_at, row.right, row.areas = None, TeamRight.EDITOR, []
            row.save(update_fields=["lead_offer_ends_at", "right", "areas"])
            stays, _created = application.members.get_or_create(
                user=former, defaults={"name": former.name, "created_at": at, "joined_at": at}
            )
            stays.right, stays.areas, stays.joined_at = TeamRight.EDITOR, [], stays.joined_at or at
            stays.signatory = former.pk == application.bearer_person_id
            stays.save()
            note(act, member=row.pk, former=stays.pk)
            for person in (actor, former):
                tell(
                    "team.lead_accepted", application, "equipe/", at=at, to=[person], who=str(actor), former=str(former)
                )
            if application.state in WRITABLE:
                _ask_again(act, agreed, THE_TEAM)
            return application


def _hands(name: str, member: TeamMember, actor: User, at: datetime, who: Who):
    return writing(name, member.application, actor=actor, at=at, who=who, guards=(rights.may_change_hands,))


def invitation_path(member: TeamMember) -> str:
    """The page of this pending invitation, for the one it was sent to: the link of the mail is made again from its facts. Empty when it is not."""
    token, made = new_link("team", member.application.reference, member.email, member.invited_at)
    return f"/equipe/{token}/" if made == member.token_hash else ""


def invitation(token: str) -> TeamMember | None:
    """The invitation of a link, or None for a link nobody made."""
    return (
        TeamMember.objects.select_related("application__call", "application__lead", "invited_by")
        .filter(token_hash=token_hash(token))
        .first()
    )


def join(*, token: str, actor: User, at: datetime) -> TeamMember:
    """The person signed in joins the team; the link then is dead. Raises Refusal (`invitation_used`, `invitation_expired`, `already_member`)."""
    member = invitation(token)
    if member is None:
        raise Refusal(
            "invitation_used",
            _("This invitation has been used or withdrawn."),
            remedy=_("Ask the person who invited you for a new one."),
            status=410,
        )
    with writing("join", member.application, actor=actor, at=at, who=people.anyone_signed_in) as act:
        row = locked(member)
        if row.token_hash != token_hash(token):
            raise Refusal(
                "invitation_used",
                _("This invitation has been used or withdrawn."),
                remedy=_("Ask the person who invited you for a new one."),
                status=410,
            )
        if row.expires_at is None or at >= row.expires_at:
            raise Refusal(
                "invitation_expired",
                _("This invitation expired on %(instant)s.") % {"instant": when(row.expires_at)},
                remedy=_("Ask the person who invited you for a new one."),
                status=410,
            )
        if queries.is_member(actor, act.obj):
            raise Refusal("already_member", _("You are already in this team."), status=409)
        row.user, row.joined_at, row.token_hash, row.name = actor, at, "", row.name or actor.name
        row.save()
        note(act, member=row.pk)
        tell("team.joined", act.obj, "", at=at, to=[act.obj.lead], who=str(actor))
        return row


def sign_off(
    *, application: Application, actor: User, at: datetime, content_hash: str, mandate: bool = False
) -> SignOff:
    """Agree to exactly this content. In a collective it also gives the bearer its mandate. Agreeing twice to the same content is one agreement."""
    with writing("sign_off", application, actor=actor, at=at, who=people.signatory, guards=TEAM) as act:
        if queries.hash_now(act.obj) != content_hash:
            raise Refusal(
                "sign_off_outdated",
                _("The content changed while you were reading."),
                remedy=_("Read it again; your agreement is to one exact version."),
                article="art. 2",
                status=409,
            )
        if act.obj.applicant_kind == ApplicantKind.COLLECTIVE and not mandate:
            raise Refusal(
                "bearer_mandate_missing",
                _("Your agreement also mandates the bearer to sign and to receive the grant."),
                remedy=_("Tick the mandate."),
                article="art. 2",
                field="mandate",
            )
        row, created = SignOff.objects.get_or_create(
            application=act.obj, user=actor, content_hash=content_hash, defaults={"signed_at": at, "mandate": mandate}
        )
        if not created and mandate and not row.mandate:
            row.mandate = True
            row.save(update_fields=["mandate"])
        if created:
            note(act, content_hash=content_hash, mandate=mandate)
            _ready(act, content_hash)
        return row


def _ready(act, content_hash: str) -> None:
    """When the last agreement arrives and nothing is missing, the lead is told that one thing is left: to file."""
    never, outdated = queries.missing_signatures(act.obj, content_hash)
    if act.actor != act.obj.lead and not never and not outdated and not missing(act.obj):
        tell("team.ready_to_file", act.obj, "verifier/", at=act.at, to=[act.obj.lead], closes_at=act.obj.call.closes_at)


def request_sign_offs(*, application: Application, actor: User, at: datetime) -> int:
    """Ask those who have not agreed to this content. Returns how many mails leave; at most one round every half hour."""
    with writing("request_sign_offs", application, actor=actor, at=at, who=people.applicant, guards=TEAM) as act:
        never, outdated = queries.missing_signatures(act.obj, queries.hash_now(act.obj))
        waiting = [person for person in (*never, *outdated) if isinstance(person, User) and person != actor]
        last = Event.objects.filter(
            machine=Application.machine, object_id=act.obj.pk, verb="request_sign_offs", at__gt=at - REMIND_AGAIN_AFTER
        ).exists()
        if last:
            raise Refusal(
                "asked_a_moment_ago",
                _("They were asked less than half an hour ago."),
                remedy=_("Give them a moment, or call them."),
                status=409,
            )
        if waiting:
            note(act, people=len(waiting))
            tell("team.sign_off_requested", act.obj, "verifier/", at=at, to=waiting, closes_at=act.obj.call.closes_at)
        return len(waiting)
