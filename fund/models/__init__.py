"""The institution's rows."""

from fund.models.calls import Call, Criterion, EligibilityQuestion, FaqEntry, InstalmentLine
from fund.models.delegations import Delegation
from fund.models.identity import FundIdentity
from fund.models.ledger import Checkpoint, Entry, Envelope, GrantAccount, LedgerHead, Posting, Seal, TreeNode, Unsealed
from fund.models.organisations import Organisation, Theme
from fund.models.roles import RoleGrant
from fund.models.rules import RuleVersion

__all__ = [
    "Call",
    "Checkpoint",
    "Criterion",
    "Delegation",
    "EligibilityQuestion",
    "Entry",
    "Envelope",
    "FaqEntry",
    "FundIdentity",
    "GrantAccount",
    "InstalmentLine",
    "LedgerHead",
    "Organisation",
    "Posting",
    "RoleGrant",
    "RuleVersion",
    "Seal",
    "Theme",
    "TreeNode",
    "Unsealed",
]
