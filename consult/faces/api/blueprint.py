"""The blueprint of the JSON interface: strict questions in, documents out, every error a problem document."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, ValidationError

from consult import clock
from consult.app_context import settings
from consult.drafting import queries
from consult.drafting.models import Consultation
from consult.faces.api.problems import ProblemFound, from_validation
from consult.faces.guards import limiter

PREFIX = "/api/v1"
blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
read_limit = limiter.shared_limit(lambda: settings().ratelimit_read, scope="api-read")

Asked = TypeVar("Asked", bound=BaseModel)


def asked(schema: type[Asked]) -> Asked:
    """Return what the address asks.

    Raises:
        ProblemFound: an unknown, repeated or malformed parameter.
    """
    for name, values in request.args.lists():
        if len(values) > 1:
            raise ProblemFound(422, f"参数“{name[:40]}”写了不止一次，请只写一次。")
    try:
        return schema.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise from_validation(error, "query") from error


def answer(document: BaseModel, status: int = 200, **headers: str) -> Response:
    """Return a document as JSON."""
    response = current_app.response_class(document.model_dump_json(), status=status, content_type="application/json")
    response.headers.update(headers)
    return response


def next_page(query: BaseModel, after: object, full: bool) -> str | None:
    """Return the address of the page beyond ``after``, when this one is full."""
    if not full:
        return None
    values = {**query.model_dump(exclude_none=True), "after": after}
    return f"{request.path}?{urlencode(values)}"


def public_consultation(slug: str) -> tuple[Consultation, datetime]:
    """Return a consultation that everybody may see, and the moment of asking.

    Raises:
        ProblemFound: there is none.
    """
    now = clock.now()
    consultation = queries.released(slug)
    if consultation is None or not consultation.is_public(now):
        raise ProblemFound(404, "没有这件征求意见，或者还没有公布。请核对编号。")
    return consultation, now
