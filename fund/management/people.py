"""People named on the command line by their address."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email

from core.models import User


def person(mail: str) -> User:
    """The account of this address, made without a password when there is none. Raises CommandError."""
    address = mail.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise CommandError(f"{mail} is not an e-mail address") from error
    return User.objects.filter(email__iexact=address).first() or User.objects.create_user(address)
