"""What one declaration becomes: the function, its schema, its wire form and who may use it."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, get_args

import mcp_types as types
from pydantic_core import PydanticUndefined

from mcp_endpoint.context import Context
from mcp_endpoint.errors import DeclarationError
from mcp_endpoint.sdk import FuncMetadata, InvalidUriTemplate, UriTemplate, find_invalid_x_mcp_header, func_metadata

TOOL_NAME = re.compile(r"[A-Za-z0-9_./-]{1,128}")
"""MCP 2026-07-28 server/tools: characters and length that every client accepts."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller needs, and where that was declared."""

    scopes: tuple[str, ...]
    permissions: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class ScopeEntry:
    """A declared scope."""

    name: str
    description: str
    default: bool
    place: str


@dataclass(frozen=True)
class Entry:
    """A function that clients can reach."""

    function: Callable[..., Any]
    access: Access
    metadata: FuncMetadata
    context_parameter: str | None

    @property
    def place(self) -> str:
        return self.access.place

    @property
    def label(self) -> str:
        """How an error names this entry."""
        return repr(self.function.__name__)

    @cached_property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(inspect.unwrap(self.function))

    @cached_property
    def _never_json(self) -> Callable[[str], bool]:
        """Whether text for an argument of this name is taken as it is, and not for JSON that a model wrote as text."""
        fields = self.metadata.arg_model.model_fields
        others = {key for name, field in fields.items() if field.annotation is not str for key in (name, field.alias)}
        return lambda name: name not in others

    @cached_property
    def _parameters(self) -> tuple[tuple[str, str], ...]:
        """The model's names of the arguments, and those of the function."""
        return tuple((name, field.alias or name) for name, field in self.metadata.arg_model.model_fields.items())

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments for the function; raises pydantic's ValidationError. What the SDK does, without its inspections."""
        if all(type(value) is not str or self._never_json(name) for name, value in arguments.items()):
            found = self.metadata.arg_model.model_validate(arguments).__dict__
            return {parameter: found[name] for name, parameter in self._parameters}
        return self.metadata.validate_arguments(dict(arguments))


@dataclass(frozen=True)
class ToolEntry(Entry):
    """A tool and its wire form."""

    wire: types.Tool = field(kw_only=True)
    ledger_arguments: bool = field(kw_only=True, default=False)
    """Whether the ledger may keep what the tool was called with."""

    @property
    def name(self) -> str:
        return self.wire.name

    @property
    def effect(self) -> str:
        """`read`, `write` or `destructive`, from the annotations and the defaults that MCP gives them."""
        hints = self.wire.annotations
        if hints is not None and hints.read_only_hint:
            return "read"
        return "write" if hints is not None and hints.destructive_hint is False else "destructive"

    @property
    def _is_structured(self) -> bool:
        return self.metadata.output_schema is not None and self.metadata.output_model is not None

    @cached_property
    def _gives_text(self) -> bool:
        """Whether it is declared to return a plain `str`, or nothing that results are held to."""
        if not self._is_structured:
            return True
        fields = getattr(self.metadata.output_model, "model_fields", {})
        if not self.metadata.wrap_output or fields.keys() != {"result"}:
            return False
        return fields["result"].annotation is str and not fields["result"].metadata

    def result(self, value: Any) -> types.CallToolResult | types.InputRequiredResult:
        """What the tool returned, as a result; raises pydantic's ValidationError when it is not what was declared."""
        if type(value) is not str or not self._gives_text:
            return self.metadata.convert_result(value)
        structured = {"result": value} if self._is_structured else None
        return types.CallToolResult(content=[types.TextContent(type="text", text=value)], structured_content=structured)

    @cached_property
    def argument_names(self) -> frozenset[str]:
        """What its input schema calls its arguments."""
        return frozenset(self.wire.input_schema.get("properties", ()))

    @cached_property
    def header_schema(self) -> dict[str, Any] | None:
        """The input schema when it mirrors arguments into `Mcp-Param-*` headers, else None."""
        return self.wire.input_schema if "x-mcp-header" in str(self.wire.input_schema) else None


@dataclass(frozen=True)
class ResourceEntry(Entry):
    """A resource, or a template when it has variables."""

    uri: str = field(kw_only=True)
    template: UriTemplate | None = field(kw_only=True)
    name: str = field(kw_only=True)
    title: str | None = field(kw_only=True)
    description: str | None = field(kw_only=True)
    mime_type: str | None = field(kw_only=True)

    def match(self, uri: str) -> dict[str, Any] | None:
        """The template's variables in `uri`, or None when it does not fit."""
        return self.template.match(uri) if self.template else None


@dataclass(frozen=True)
class PromptEntry(Entry):
    """A prompt and its wire form."""

    wire: types.Prompt = field(kw_only=True)

    @property
    def name(self) -> str:
        return self.wire.name


@dataclass(frozen=True, slots=True)
class CompletionEntry:
    """Completions for one argument of `reference`, a prompt's name or a template's URI."""

    function: Callable[..., Any]
    reference: str
    argument: str
    parameters: frozenset[str]
    place: str


def tool_entry(
    function: Callable[..., Any],
    *,
    name: str | None,
    title: str | None,
    description: str | None,
    access: Access,
    annotations: types.ToolAnnotations,
    icons: list[types.Icon] | None,
    meta: dict[str, Any] | None,
    structured: bool | None,
    input_schema: dict[str, Any] | None,
    ledger_arguments: bool,
) -> ToolEntry:
    """Build a tool from its function; raises `DeclarationError` for a name or schema that cannot be served."""
    tool_name = name or function.__name__
    if not TOOL_NAME.fullmatch(tool_name):
        raise DeclarationError(f"{access.place}: {tool_name!r} is no tool name (letters, digits and _ . / -).")
    metadata, context_parameter = _read_signature(function, access.place, structured)
    schema = input_schema or metadata.arg_model.model_json_schema(by_alias=True)
    if (reason := find_invalid_x_mcp_header(schema)) is not None:
        raise DeclarationError(f"{access.place}: x-mcp-header of tool {tool_name!r}: {reason}")
    wire = types.Tool(
        name=tool_name,
        title=title,
        description=_description(description, function),
        input_schema=schema,
        output_schema=metadata.output_schema,
        annotations=annotations,
        icons=icons,
        _meta=meta,
    )
    return ToolEntry(function, access, metadata, context_parameter, wire=wire, ledger_arguments=ledger_arguments)


def resource_entry(
    function: Callable[..., Any],
    *,
    uri: str,
    name: str | None,
    title: str | None,
    description: str | None,
    mime_type: str | None,
    access: Access,
) -> ResourceEntry:
    """Build a resource or template; a template's variables must be the function's parameters."""
    metadata, context_parameter = _read_signature(function, access.place, structured=False)
    try:
        template = UriTemplate.parse(uri) if UriTemplate.is_template(uri) else None
    except InvalidUriTemplate as error:
        raise DeclarationError(f"{access.place}: {uri!r} is no URI template: {error}") from error
    variables = set(template.variable_names) if template else set()
    if variables != set(metadata.arg_model.model_fields):
        raise DeclarationError(
            f"{access.place}: the variables of {uri!r} and the parameters of {function.__name__!r} differ."
        )
    return ResourceEntry(
        function,
        access,
        metadata,
        context_parameter,
        uri=uri,
        template=template,
        name=name or function.__name__,
        title=title,
        description=_description(description, function),
        mime_type=mime_type,
    )


def prompt_entry(
    function: Callable[..., Any],
    *,
    name: str | None,
    title: str | None,
    description: str | None,
    access: Access,
) -> PromptEntry:
    """Build a prompt; its arguments are the function's parameters."""
    metadata, context_parameter = _read_signature(function, access.place, structured=False)
    arguments = [
        types.PromptArgument(name=key, description=info.description, required=info.default is PydanticUndefined)
        for key, info in metadata.arg_model.model_fields.items()
    ]
    wire = types.Prompt(
        name=name or function.__name__,
        title=title,
        description=_description(description, function),
        arguments=arguments,
    )
    return PromptEntry(function, access, metadata, context_parameter, wire=wire)


def completion_entry(
    function: Callable[..., Any], *, prompt: str | None, resource: str | None, argument: str, place: str
) -> CompletionEntry:
    """Build a completion; exactly one of prompt and resource is named."""
    reference = prompt or resource
    if reference is None or (prompt and resource):
        raise DeclarationError(f"{place}: a completion names either a prompt or a resource.")
    parameters = list(inspect.signature(function).parameters)
    if not parameters or not set(parameters[1:]) <= {"ctx", "others"}:
        raise DeclarationError(f"{place}: a completion takes the value, and by name ctx and others.")
    return CompletionEntry(function, reference, argument, frozenset(parameters[1:]), place)


def _read_signature(
    function: Callable[..., Any], place: str, structured: bool | None
) -> tuple[FuncMetadata, str | None]:
    """Argument and result models of a function, and the name of its Context parameter."""
    try:
        signature = inspect.signature(function, eval_str=True)
        context_parameter = next((p.name for p in signature.parameters.values() if _is_context(p.annotation)), None)
        skip = [context_parameter] if context_parameter else []
        return func_metadata(function, skip_names=skip, structured_output=structured), context_parameter
    except Exception as error:  # whatever pydantic and the SDK make of an annotation, the place is what helps
        raise DeclarationError(f"{place}: {function.__name__!r} has no usable signature: {error}") from error


def _is_context(annotation: object) -> bool:
    return any(item is Context for item in (annotation, *get_args(annotation)))


def _description(given: str | None, function: Callable[..., Any]) -> str:
    return given or inspect.cleandoc(function.__doc__ or "") or function.__name__
