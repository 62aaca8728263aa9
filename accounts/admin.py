"""Users, and how they sign in, in Django admin."""

from typing import TYPE_CHECKING, Any, cast

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import NestedObjects
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.db import router
from django.db.models import Model
from django.forms import ModelForm, modelform_factory
from django.http import HttpRequest, HttpResponse

from accounts.addresses import replace
from accounts.conf import local_passwords
from accounts.invitation_admin import InvitationAdmin as InvitationAdmin
from accounts.models import User
from accounts.upstream.admin import UpstreamAccountAdmin as UpstreamAccountAdmin

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic in the stubs alone
    Users = UserAdmin[User]
    Form = ModelForm[User]
else:
    ModelAdmin = admin.ModelAdmin
    Users = UserAdmin
    Form = ModelForm

# Providers are set by environment variables, and allauth stores no token: what is in our vault is shown to nobody.
admin.site.unregister([SocialApp, SocialToken, SocialAccount, Authenticator])


class CascadeAdmin(ModelAdmin):
    """Who may delete a row may delete what belongs to it, and is told how much that is.

    Without this a user or client that was ever given a token could not be deleted: tokens have no deletion of
    their own, and Django asks for it.
    """

    delete_confirmation_template = delete_selected_confirmation_template = "admin/operated_delete.html"

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Names of the rows, and how many of each kind go with them: of those kinds that have pages in admin.

        Django's own names every one of them, with queries for each, and links that no operator knows of.
        """
        if not objs:
            return [], {}, set(), []
        found = NestedObjects(using=router.db_for_write(self.model), origin=objs)
        found.collect(objs)
        kinds = cast("dict[type[Model], set[Model]]", found.model_objs)  # the stubs take the keys for names
        counts = {
            str(kind._meta.verbose_name if len(rows) == 1 else kind._meta.verbose_name_plural): len(rows)
            for kind, rows in kinds.items()
            if self.admin_site.is_registered(kind) and kind is not self.model
        }
        return [str(each) for each in objs], counts, set(), [str(each) for each in found.protected]


@admin.register(User)
class PersonAdmin(CascadeAdmin, Users):
    """Users; deactivating one ends all access that was given in their name."""

    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "usable_password", "password1", "password2"),
                "description": "The address is taken for theirs: a provider that vouches for it signs them in.",
            },
        ),
    )

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """With what they did here: it is known only as long as they are."""
        listed, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if done := LogEntry.objects.filter(user__in=[user.pk for user in objs]).count():
            counts["lines in the histories of what they changed (deactivate them instead to keep those)"] = done
        return listed, counts, lacking, protected

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Without passwords where they are switched off."""
        fieldsets = super().get_fieldsets(request, obj)
        if local_passwords():
            return fieldsets
        return [
            (title, {**options, "fields": tuple(name for name in options["fields"] if "password" not in name)})
            for title, options in fieldsets
        ]

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """A new user without a password, where they are switched off, can be told apart by name and address alone."""
        if obj is None and not local_passwords():
            return modelform_factory(User, form=WithoutPasswordForm, fields=("username", "email"))
        return super().get_form(request, obj, change=change, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Not where passwords are switched off."""
        if not local_passwords():
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """What an operator writes as somebody's address is theirs; the one that stood there before is no more."""
        former = str(form.initial.get("email") or "") if change else ""
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            replace(obj, former)


class WithoutPasswordForm(Form):
    """A user who signs in through a provider."""

    def save(self, commit: bool = True) -> User:
        """The user, with a password that nothing matches."""
        self.instance.set_unusable_password()
        return super().save(commit)


class ReadOnlyAdmin(ModelAdmin):
    """Rows that can be looked at and deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come about by what users do."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Changing one would open an account to somebody else."""
        return False


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Second factors. Delete those of somebody who lost them, once you know that it is them who ask."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__username", "user__email")
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class SocialAccountAdmin(ReadOnlyAdmin):
    """Accounts at providers that people sign in with."""

    list_display = ("user", "provider", "uid", "last_login")
    list_filter = ("provider",)
    search_fields = ("user__username", "user__email", "uid")
    fields = ("user", "provider", "uid", "date_joined", "last_login")
