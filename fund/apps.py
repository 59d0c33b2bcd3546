from django.apps import AppConfig


class FundConfig(AppConfig):
    name = "fund"

    def ready(self):
        from core import backups, site
        from fund import checks, transitions  # noqa: F401  verbs and checks are known from the start
        from fund.ledger.export import newest_checkpoint
        from fund.models import FundIdentity

        site.register(FundIdentity.current)
        backups.state("ledger", newest_checkpoint)
