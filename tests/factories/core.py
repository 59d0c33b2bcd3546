"""Factories of core's rows."""

from contextlib import contextmanager

import factory
from django.db import connection

from core import append_only
from core.models import User


@contextmanager
def no_guard():
    """The hand of someone who can drop triggers, and puts them back."""
    connection.check_constraints()  # PostgreSQL alters no table with checks pending
    append_only.remove()
    yield
    connection.check_constraints()
    append_only.install()


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
