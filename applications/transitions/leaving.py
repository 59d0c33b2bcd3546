"""A person leaves, a draft has waited long enough: what of them the files keep, and what they do not."""

from __future__ import annotations

from django.db import transaction

from applications.models import Application, Attachment, MessageAttachment, NameConsent, SignOff, TeamMember, Upload
from applications.notifications import tell, writers_of
from applications.rules.leaving import alone_in
from applications.transitions.common import note, writing
from applications.transitions.consents import end_consents
from applications.transitions.filing import withdraw
from core.models import User

NEVER_FILED = {"title": "", "summary": "", "applicant_name": "", "themes": [], "insee_code": "", "commune": ""}


def forget(*, user: User, at) -> dict[str, int]:
    """Erase what this person's own unfiled files hold and take him off the teams; what was filed stays as it was filed. Returns counts for the event.

    The caller has checked `rules.leaving` and runs in a transaction; stored bytes go after the commit.
    """
    consents = end_consents(NameConsent.objects.filter(user=user), at)
    for draft in alone_in(user):
        withdraw(application=draft, actor=user, at=at)
    emptied = [_empty(file) for file in Application.objects.filter(lead=user, filed_version=None)]
    closed = Application.objects.filter(lead=user, filed_version__isnull=False)
    for file in closed:  # the filed version is the record; the working copy is not
        file.sections.all().delete()
    closed.filter(organisation=None, applicant_kind="citizen").update(applicant_name="")
    for upload in Upload.objects.filter(user=user, attachment=None):  # documents on their way: nobody will finish them
        transaction.on_commit(lambda path=upload.path: path.unlink(missing_ok=True), robust=True)
        upload.delete()
    rows = TeamMember.objects.filter(user=user) | TeamMember.objects.filter(email__iexact=user.email)
    drafts = list(rows.filter(application__filed_version=None).select_related("application"))
    for member in drafts:
        with writing("remove_member", member.application, actor=user, at=at, who=None) as act:
            note(act, member=member.pk)
            TeamMember.objects.filter(pk=member.pk).delete()
    SignOff.objects.filter(user=user, application__filed_version=None).delete()
    named = rows.update(
        name="",
        email="",
        description="",
        signatory=False,
        token_hash="",
        expires_at=None,
        lead_offer_ends_at=None,
    )
    return {
        "files_emptied": len(emptied),
        "teams_left": len(drafts),
        "names_dropped": named,
        "consents_ended": consents,
    }


def warn_of_erasure(*, application: Application, actor: User, at, erased_on) -> None:
    """A draft that was never filed will be erased on that day: those who wrote it may still take it away."""
    with writing("warn_of_erasure", application, actor=actor, at=at, who=None) as act:
        note(act, erased_on=erased_on.isoformat())
        tell("draft.erasure", act.obj, "", at=at, to=writers_of(act.obj), erased_on=erased_on)


def erase_draft(*, application: Application, actor: User, at) -> None:
    """What it held is gone, its row and its events stay (rulebook, art. 27). The clock has checked that it lapsed, was never filed, and that its people were
    warned in time (`queries.drafts_to_erase`)."""
    with writing("erase_draft", application, actor=actor, at=at, who=None) as act:
        if act.obj.state != "lapsed" or act.obj.filed_version_id is not None:
            return
        _empty(act.obj)
        note(act)


def _empty(application: Application) -> Application:
    application.sections.all().delete()
    application.members.all().delete()
    application.sign_offs.all().delete()
    application.partnerships.update(message="")
    pieces = Attachment.objects.filter(application=application, first_filed_at=None)
    sent = MessageAttachment.objects.filter(message__application=application)
    for file in (row.file for rows in (pieces, sent) for row in rows.exclude(file="")):
        transaction.on_commit(lambda file=file: file.delete(save=False), robust=True)
    pieces.delete()
    application.messages.all().delete()
    Application.objects.filter(pk=application.pk).update(**NEVER_FILED)
    return application
