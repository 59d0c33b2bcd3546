"""Forms of the money side: they parse and keep what was typed; rules stay in the verbs."""
from payments.forms.acts import (
    AcceptForm,
    BatchControlsForm,
    BlockForm,
    CertifyForm,
    DeclineForm,
    DismissForm,
    ExtendForm,
    HoldForm,
    MatchForm,
    NoteForm,
    ObserveForm,
    PayeeAccountForm,
    PieceForm,
    PlainForm,
    ReasonForm,
    ReportAcceptForm,
    ReportChangesForm,
    SignForm,
    StatementForm,
    SuspendForm,
)
from payments.forms.report import ReportForm, line_forms, rows_of

__all__ = [
    "AcceptForm", "BatchControlsForm", "BlockForm", "CertifyForm", "DeclineForm", "DismissForm", "ExtendForm", "HoldForm", "MatchForm", "NoteForm", "ObserveForm",
    "PayeeAccountForm", "PieceForm", "PlainForm", "ReasonForm", "ReportAcceptForm", "ReportChangesForm", "ReportForm", "SignForm", "StatementForm", "SuspendForm",
    "line_forms", "rows_of",
]
