from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self):
        from reviews import transitions  # noqa: F401  verbs are known from the start, in the order of the rooms
