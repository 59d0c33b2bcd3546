"""Forms of the file: they parse and keep what was typed; rules stay in the verbs."""
from applications.forms.acts import (
    AccessCodeForm, AnswerForm, AnswerPartnerForm, ChecklistForm, ExtendForm, FileForm, InviteForm, ItemFormSet, MemberForm, OptionalReasonForm, PartnerForm,
    PersonForm, PlainForm, ReasonForm, RequestForm, SignOffForm, StartForm, UploadForm, end_of_day,
)
from applications.forms.section import SectionForm, SectionPage, shown_keys

__all__ = [
    "AccessCodeForm", "AnswerForm", "AnswerPartnerForm", "ChecklistForm", "ExtendForm", "FileForm", "InviteForm", "ItemFormSet", "MemberForm",
    "OptionalReasonForm", "PartnerForm", "PersonForm", "PlainForm", "ReasonForm", "RequestForm", "SectionForm", "SectionPage", "SignOffForm", "StartForm",
    "UploadForm", "end_of_day", "shown_keys",
]
