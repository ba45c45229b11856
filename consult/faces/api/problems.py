"""Errors of the JSON interface as problem documents (RFC 9457), in the user's language."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, current_app
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from consult.faces.api.schemas import Problem, ProblemItem
from consult.faces.guards import limiter

PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "请求有误",
    401: "密钥无效",
    403: "不允许",
    404: "没有找到",
    405: "不支持这个方法",
    406: "没有这种格式",
    408: "请求超时",
    409: "和现在的情况冲突",
    413: "内容太大",
    414: "地址太长",
    415: "不支持这种格式",
    422: "内容不符合要求",
    429: "请求太频繁",
    431: "请求头太大",
    500: "服务器出错",
    503: "暂时不能服务",
}
DETAILS = {
    400: "请求不能读懂，请检查格式。",
    404: "没有这个地址，或者还没有公开。请核对征求意见的编号。",
    405: "这个地址不支持这个方法，支持的方法见 Allow 头。",
    409: "刚才有人同时办了同一件事，这一次没有存。请带同样的 Idempotency-Key 重新提交，不会重复。",
    413: "请求内容超过上限。请缩短意见，或者分几次提交。",
    415: "请用 Content-Type: application/json 提交 JSON（UTF-8）。",
    429: "请求太频繁，请按 Retry-After 头所写的秒数稍后再试。",
    500: "服务器出了错，已经记录。请稍后再试；带同样的 Idempotency-Key 重新提交不会重复。",
}
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")

_WORDS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项",
    "string_type": "应当是字符串",
    "bool_type": "应当是 true 或者 false",
    "list_type": "应当是数组",
    "model_type": "应当是对象",
    "model_attributes_type": "应当是对象",
    "int_parsing": "应当是整数",
    "int_type": "应当是整数",
    "moment": "时间要写全，带时区，如 2026-11-24T09:30:00+08:00",
}


class ProblemFound(Exception):
    """A request can't be answered as asked; becomes a problem document."""

    def __init__(self, status: int, detail: str, errors: Sequence[ProblemItem] = (), **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, list(errors)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def document(status: int, detail: str = "", errors: Sequence[ProblemItem] = ()) -> Response:
    """Return a problem document."""
    title = TITLES.get(status, "请求没有完成")
    problem = Problem(title=title, status=status, detail=detail or DETAILS.get(status, title), errors=list(errors))
    return current_app.response_class(problem.model_dump_json(), status=status, content_type=MEDIA_TYPE)


def from_found(problem: ProblemFound) -> Response:
    """Return the document of a problem that a view found."""
    answer = document(problem.status, problem.detail, problem.errors)
    answer.headers.update(problem.headers)
    return answer


def from_http(error: Exception) -> Response:
    """Return the document of a failure that the framework found; redirects pass."""
    if not isinstance(error, HTTPException):
        return document(500)
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    answer = document(status)
    for name, value in error.get_response().headers.items():
        if name in KEPT_HEADERS:
            answer.headers[name] = value
    if status == HTTPStatus.TOO_MANY_REQUESTS and limiter.current_limit is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(limiter.current_limit.reset_at - time.time())))
    return answer


def from_validation(error: ValidationError, root: str = "") -> ProblemFound:
    """Return what pydantic found, each fault with its place."""
    return ProblemFound(422, "请求内容不符合要求，见 errors。", list(_items(error.errors(), root)))


def _items(faults: Iterable[Any], root: str) -> Iterable[ProblemItem]:
    for fault in faults:
        steps = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in fault["loc"])
        yield ProblemItem(pointer=f"{root}/{steps}" if steps else root or "/", detail=_words(fault))


def _words(fault: Any) -> str:
    context = fault.get("ctx", {})
    kind = fault["type"]
    if kind == "string_too_long":
        return f"最多 {context['max_length']:,} 字"
    if kind in ("string_too_short", "too_short"):
        return "不能为空"
    if kind == "too_long":
        return f"最多 {context['max_length']} 项"
    if kind == "literal_error":
        return f"应当是其中之一：{context['expected']}".replace(" or ", "、")
    if kind in ("greater_than_equal", "less_than_equal"):
        return "应当在允许的范围之内"
    if kind == "string_pattern_mismatch":
        return "格式不对，或者没有写字"
    if kind.startswith("datetime"):
        return "应当是时间，如 2026-11-24T09:30:00+08:00"
    return _WORDS.get(kind, "格式不对")
