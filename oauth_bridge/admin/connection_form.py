"""The form by which an operator makes a connection less: only its user gives it more."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import transaction

from oauth_bridge.changes import announce_change
from oauth_bridge.models import Connection
from oauth_bridge.resources import find_resource
from oauth_bridge.revocation import announce, narrow_connection

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Connection]
else:
    ModelForm = forms.ModelForm


BUDGET = ("calls_per_minute", "calls_per_day")
"""An operator's own limits: what the user chose says nothing of them."""


class ScopesField(forms.MultipleChoiceField):
    """Boxes for what is stored as one text, in which the order says nothing."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return Connection.join_scopes(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set((initial or "").split()) != set(data or ())


class ConnectionForm(ModelForm):
    """Its scopes, whether it may only read, when it ends, and how often it may call."""

    class Meta:
        model = Connection
        fields = ("scopes", "read_only", "expires_at", *BUDGET)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            resource = find_resource(self.instance.resource)
            words = {
                scope.name: f"{scope.name}: {scope.description}" for scope in (resource.scopes if resource else ())
            }
            self.fields["scopes"] = ScopesField(
                choices=[(name, words.get(name, name)) for name in sorted(self.instance.scope_set)],
                help_text="Take away what it must not do any more. Only its user can give it back.",
                error_messages={"required": "Leave at least one, or revoke it."},
            )
        if "read_only" in self.fields:
            self.fields["read_only"].disabled = self.instance.read_only

    def clean_expires_at(self) -> datetime | None:
        """An end that is no later than the one that the user chose."""
        chosen: datetime | None = self.cleaned_data["expires_at"]
        before = Connection.objects.only("expires_at").get(pk=self.instance.pk).expires_at
        if before is not None and (chosen is None or chosen > before):
            raise forms.ValidationError("It can end earlier than its user chose, not later.")
        return chosen


def save_limits(connection: Connection, changed: Collection[str]) -> None:
    """Write down what was taken away; what is refused from now on ends the open streams."""
    with transaction.atomic():
        if "expires_at" in changed:
            Connection.objects.filter(pk=connection.pk).update(expires_at=connection.expires_at)
            announce([connection.pk])
        if budget := {field: getattr(connection, field) for field in BUDGET if field in changed}:
            Connection.objects.filter(pk=connection.pk).update(**budget)
            announce_change(connections=[connection.pk])
        if {"scopes", "read_only"} & set(changed):
            narrow_connection(connection.pk, connection.scope_set, read_only=connection.read_only)
