"""How fields of allauth's forms are shown: by a label that stays, not by a placeholder that goes."""

from django import template
from django.forms import BoundField

register = template.Library()

LABELS = {
    "code": "Code",
    "email": "E-mail address",
    "login": "User name or e-mail address",
    "remember": "Stay signed in",
    "username": "User name",
}


@register.filter
def label(field: BoundField) -> str:
    """What the field is called on our pages."""
    ours = LABELS.get(field.name)
    if ours is None:
        return str(field.label)
    return ours if field.field.required or field.widget_type == "checkbox" else f"{ours} (optional)"


@register.filter
def without_placeholder(field: BoundField) -> BoundField:
    """The field without the words inside it that repeat its label."""
    field.field.widget.attrs.pop("placeholder", None)
    return field
