"""The OpenAPI 3.1 document, made of the classes that the interface itself reads and writes with."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from consult.app_context import settings
from consult.faces.api import schemas
from consult.faces.api.blueprint import PREFIX, blueprint, read_limit
from consult.faces.api.problems import MEDIA_TYPE, TITLES

REF = "#/components/schemas/{model}"
OUT = (
    *(schemas.ConsultationPage, schemas.ConsultationDetail, schemas.ProvisionPage, schemas.ProvisionOut),
    *(schemas.OpinionPage, schemas.ReportOut, schemas.ReportRowPage, schemas.ReceiptOut, schemas.Problem),
)
IN = (schemas.SubmissionOnWhole, schemas.SubmissionByProvision, schemas.SubmissionOfAnswers)
READING = (400, 404, 405, 414, 422, 429, 431, 500)
SENDING = (400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 429, 431, 500)
BY_SERVER = (400, 414, 431)
"""What the web server itself refuses in its own words (a request line or header beyond its limit)."""
SLUG_PARAMETER = {
    "name": "slug",
    "in": "path",
    "required": True,
    "description": "征求意见的编号。",
    "schema": {"type": "string", "pattern": schemas.SLUG},
}
ANCHOR_PARAMETER = {
    "name": "anchor",
    "in": "path",
    "required": True,
    "description": "条文编号，如 art-12。",
    "schema": {"type": "string", "pattern": schemas.ANCHOR, "maxLength": 80},
}


@blueprint.get("/openapi.json")
@read_limit
def openapi() -> Response:
    """Return the description of this interface."""
    made = current_app.extensions.get("consult.openapi")
    if made is None:
        made = current_app.extensions["consult.openapi"] = document()
    return jsonify(made)


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    modes: list[Any] = [(model, "serialization") for model in OUT] + [(model, "validation") for model in IN]
    _, defined = models_json_schema(modes, ref_template=REF)
    for model in ("SubmissionOnWhole", "OpinionIn", "AnswerIn"):
        defined["$defs"][model]["properties"]["content"]["maxLength"] = settings().comment_characters
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings().site_name}接口",
            "version": "1",
            "description": f"{settings().department}公开征求意见：读取草案、公开的意见和反馈，提交意见。",
        },
        "servers": [{"url": "/"}],
        "paths": {**_reading(), f"{PREFIX}/consultations/{{slug}}/submissions": {"post": _sending()}},
        "components": {
            "schemas": defined["$defs"],
            "securitySchemes": {
                "sender": {"type": "http", "scheme": "bearer", "description": "代收意见的系统的接口密钥。"}
            },
        },
    }


def _reading() -> dict[str, Any]:
    base = f"{PREFIX}/consultations/{{slug}}"
    slug, anchor = SLUG_PARAMETER, ANCHOR_PARAMETER
    return {
        f"{PREFIX}/consultations": _get(
            "consultations", "征求意见的列表，新的在前", schemas.ConsultationPage, schemas.ConsultationQuery
        ),
        base: _get("consultation", "一件征求意见", schemas.ConsultationDetail, None, slug),
        f"{base}/provisions": _get("provisions", "草案的条文", schemas.ProvisionPage, schemas.ProvisionQuery, slug),
        f"{base}/provisions/{{anchor}}": _get("provision", "一处条文", schemas.ProvisionOut, None, slug, anchor),
        f"{base}/opinions": _get("opinions", "公开的意见", schemas.OpinionPage, schemas.OpinionQuery, slug),
        f"{base}/report": _get("report", "意见采纳情况反馈", schemas.ReportOut, None, slug),
        f"{base}/report/rows": _get("report_rows", "反馈的表格", schemas.ReportRowPage, schemas.RowQuery, slug),
    }


def _get(
    name: str, summary: str, model: type[BaseModel], query: type[BaseModel] | None, *path: dict[str, Any]
) -> dict[str, Any]:
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": [*path, *(_query_parameters(query) if query is not None else [])],
            "responses": {"200": _content(summary, model), **_problems(READING)},
        }
    }


def _query_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the parameters of a query class; one that may be left out has no null."""
    schema = query.model_json_schema()
    parameters = []
    for name, field in schema["properties"].items():
        plain = {key: value for key, value in field.items() if key not in ("anyOf", "title", "description")}
        options = [option for option in field.get("anyOf", []) if option != {"type": "null"}]
        plain.update(options[0] if options else {})
        if plain.get("default", "") is None:
            del plain["default"]
        parameters.append({"name": name, "in": "query", "description": field.get("description", ""), "schema": plain})
    return parameters


def _sending() -> dict[str, Any]:
    either = [{"$ref": REF.format(model=model.__name__)} for model in IN]
    created = _content("已收到，这是回执；同样的 Idempotency-Key 再提交得到同一张回执", schemas.ReceiptOut)
    created["headers"] = {"Location": {"description": "回执页面", "required": True, "schema": {"type": "string"}}}
    return {
        "operationId": "submit",
        "summary": "提交一份意见",
        "security": [{}, {"sender": []}],
        "parameters": [
            SLUG_PARAMETER,
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "建议用 UUID：网络中断后带同一个值重新提交，不会重复。",
                "schema": {"type": "string", "pattern": schemas.IDEMPOTENCY_KEY},
            },
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": either}}}},
        "responses": {"201": created, **_problems(SENDING)},
    }


def _content(words: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    content: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}
    from_server = {**content, "text/html": {"schema": {"type": "string"}}}
    return {
        str(status): {"description": TITLES[status], "content": from_server if status in BY_SERVER else content}
        for status in statuses
    }
