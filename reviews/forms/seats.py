"""Forms of the seats: the composition of a panel, a seat that ends, one that is filled, what a member says of himself."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, FundForm
from fund.enums import College
from reviews.enums.reading import Gender, SeatEnd, SeatKind
from reviews.queries import panels as queries

LEVELS = [("", "—"), ("1", _("1, some notions")), ("2", _("2, good knowledge")), ("3", _("3, expert"))]
NOT_SAID = [("", _("not said")), *Gender.choices]


class FactsForm(FundForm):
    """What is said of a seat, whoever fills it."""

    title = forms.CharField(label=_("Capacity"), max_length=150, required=False)
    term_starts_on = DayField(label=_("First day of the term"), required=False)
    term_ends_on = DayField(
        label=_("Last day of the term"),
        required=False,
        help_text=_("Left empty, the term has the length that the rules give."),
    )
    appointing_act = forms.CharField(
        label=_("Appointing act"), max_length=150, required=False, help_text=_("Its number or title.")
    )
    appointed_on = DayField(label=_("Date of the appointing act"), required=False)
    gender = forms.ChoiceField(
        label=_("Gender"),
        choices=NOT_SAID,
        required=False,
        help_text=_("For the balance of women and men that the law asks for; shown as counts only, never by name."),
    )
    siret = forms.CharField(label=_("SIRET of his or her body"), max_length=20, required=False)
    load_min = forms.IntegerField(label=_("Files at least"), min_value=0, max_value=500, initial=0, required=False)
    load_max = forms.IntegerField(label=_("Files at most"), min_value=0, max_value=500, initial=60, required=False)
    departments = forms.CharField(
        label=_("Departments"), max_length=200, required=False, help_text=_("Numbers, with spaces: 58 71 21")
    )

    def __init__(self, *args, themes=(), **options):
        super().__init__(*args, **options)
        self.themes = dict(themes)
        for code, label in self.themes.items():
            self.fields[f"level_{code}"] = forms.ChoiceField(label=label, choices=LEVELS, required=False)

    @property
    def levels(self) -> list:
        """The fields of the themes, for the page."""
        return [self[f"level_{code}"] for code in self.themes]

    def clean(self):
        facts = super().clean()
        least, most = facts.get("load_min"), facts.get("load_max")
        if least is not None and most is not None and least > most:
            self.add_error("load_min", _("The fewest files cannot be more than the most."))
        return facts

    def facts(self) -> dict:
        """The facts of the seat, as the verbs read them."""
        given = self.cleaned_data
        return {
            "title": given["title"],
            "term_starts_on": given["term_starts_on"],
            "term_ends_on": given["term_ends_on"],
            "appointing_act": given["appointing_act"].strip(),
            "appointed_on": given["appointed_on"],
            "gender": given["gender"],
            "siret": "".join(given["siret"].split()),
            "load_min": given["load_min"] or 0,
            "load_max": 60 if given["load_max"] is None else given["load_max"],
            "themes": {code: int(given[f"level_{code}"]) for code in self.themes if given[f"level_{code}"]},
            "departments": given["departments"].replace(",", " ").split(),
        }


def initial_of(seat) -> dict:
    """What the form shows of a seat that is there."""
    return {
        "kind": seat.kind,
        "is_president": seat.is_president,
        "acts_for_president": seat.acts_for_president,
        "title": seat.title,
        "term_starts_on": seat.term_starts_on,
        "term_ends_on": seat.term_ends_on,
        "appointing_act": seat.appointing_act,
        "appointed_on": seat.appointed_on,
        "gender": seat.gender,
        "siret": seat.siret,
        "load_min": seat.load_min,
        "load_max": seat.load_max,
        "departments": " ".join(seat.departments),
        **{f"level_{code}": str(level) for code, level in seat.themes.items()},
    }


class SeatForm(FactsForm):
    """One line of the composition."""

    user = forms.IntegerField(widget=forms.HiddenInput)
    college = forms.ChoiceField(widget=forms.HiddenInput, choices=College.choices)
    kind = forms.ChoiceField(
        label=_("Seat"),
        choices=[
            ("", _("does not sit")),
            (SeatKind.FULL_MEMBER.value, SeatKind.FULL_MEMBER.label),
            (SeatKind.ALTERNATE.value, SeatKind.ALTERNATE.label),
        ],
        required=False,
    )
    is_president = forms.BooleanField(label=_("Co-president"), required=False)
    acts_for_president = forms.BooleanField(label=_("Stands in for the co-president"), required=False)

    def __init__(self, *args, person=None, **options):
        super().__init__(*args, **options)
        self.person = person


class SeedForm(FundForm):
    seed = forms.CharField(
        label=_("Public seed of the assignment"),
        max_length=80,
        required=False,
        help_text=_("It breaks ties and is known to all from now on; drawn at random when left empty."),
    )


def _named(seat) -> str:
    return f"{seat.user} ({seat.get_college_display() or '—'}, {seat.get_kind_display()})"


class EndSeatForm(FundForm):
    """Which seat ends, and why. `obj` is the panel."""

    seat = forms.ModelChoiceField(queryset=None, label=_("Seat"), required=False, empty_label="—")
    cause = forms.ChoiceField(label=_("Why it ends"), choices=[("", "—"), *SeatEnd.choices], required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["seat"].queryset = self.obj.seats.not_ended().select_related("user").order_by("college", "id")
        self.fields["seat"].label_from_instance = _named


class AppointForm(FactsForm):
    """Who is appointed, to which kind of seat, after whom. `people`: (person, college) of those who may; observers by their address."""

    person = forms.ChoiceField(label=_("Who"), required=False)
    email = forms.EmailField(
        label=_("Or the e-mail address of someone without a vote"),
        required=False,
        help_text=_("An account of the service: a user of the service, an observer."),
    )
    kind = forms.ChoiceField(label=_("Seat"), choices=SeatKind.choices)
    replaces = forms.ModelChoiceField(
        queryset=None, label=_("In the seat of"), required=False, empty_label=_("nobody: a new seat")
    )
    is_president = forms.BooleanField(label=_("Co-president"), required=False)

    field_order = ["person", "email", "kind", "replaces", "is_president"]

    def __init__(self, *args, people=(), **options):
        super().__init__(*args, **options)
        self.people = {f"{row['user'].pk}:{row['college']}": row for row in people}
        self.fields["person"].choices = [
            ("", "—"),
            *((key, f"{row['user']} ({College(row['college']).label})") for key, row in self.people.items()),
        ]
        self.fields["replaces"].queryset = (
            self.obj.seats.filter(ends_at__isnull=False, successors__isnull=True)
            .exclude(end_cause="")
            .select_related("user")
        )
        self.fields["replaces"].label_from_instance = _named

    @property
    def main(self) -> list:
        return [self[name] for name in ("person", "email", "kind", "replaces", "is_president", "title")]

    @property
    def more(self) -> list:
        names = ("term_starts_on", "term_ends_on", "appointing_act", "appointed_on", "gender", "siret")
        return [self[name] for name in (*names, "load_min", "load_max", "departments")]

    def params(self):
        given, row = self.cleaned_data, self.people.get(self.cleaned_data["person"])
        user = row["user"] if row else queries.account_of(given["email"])
        return {
            "user": user,
            "college": row["college"] if row and given["kind"] != SeatKind.OBSERVER else "",
            "kind": given["kind"],
            "replaces": given["replaces"],
            "is_president": given["is_president"],
            **self.facts(),
        }


class GenderForm(FundForm):
    gender = forms.ChoiceField(label=_("Your gender, if you wish to say it"), choices=NOT_SAID, required=False)
