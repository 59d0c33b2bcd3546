from django.apps import AppConfig


class FundConfig(AppConfig):
    name = "fund"

    def ready(self):
        from core import site
        from fund import checks, transitions  # noqa: F401  verbs and checks are known from the start
        from fund.models import FundIdentity

        site.register(FundIdentity.current)
