"""What a text is cleared of before anyone can read it: e-mail addresses, phone numbers, bank accounts. One function, every public door."""

from __future__ import annotations

import re

HIDDEN = "[…]"
"""Stands where something was taken out."""

_GAP = r"[ \t.\-·\u00a0\u2009\u202f]?"
_AT = r"(?:@|＠|\s?[\[({<]\s?(?:at|arobase|chez|à)\s?[\])}>]\s?|\s(?:arobase)\s)"
_DOT = r"(?:\.|\s?[\[({<]\s?(?:dot|point)\s?[\])}>]\s?)"
_MAIL = re.compile(rf"(?:mailto:)?[\w.+'’%-]*\w{_AT}[\w-]+(?:{_DOT}[\w-]+)+", re.IGNORECASE)
_IBAN = re.compile(rf"(?<![A-Za-z0-9])(?=([A-Z]{_GAP}[A-Z]{_GAP}\d{_GAP}\d(?:{_GAP}[A-Z0-9]){{11,30}}))", re.IGNORECASE)
"""Where an account may begin, with as much as could belong to it: looked ahead, so that a word before it hides no beginning."""
_ACCOUNT = re.compile(rf"(?<!\d)\d{{5}}{_GAP}\d{{5}}{_GAP}[0-9A-Z]{{11}}{_GAP}\d{{2}}(?!\d)")
"""A French account without its country: bank, branch, number, key."""
_SEPARATOR = r"[ .\-/·\u00a0\u2009\u202f]?"
_FRENCH = re.compile(rf"(?<![\d+])0[1-9](?P<gap>{_SEPARATOR})\d{{2}}(?:(?P=gap)\d{{2}}){{3}}(?!\d)")
_ABROAD = re.compile(
    rf"(?<![\w+])(?:\+|00)(?:[1-9]\d{{0,2}}){_SEPARATOR}(?:\(0\){_SEPARATOR})?\d(?:{_SEPARATOR}\d){{6,12}}(?!\d)"
)


def _is_iban(text: str) -> bool:
    """Check digits right, or as long as a French one: a slip in it makes it no less an account."""
    bare = re.sub(r"[^A-Za-z0-9]", "", text).upper()
    digits = sum(letter.isdigit() for letter in bare)
    if bare.startswith("FR") and len(bare) == 27 and digits >= 15:
        return True
    rest = bare[4:] + bare[:4]
    return digits >= 8 and 15 <= len(bare) <= 34 and int("".join(str(int(letter, 36)) for letter in rest)) % 97 == 1


def _without_ibans(text: str) -> str:
    """The longest beginning that is an account goes; the words that follow it stay."""
    kept, done = [], 0
    for found in _IBAN.finditer(text):
        start, said = found.start(), found[1]
        if start < done:
            continue
        for size in range(len(said), 14, -1):
            after = text[start + size : start + size + 1]
            if said[size - 1].isalnum() and not after.isalnum() and _is_iban(said[:size]):
                kept += [text[done:start], HIDDEN]
                done = start + size
                break
    return "".join([*kept, text[done:]])


_HINT = re.compile(r"[@＠\[({<]|arobase", re.IGNORECASE)
"""No address is written without one of these."""
_DIGIT = re.compile(r"\d")
FEWEST_DIGITS = 8
"""No number or account that is looked for has fewer."""


def redacted(text: str) -> str:
    """The text without e-mail addresses, phone numbers and bank accounts; everything else is left as written."""
    if not text:
        return text
    if _HINT.search(text):
        text = _MAIL.sub(HIDDEN, text)
    if len(_DIGIT.findall(text)) < FEWEST_DIGITS:
        return text
    text = _without_ibans(text)
    text = _ACCOUNT.sub(HIDDEN, text)
    text = _FRENCH.sub(HIDDEN, text)
    return _ABROAD.sub(HIDDEN, text)


def holds_contact(text: str) -> bool:
    """Whether something in the text would be hidden."""
    return redacted(text) != text
