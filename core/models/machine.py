from django.db import models
from django_fsm import FSMField, FSMModelMixin


class StateField(FSMField):
    """The state of a row, changed by transitions alone. A migration sees the text it is in the database: the library follows every class prepared after
    a field of its own, and migrations prepare thousands of historical ones.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, protected=True, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("protected")
        return name, "django.db.models.CharField", args, kwargs


class Machine(FSMModelMixin, models.Model):
    """Base of every row with a state. Subclasses declare `state = StateField(…)` and name themselves with `machine`."""

    machine: str = ""

    class Meta:
        abstract = True

    def _get_protected_fsm_fields(self):
        # The library unprotects the field on the class while it refreshes: a failed refresh would leave it open for the whole process.
        return set()

    def refresh_from_db(self, using=None, fields=None, **kwargs):
        # A protected field refuses assignment while it is in the instance's dict, so it is taken out and put back on failure. What is read
        # is named before: Django takes a field that is not in the dict for a deferred one, would not read it, and the state would be open
        # to assignment.
        if fields is None:
            deferred = self.get_deferred_fields()
            fields = [field.attname for field in self._meta.concrete_fields if field.attname not in deferred]
            self._prefetched_objects_cache = {}
            for relation in self._meta.related_objects:
                if relation.is_cached(self):
                    relation.delete_cached_value(self)
        held = self.__dict__.pop("state", None) if "state" in fields else None
        try:
            super().refresh_from_db(using=using, fields=fields, **kwargs)
        except Exception:
            if held is not None:
                self.__dict__["state"] = held
            raise

    @property
    def event_subject(self) -> str:
        """Public reference of the file this row belongs to; the file's timeline is the events of that subject."""
        return getattr(self, "reference", "") or ""

    def two_key_facts(self) -> dict:
        """What a second key approves besides the parameters: a change of these makes the act stale."""
        return {"state": getattr(self, "state", "")}
