"""Columns that are encrypted at rest (Fernet, FIELD_KEYS: newest key first, older ones still read)."""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    return _cipher(tuple(settings.FIELD_KEYS))


class Decrypted(str):
    """A text read from the database, with the cipher text it had there: written back unchanged, the column does not change (the database may forbid it)."""

    token: str


class EncryptedTextField(models.TextField):
    """Text kept encrypted: readable in Python, unreadable in the database, not searchable. An empty text stays empty."""

    def get_prep_value(self, value):
        if isinstance(value, Decrypted):
            return value.token
        value = super().get_prep_value(value)
        return cipher().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value, expression, connection):
        if not value:
            return value
        try:
            text = Decrypted(cipher().decrypt(value.encode()).decode())
        except InvalidToken as error:
            raise ValueError(f"the column {self.name} cannot be read with the present FIELD_KEYS") from error
        text.token = value
        return text
