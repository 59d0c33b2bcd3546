from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _install_triggers(sender, using, **kwargs):
    from core import append_only

    append_only.install(using)


class CoreConfig(AppConfig):
    name = "core"

    def ready(self):
        from core import reauth  # noqa: F401  signing in counts as a proof of who one is, from the first request on

        post_migrate.connect(_install_triggers, sender=self, dispatch_uid="core.append_only")
