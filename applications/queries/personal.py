"""What the applicants' files hold about a person: files of the team, invitations, agreements, partners asked, messages."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models.fields.files import FieldFile

from applications.models import (
    Application,
    ApplicationSection,
    ApplicationVersion,
    Attachment,
    InformationRequest,
    Message,
    MessageAttachment,
    NameConsent,
    Partnership,
    SignOff,
    TeamMember,
)
from core.models import User
from core.personal import rows


def personal(user: User) -> dict:
    """Files as the team sees them. Of other people, nothing but what the content of these files says; of partners, the administration only."""
    mine = Application.objects.of_team(user)
    return {
        "files": [_file(application, user) for application in mine.select_related("call").order_by("pk")],
        "team_invitations": rows(
            TeamMember.objects.filter(email__iexact=user.email, joined_at=None).order_by("pk"),
            reference="application__reference",
            name="name",
            role="role",
            invited_at="invited_at",
            expires_at="expires_at",
        ),
        "sign_offs": rows(
            SignOff.objects.filter(user=user).order_by("pk"),
            reference="application__reference",
            content_hash="content_hash",
            mandate="mandate",
            signed_at="signed_at",
        ),
        "name_consents": rows(
            NameConsent.objects.filter(user=user).order_by("pk"),
            reference="application__reference",
            name="name",
            given_at="given_at",
            withdrawn_at="withdrawn_at",
        ),
        "partnerships_invited": rows(
            Partnership.objects.filter(invited_by=user, application__in=mine).order_by("pk"),
            reference="application__reference",
            administration="organisation__name",
            state="state",
            message="message",
            invited_at="invited_at",
            deadline_at="deadline_at",
        ),
        "messages_written": _messages(user),
        "answers_to_requests": rows(
            InformationRequest.objects.filter(answered_by=user).order_by("pk"),
            reference="application__reference",
            text="answer_text",
            answered_at="answered_at",
        ),
    }


def _messages(user: User) -> list[dict]:
    written = Message.objects.filter(author=user).select_related("application").prefetch_related("attachments")
    return [
        {
            "reference": message.application.reference,
            "text": message.text,
            "sent_at": message.sent_at,
            "files": [
                {"name": piece.name, "size": piece.size, "sha256": piece.sha256} for piece in message.attachments.all()
            ],
        }
        for message in written.order_by("pk")
    ]


def references(user: User) -> list[str]:
    """References of the files of this person's teams."""
    return list(Application.objects.of_team(user).order_by("pk").values_list("reference", flat=True))


def _file(application: Application, user: User) -> dict:
    member = application.members.filter(user=user).first()
    return {
        "reference": application.reference,
        "title": application.title,
        "call": application.call.title,
        "state": application.state,
        "leads": application.lead_id == user.pk,
        "membership": member
        and {
            "name": member.name,
            "email": member.email,
            "role": member.role,
            "description": member.description,
            "right": member.right,
            "signatory": member.signatory,
            "joined_at": member.joined_at,
        },
        "sections": rows(
            ApplicationSection.objects.filter(application=application).order_by("pk"),
            section="code",
            content="content",
            updated_at="updated_at",
        ),
        "versions": rows(
            ApplicationVersion.objects.filter(application=application).order_by("number"),
            number="number",
            content="content",
            content_hash="content_hash",
            received_at="received_at",
        ),
        "pieces": rows(
            Attachment.objects.filter(application=application).order_by("pk"),
            name="name",
            size="size",
            sha256="sha256",
            uploaded_at="uploaded_at",
        ),
    }


def personal_files(user: User) -> Iterator[tuple[str, str, FieldFile]]:
    """(reference of the file, name, stored file) of the pieces this person put in the files of his team, and of the clean files of his messages."""
    pieces = Attachment.objects.filter(uploaded_by=user, application__in=Application.objects.of_team(user))
    for piece in pieces.exclude(file="").select_related("application").order_by("pk"):
        yield piece.application.reference, f"{piece.pk}-{piece.name}", piece.file
    sent = MessageAttachment.objects.filter(message__author=user, scan_state="clean")
    for row in sent.select_related("message__application").order_by("pk"):
        yield row.message.application.reference, f"message-{row.pk}-{row.name}", row.file
