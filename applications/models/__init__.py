"""The applicant's file: what is written, who writes it, who partners, what was filed, what the fund asked."""

from applications.models.application import Application, ApplicationVersion
from applications.models.consent import NameConsent
from applications.models.eligibility import AccessCode, EligibilityCheck
from applications.models.information import InformationRequest
from applications.models.message import Message, MessageAttachment
from applications.models.partnership import Partnership
from applications.models.upload import Upload
from applications.models.writing import ApplicationSection, Attachment, SignOff, TeamMember

__all__ = [
    "AccessCode",
    "Application",
    "ApplicationSection",
    "ApplicationVersion",
    "Attachment",
    "EligibilityCheck",
    "InformationRequest",
    "Message",
    "MessageAttachment",
    "NameConsent",
    "Partnership",
    "SignOff",
    "TeamMember",
    "Upload",
]
