"""The form by which an operator makes a client by hand, or changes one that they made."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from oauth_bridge.models import Client
from oauth_bridge.resources import protected_resources

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Client]
    ModelChoiceField = forms.ModelChoiceField[User]
else:
    ModelForm = forms.ModelForm
    ModelChoiceField = forms.ModelChoiceField

GRANTS = {
    Client.GRANT_AUTHORIZATION_CODE: "Authorization code: an application that asks its users",
    Client.GRANT_CLIENT_CREDENTIALS: "Client credentials: a program or resource server that asks nobody",
    Client.GRANT_DEVICE_CODE: "Device code: an application without a browser",
}
"""What can be chosen; the toolkit's other grants are switched off."""


class UserField(ModelChoiceField):
    """A user by name, which people know and can type; the stock field wants a number, or a script that looks it up."""

    widget = forms.TextInput

    def __init__(self, queryset: QuerySet[User]) -> None:
        super().__init__(
            queryset,
            to_field_name=User.USERNAME_FIELD,
            required=False,
            help_text=f"Username. {Client._meta.get_field('acts_as').help_text}",
            error_messages={"invalid_choice": "There is no such user that you may choose."},
        )

    def prepare_value(self, value: Any) -> Any:
        """The name behind the key that is stored; what somebody typed as it is."""
        if isinstance(value, int):
            return User.objects.filter(pk=value).values_list(User.USERNAME_FIELD, flat=True).first()
        return super().prepare_value(value)


class ClientForm(ModelForm):
    """A client's facts, with what each kind of client needs."""

    users: QuerySet[User] = User.objects.all()
    """Those that it may be let act as; the admin has fewer for whoever is no administrator."""

    class Meta:
        model = Client
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "authorization_grant_type" in self.fields:
            self.fields["authorization_grant_type"] = forms.ChoiceField(choices=GRANTS.items(), label="Kind")
        if "introspects" in self.fields:
            choices = [("", "The site's default resource"), *((each.uri, each.title) for each in protected_resources())]
            self.fields["introspects"] = forms.ChoiceField(
                choices=choices, required=False, help_text=Client._meta.get_field("introspects").help_text
            )
        if "acts_as" in self.fields:
            self.fields["acts_as"] = UserField(self.users)
        for name in ("contacts", "metadata"):
            if name in self.fields:
                self.fields[name].required = False

    def clean_contacts(self) -> list[str]:
        contacts = self.cleaned_data.get("contacts") or []
        if not isinstance(contacts, list) or not all(isinstance(each, str) for each in contacts):
            raise forms.ValidationError('Write a list of texts: ["ops@example.org"].')
        return contacts

    def clean(self) -> dict[str, Any] | None:
        """Refuse what could never get a token."""
        given = super().clean() or self.cleaned_data
        if not {"authorization_grant_type", "client_type"} <= self.fields.keys():
            return given
        grant, confidential = given.get("authorization_grant_type"), given.get("client_type") == "confidential"
        introspects = given.get("may_introspect")
        if grant == Client.GRANT_AUTHORIZATION_CODE and not given.get("redirect_uris", "").strip():
            self.add_error("redirect_uris", "Write at least one: users are sent back there with the code.")
        if grant == Client.GRANT_CLIENT_CREDENTIALS and not confidential:
            self.add_error("client_type", "Choose confidential: nothing but its secret says who it is.")
        if grant == Client.GRANT_CLIENT_CREDENTIALS and not given.get("acts_as") and not introspects:
            self.add_error("acts_as", "Choose the user that it is, or let it introspect.")
        if introspects and not confidential:
            self.add_error("may_introspect", "Choose confidential: only who proves itself may ask about tokens.")
        return given
