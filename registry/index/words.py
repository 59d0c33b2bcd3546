"""French words as a search compares them: without accents, case, elisions; each word as written and by its stem. The same for both databases.

`indexed` gives the signs kept of a text: `w` and a word as written, `s` and its stem. A word one searches is found at the beginning of a word
as written, or by its whole stem: "ecol" finds "école" and "écologie", "écoles" finds "école" and not "écologie".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MOST = 8
"""Words of a search that count; more would only cost."""
STOP = frozenset(
    "a au aux avec ce ces dans de des du en et est il ils je la le les leur leurs mais ne nos notre nous on ou par pas pour que qui sa se ses son sont sur "
    "un une vos votre vous y".split()
)
_ELISION = re.compile(r"\b(?:[ldjnstcm]|qu|jusqu|lorsqu|puisqu|quoiqu)['’ʼ]", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w])(\d{3})[ \u00a0\u202f.]?(\d{3})[ \u00a0\u202f.]?(\d{3})(?:[ \u00a0\u202f.]?(\d{5}))?(?![\w])"
)
_WORD = re.compile(r"[^\W_]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "Œ": "oe", "Æ": "ae"})


def folded(text: str) -> str:
    """Without accents and case."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()


def stem(word: str) -> str:
    """A word without its plural, its feminine and its doubled end: journaux and journal, citoyennes and citoyen, engagée and engagés."""
    if len(word) < 4 or not word.isalpha():
        return word
    if word.endswith("eaux"):
        word = word[:-1]
    elif word.endswith("aux") and len(word) > 4:
        word = f"{word[:-3]}al"
    elif word[-1] in "sx":
        word = word[:-1]
    while len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 4 and word[-1] == word[-2]:
        word = word[:-1]
    return word


def _words(text: str) -> list[str]:
    joined = _NUMBER.sub(lambda found: "".join(part or "" for part in found.groups()), text)
    return _WORD.findall(folded(_ELISION.sub(" ", joined)))


def indexed(texts: Iterable[str]) -> list[str]:
    """The signs of these texts, each once, in order."""
    words = {word for text in texts for word in _words(text)}
    return sorted({f"w{word}" for word in words} | {f"s{stem(word)}" for word in words})


@dataclass(frozen=True)
class Asked:
    """One word of a search."""

    word: str

    @property
    def beginning(self) -> str:
        return f"w{self.word}"

    @property
    def whole(self) -> str:
        return f"s{stem(self.word)}"

    def is_in(self, signs: Iterable[str]) -> bool:
        """What a database must answer for a text with these signs."""
        return any(sign == self.whole or sign.startswith(self.beginning) for sign in signs)


def asked(text: str) -> list[Asked]:
    """The words of a search that must all be found; little words count only when there is nothing else."""
    words = list(dict.fromkeys(_words(text)))
    telling = [word for word in words if word not in STOP] or words
    return [Asked(word) for word in telling[:MOST]]


def for_sqlite(words: list[Asked]) -> str:
    """FTS5. Words hold letters and digits alone: nothing of it can be read as an operator."""
    return " AND ".join(f'("{one.beginning}" * OR "{one.whole}")' for one in words)


def for_postgresql(words: list[Asked]) -> str:
    return " & ".join(f"('{one.beginning}':* | '{one.whole}')" for one in words)
