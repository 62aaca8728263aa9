"""Notes on the ORM: each person's are listed, read and changed by that person's clients alone."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from demo_tools.models import Note
from mcp_endpoint import Context, ToolError, resource, scope, tool

READ, WRITE = "notes:read", "notes:write"
scope(READ, "Read your notes", default=True)
scope(WRITE, "Add and delete your notes", default=True)

Limit = Annotated[int, Field(ge=1, le=200, description="How many notes at the most, newest first")]


class NoteView(BaseModel):
    """A note as a client sees it."""

    id: int
    uri: str
    text: str
    created_at: datetime


def view(note: Note) -> NoteView:
    """What a client is shown of a note."""
    return NoteView(id=note.pk, uri=note.uri, text=note.text, created_at=note.created_at)


def own_note(ctx: Context, note_id: int) -> Note:
    """The caller's note; raises `ToolError` alike for one that is somebody else's and one that never was."""
    note = Note.objects.filter(owner=ctx.user, pk=note_id).first()
    if note is None:
        raise ToolError(f"You have no note {note_id}.")
    return note


@tool(scope=WRITE, destructive=False)
def add_note(ctx: Context, text: Annotated[str, Field(min_length=1, max_length=10_000)]) -> NoteView:
    """Write down a note."""
    note = Note.objects.create(owner=ctx.user, text=text)
    ctx.resource_updated(note.uri)
    return view(note)


@tool(scope=READ, read_only=True)
def list_notes(ctx: Context, limit: Limit = 50) -> list[NoteView]:
    """List your notes, newest first."""
    return [view(note) for note in Note.objects.filter(owner=ctx.user)[:limit]]


@tool(scope=READ, read_only=True)
def search_notes(ctx: Context, query: Annotated[str, Field(min_length=1)], limit: Limit = 50) -> list[NoteView]:
    """Find your notes that contain a text."""
    found = Note.objects.filter(owner=ctx.user, text__icontains=query)
    return [view(note) for note in found[:limit]]


@tool(scope=WRITE, destructive=True)
def delete_note(ctx: Context, note_id: int) -> str:
    """Delete one of your notes for good."""
    note = own_note(ctx, note_id)
    uri = note.uri
    note.delete()
    ctx.resource_updated(uri)
    return f"Deleted note {note_id}."


@resource("notes://{note_id}", name="note", title="Note", mime_type="text/plain", scope=READ)
def read_note(ctx: Context, note_id: int) -> str:
    """One of your notes."""
    return own_note(ctx, note_id).text
