from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SYSTEM_EMAIL = "systeme@fonds.invalid"
ERASED_DOMAIN = "efface.invalid"


class UserManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)

    def system(self):
        """The user that signs what the clock does."""
        user, created = self.get_or_create(email=SYSTEM_EMAIL, defaults={"name": "Horloge du fonds"})
        if created:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        return user


class User(AbstractBaseUser):
    """A person: e-mail, name, language, mails switched off, nothing else. Roles, seats and files point here; erasure empties the row, never deletes it."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=2, default="fr", choices=[("fr", "Français"), ("en", "English")]
    )
    mails_off = models.JSONField(_("mails switched off"), default=list, blank=True)
    """Keys of `core.mail_choices`."""
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_ci")]

    def __str__(self):
        return self.name or (gettext("deleted account") if self.is_erased else self.email)

    @property
    def is_erased(self) -> bool:
        """Its owner left: nothing of the person is in the row any more."""
        return self.email.endswith(f"@{ERASED_DOMAIN}")

    @property
    def is_system(self) -> bool:
        return self.email == SYSTEM_EMAIL

    # Nobody is a superuser and Django's admin is not installed: permissions live in each app's rules.
    is_staff = False
    is_superuser = False
