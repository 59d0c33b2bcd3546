"""Files for the accounting software: the payment orders as CSV and as a workbook. Streamed; no name, no account number."""

from __future__ import annotations

import csv
import tempfile
from datetime import date

from django.http import FileResponse, Http404, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from applications.views.instruction import safe_cell
from core.access import allow
from core.money import decimal_text
from fund.people import accounting_files
from payments.queries import accounting

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Echo:
    def write(self, value):
        return value


def _year(request) -> int | None:
    """The year asked for; one that is none answers like a page that does not exist."""
    text = request.GET.get("annee", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 2000 <= int(text[:5]) <= 2200):
        raise Http404
    return int(text)


def _name(request, year: int | None, ending: str) -> str:
    return f"ordres-de-paiement-{year or 'tous'}-{timezone.localdate(request.received_at):%Y-%m-%d}.{ending}"


def _text(name: str, value) -> str:
    if name == "amount":
        return decimal_text(value)
    return value.isoformat() if isinstance(value, date) else value or ""


@allow(accounting_files)
@require_safe
def orders_csv(request):
    """UTF-8 with mark, semicolons, CRLF, decimal amounts in euros; no cell that a spreadsheet takes for a formula."""
    year = _year(request)
    found = accounting.orders(request.user, year)
    writer = csv.writer(Echo(), delimiter=";", lineterminator="\r\n")

    def lines():
        yield "\ufeff" + writer.writerow(accounting.COLUMNS)
        for row in accounting.rows(found):
            yield writer.writerow([safe_cell(_text(name, row[name])) for name in accounting.COLUMNS])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_name(request, year, "csv")}"'
    return response


@allow(accounting_files)
@require_safe
def orders_xlsx(request):
    """The same rows as a workbook with typed amounts and dates, written row by row to a file that vanishes once sent."""
    import xlsxwriter

    year = _year(request)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet("ordres")
    euros, day = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, accounting.COLUMNS)
    for line, row in enumerate(accounting.rows(accounting.orders(request.user, year)), start=1):
        for column, name in enumerate(accounting.COLUMNS):
            value = row[name]
            if name == "amount":
                sheet.write_number(line, column, value / 100, euros)
            elif isinstance(value, date):
                sheet.write_datetime(line, column, value, day)
            elif value:
                sheet.write_string(line, column, value)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=_name(request, year, "xlsx"), content_type=XLSX)
