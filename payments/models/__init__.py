"""What happens to the money after the award: agreement, amendments, payee account, instalments, bank files, statements, reports, recoveries."""

from payments.models.account import Evidence, PayeeAccount
from payments.models.agreement import Agreement
from payments.models.amendment import Amendment, AmendmentChange
from payments.models.batch import BatchLine, PaymentBatch
from payments.models.closing import YearClosing
from payments.models.condition import Condition
from payments.models.instalment import Instalment
from payments.models.order import PaymentOrder, ThirdSignature
from payments.models.paper import PaperCopy, PaperPage, PaperScan
from payments.models.recovery import Recovery
from payments.models.report import Report, ReportLine
from payments.models.statement import BankStatement, BankTable, StatementBalance, StatementLine

__all__ = [
    "Agreement",
    "Amendment",
    "AmendmentChange",
    "BankStatement",
    "BankTable",
    "BatchLine",
    "Condition",
    "Evidence",
    "Instalment",
    "PaperCopy",
    "PaperPage",
    "PaperScan",
    "PayeeAccount",
    "PaymentBatch",
    "PaymentOrder",
    "Recovery",
    "Report",
    "ReportLine",
    "StatementBalance",
    "StatementLine",
    "ThirdSignature",
    "YearClosing",
]
