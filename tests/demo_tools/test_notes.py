"""Notes: each person reads and changes their own."""

from unittest.mock import Mock

import pytest

from accounts.models import User
from demo_tools import notes
from demo_tools.models import Note
from mcp_endpoint import Context, ToolError
from tests.demo_tools.conftest import ContextOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    """Somebody with an account."""
    return User.objects.create_user("ada")


@pytest.fixture
def bob(context_of: ContextOf) -> Context:
    """Somebody else's client."""
    return context_of(User.objects.create_user("bob"))


def announced(ctx: Context) -> list[str]:
    """URIs of which subscribers were told."""
    assert isinstance(ctx.resource_updated, Mock)
    return [call.args[0] for call in ctx.resource_updated.call_args_list]


def texts(found: list[notes.NoteView]) -> list[str]:
    return [note.text for note in found]


def test_a_note_belongs_to_who_wrote_it(ctx: Context, ada: User) -> None:
    written = notes.add_note(ctx, "milk")
    assert Note.objects.get(pk=written.id).owner == ada


def test_a_new_note_is_announced_under_its_uri(ctx: Context) -> None:
    written = notes.add_note(ctx, "milk")
    assert announced(ctx) == [written.uri] == [f"notes://{written.id}"]


def test_notes_are_listed_newest_first(ctx: Context) -> None:
    notes.add_note(ctx, "milk")
    notes.add_note(ctx, "bread")
    assert texts(notes.list_notes(ctx)) == ["bread", "milk"]


def test_a_list_is_no_longer_than_asked(ctx: Context) -> None:
    for text in ("milk", "bread", "tea"):
        notes.add_note(ctx, text)
    assert texts(notes.list_notes(ctx, limit=2)) == ["tea", "bread"]


def test_nobody_lists_the_notes_of_another(ctx: Context, bob: Context) -> None:
    notes.add_note(bob, "secret")
    assert notes.list_notes(ctx) == []


def test_search_finds_a_text_in_any_case(ctx: Context) -> None:
    notes.add_note(ctx, "Buy Milk")
    notes.add_note(ctx, "sleep")
    assert texts(notes.search_notes(ctx, "milk")) == ["Buy Milk"]


def test_search_takes_wildcards_literally(ctx: Context) -> None:
    notes.add_note(ctx, "milk")
    assert notes.search_notes(ctx, "%") == []


def test_nobody_finds_the_notes_of_another(ctx: Context, bob: Context) -> None:
    notes.add_note(bob, "milk")
    assert notes.search_notes(ctx, "milk") == []


def test_a_deleted_note_is_gone_and_announced(ctx: Context) -> None:
    written = notes.add_note(ctx, "milk")
    assert notes.delete_note(ctx, written.id) == f"Deleted note {written.id}."
    assert notes.list_notes(ctx) == []
    assert announced(ctx) == [written.uri, written.uri]


def test_a_note_of_another_cannot_be_deleted_and_seems_not_to_exist(ctx: Context, bob: Context) -> None:
    secret = notes.add_note(bob, "secret")
    with pytest.raises(ToolError, match=f"You have no note {secret.id}"):
        notes.delete_note(ctx, secret.id)
    assert Note.objects.filter(pk=secret.id).exists()


def test_an_owner_reads_a_note(ctx: Context) -> None:
    written = notes.add_note(ctx, "milk")
    assert notes.read_note(ctx, written.id) == "milk"


def test_a_note_of_another_does_not_exist_for_a_reader(ctx: Context, bob: Context) -> None:
    secret = notes.add_note(bob, "secret")
    with pytest.raises(ToolError, match=f"You have no note {secret.id}"):
        notes.read_note(ctx, secret.id)


@pytest.mark.parametrize("note_id", [0, -1, 2**70])
def test_a_number_that_no_note_has_is_no_accident(ctx: Context, note_id: int) -> None:
    with pytest.raises(ToolError, match="You have no note"):
        notes.read_note(ctx, note_id)


def test_a_user_takes_the_notes_along(ctx: Context, ada: User) -> None:
    notes.add_note(ctx, "milk")
    ada.delete()
    assert not Note.objects.exists()


def test_a_note_is_shown_by_its_beginning(ada: User) -> None:
    assert str(Note(owner=ada, text="milk " * 100)) == ("milk " * 12)
