"""Pages drawn as PDF. Nothing of the fund is imported here: another process can do it, that knows no database."""

from __future__ import annotations


def draw(page: str) -> bytes:
    """The bytes of a page: PDF/UA-1, tagged, the same for the same text. Slow (WeasyPrint is loaded here); no network, no file is read."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    return HTML(string=page, url_fetcher=URLFetcher(allowed_protocols={"data"})).write_pdf(pdf_variant="pdf/ua-1")
