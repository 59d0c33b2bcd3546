"""The demonstration's mailbox: every mail of the outbox, because nobody owns the addresses at demo.example. Not there unless FUND_DEMO is
on.
"""

from django.conf import settings
from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db.models import Q
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import outbox
from core.access import allow, anyone
from core.models import Mail

PAGE = 30


def _demo_only() -> None:
    if not settings.FUND_DEMO:
        raise Http404


@allow(anyone)
@require_safe
def mailbox(request):
    """Newest first; `?a=` keeps one address."""
    _demo_only()
    address = request.GET.get("a", "").strip().lower()[:254]
    mails = Mail.objects.defer("text").order_by("-id")
    if address:  # an address that is kept elsewhere is not in the row
        elsewhere = Mail.objects.filter(to="").order_by("-id")[:PAGE]
        theirs = [mail.pk for mail in elsewhere if _as_read(mail).to == address]
        mails = mails.filter(Q(to__iexact=address) | Q(pk__in=theirs))
    try:
        page = Paginator(mails, PAGE).page(request.GET.get("page", 1))
    except (EmptyPage, PageNotAnInteger):
        raise Http404 from None
    shown = [_as_read(mail) for mail in page]
    return render(request, "core/mailbox.html", {"page": page, "mails": shown, "address": address})


@allow(anyone)
@require_safe
def mail(request, pk):
    """One mail as its reader sees it."""
    _demo_only()
    row = Mail.objects.select_related("attachment").filter(pk=pk).first()
    if row is None:
        raise Http404
    row = _as_read(row)
    return render(request, "core/mail.html", {"mail": row, "html": outbox.html_of(row)})


def _as_read(mail: Mail) -> Mail:
    """The mail with its words; one that is written at sending says what it would say now, or its code once nothing is to be said."""
    try:
        return outbox.written(mail)[0]
    except outbox.Undeliverable:
        mail.subject = mail.code
        return mail
