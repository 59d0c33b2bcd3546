"""Addresses of the money: the recipient's, the case officers', the finance officers'."""

from django.urls import path

from payments.views import batches, finance, instruction, recipient, reports, statements

app_name = "payments"
urlpatterns = [
    path("dossiers/<str:reference>/convention/", recipient.agreement, name="agreement"),
    path("dossiers/<str:reference>/convention/accepter/", recipient.accept, name="accept"),
    path("dossiers/<str:reference>/convention/renoncer/", recipient.decline, name="decline"),
    path("dossiers/<str:reference>/convention/signer/", recipient.sign, name="sign"),
    path("dossiers/<str:reference>/compte/", recipient.account, name="account"),
    path("dossiers/<str:reference>/comptes-rendus/", reports.of_grant, name="reports"),
    path("dossiers/<str:reference>/comptes-rendus/<int:pk>/", reports.report, name="report"),
    path("justificatifs/<int:pk>/", recipient.evidence, name="evidence"),
    path("instruction/conventions/", instruction.agreement_list, name="staff_agreements"),
    path("instruction/conventions/offrir/", instruction.offer, name="offer"),
    path("instruction/conventions/<str:reference>/", instruction.agreement, name="staff_agreement"),
    path("instruction/versements/", instruction.instalment_list, name="certify"),
    path("instruction/versements/<int:pk>/", instruction.instalment, name="staff_instalment"),
    path("instruction/comptes-rendus/", reports.staff_list, name="staff_reports"),
    path("instruction/comptes-rendus/<int:pk>/", reports.staff_report, name="staff_report"),
    path("paiements/", finance.home, name="home"),
    path("paiements/versements/<int:pk>/", finance.instalment, name="finance_instalment"),
    path("paiements/calendrier/", finance.calendar, name="calendar"),
    path("paiements/comptes/", finance.account_list, name="finance_accounts"),
    path("paiements/comptes/<int:pk>/", finance.account, name="finance_account"),
    path("paiements/conventions/", finance.agreement_list, name="finance_agreements"),
    path("paiements/conventions/<str:reference>/", finance.agreement, name="finance_agreement"),
    path("paiements/lots/", batches.batch_list, name="batches"),
    path("paiements/lots/ouvrir/", finance.open_batch, name="open_batch"),
    path("paiements/lots/<str:reference>/", batches.batch, name="batch"),
    path("paiements/lots/<str:reference>/fichier/", batches.batch_file, name="batch_file"),
    path("paiements/releves/", statements.statement_list, name="statements"),
    path("paiements/releves/<str:reference>/", statements.statement, name="statement"),
    path("paiements/rapprochement/", statements.line_list, name="lines"),
    path("paiements/rapprochement/<int:pk>/", statements.line, name="line"),
]
