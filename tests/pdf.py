"""The words of a PDF, read back through its fonts: what a person who holds the paper can read."""

from __future__ import annotations

import io
import re

import pikepdf


def _unicode_of(font) -> dict[int, str]:
    """Glyph to text, from the font's own table."""
    table = bytes(font.ToUnicode.read_bytes()).decode("latin-1") if "/ToUnicode" in font else ""
    found = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(glyph, 16)] = bytes.fromhex(text).decode("utf-16-be")
    return found


def text_of(content: bytes) -> str:
    """Every word, page after page; blanks are made one space."""
    words: list[str] = []
    with pikepdf.open(io.BytesIO(content)) as document:
        for page in document.pages:
            fonts = {name: _unicode_of(font) for name, font in page.Resources.Font.items()}
            current: dict[int, str] = {}
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    current = fonts[str(operands[0])]
                elif str(operator) in ("TJ", "Tj"):
                    parts = operands[0] if str(operator) == "TJ" else operands
                    for part in parts:
                        if isinstance(part, pikepdf.String):
                            raw = bytes(part)
                            words += [
                                current.get(int.from_bytes(raw[at : at + 2], "big"), "") for at in range(0, len(raw), 2)
                            ]
                elif str(operator) in ("Tm", "Td", "TD", "T*", "ET"):
                    words.append(" ")
    return re.sub(r"\s+", " ", "".join(words))
