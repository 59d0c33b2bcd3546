from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self):
        from applications.rules.filing import register_filing_check
        from payments import checks, documents, transitions  # noqa: F401  verbs, letters' visibility and checks are known from the start
        from payments.rules.filing import no_report_is_overdue

        register_filing_check(no_report_is_overdue)
