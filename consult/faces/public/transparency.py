"""The published record: checkpoints, the key they are signed with, proofs, and the script that checks them offline."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from flask import Response, abort, current_app, jsonify, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue

from consult.app_context import settings
from consult.faces.guards import limiter
from consult.faces.i18n import gettext, translated
from consult.faces.public.blueprint import blueprint
from consult.faces.public.receipts import submission_of_visitor, uncached
from consult.faces.row_ids import row_id
from consult.intake.ledger_statement import receipt_proof
from consult.ledger import checkpoints, publication
from consult.ledger.errors import NotProvable

SHOWN = 30
"""Checkpoints on one page: a little more than a day."""

LARGEST = 2**62
"""Beyond any tree: a larger number in an address is a typing error, not a database error."""


def _asked(name: str) -> int | None:
    """Return a number of the address; None where there is none."""
    typed = request.args.get(name, "")
    return row_id(typed) if typed.strip().isdecimal() else None


@blueprint.get("/transparency")
def transparency() -> str:
    """Show the newest checkpoints, page by page, and how to check a receipt."""
    before = _asked("before")
    points = checkpoints.page(_sane(before) if before is not None else None, SHOWN + 1)
    rows = [(datetime.fromisoformat(point.at), point, earlier) for point, earlier in zip_longest(points, points[1:])]
    return render_template(
        "public/transparency.html",
        points=rows[:SHOWN],
        newest=checkpoints.newest(),
        older=points[SHOWN - 1].size if len(points) > SHOWN else None,
        first_page=before is None,
        public_keys=checkpoints.public_keys(),
    )


@blueprint.get("/transparency/checkpoint.json")
def newest_checkpoint() -> ResponseReturnValue:
    """Return the newest checkpoint, for whoever keeps one of their own."""
    newest = checkpoints.newest()
    if newest is None:
        abort(404)
    return _download(newest.as_document(), f"checkpoint-{newest.size}.json")


@blueprint.get("/transparency/checkpoints/<int:size>.json")
def checkpoint(size: int) -> ResponseReturnValue:
    """Return one checkpoint."""
    signed = checkpoints.by_size(_sane(size))
    if signed is None:
        abort(404)
    return _download(signed.as_document(), f"checkpoint-{size}.json")


@blueprint.get("/transparency/checkpoints.json")
def checkpoint_list() -> ResponseReturnValue:
    """Return the newest checkpoints, or those smaller than ``before``."""
    before = _asked("before")
    points = checkpoints.page(_sane(before) if before is not None else None)
    keys = {"public_key": checkpoints.public_key(), "public_keys": checkpoints.public_keys()}
    return jsonify(**keys, checkpoints=[point.as_document() for point in points])


@blueprint.get("/transparency/consistency.json")
def consistency() -> ResponseReturnValue:
    """Return the proof that a later checkpoint holds all of an earlier one: ``?old=<size>&new=<size>``."""
    old, new = _asked("old"), _asked("new")
    try:
        document = publication.consistency(_sane(old or 0), _sane(new or 0))
    except NotProvable as refusal:
        return jsonify(error=translated(refusal.message)), 404
    return _download(document, f"consistency-{old}-{new}.json")


@blueprint.get("/transparency/verify.py")
def verify_script() -> Response:
    """Return the script that checks proofs offline."""
    return send_from_directory(
        Path(current_app.static_folder or "") / "transparency",
        "verify.py",
        mimetype="text/x-python; charset=utf-8",
        as_attachment=True,
    )


@blueprint.get("/receipts/<number>/proof.json")
@limiter.limit(lambda: settings().ratelimit_receipt, exempt_when=lambda: "key" not in request.args)
def receipt_proof_file(number: str) -> ResponseReturnValue:
    """Return the proof that a submission is in the published record; needs its receipt."""
    submission = submission_of_visitor(number)
    if submission is None:
        return uncached(jsonify(error=gettext("请先用回执编号和查询码打开回执，再下载证明。"))), 403
    try:
        document = receipt_proof(submission)
    except NotProvable as refusal:
        return uncached(jsonify(error=translated(refusal.message))), 404
    return uncached(_download(document, f"proof-{number}.json"))


def _sane(size: int) -> int:
    return max(0, min(size, LARGEST))


def _download(document: dict[str, Any], name: str) -> Response:
    response = Response(json.dumps(document, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
