"""Guards of the instalment: the trigger's fact, three different people, the account, the balance."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.money import format_euros
from core.transitions import Act, Refusal, never_after
from fund.enums import Role, Trigger
from fund.models import GrantAccount
from payments.enums import PayeeAccountState
from payments.rules import account as account_rules
from payments.rules.people import names, same_person
from payments.rules.third_signature import live_order


def trigger_fact(instalment):
    """The instant the trigger of the instalment became true, or None."""
    agreement = instalment.agreement
    if instalment.trigger == Trigger.AGREEMENT_SIGNED:
        return agreement.signed_at
    kind = "interim" if instalment.trigger == Trigger.INTERIM_REPORT_ACCEPTED else "final"
    report = agreement.reports.filter(kind=kind, state="accepted").first()
    return report.accepted_at if report else None


def trigger_met(act: Act) -> None:
    if trigger_fact(act.obj) is None:
        raise Refusal(
            "trigger_not_met",
            _("This payment awaits: %(trigger)s.") % {"trigger": act.obj.get_trigger_display()},
            remedy=_("It becomes possible then."),
            article="art. 21",
            status=409,
        )


def agreement_active(act: Act) -> None:
    if act.obj.agreement.state != "active":
        raise Refusal("agreement_not_active", _("The agreement is not in progress."), article="art. 21", status=409)


def not_held(act: Act) -> None:
    if act.obj.held_at:
        raise Refusal(
            "instalment_held",
            _("This payment is held: %(reason)s.") % {"reason": act.obj.hold_reason.rstrip(".")},
            remedy=_("Lift the hold to certify it."),
            article="art. 21",
            status=409,
        )


def is_held(act: Act) -> None:
    if not act.obj.held_at:
        raise Refusal("not_held", _("This payment is not held."), status=409)


def is_not_held_yet(act: Act) -> None:
    if act.obj.held_at:
        raise Refusal("already_held", _("This payment is already held."), status=409)


def amount_within_schedule(act: Act) -> None:
    amount, instalment = act.get("amount"), act.obj
    if amount is None:
        return
    if not 0 < amount <= instalment.amount:
        raise Refusal(
            "certified_above_schedule",
            _("The certified amount must be above zero and at most the scheduled payment, %(amount)s.")
            % {"amount": format_euros(instalment.amount)},
            article="art. 21",
            field="amount",
        )
    if amount < instalment.amount and not instalment.is_balance:
        raise Refusal(
            "certified_below_schedule",
            _("Only a balance can be certified below the scheduled payment, %(amount)s.")
            % {"amount": format_euros(instalment.amount)},
            article="art. 21",
            field="amount",
        )


def evidence_given(act: Act) -> None:
    if not act.preview and not (act.get("note") or "").strip():
        raise Refusal(
            "evidence_missing",
            _("Write what shows that the amount is due."),
            remedy=_("Name the document or the fact you checked."),
            article="art. 22",
            field="note",
        )


@never_after("certify")
def orderer_did_not_certify(act: Act) -> None:
    if act.obj.certified_by_id == act.actor.pk:
        raise same_person(_("you certified this payment"), names(Role.AUTHORISING_OFFICER, act, act.actor.pk))


@never_after("certify", "order", "countersign_order")
def payer_did_nothing_before(act: Act) -> None:
    done = {
        act.obj.certified_by_id: _("you certified this payment"),
        act.obj.ordered_by_id: _("you ordered this payment"),
        act.obj.countersigned_by_id: _("you signed this payment as third person"),
    }
    order = live_order(act.obj)
    if order is not None and order.delegation:
        done[order.delegation.delegator_id] = _("this payment was ordered by your delegation")
    third = order.third_signature if order is not None and act.obj.countersigned_by_id else None
    if third is not None and third.delegation:
        done[third.delegation.delegator_id] = _("this payment was signed as third person by your delegation")
    if act.actor.pk in done:
        raise same_person(done[act.actor.pk], names(Role.ACCOUNTING_OFFICER, act, *done))


def current_account(agreement):
    """The approved account, else the blocked one that explains why nothing leaves."""
    found = [
        account
        for account in agreement.payee_accounts.all()
        if account.state in (PayeeAccountState.APPROVED, PayeeAccountState.BLOCKED)
    ]
    found.sort(key=lambda account: -account.number)
    return next(
        (account for account in found if account.state == PayeeAccountState.APPROVED), found[0] if found else None
    )


def account_usable(act: Act) -> None:
    account_rules.usable(current_account(act.obj.agreement), act.at)


def grant_account(agreement) -> GrantAccount | None:
    """The books of the grant; a list reads them once for all its rows."""
    known = agreement.__dict__.get("_grant_account")
    return known if known is not None else GrantAccount.objects.filter(reference=agreement.reference).first()


def balance_available(act: Act) -> None:
    account = grant_account(act.obj.agreement)
    available = account.committed_amount if account else 0
    if available < act.obj.payable_amount:
        raise Refusal(
            "balance_insufficient",
            _("Only %(amount)s is left committed on this grant.") % {"amount": format_euros(available)},
            article="art. 21",
            status=409,
        )


def not_in_live_batch(act: Act) -> None:
    line = next((one for one in act.obj.batch_lines.all() if one.live), None)
    if line and not (act.get("batch") and line.batch_id == act.get("batch").pk):
        raise Refusal(
            "already_in_batch",
            _("This payment is already in batch %(batch)s.") % {"batch": line.batch.reference},
            remedy=_("Take it out of that batch, or cancel it if no file was produced."),
            article="art. 22",
            status=409,
        )


def not_suspended(act: Act) -> None:
    if act.obj.suspended_at:
        raise Refusal(
            "payment_suspended",
            _("Payment is suspended: %(reason)s.") % {"reason": act.obj.suspension_reason.rstrip(".")},
            remedy=_("Lift the suspension first."),
            article="art. 22",
            status=409,
        )


def is_suspended(act: Act) -> None:
    if not act.obj.suspended_at:
        raise Refusal("not_suspended", _("Payment is not suspended."), status=409)


def order_account_not_blocked(act: Act) -> None:
    """Blocking an account stops the orders that are not yet in a batch."""
    order = live_order(act.obj)
    if order is not None and order.account.state == PayeeAccountState.BLOCKED:
        account_rules.usable(order.account, act.at)


def returned(instalment) -> bool:
    """Whether the bank booked the last order of this payment, then sent it back."""
    orders = sorted(instalment.orders.all(), key=lambda one: one.attempt)
    return instalment.state == "payment_rejected" and bool(orders) and orders[-1].outcome == "returned"


def came_back(act: Act) -> None:
    if not returned(act.obj):
        raise Refusal(
            "nothing_came_back",
            _("The bank rejected this payment before booking it: there is no return to undo."),
            remedy=_("It is certified again, then ordered and paid."),
            article="art. 22",
            status=409,
        )


def cause_removed(act: Act) -> None:
    """After a bank's rejection: an approved, unblocked account must stand."""
    account = current_account(act.obj.agreement)
    if account is None or account.state != PayeeAccountState.APPROVED:
        raise Refusal(
            "cause_not_removed",
            _("The bank rejected this payment (%(code)s) and no good account stands.")
            % {"code": act.obj.rejection_code or "?"},
            remedy=_("Have a new account approved, or the same one unblocked by two people."),
            article="art. 22",
            status=409,
        )
