"""The only door for writes on the file. Verbs move a state (`core.transitions.verb`); the other functions keep what is written without one.

Partnership verbs live in `applications.transitions.partnerships` (they share names with the file's: withdraw, cancel…).
"""

from applications.transitions import partnerships
from applications.transitions.consents import consent_to_be_named, withdraw_name_consent
from applications.transitions.consequences import (
    declare_ineligible,
    dismiss,
    lapse_award,
    put_on_reserve,
    reinstate,
    reject,
    renounce,
    select,
    start_review,
    withdraw_from_review,
)
from applications.transitions.filing import answer, lapse, refile, revive, submit, withdraw
from applications.transitions.instruction import (
    declare_eligible,
    drop_request,
    expire_request,
    extend,
    issue_access_code,
    reexamine,
    request_information,
    revoke_access_code,
    save_checks,
)
from applications.transitions.messages import ask_for_reasons, read_messages, send_message
from applications.transitions.team import (
    accept_lead,
    add_person,
    change_member,
    decline_lead,
    invitation,
    invite_member,
    join,
    offer_lead,
    remove_member,
    request_sign_offs,
    sign_off,
    withdraw_lead_offer,
)
from applications.transitions.writing import VersionConflict, attach, create, detach, fill_from_register, save_section

__all__ = [
    "VersionConflict",
    "accept_lead",
    "add_person",
    "answer",
    "ask_for_reasons",
    "attach",
    "change_member",
    "consent_to_be_named",
    "create",
    "declare_eligible",
    "declare_ineligible",
    "decline_lead",
    "detach",
    "dismiss",
    "drop_request",
    "expire_request",
    "extend",
    "fill_from_register",
    "invitation",
    "invite_member",
    "issue_access_code",
    "join",
    "lapse",
    "lapse_award",
    "offer_lead",
    "partnerships",
    "put_on_reserve",
    "read_messages",
    "reexamine",
    "refile",
    "reinstate",
    "reject",
    "remove_member",
    "renounce",
    "request_information",
    "request_sign_offs",
    "revive",
    "revoke_access_code",
    "save_checks",
    "save_section",
    "select",
    "send_message",
    "sign_off",
    "start_review",
    "submit",
    "withdraw",
    "withdraw_from_review",
    "withdraw_lead_offer",
    "withdraw_name_consent",
]
