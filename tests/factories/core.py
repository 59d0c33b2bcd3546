"""Factories of core's rows."""

import factory

from core.models import User


class UserFactory(factory.django.DjangoModelFactory):
    """A person who can sign in with the password `password`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"personne{n}@demo.example")
    name = factory.Sequence(lambda n: f"Personne {n}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(password=kwargs.pop("password", "password"), **kwargs)
