"""Oneself, one's tokens, the second key; the description for programs and the page for people."""

import pytest

from core.models import ApiToken
from desks.api import RESOURCES, groups
from fund.enums import CallState, Role
from fund.models import Envelope
from fund.transitions import identity
from tests.factories.core import UserFactory
from tests.factories.fund import CallFactory, EnvelopeFactory, FundIdentityFactory, person_with, rules_in_force
from tests.factories.ledger import start_ledger
from tests.factories.payments import fictional_iban

pytestmark = pytest.mark.django_db
API = "/api/v1"


def test_me(at, token, nobody):
    client = token(person_with(Role.CO_PRESIDENT, "state", name="Lou"))
    me = client.get(f"{API}/me/").json()
    assert (me["name"], me["roles"][0]["role"], me["roles"][0]["college"]) == ("Lou", "co_president", "state")
    assert nobody.get(f"{API}/me/").status_code == 401


def test_my_tokens_end(at, token):
    person, other = UserFactory(), UserFactory()
    client = token(person)
    theirs = token(other) and ApiToken.objects.get(user=other)
    (mine,) = client.get(f"{API}/tokens/").json()["results"]
    assert not {"token", "token_hash", "secret"} & set(mine)
    assert client.post(f"{API}/tokens/{theirs.pk}/revoke/").status_code == 404
    assert client.post(f"{API}/tokens/{mine['id']}/revoke/").json()["revoked_at"]
    answer = client.get(f"{API}/me/")
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"


def test_two_people_open_an_envelope(at, token):
    start_ledger()
    officer, president = person_with(Role.AUTHORISING_OFFICER), person_with(Role.CO_PRESIDENT, "state")
    first, second = token(officer), token(president)
    made = first.post(f"{API}/envelopes/", {"year": 2027, "label": "Essais"}, format="json")
    assert made.status_code == 201, made.json()
    path = f"{API}/envelopes/{made.json()['reference']}/"
    assert token(UserFactory()).get(path).status_code == 404
    assert first.post(f"{path}open/", {"amount": 0}, format="json").json()["errors"]["amount"]
    proposed = first.post(f"{path}open/", {"amount": 5_000_000}, format="json")
    assert proposed.status_code == 202, proposed.json()
    act = f"{API}/two-key-acts/{proposed.json()['act']}/"
    assert second.get(f"{API}/two-key-acts/").json()["results"][0]["params"] == {"amount": 5_000_000}
    assert token(UserFactory()).get(act).status_code == 404
    assert [one["verb"] for one in first.get(act).json()["available_transitions"]] == ["withdraw"]
    same = first.post(f"{act}approve/")
    assert (same.status_code, same.json()["code"]) == (422, "same_person")
    assert second.post(f"{act}approve/").json()["state"] == "approved"
    assert second.post(f"{act}approve/").json()["code"] == "not_allowed_in_state"
    assert second.get(path).json()["balances"]["free"] == 5_000_000
    assert Envelope.objects.get().opened_amount == 5_000_000


def test_an_account_number_is_not_repeated_even_encrypted(at, token):
    FundIdentityFactory()
    administrator, president = person_with(Role.ADMINISTRATOR), person_with(Role.CO_PRESIDENT, "state")
    identity.propose_change({"debtor_iban": fictional_iban(7), "tagline": "Ici."}, actor=administrator, at=at)
    for client in (token(administrator), token(president)):
        answer = client.get(f"{API}/two-key-acts/")
        changes = answer.json()["results"][0]["params"]["changes"]
        assert changes["tagline"] == "Ici." and changes["debtor_iban"] is None
        assert b"sealed" not in answer.content


def test_the_second_key_says_no_or_the_first_takes_back(at, token):
    FundIdentityFactory()
    first, second = token(person_with(Role.AUTHORISING_OFFICER)), token(person_with(Role.CO_PRESIDENT, "state"))
    row = EnvelopeFactory()
    for verb, client, body in (("refuse", second, {"reason": "Trop."}), ("withdraw", first, {})):
        name = first.post(
            f"{API}/envelopes/{row.reference}/raise/", {"amount": 100, "reason": "Reçu."}, format="json"
        ).json()["act"]
        done = client.post(f"{API}/two-key-acts/{name}/{verb}/", body, format="json")
        assert done.status_code == 200 and done.json()["state"] in ("refused", "withdrawn")


def test_a_call_is_written_published_and_amended_by_two(at, token):
    FundIdentityFactory()
    rules_in_force()
    source = CallFactory(state=CallState.PUBLISHED)
    first, second = token(person_with(Role.CASE_OFFICER)), token(person_with(Role.CASE_OFFICER))
    content = source.content() | {"slug": "neuf", "title": "Neuf", "contact_email": "bonjour@fonds.example"}
    made = first.post(f"{API}/calls/", {"content": content}, format="json")
    assert made.status_code == 201 and made.json()["state"] == "draft", made.json()
    wrong = first.post(f"{API}/calls/neuf/edit/", {"content": {"ceiling_amount": "beaucoup"}}, format="json").json()
    assert (wrong["status"], wrong["code"], wrong["field"]) == (422, "content_invalid", "ceiling_amount")
    assert first.post(f"{API}/calls/neuf/edit/", {"content": {"summary": "Court."}}, format="json").status_code == 200
    proposed = first.post(f"{API}/calls/neuf/publish/")
    assert proposed.status_code == 202, proposed.json()
    act = proposed.json()["act"]
    first.post(f"{API}/calls/neuf/edit/", {"content": {"summary": "Autre."}}, format="json")
    stale = second.post(f"{API}/two-key-acts/{act}/approve/")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_approval")
    act = first.post(f"{API}/calls/neuf/publish/").json()["act"]
    assert second.post(f"{API}/two-key-acts/{act}/approve/").json()["state"] == "approved"
    assert first.get(f"{API}/calls/neuf/").json()["state"] == "published"


def test_the_description_names_every_resource(at, nobody):
    described = nobody.get(f"{API}/openapi.json").json()
    assert described["openapi"].startswith("3.")
    for name in RESOURCES:
        assert f"/api/v1/{name}/" in described["paths"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert {"400", "404", "429"} <= set(operation["responses"]), (method, path)
    assert sum(len(group["operations"]) for group in groups(described)) > 100


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_page_for_people(client, at, prefix):
    FundIdentityFactory()
    page = client.get(f"{prefix}/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200 and "/api/v1/applications/{reference}/submit/" in text and "<script>" not in text
    assert "webhook-signature" in text and "project.payment" in text
    summary = text.split('id="ressources"', 1)[1].split("</section>", 1)[0].split("</p>")
    for name in ("projects", "ledger", "calls", "envelopes"):
        assert f"#r-{name}" in summary[0]
    assert "#r-applications" not in summary[0]
    assert "#r-applications" in summary[1] and "#r-projects" not in summary[1]
    assert text.index('id="r-projects"') < text.index('id="r-agenda-items"')
    assert client.get(f"{prefix}/api/docs/", headers={"If-None-Match": page["ETag"]}).status_code == 304


def test_the_description_speaks_the_language_that_is_asked(client, at, nobody):
    """Programs read English; people read the page in its language, and `?lang=fr` gives programs the same."""
    FundIdentityFactory()
    english, french = (nobody.get(f"{API}/openapi.json{query}") for query in ("", "?lang=fr"))
    assert english.content == nobody.get(f"{API}/openapi.json?lang=en", headers={"Accept-Language": "fr"}).content
    said, told = "File the draft: what all signatories agreed to is frozen", "Déposer le brouillon"
    assert said in english.content.decode() and "Brouillon" not in english.content.decode()
    assert told in french.content.decode() and said not in french.content.decode()
    assert told in client.get("/api/docs/").content.decode() and said in client.get("/en/api/docs/").content.decode()
    assert nobody.get(f"{API}/openapi.json?lang=de").json()["errors"]["lang"]


def test_what_is_not_known_is_refused_everywhere(nobody):
    """A slip in the name of a field never passes for its default: each body that is described is closed."""
    described = nobody.get(f"{API}/openapi.json").json()
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for methods in described["paths"].values()
        for operation in methods.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }
    schemas = described["components"]["schemas"]
    assert len(bodies) > 60 and not [name for name in bodies if schemas[name].get("additionalProperties") is not False]
    assert schemas["MembersRequest"]["properties"]["instalments"]["minItems"] == 1
    assert schemas["AmountRequest"]["properties"]["amount"]["maximum"] == 2**53
    patched = described["paths"][f"{API}/applications/{{reference}}/sections/{{code}}/"]["patch"]["requestBody"]
    draft = patched["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert schemas[draft]["required"] == ["content"], "what a PATCH needs is read as it is described"


def test_what_is_written_for_who_writes_the_code_is_not_published(nobody):
    text = nobody.get(f"{API}/openapi.json").content.decode()
    assert "See the module" not in text and "Mixin of a resource" not in text
    assert "One at a time" in text, "the whole first paragraph of a verb, not its first line"


def test_the_root_leads_everywhere(at, nobody):
    addresses = nobody.get(f"{API}/").json()
    assert set(RESOURCES) < set(addresses)
    assert nobody.get(f"{API}/rien/").json()["code"] == "not_found"
