"""Questions that a tool asks the client: elicitation, sampling, roots.

A 2025 session is asked while the call runs. In 2026-07-28 the call ends with what it needs (basic/patterns/mrtr), the
client calls again with the answers, and the function runs anew; answers of earlier rounds travel in the sealed state.
"""

import json
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from pydantic import BaseModel, ValidationError

from mcp_endpoint.errors import ToolError
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.sdk import MCPError

Question = types.ElicitRequest | types.CreateMessageRequest | types.ListRootsRequest
Answer = types.ElicitResult | types.CreateMessageResult | types.CreateMessageResultWithTools | types.ListRootsResult


class InputRequired(Exception):  # noqa: N818  (no error: it ends a round, as the protocol calls it)
    """Ends a call of the 2026 era with the questions that its client must answer first."""

    def __init__(self, result: types.InputRequiredResult) -> None:
        super().__init__("input required")
        self.result = result


class Rounds:
    """What a call was told in its earlier rounds."""

    def __init__(self, params: Any = None) -> None:
        self.state: dict[str, Any] = {}
        self._answers: dict[str, Any] = {}
        if params is None:
            return
        if params.request_state is not None:
            sealed = json.loads(params.request_state)
            self.state, self._answers = sealed["state"], sealed["answers"]
        for key, answer in (params.input_responses or {}).items():
            raw = (
                answer.model_dump(by_alias=True, mode="json", exclude_none=True)
                if isinstance(answer, BaseModel)
                else answer
            )
            self._answers[key] = raw

    def answer(self, key: str, question: Question) -> Answer | None:
        """The answer to a question, or None when there is none that fits it."""
        raw = self._answers.get(key)
        if raw is None:
            return None
        try:
            return _result_type(question).model_validate(raw, by_name=False)
        except ValidationError:
            return None

    def require(self, questions: Mapping[str, Question]) -> InputRequired:
        """The interim result that asks these questions and carries everything known so far."""
        state = json.dumps({"state": self.state, "answers": self._answers})
        return InputRequired(types.InputRequiredResult(input_requests=dict(questions), request_state=state))


async def ask(exchange: Exchange, rounds: Rounds, questions: Mapping[str, Question]) -> dict[str, Answer]:
    """Answers to all questions, by key.

    Raises `InputRequired` in the 2026 era while one is open, and an error when the client never declared that it can
    answer: -32021 in the 2026 era, a `ToolError` before.
    """
    if exchange.modern:
        answers = {key: rounds.answer(key, question) for key, question in questions.items()}
        missing = {key: question for key, question in questions.items() if answers[key] is None}
        for question in missing.values():
            _require_capability(exchange, question)
        if missing:
            raise rounds.require(missing)
        return {key: answer for key, answer in answers.items() if answer is not None}
    given: dict[str, Answer] = {}
    for key, question in questions.items():
        _require_capability(exchange, question)
        data = question.model_dump(by_alias=True, mode="json", exclude_none=True)
        raw = await exchange.send_raw_request(data["method"], data.get("params"))
        try:
            given[key] = _result_type(question).model_validate(raw, by_name=False)
        except ValidationError as error:
            raise ToolError(f"The client's answer to {data['method']} was malformed") from error
    return given


def can(capabilities: types.ClientCapabilities | None, name: str) -> bool:
    """Whether a client declared `elicitation`, `elicitation.url`, `sampling` or `roots`.

    An empty elicitation object means form mode (MCP 2025-11-25 client/elicitation).
    """
    if capabilities is None:
        return False
    if name == "elicitation.url":
        return capabilities.elicitation is not None and capabilities.elicitation.url is not None
    if name == "elicitation":
        elicitation = capabilities.elicitation
        return elicitation is not None and (elicitation.form is not None or elicitation.url is None)
    return getattr(capabilities, name, None) is not None


def _capability(question: Question) -> str:
    if isinstance(question, types.ElicitRequest):
        return "elicitation.url" if isinstance(question.params, types.ElicitRequestURLParams) else "elicitation"
    return "sampling" if isinstance(question, types.CreateMessageRequest) else "roots"


def _require_capability(exchange: Exchange, question: Question) -> None:
    name = _capability(question)
    if can(exchange.capabilities, name):
        return
    if exchange.modern:
        parent, _, child = name.partition(".")
        required: dict[str, dict[str, Any]] = {parent: {child: {}} if child else {}}
        raise MCPError(
            types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            f"This call needs a client with the capability {name}",
            {"requiredCapabilities": required},
        )
    raise ToolError(f"This tool needs a client with the capability {name}, which this one did not declare")


def _result_type(question: Question) -> type[Answer]:
    if isinstance(question, types.ElicitRequest):
        return types.ElicitResult
    if isinstance(question, types.CreateMessageRequest):
        return types.CreateMessageResultWithTools if question.params.tools else types.CreateMessageResult
    return types.ListRootsResult
