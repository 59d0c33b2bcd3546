"""Read the codes of scanned pages. Run as a process of its own, `python paper_reader.py FILE FIRST LAST` (from 0, the last left out): what a strange file does
to the drawing of its pages costs that process, whose memory and time are counted, and nothing else. One line of JSON a page:
`{"page": 0, "codes": [["text", 180], …]}`, each code with the angle it lies at, in degrees.
"""

from __future__ import annotations

import json
import resource
import sys

MEMORY, SECONDS_A_PAGE = 2 * 1024**3, 20
RESOLUTIONS = (200, 300)
"""Dots an inch; the second when the first shows no code."""
PIXELS = 24_000_000
LONGEST = 500
"""Signs of a code that are kept: ours have about a hundred."""


def scale(width: float, height: float, dots: int) -> float:
    """How large a page of that many points is drawn: never more pixels than the bound, however large the page says it is."""
    wanted = dots / 72
    area = max(width, 1) * max(height, 1) * wanted**2
    return wanted if area <= PIXELS else wanted * (PIXELS / area) ** 0.5


def codes_of(page) -> list[tuple[str, int]]:
    import zxingcpp

    width, height = page.get_size()
    for dots in RESOLUTIONS:
        picture = page.render(scale=scale(width, height, dots), grayscale=True).to_pil()
        found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)  # type: ignore[arg-type]
        if found:
            return [(code.text[:LONGEST], code.orientation) for code in found]
    return []


def main(name: str, first: int, last: int) -> None:
    import pypdfium2

    with open(name, "rb") as file:
        document = pypdfium2.PdfDocument(file.read())
    for number in range(first, min(last, len(document))):
        found = codes_of(document[number])
        sys.stdout.write(json.dumps({"page": number, "codes": found}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    first, last = int(sys.argv[2]), int(sys.argv[3])
    allowed = SECONDS_A_PAGE * (last - first)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed))
    main(sys.argv[1], first, last)
