"""Guards of the rules: their values, and the agreement of both colleges before they take effect."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import TwoKeyAct
from core.models.two_key import TwoKeyState
from core.transitions import Act, Refusal, Who
from fund import people, rule_parameters
from fund.enums import College, RuleVersionState
from fund.models import RuleVersion
from fund.queries import college_of_president

COLLEGES = set(College.values)


def parameters_are_known(act: Act) -> None:
    """Every value is a parameter's, of its type and within its bounds."""
    if act.preview:
        return
    given = act.obj if isinstance(act.obj, dict) else act.get("parameters") or {}
    if not isinstance(given, dict):
        raise Refusal("content_invalid", _("The rules are a set of named values."), field="parameters")
    _values, errors = rule_parameters.read_all(given)
    if errors:
        code, reason = next(iter(errors.items()))
        raise Refusal("content_invalid", str(reason), field=code)


def one_draft_at_a_time(act: Act) -> None:
    if draft := RuleVersion.objects.filter(state=RuleVersionState.DRAFT).first():
        raise Refusal(
            "draft_exists",
            _("Version %(number)s is already being prepared.") % {"number": draft.number},
            remedy=_("Change that one, then put it in force."),
            article="art. 30",
            status=409,
        )


def legal_basis_given(act: Act) -> None:
    """The college-weighted vote names the text it rests on."""
    version = act.obj
    if version["majority"] == "college_weighted" and not str(version["legal_basis"]).strip():
        raise Refusal(
            "legal_basis_missing",
            _("The college-weighted vote needs a written legal basis."),
            remedy=_("Give the text, or choose the ordinary majority."),
            field="legal_basis",
            article="art. 16",
        )


def something_is_said(act: Act) -> None:
    """What changes, and why, is written."""
    if not act.obj.note.strip():
        raise Refusal(
            "reason_missing",
            _("Say what changes and why: it is shown with the version."),
            field="note",
            article="art. 30",
        )


def _act_of(version: RuleVersion) -> TwoKeyAct | None:
    """The proposal under way: open, or just approved while the verb runs."""
    known = version.__dict__.get("_open_act")
    if known is not None and known.verb == "put_in_force":
        return known
    return (
        TwoKeyAct.objects.filter(
            target_machine="rule_version",
            target_id=version.pk,
            verb="put_in_force",
            state__in=(TwoKeyState.PROPOSED, TwoKeyState.APPROVED),
        )
        .select_related("proposed_by")
        .order_by("-id")
        .first()
    )


def colleges_agreed(version: RuleVersion, act: TwoKeyAct | None) -> set[str]:
    """Colleges whose co-president already stands behind this version: the proposer's, and that of the one who endorsed it."""
    found = set()
    if act is not None and (college := college_of_president(act.proposed_by, act.proposed_at)):
        found.add(college)
    if version.endorsed_by_id and version.endorsed_at:
        if college := college_of_president(version.endorsed_by, version.endorsed_at):
            found.add(college)
    return found


def _completes(actor, version, at: datetime) -> bool:
    college = college_of_president(actor, at)
    if not college:
        return False
    if not isinstance(version, RuleVersion):
        return False
    agreed = colleges_agreed(version, _act_of(version))
    return college not in agreed and agreed | {college} == COLLEGES


last_college = Who(
    "CP",
    gettext_lazy(
        "the co-president of the college that has not agreed yet (an administrator’s proposal needs the other’s agreement first)"
    ),
    _completes,
)


def both_colleges_agree(act: Act) -> None:
    """Both co-presidents stand behind it: one proposes or endorses, the other turns the second key."""
    proposal = _act_of(act.obj)
    if proposal is None or proposal.state != TwoKeyState.APPROVED:
        return
    agreed = colleges_agreed(act.obj, proposal) | {college_of_president(act.actor, act.at)}
    if not COLLEGES <= agreed:
        raise Refusal(
            "second_college_missing",
            _("Both colleges put rules in force."),
            remedy=_("The co-president of the other college agrees first."),
            article="art. 30",
            status=409,
        )


def not_endorsed_yet(act: Act) -> None:
    """One agreement a college, and none is needed from the one who proposed."""
    college = college_of_president(act.actor, act.at)
    if college in colleges_agreed(act.obj, _act_of(act.obj)):
        raise Refusal("already_signed", _("Your college has already agreed to this version."), status=409)


writers = (people.co_president, people.administrator)
