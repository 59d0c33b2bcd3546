from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _install_index(sender, using, **kwargs):
    from registry.index import database

    database.install(using)


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self):
        from payments.queries.threshold import register_earlier
        from registry import transitions  # noqa: F401  verbs are known from the start
        from registry.queries.earlier import awards_of

        register_earlier(awards_of)
        post_migrate.connect(_install_index, sender=self, dispatch_uid="registry.index")
