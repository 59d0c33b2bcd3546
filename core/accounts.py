"""Adapters of django-allauth: mails go through the outbox, second-factor secrets are encrypted, links come from PUBLIC_BASE_URL."""
