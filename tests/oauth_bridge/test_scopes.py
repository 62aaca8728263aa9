"""The toolkit's view of the scopes."""

from oauth_bridge.scopes import ResourceScopes


def test_all_of_every_resource() -> None:
    scopes = ResourceScopes()
    assert scopes.get_all_scopes()["reports"] == "Read reports"
    assert scopes.get_available_scopes() == ["mcp", "notes:read", "notes:write", "reports"]


def test_the_defaults_are_those_of_the_default_resource() -> None:
    assert ResourceScopes().get_default_scopes() == ["mcp"]
