"""Notes in Django admin."""

from django.contrib import admin

from demo_tools.models import Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    list_display = ["__str__", "owner", "created_at"]
    list_filter = ["created_at"]
    search_fields = ["text", "owner__username"]
    raw_id_fields = ["owner"]
    readonly_fields = ["created_at"]
