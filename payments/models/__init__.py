"""What happens to the money after the award: agreement, payee account, instalments, bank files, statements, reports."""
from payments.models.account import Evidence, PayeeAccount
from payments.models.agreement import Agreement
from payments.models.batch import BatchLine, PaymentBatch
from payments.models.instalment import Instalment, PaymentOrder
from payments.models.report import Report, ReportLine
from payments.models.statement import BankStatement, StatementLine

__all__ = ["Agreement", "BankStatement", "BatchLine", "Evidence", "Instalment", "PayeeAccount", "PaymentBatch", "PaymentOrder", "Report", "ReportLine",
           "StatementLine"]
