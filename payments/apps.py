from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self):
        from payments import checks, documents, transitions  # noqa: F401  verbs, letters' visibility and checks are known from the start
