"""The published record: checkpoints, the key they are signed with, proofs, and the script that checks them offline."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from flask import Response, abort, current_app, jsonify, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue

from consult.faces.guards import limiter
from consult.faces.public.blueprint import blueprint
from consult.faces.public.receipts import held_submission, quiet
from consult.faces.speaking import gettext, translated
from consult.intake.evidence import receipt_proof
from consult.ledger import checkpoints, publication
from consult.ledger.errors import NotProvable
from consult.settings import settings

SHOWN = 30
"""Checkpoints on one page: a little more than a day."""

LARGEST = 2**62
"""Beyond any tree: a larger number in an address is a typing error, not a database error."""


@blueprint.get("/transparency")
def transparency() -> str:
    """Show the newest checkpoints, page by page, and how to check a receipt."""
    before = request.args.get("before", type=int)
    points = checkpoints.listed(_sane(before) if before is not None else None, SHOWN + 1)
    rows = [(datetime.fromisoformat(point.at), point, earlier) for point, earlier in zip_longest(points, points[1:])]
    return render_template(
        "public/transparency.html",
        points=rows[:SHOWN],
        newest=checkpoints.newest(),
        older=points[SHOWN - 1].size if len(points) > SHOWN else None,
        first_page=before is None,
        public_key=checkpoints.public_key(),
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
    found = checkpoints.of_size(_sane(size))
    if found is None:
        abort(404)
    return _download(found.as_document(), f"checkpoint-{size}.json")


@blueprint.get("/transparency/checkpoints.json")
def checkpoint_list() -> ResponseReturnValue:
    """Return the newest checkpoints, or those smaller than ``before``."""
    before = request.args.get("before", type=int)
    points = checkpoints.listed(_sane(before) if before is not None else None)
    return jsonify(public_key=checkpoints.public_key(), checkpoints=[point.as_document() for point in points])


@blueprint.get("/transparency/consistency.json")
def consistency() -> ResponseReturnValue:
    """Return the proof that a later checkpoint holds all of an earlier one: ``?old=<size>&new=<size>``."""
    old, new = request.args.get("old", type=int), request.args.get("new", type=int)
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
    """Return the proof that a submission is in the published record, to who holds its receipt."""
    submission = held_submission(number)
    if submission is None:
        return quiet(jsonify(error=gettext("请先用回执编号和查询码打开回执，再下载证明。"))), 403
    try:
        document = receipt_proof(submission)
    except NotProvable as refusal:
        return quiet(jsonify(error=translated(refusal.message))), 404
    return quiet(_download(document, f"proof-{number}.json"))


def _sane(size: int) -> int:
    return max(0, min(size, LARGEST))


def _download(document: dict[str, Any], name: str) -> Response:
    response = Response(json.dumps(document, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
