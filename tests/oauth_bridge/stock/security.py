"""Probes of the toolkit as it comes: findings A, what is not secure."""

import logging
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import RequestFactory
from oauth2_provider.models import AccessToken, Application, Grant
from oauth2_provider.views.mixins import OAuthLibMixin

from tests.oauth_bridge.stock.flow import CALLBACK, OTHER_RESOURCE, Stock, configured, sent_back
from tests.oauth_bridge.stock.openid import openid, openid_client


def a1(stock: Stock) -> bool:
    """An anonymous client gets a token that is nobody's, with every scope."""
    client = stock.client(grant_types=["client_credentials"], token_endpoint_auth_method="client_secret_post")
    secrets = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    token = stock.post("/o/token/", grant_type="client_credentials", **secrets)
    return stock.let_in(token.json()["access_token"]) and "mcp:admin" in token.json()["scope"]


def a2(stock: Stock) -> bool:
    """The client says that nobody need be asked, for another resource too."""
    client_id = stock.client()["client_id"]
    stock.tokens(client_id)
    answer = stock.ask(client_id, approval_prompt="auto", resource=OTHER_RESOURCE)
    return answer.status_code == 302 and "code=" in answer["Location"]


def a3(stock: Stock) -> bool:
    """A deactivated user is let in, and refreshes."""
    client_id = stock.client()["client_id"]
    tokens = stock.tokens(client_id)
    User.objects.filter(pk=stock.alice.pk).update(is_active=False)
    return stock.let_in(tokens["access_token"]) and stock.refresh(client_id, tokens["refresh_token"]).status_code == 200


def a4(stock: Stock) -> bool:
    """A registration token is an access token like any other."""
    answer = stock.client()
    return AccessToken.objects.filter(token=answer["registration_access_token"]).exists()


def a5(stock: Stock) -> bool:
    """An ID token is let in where its access token, which is for another resource, is not."""
    with configured(**openid()):
        tokens = stock.tokens(openid_client(), scope="openid mcp", resource=OTHER_RESOURCE)
        return stock.let_in(tokens["id_token"]) and not stock.let_in(tokens["access_token"])


def a6(stock: Stock) -> bool:
    """A client that registered itself learns whose somebody else's token is."""
    client_id = stock.client()["client_id"]
    token = stock.tokens(client_id)["access_token"]
    stranger = stock.client(token_endpoint_auth_method="client_secret_post")
    secrets = {"client_id": stranger["client_id"], "client_secret": stranger["client_secret"]}
    answer = stock.post("/o/introspect/", token=token, **secrets).json()
    return answer.get("username") == stock.alice.username


def a6_blank(stock: Stock) -> bool:
    """A client without a secret introspects with none, though it is public."""
    token = stock.tokens(stock.client()["client_id"])["access_token"]
    public = Application.objects.create(
        client_type="public", authorization_grant_type="authorization-code", client_secret="", redirect_uris=CALLBACK
    )
    answer = stock.post("/o/introspect/", token=token, client_id=public.client_id, client_secret="")
    return bool(answer.status_code == 200 and answer.json()["active"])


def a7(stock: Stock) -> bool:
    """Any user may make clients."""
    return bool(stock.browser.get("/o/applications/register/").status_code == 200)


def a8(stock: Stock) -> bool:
    """A redirect in clear text to any host."""
    return bool(stock.register(redirect_uris=["http://evil.example/cb"]).status_code == 201)


def a8_many(stock: Stock) -> bool:
    """Redirect URIs without number."""
    return bool(stock.register(redirect_uris=[f"{CALLBACK}/{number}" for number in range(5000)]).status_code == 201)


def a9(stock: Stock) -> bool:
    """A client goes with the user who made it, for everybody."""
    maker = User.objects.create_user("maker")
    Application.objects.create(name="shared", user=maker, client_type="public", redirect_uris=CALLBACK)
    maker.delete()
    return not Application.objects.filter(name="shared").exists()


def a10(stock: Stock) -> bool:
    """A code that was used twice leaves its tokens alive."""
    client_id = stock.client()["client_id"]
    code = stock.code(client_id)
    token = stock.exchange(client_id, code).json()["access_token"]
    stock.exchange(client_id, code)
    return AccessToken.objects.filter(token=token).exists()


def _unasked(stock: Stock) -> Any:
    """The answer to allowing what the page shows to a client that names no scope."""
    request = stock.request(stock.client()["client_id"])
    del request["scope"]
    page = stock.browser.get(f"/o/authorize/?{urlencode(request)}")
    return stock.consent({**request, "scope": page.context["form"].initial["scope"]})


def a11_unasked(stock: Stock) -> bool:
    """A client that names no scope gets every one there is."""
    sent_back(_unasked(stock))
    return bool(Grant.objects.get(user=stock.alice).scope == "mcp mcp:admin")


def a11_stuck(stock: Stock) -> bool:
    """Where the default is no scope, the page comes again whatever one answers."""
    with configured(DEFAULT_SCOPES=[]):
        answer = _unasked(stock)
    return bool(answer.status_code == 200 and "scope" in answer.context["form"].errors)


def a11_unticked(stock: Stock) -> bool:
    """Allowed no scope at all, as a page with a checkbox for each can say, the library grants all that were asked."""
    asked = stock.request(stock.client()["client_id"], scope="mcp mcp:admin")
    request = RequestFactory().get(f"/o/authorize/?{urlencode(asked)}")
    request.user = stock.alice
    OAuthLibMixin().create_authorization_response(request, scopes="", credentials=asked, allow=True)
    return bool(Grant.objects.get(user=stock.alice).scope == "mcp mcp:admin")


def a12(stock: Stock) -> bool:
    """Codes and refresh tokens are in the log, at DEBUG."""
    written = StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(written)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        client_id = stock.client()["client_id"]
        code = stock.code(client_id)
        refresh_token = stock.exchange(client_id, code).json()["refresh_token"]
        stock.refresh(client_id, refresh_token)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    return code in written.getvalue() and refresh_token in written.getvalue()
