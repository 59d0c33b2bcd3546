"""Money is integer cents. Splits always sum; words and figures are written the way French letters write them."""

from __future__ import annotations

from django.utils.translation import get_language

NARROW, WIDE = "\u202f", "\u00a0"


def split(total: int, weights: list[int]) -> list[int]:
    """Shares of `total` cents in proportion to `weights`, each rounded down to the cent, the remainder on the last. They sum to `total`."""
    if total < 0 or not weights or any(weight < 0 for weight in weights) or sum(weights) == 0:
        raise ValueError("a split needs a positive total and positive weights")
    shares = [total * weight // sum(weights) for weight in weights]
    shares[-1] += total - sum(shares)
    return shares


def format_euros(cents: int, language: str | None = None, *, cents_if_round: bool = True) -> str:
    """`1 234,50 €` in French (narrow no-break spaces), `€1,234.50` in English."""
    sign, cents = ("−" if cents < 0 else ""), abs(int(cents))
    whole, rest = divmod(cents, 100)
    decimals = rest or cents_if_round
    if (language or get_language() or "fr").startswith("en"):
        return f"{sign}€{whole:,}" + (f".{rest:02d}" if decimals else "")
    figures = f"{whole:,}".replace(",", NARROW)
    return f"{sign}{figures}" + (f",{rest:02d}" if decimals else "") + f"{WIDE}€"


def thousands(number) -> str:
    """`4 812` in French, `4,812` in English."""
    text = f"{int(number or 0):,}"
    return text if (get_language() or "fr").startswith("en") else text.replace(",", NARROW)


def decimal_text(cents: int) -> str:
    """`1234.50`, for files that programs read."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def in_words(cents: int, language: str = "fr") -> str:
    """`vingt-huit mille cinq cents euros et cinquante centimes`."""
    from num2words import num2words  # slow import, needed by letters only

    whole, rest = divmod(cents, 100)
    if language == "en":
        text = f"{num2words(whole, lang='en')} {'euro' if whole == 1 else 'euros'}"
        return text + (f" and {num2words(rest, lang='en')} {'cent' if rest == 1 else 'cents'}" if rest else "")
    of = "d’" if whole and whole % 1_000_000 == 0 else ""
    text = f"{num2words(whole, lang='fr')} {of}{'euro' if whole < 2 else 'euros'}"
    return text + (f" et {num2words(rest, lang='fr')} {'centime' if rest == 1 else 'centimes'}" if rest else "")
