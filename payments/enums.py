"""States and choices of the money side. Choice labels are the staff's; the applicant's and the public's stand beside them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AgreementState(models.TextChoices):
    OFFERED = "offered", pgettext_lazy("agreement", "Offered")
    ACCEPTED = "accepted", pgettext_lazy("agreement", "Accepted, to sign")
    SIGNED = "signed", pgettext_lazy("agreement", "Signed, to start")
    ACTIVE = "active", pgettext_lazy("agreement", "In progress")
    SUSPENDED = "suspended", pgettext_lazy("agreement", "Suspended, payments held")
    COMPLETED = "completed", pgettext_lazy("agreement", "Completed")
    TERMINATED = "terminated", pgettext_lazy("agreement", "Terminated")
    LAPSED = "lapsed", pgettext_lazy("agreement", "Lapsed, money released")
    DECLINED = "declined", pgettext_lazy("agreement", "Declined, money released")


class ConditionState(models.TextChoices):
    OPEN = "open", pgettext_lazy("condition", "Awaited")
    MET = "met", pgettext_lazy("condition", "Met")
    WAIVED = "waived", pgettext_lazy("condition", "Waived")
    DROPPED = "dropped", pgettext_lazy("condition", "Of a former offer")


class PayeeAccountState(models.TextChoices):
    RECORDED = "recorded", pgettext_lazy("payee account", "To approve")
    APPROVED = "approved", pgettext_lazy("payee account", "Approved")
    REFUSED = "refused", pgettext_lazy("payee account", "Refused")
    REPLACED = "replaced", pgettext_lazy("payee account", "Replaced")
    BLOCKED = "blocked", pgettext_lazy("payee account", "Blocked")
    WITHDRAWN = "withdrawn", pgettext_lazy("payee account", "Withdrawn by who gave it")


class InstalmentState(models.TextChoices):
    SCHEDULED = "scheduled", pgettext_lazy("instalment", "Scheduled")
    DUE = "due", pgettext_lazy("instalment", "Due, to certify")
    CERTIFIED = "certified", pgettext_lazy("instalment", "Certified, to order")
    ORDERED = "ordered", pgettext_lazy("instalment", "Ordered, to pay")
    IN_PAYMENT = "in_payment", pgettext_lazy("instalment", "In payment")
    PAID = "paid", pgettext_lazy("instalment", "Paid")
    PAYMENT_REJECTED = "payment_rejected", pgettext_lazy("instalment", "Rejected by the bank, to certify again")
    CANCELLED = "cancelled", pgettext_lazy("instalment", "Cancelled")


class BatchState(models.TextChoices):
    OPEN = "open", pgettext_lazy("batch", "In preparation")
    FROZEN = "frozen", pgettext_lazy("batch", "Frozen")
    EXPORTED = "exported", pgettext_lazy("batch", "File produced")
    SETTLED = "settled", pgettext_lazy("batch", "Settled")
    REJECTED = "rejected", pgettext_lazy("batch", "Rejected as a whole")
    CANCELLED = "cancelled", pgettext_lazy("batch", "Cancelled")


class StatementState(models.TextChoices):
    IMPORTED = "imported", pgettext_lazy("statement", "Imported")


class StatementLineState(models.TextChoices):
    MATCHED = "matched", pgettext_lazy("statement line", "Reconciled")
    TO_CHECK = "to_check", pgettext_lazy("statement line", "To look at")
    DISMISSED = "dismissed", pgettext_lazy("statement line", "Set aside")
    IGNORED = "ignored", pgettext_lazy("statement line", "Not booked yet")


class ReportState(models.TextChoices):
    DUE = "due", pgettext_lazy("report", "Expected")
    DRAFT = "draft", pgettext_lazy("report", "Started by the recipient")
    SUBMITTED = "submitted", pgettext_lazy("report", "Filed, to examine")
    CHANGES_REQUESTED = "changes_requested", pgettext_lazy("report", "Changes requested")
    ACCEPTED = "accepted", pgettext_lazy("report", "Accepted")
    CANCELLED = "cancelled", pgettext_lazy("report", "Cancelled")


class RecoveryState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("recovery", "Comments invited")
    NOTIFIED = "notified", pgettext_lazy("recovery", "Notified, to repay")
    REPAID = "repaid", pgettext_lazy("recovery", "Repaid")
    WAIVED = "waived", pgettext_lazy("recovery", "Waived")
    WRITTEN_OFF = "written_off", pgettext_lazy("recovery", "Written off")
    CANCELLED = "cancelled", pgettext_lazy("recovery", "Dropped")


class RecoveryGround(models.TextChoices):
    """Why money comes back (rulebook, art. 25)."""

    UNSPENT = "unspent", _("money that was not spent")
    OFF_PURPOSE = "off_purpose", _("spending that is not of the project")
    UNJUSTIFIED = "unjustified", _("spending without supporting documents")
    TERMS_BREACHED = "terms_breached", _("terms of the award not respected")
    CER_BREACHED = "cer_breached", _("republican commitment not respected")
    FRAUD = "fraud", _("fraud")


class AmendmentState(models.TextChoices):
    REQUESTED = "requested", pgettext_lazy("amendment", "To examine")
    APPROVED = "approved", pgettext_lazy("amendment", "Approved, to sign")
    SIGNED = "signed", pgettext_lazy("amendment", "In force")
    REFUSED = "refused", pgettext_lazy("amendment", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("amendment", "Withdrawn")
    LAPSED = "lapsed", pgettext_lazy("amendment", "Lapsed")


class Term(models.TextChoices):
    """What of an agreement an amendment changes. The first three follow from its end and its amount."""

    ENDS_ON = "ends_on", pgettext_lazy("term", "End of the project")
    FINAL_REPORT = "final_report", pgettext_lazy("term", "Final report due")
    AMOUNT = "amount", pgettext_lazy("term", "Amount of the grant")
    PROTOTYPE = "prototype", pgettext_lazy("term", "Prototype or result")
    BUDGET = "budget", pgettext_lazy("term", "Line of the budget")
    PARTNER = "partner", pgettext_lazy("term", "Partner administration")
    BEARER = "bearer", pgettext_lazy("term", "Bearer")
    OTHER = "other", pgettext_lazy("term", "Something else")


TERMS_IN_WORDS = ("prototype", "budget", "partner", "bearer", "other")


class PageFinding(models.TextChoices):
    """What was found about a page of a scan of signed papers."""

    FILED = "filed", pgettext_lazy("scanned page", "Filed")
    NO_CODE = "no_code", pgettext_lazy("scanned page", "No readable code")
    SEVERAL = "several", pgettext_lazy("scanned page", "Several pages on one")
    UNKNOWN = "unknown", pgettext_lazy("scanned page", "Not one of our pages to sign")
    STALE = "stale", pgettext_lazy("scanned page", "Former version")
    CLOSED = "closed", pgettext_lazy("scanned page", "Nothing left to sign")
    DOUBLED = "doubled", pgettext_lazy("scanned page", "Already there")
    SET_ASIDE = "set_aside", pgettext_lazy("scanned page", "Set aside")


PAGE_REMEDIES = {
    "no_code": _("Scan it again flat and sharp, or say which page it is."),
    "several": _("Scan each sheet on its own, or say which page it is."),
    "unknown": _(
        "Look at it: a paper of somebody else, or one that was not printed from here. Set it aside, or say which page it is."
    ),
    "stale": _(
        "The document was made again since it was printed: print the present version and have it signed, then set this page aside."
    ),
    "closed": _("The document no longer waits for a signature: set this page aside."),
    "doubled": _("Look at both: keep the one that is signed and readable, set the other aside."),
}
"""What would settle a page that a person has to look at."""
PAGE_TO_LOOK_AT = tuple(PAGE_REMEDIES)


class ReportKind(models.TextChoices):
    INTERIM = "interim", _("interim report")
    FINAL = "final", _("final report")


class Adoption(models.TextChoices):
    """What became of the prototype in the partner administration."""

    YES = "yes", pgettext_lazy("adoption", "adopted")
    PARTLY = "partly", pgettext_lazy("adoption", "adopted in part")
    PENDING = "pending", pgettext_lazy("adoption", "not decided yet")
    NO = "no", pgettext_lazy("adoption", "not adopted")


class EvidenceKind(models.TextChoices):
    BANK_PROOF = "bank_proof", _("bank identity statement")
    CERTIFICATION = "certification", _("evidence of the certification")
    RECEIPT = "receipt", _("receipt of an expense")
    RESULT = "result", _("document of the results")
    CONDITION = "condition", _("proof of a condition")


class BankSchema(models.TextChoices):
    PAIN_09 = "pain.001.001.09", "pain.001.001.09"
    PAIN_03 = "pain.001.001.03", "pain.001.001.03"


class Control(models.TextChoices):
    """What the accounting officer checks before paying (décret 2012-1246, art. 19 and 20)."""

    CAPACITY = "capacity", _("the authorising officer had the power to order")
    CREDIT = "credit", _("the envelope and the commitment cover the amount")
    DEBT = "debt", _("the certification, the amount and the supporting documents establish the debt")
    PAYEE = "payee", _("the account is that of the creditor, approved and not blocked")
    PRESCRIPTION = "prescription", _("the debt is not time-barred, nothing opposes payment")


FINDINGS = {
    "unknown": _("no payment of the fund has this reference"),
    "amount": _("the amount is not that of the order"),
    "not_in_payment": _("this payment is not at the bank"),
    "not_sent": _("its bank file was never produced: the fund did not send it"),
    "not_paid": _("this payment is not paid, nothing can come back"),
    "credit": _("money came in that is no return"),
    "batch_amount": _("the sum is not that of the batch"),
    "claimed": _("part of this payment is claimed back: reduce or cancel the claim first"),
    "exact": _("reference and amount agree"),
    "batch": _("the sum of the whole batch"),
    "repayment": _("money given back by a recipient"),
    "by_hand": _("recognised by hand"),
    "already_done": _("already known by another line"),
    "undone": _("what it was taken for is undone: what is it?"),
    "ahead": _("its day had not come when it was imported: it waits"),
    "maybe_known": _("like a line of an earlier statement: the same movement, or another one?"),
}
"""What was found about a line of a statement."""
DIRECTIONS = {
    "debit": pgettext_lazy("bank", "Debit"),
    "credit": pgettext_lazy("bank", "Credit"),
    "status": pgettext_lazy("bank", "Status of a payment"),
}
OUTCOMES = {
    "paid": pgettext_lazy("order", "paid"),
    "rejected": pgettext_lazy("order", "rejected by the bank"),
    "returned": pgettext_lazy("order", "returned by the bank"),
    "refused": pgettext_lazy("order", "refused by the accounting officer"),
    "recalled": pgettext_lazy("order", "recalled by the authorising officer"),
}
"""How an order ended."""
NARRATIVE = ("done", "results", "partnership")
"""Codes of the headings of a report's account, in order; their words are in rules.report."""

# Named groups.
AGREEMENT_BEFORE_SIGNATURE = ("offered", "accepted")
AGREEMENT_IN_FORCE = ("signed", "active", "suspended")
AGREEMENT_SIGNED_ONCE = ("signed", "active", "suspended", "completed", "terminated")
AGREEMENT_FINAL = ("completed", "terminated", "lapsed", "declined")
INSTALMENT_COMMITTED = ("scheduled", "due", "certified", "payment_rejected")
INSTALMENT_ORDERED = ("ordered", "in_payment")
INSTALMENT_OPEN = ("scheduled", "due", "certified", "ordered", "in_payment", "payment_rejected")
REPORT_WRITABLE = ("draft", "changes_requested")
RECOVERY_OPEN = ("proposed", "notified")
AMENDMENT_OPEN = ("requested", "approved")
REPORT_OPEN = ("due", "draft", "submitted", "changes_requested")

BADGES = {
    "agreement": {
        "offered": "next",
        "accepted": "next",
        "signed": "good",
        "active": "run",
        "suspended": "bad",
        "completed": "good",
        "terminated": "bad",
        "lapsed": "bad",
        "declined": "bad",
    },
    "condition": {"open": "next", "met": "good", "waived": "", "dropped": ""},
    "payee_account": {
        "recorded": "next",
        "approved": "good",
        "refused": "bad",
        "replaced": "",
        "blocked": "bad",
        "withdrawn": "",
    },
    "instalment": {
        "scheduled": "",
        "due": "next",
        "certified": "run",
        "ordered": "run",
        "in_payment": "run",
        "paid": "good",
        "payment_rejected": "bad",
        "cancelled": "",
    },
    "payment_batch": {
        "open": "next",
        "frozen": "run",
        "exported": "run",
        "settled": "good",
        "rejected": "bad",
        "cancelled": "",
    },
    "report": {
        "due": "next",
        "draft": "run",
        "submitted": "run",
        "changes_requested": "next",
        "accepted": "good",
        "cancelled": "",
    },
    "recovery": {
        "proposed": "next",
        "notified": "next",
        "repaid": "good",
        "waived": "good",
        "written_off": "bad",
        "cancelled": "",
    },
    "amendment": {
        "requested": "next",
        "approved": "next",
        "signed": "good",
        "refused": "bad",
        "withdrawn": "",
        "lapsed": "bad",
    },
    "statement_line": {"matched": "good", "to_check": "next", "dismissed": "", "ignored": ""},
}

APPLICANT_LABELS = {
    "condition": {
        "open": pgettext_lazy("condition", "Awaited"),
        "met": pgettext_lazy("condition", "Met"),
        "waived": pgettext_lazy("condition, applicant", "No longer asked"),
        "dropped": pgettext_lazy("condition", "Of a former offer"),
    },
    "agreement": {
        "offered": pgettext_lazy("agreement, applicant", "Offer to accept"),
        "accepted": pgettext_lazy("agreement", "Accepted, to sign"),
        "signed": pgettext_lazy("agreement", "Signed"),
        "active": pgettext_lazy("agreement", "In progress"),
        "suspended": pgettext_lazy("agreement", "Suspended"),
        "completed": pgettext_lazy("agreement", "Completed"),
        "terminated": pgettext_lazy("agreement", "Terminated"),
        "lapsed": pgettext_lazy("agreement", "Lapsed"),
        "declined": pgettext_lazy("agreement, applicant", "You declined the offer"),
    },
    "payee_account": {
        "recorded": pgettext_lazy("payee account, applicant", "To be checked by the accountant"),
        "approved": pgettext_lazy("payee account", "Approved"),
        "refused": pgettext_lazy("payee account", "Refused"),
        "replaced": pgettext_lazy("payee account", "Replaced"),
        "blocked": pgettext_lazy("payee account", "Blocked"),
        "withdrawn": pgettext_lazy("payee account, applicant", "Withdrawn"),
    },
    "instalment": {
        "scheduled": pgettext_lazy("instalment", "Scheduled"),
        "due": pgettext_lazy("instalment, applicant", "In preparation"),
        "certified": pgettext_lazy("instalment, applicant", "In preparation"),
        "ordered": pgettext_lazy("instalment, applicant", "In preparation"),
        "in_payment": pgettext_lazy("instalment, applicant", "Going to the bank"),
        "paid": pgettext_lazy("instalment", "Paid"),
        "payment_rejected": pgettext_lazy("instalment, applicant", "Returned by the bank: check the account"),
        "cancelled": pgettext_lazy("instalment", "Cancelled"),
    },
    "report": {
        "due": pgettext_lazy("report, applicant", "To file"),
        "draft": pgettext_lazy("report, applicant", "Being written"),
        "submitted": pgettext_lazy("report", "Filed"),
        "changes_requested": pgettext_lazy("report, applicant", "To revise"),
        "accepted": pgettext_lazy("report", "Accepted"),
        "cancelled": pgettext_lazy("report", "Cancelled"),
    },
    "recovery": {
        "proposed": pgettext_lazy("recovery, applicant", "Your comments are awaited"),
        "notified": pgettext_lazy("recovery, applicant", "Amount to repay"),
        "repaid": pgettext_lazy("recovery, applicant", "Settled"),
        "waived": pgettext_lazy("recovery", "Waived"),
        "written_off": pgettext_lazy("recovery, applicant", "Closed"),
        "cancelled": pgettext_lazy("recovery, applicant", "Cancelled: nothing to repay"),
    },
    "amendment": {
        "requested": pgettext_lazy("amendment, applicant", "Request under study"),
        "approved": pgettext_lazy("amendment", "Approved, to sign"),
        "signed": pgettext_lazy("amendment", "In force"),
        "refused": pgettext_lazy("amendment", "Refused"),
        "withdrawn": pgettext_lazy("amendment, applicant", "Request withdrawn"),
        "lapsed": pgettext_lazy("amendment", "Lapsed"),
    },
}

PUBLIC_LABELS = {
    "agreement": {
        "offered": pgettext_lazy("agreement, public", "Grant awarded"),
        "accepted": pgettext_lazy("agreement, public", "Grant awarded"),
        "signed": pgettext_lazy("agreement, public", "Agreement signed"),
        "active": pgettext_lazy("agreement", "In progress"),
        "suspended": pgettext_lazy("agreement", "In progress"),
        "completed": pgettext_lazy("agreement", "Completed"),
        "terminated": pgettext_lazy("agreement, public", "Stopped"),
        "lapsed": pgettext_lazy("agreement, public", "Not taken up"),
        "declined": pgettext_lazy("agreement, public", "Not taken up"),
    },
    "instalment": {
        "scheduled": pgettext_lazy("instalment", "Scheduled"),
        "due": pgettext_lazy("instalment", "Scheduled"),
        "certified": pgettext_lazy("instalment", "Scheduled"),
        "ordered": pgettext_lazy("instalment, public", "Ordered"),
        "in_payment": pgettext_lazy("instalment, public", "Ordered"),
        "paid": pgettext_lazy("instalment", "Paid"),
        "payment_rejected": pgettext_lazy("instalment", "Scheduled"),
        "cancelled": pgettext_lazy("instalment", "Cancelled"),
    },
    "report": {
        "due": pgettext_lazy("report", "Expected"),
        "draft": pgettext_lazy("report", "Expected"),
        "submitted": pgettext_lazy("report", "Filed"),
        "changes_requested": pgettext_lazy("report", "Filed"),
        "accepted": pgettext_lazy("report", "Accepted"),
        "cancelled": "",
    },
}
