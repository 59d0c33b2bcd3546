"""The names that published files give to the columns of SCDL: the standard's own, in all its versions and titles, and what people write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from registry.exports.scdl import COLUMNS

CURRENCY = "devise"
"""360Giving names the currency of an amount; SCDL has euros only."""

_SMALL = set("a au aux d de des du en et l la le les n no num numero ou un une".split())

_SYNONYMS = {
    "nomAttribuant": """nomattribuant attribuant nomautoriteadministrative autoriteadministrative nomfinanceur financeur nomcollectivite
        collectivite nomorganismeattribuant fundingorgname fundingorg0name fundingorganizationname fundingorganization0name""",
    "idAttribuant": """idattribuant identificationattribuant identifiantattribuant siretattribuant idsiretattribuant
        identificationsiretattribuant numerosiretattribuant siretautoriteadministrative siretfinanceur siretcollectivite idfinanceur
        fundingorgidentifier fundingorg0identifier fundingorganizationid fundingorganization0id""",
    "dateConvention": """dateconvention datedeconvention dateconventionsubvention datesignatureconvention datesignature
        dateattribution datedecision awarddate""",
    "referenceDecision": """referencedecision refdecision referencedeliberation deliberation numerodecision numerodeliberation
        identifier id""",
    "nomBeneficiaire": """nombeneficiaire beneficiaire nombeneficiairesubvention denominationbeneficiaire raisonsocialebeneficiaire
        libellebeneficiaire nomattributaire attributaire nomassociation association raisonsociale recipientorgname recipientorg0name
        recipientorganizationname recipientorganization0name""",
    "idBeneficiaire": """idbeneficiaire siretbeneficiaire identificationsiretbeneficiaire idsiretbeneficiaire numerosiretbeneficiaire
        identificationbeneficiaire identifiantbeneficiaire siretassociation siretattributaire siret numerosiret codesiret
        recipientorgidentifier recipientorg0identifier recipientorganizationid recipientorganization0id""",
    "rnaBeneficiaire": """rnabeneficiaire identificationrnabeneficiaire idrnabeneficiaire numerornabeneficiaire rnaassociation rna
        numerorna coderna""",
    "objet": """objet objetsubvention objetconvention objetdossier objetdemande object description purpose title""",
    "montant": """montant montanttotalsubvention montanttotal montantsubvention montantattribue montantvote montantaccorde
        montantsubventionattribuee montanteuros montanteuro montanteur amountawarded""",
    "nature": "nature naturesubvention natureaide",
    "conditionsVersement": """conditionsversement conditionsversementsubvention conditionversement conditionsversements
        modalitesversement""",
    "datesPeriodeVersement": """datesperiodeversement dateperiodeversement datesperiodesversement datesperiodesversements
        periodeversement dateversement datesversement""",
    "idRAE": """idrae rae numerorae identifiantrae identifiantraeaidetitrelaquellesubventionestattribuee
        uniquereferencementdansrepertoireaidesentreprises""",
    "notificationUE": """notificationue notificationcommissioneuropeenne notificationsubventionue aideetatnotifieecommissioneuropeenne
        notifieeue""",
    "pourcentageSubvention": """pourcentagesubvention pourcentagemontanttotalsubventionattribueebeneficiaire
        pourcentagemontantsubventionattribueebeneficiaire pourcentagesubventionattribuee pourcentagemontant pourcentage""",
    "dispositifAide": """dispositifaide identifiantreferencantdispositifaideoriginesubvention dispositif nomdispositif
        grantprogrammetitle grantprogramme0title""",
    CURRENCY: "devise currency",
}
RANKS = {word: (column, rank) for column, words in _SYNONYMS.items() for rank, word in enumerate(words.split())}
"""A folded name: the column it means, and how far from the standard's own name it is."""

REQUIRED = ("nomAttribuant", "idAttribuant", "dateConvention", "nomBeneficiaire", "objet", "montant")
"""A table without these columns is refused; what another column would say stays unknown."""


def fold(name: str) -> str:
    """A name without accents, case, small words, marks and spaces: `Nom de l’attribuant` and `nom_attribuant` are one."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return "".join(word for word in re.findall(r"[a-z0-9]+", plain.lower()) if word not in _SMALL)


def meaning(name: str) -> tuple[str, int] | None:
    """The column a name stands for and its rank. What stands between brackets is help for people: (SIRET), (AAAA-MM-JJ), (s)."""
    return RANKS.get(fold(name)) or RANKS.get(fold(re.sub(r"\([^)]*\)", "", name)))


def recognised(names: Iterable[str]) -> int:
    """How many different columns these names stand for."""
    return len({found[0] for name in names if (found := meaning(name))})


class Header:
    """The first line of a table, understood: where each column stands, what is not read, what stands there twice."""

    def __init__(self, names: list[str]):
        self.names = [" ".join(str(name).split()) for name in names]
        best: dict[str, tuple[int, int]] = {}
        self.doubled = sorted({name for name in self.names if meaning(name) and self.names.count(name) > 1})
        for place, name in enumerate(self.names):
            if found := meaning(name):
                column, rank = found
                best[column] = min(best.get(column, (rank, place)), (rank, place))
        self.places = {column: place for column, (_rank, place) in best.items()}

    @property
    def missing(self) -> list[str]:
        lacking = [name for name in REQUIRED if name not in self.places]
        if not {"idBeneficiaire", "rnaBeneficiaire"} & set(self.places):
            lacking.append("idBeneficiaire")
        return lacking

    @property
    def unread(self) -> list[str]:
        read = set(self.places.values())
        return [name for place, name in enumerate(self.names) if name and place not in read]

    @property
    def renamed(self) -> dict[str, str]:
        """Columns read under another name than the standard's: the standard's name and the file's."""
        return {column: self.names[place] for column, place in self.places.items() if self.names[place] != column}

    def said(self, column: str) -> str:
        """The name of a column as the file has it."""
        return self.names[self.places[column]] if column in self.places else column

    def cells(self, line: list[str]) -> list[str]:
        """The cells of a line in the order of ORDER; empty where the file has no such column."""
        places = (self.places.get(column, -1) for column in ORDER)
        return [line[place] if 0 <= place < len(line) else "" for place in places]


ORDER = [*COLUMNS, CURRENCY]
