"""The picture shown where the address of a call is shared: 1200 × 630, drawn from what the call publishes and from nothing else."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
PAPER, INK, SOFT, CIVIL, STATE, JOINT = "#f3f3ef", "#1b1a22", "#53515d", "#ad1a60", "#0b6478", "#382c85"
"""The inks of core/static/css/tokens.css."""
MARGIN, WIDTH, RULE = 80, 1040, 526
FONTS = Path(settings.BASE_DIR) / "core" / "static" / "fonts"


@lru_cache(maxsize=16)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"newsreader-{name}.woff2"), size)


def lines_of(text: str, font: ImageFont.FreeTypeFont, most: int) -> list[str]:
    """The text in lines that fit, at most `most`; what is left over is cut with an ellipsis. A word wider than a line is cut too."""
    words, lines = re.split(r"[ \t\r\n]+", text.strip().replace("\u202f", "\u00a0")), [""]
    while words:
        word = words.pop(0)
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= WIDTH:
            lines[-1] = longer
        elif len(lines) < most and lines[-1]:
            lines.append("")
            words.insert(0, word)
        else:
            cut = longer
            while cut and font.getlength(f"{cut}…") > WIDTH:
                cut = cut[:-1]
            lines[-1] = f"{(cut.rpartition(' ')[0] or cut).rstrip(' ,;:')}…"
            break
    return lines


def draw(*, fund: str, title: str, sentence: str, closing: str) -> bytes:
    """PNG bytes; the same words give the same bytes."""
    image = Image.new("RGB", SIZE, PAPER)
    page = ImageDraw.Draw(image)
    for ink, left in ((CIVIL, 0), (JOINT, SIZE[0] // 3), (STATE, 2 * SIZE[0] // 3)):
        page.rectangle((left, 0, left + SIZE[0] // 3, 18), fill=ink)
    page.text((MARGIN, 62), lines_of(fund, _font("text-700", 32), 1)[0], font=_font("text-700", 32), fill=JOINT)
    top, title_font, sentence_font = 126, _font("display-700", 72), _font("text-400", 36)
    for line in lines_of(title, title_font, 3):
        page.text((MARGIN, top), line, font=title_font, fill=INK)
        top += 82
    top += 16
    for line in lines_of(sentence, sentence_font, (RULE - 12 - top) // 48):
        page.text((MARGIN, top), line, font=sentence_font, fill=SOFT)
        top += 48
    page.line((MARGIN, RULE, SIZE[0] - MARGIN, RULE), fill=INK, width=3)
    page.text((MARGIN, 548), lines_of(closing, _font("text-700", 33), 1)[0], font=_font("text-700", 33), fill=INK)
    body = io.BytesIO()
    image.save(body, "PNG", optimize=True)
    return body.getvalue()
