"""What is the same in the document of every model."""

from __future__ import annotations

from typing import Any

RESERVED = frozenset(
    {
        "Input",
        "Output",
        "PredictionRequest",
        "PredictionResponse",
        "TrainingInput",
        "TrainingOutput",
        "TrainingRequest",
        "TrainingResponse",
        "Status",
        "HTTPValidationError",
        "ValidationError",
    }
)

Json = dict[str, Any]


def skeleton(mode: str, version: str, inputs: Json, output: Json, choices: Json, streaming: bool) -> Json:
    """The whole document round the parts that the model decides."""
    kind = _Kind("Training", "TrainingInput", "TrainingOutput", "train") if mode == "train" else _PREDICTION
    schemas = {
        kind.input: {**inputs, "title": kind.input, "type": "object"},
        kind.output: dict(sorted({**output, "title": "Output"}.items())),
        **choices,
        f"{kind.name}Request": _request(kind),
        f"{kind.name}Response": _response(kind),
        "Status": _enumeration("Status", ["starting", "processing", "succeeded", "canceled", "failed"]),
        "HTTPValidationError": _object(
            "HTTPValidationError", {"detail": {"items": _ref("ValidationError"), "title": "Detail", "type": "array"}}
        ),
        "ValidationError": _validation_error(),
    }
    return {
        "components": {"schemas": schemas},
        "info": {"title": "Cog", "version": version},
        "openapi": "3.0.2",
        "paths": {
            "/": {"get": _information("root__get", "Root")},
            "/health-check": {"get": _information("healthcheck_health_check_get", "Healthcheck")},
            f"/{kind.route}": {"post": _create(kind, streaming and mode != "train")},
            f"/{kind.route}/{{{kind.noun}_id}}/cancel": {"post": _cancel(kind)},
        },
    }


class _Kind:
    """The words for predictions or trainings."""

    def __init__(self, name: str, input: str, output: str, verb: str) -> None:
        self.name, self.input, self.output, self.verb = name, input, output, verb
        self.noun = name.lower()
        self.route = f"{self.noun}s"


_PREDICTION = _Kind("Prediction", "Input", "Output", "predict")


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _text(title: str) -> Json:
    return {"title": title, "type": "string"}


def _time(title: str) -> Json:
    return {"format": "date-time", "title": title, "type": "string"}


def _object(title: str, properties: Json) -> Json:
    return {"properties": properties, "title": title, "type": "object"}


def _enumeration(title: str, values: list[str]) -> Json:
    return {"description": "An enumeration.", "enum": values, "title": title, "type": "string"}


def _request(kind: _Kind) -> Json:
    return _object(f"{kind.name}Request", {"id": _text("Id"), "input": _ref(kind.input)})


def _response(kind: _Kind) -> Json:
    return _object(
        f"{kind.name}Response",
        {
            "completed_at": _time("Completed At"),
            "created_at": _time("Created At"),
            "error": _text("Error"),
            "id": _text("Id"),
            "input": _ref(kind.input),
            "logs": _text("Logs"),
            "metrics": {"title": "Metrics", "type": "object"},
            "output": _ref(kind.output),
            "started_at": _time("Started At"),
            "status": _text("Status"),
            "version": _text("Version"),
        },
    )


def _validation_error() -> Json:
    return {
        "properties": {
            "loc": {
                "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "title": "Location",
                "type": "array",
            },
            "msg": _text("Message"),
            "type": _text("Error Type"),
        },
        "required": ["loc", "msg", "type"],
        "title": "ValidationError",
        "type": "object",
    }


def _answer(description: str, schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}, "description": description}


def _information(operation: str, summary: str) -> Json:
    return {"operationId": operation, "responses": {"200": _answer("Successful Response", {})}, "summary": summary}


def _create(kind: _Kind, streaming: bool) -> Json:
    operation: Json = {
        "description": f"Run a single {kind.noun} on the model",
        "operationId": f"{kind.verb}_{kind.route}_post",
        "requestBody": {"content": {"application/json": {"schema": _ref(f"{kind.name}Request")}}},
        "responses": {
            "200": _answer("Successful Response", _ref(f"{kind.name}Response")),
            "422": _answer("Validation Error", _ref("HTTPValidationError")),
        },
        "summary": kind.verb.capitalize(),
    }
    if streaming:
        operation["x-cog-streaming"] = True
    return operation


def _cancel(kind: _Kind) -> Json:
    noun = kind.noun
    return {
        "operationId": f"cancel_{kind.route}__{noun}_id__cancel_post",
        "parameters": [
            {
                "in": "path",
                "name": f"{noun}_id",
                "required": True,
                "schema": _text(f"{kind.name} Id"),
            }
        ],
        "responses": {
            "200": _answer("Successful Response", {}),
            "422": _answer("Validation Error", _ref("HTTPValidationError")),
        },
        "summary": "Cancel",
    }
