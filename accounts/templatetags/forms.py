"""How fields of allauth's forms are shown: by a label that stays, not by a placeholder that goes."""

from django import template
from django.forms import BoundField

register = template.Library()

LABELS = {"login": "User name or e-mail address", "remember": "Stay signed in"}


@register.filter
def label(field: BoundField) -> str:
    """What the field is called on our pages."""
    return LABELS.get(field.name, str(field.label))


@register.filter
def without_placeholder(field: BoundField) -> BoundField:
    """The field without the words inside it that repeat its label."""
    field.field.widget.attrs.pop("placeholder", None)
    return field
