"""French or English: public pages have an address each, signed-in pages follow the person."""

from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from core import links
from core.access import allow, anyone

LANGUAGES = ("fr", "en")


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
def language(request):
    """POST `language` and `next`: remembers the language of a signed-in person, leads to the same page in it."""
    if request.method != "POST":
        return redirect("/")
    chosen = request.POST.get("language", "")
    there = links.safe_next(request, "/")
    if chosen not in LANGUAGES:
        return HttpResponseRedirect(there)
    if request.user.is_authenticated and request.user.language != chosen:
        request.user.language = chosen
        request.user.save(update_fields=["language"])
    path, mark, query = there.partition("?")
    return HttpResponseRedirect(f"{links.localized(path, chosen)}{mark}{query}")
