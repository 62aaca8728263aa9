"""The page of a user's personal access tokens."""

from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.recent import ask_again, signed_in_recently
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.json_answers import no_store
from oauth_bridge.personal_tokens import LIFETIMES, MOST, create, live_tokens
from oauth_bridge.resources import ProtectedResource, protected_resources


class NewToken(forms.Form):
    """What a token is to be called, may do, and how long it lasts."""

    name = forms.CharField(max_length=80, error_messages={"required": "Give it a name that tells what it is for."})
    days = forms.TypedChoiceField(
        coerce=int,
        choices=list(LIFETIMES.items()),
        initial=30,
        error_messages={"required": "Choose how long it is good.", "invalid_choice": "Choose one of the times."},
    )

    def __init__(self, resource: ProtectedResource, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resource = resource
        self.fields["scopes"] = forms.MultipleChoiceField(
            choices=[(scope.name, scope.description) for scope in resource.scopes],
            initial=[],
            error_messages={
                "required": "Choose at least one thing that it may do.",
                "invalid_choice": "Choose from the things listed here.",
            },
        )

    def clean_name(self) -> str:
        """One readable line."""
        name = clean_text(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Give it a name that tells what it is for.")
        return name


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def personal_tokens(request: HttpRequest) -> HttpResponse:
    """List the user's tokens; a POST makes one, and its answer is the only time that the token is shown."""
    user = _user(request)
    resources = {resource.uri: resource for resource in protected_resources()}
    form, token = None, ""
    if request.method == "POST":
        if not signed_in_recently(request):
            return ask_again(request)  # who finds an open browser shall not make a way in that stays
        chosen = resources.get(request.POST.get("resource", ""))
        if chosen is None:
            raise Http404
        form = NewToken(chosen, request.POST)
        if len(live_tokens(user)) >= MOST:
            form.add_error(None, f"You have {MOST} tokens. Revoke one that you no longer need.")
        if form.is_valid():
            _, token = create(
                user, form.cleaned_data["name"], chosen, form.cleaned_data["scopes"], form.cleaned_data["days"]
            )
            form = None
    forms_ = [
        form if form is not None and form.resource is resource else NewToken(resource)
        for resource in resources.values()
        if resource.scopes
    ]
    context = {
        "token": token,
        "connections": live_tokens(user),
        "forms": forms_,
        "lifetimes": LIFETIMES,
        "several": len(forms_) > 1,
    }
    status = 200 if form is None else 400
    response: HttpResponse = no_store(render(request, "oauth_bridge/personal_tokens.html", context, status=status))
    return response


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # login_required let nobody else in
