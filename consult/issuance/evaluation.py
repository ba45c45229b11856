"""A later evaluation hears the public: a consultation on the issued text, told to who spoke before.

《重大行政决策程序暂行条例》第三十六条: 开展决策后评估，应当注重听取社会公众的意见.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, Stage
from consult.drafting.notice import core_title
from consult.drafting.versions import TITLE_CHARACTERS
from consult.files.blobs import BlobError
from consult.issuance.errors import IssueRefused
from consult.issuance.models import DocumentActKind, IssuedDocument
from consult.issuance.queries import standing
from consult.reporting import report_versions
from consult.reporting.models import FeedbackReport
from consult.store import db, transaction
from consult.store.locking import advisory_lock

SUFFIX = "实施情况（后评估）"
CORE_CHARACTERS = TITLE_CHARACTERS - len(SUFFIX) - len("《》")


def open_call(actor: Actor, document: IssuedDocument, *, at: datetime) -> Consultation:
    """Create a consultation on how an issued document works; it is published like any other.

    Raises:
        IssueRefused: the document was repealed, one is under way, or the issued file can't be read.
    """
    require(actor, Act.CREATE_CONSULTATION, document.consultation)
    evaluated = document.consultation
    try:
        data = blobs().get(document.version.file_digest)
    except BlobError:
        raise IssueRefused("发布稿文件缺失或者损坏，不能据以开展后评估。") from None
    with transaction():
        advisory_lock(drafting.CREATION)  # before any row: it creates a consultation
        if standing(document, DocumentActKind.REPEALED) is not None:
            raise IssueRefused("这件文件已经废止。")
        if any(is_under_way(call) for call in calls(document)):
            raise IssueRefused("后评估征求意见正在办理，请在原件上继续。")
        return drafting.create(
            actor,
            title=f"《{_short(core_title(evaluated.title))}》{SUFFIX}",
            kind=evaluated.kind,
            file_name=document.version.file_name,
            data=data,
            at=at,
            enterprise_related=evaluated.enterprise_related,
            division_id=evaluated.division_id,
            issuer=evaluated.issuer,
            leading_unit=evaluated.leading_unit,
            evaluates=evaluated,
        )


def _short(core: str) -> str:
    """Return a title as it fits into that of the evaluation."""
    return core if len(core) <= CORE_CHARACTERS else f"{core[: CORE_CHARACTERS - 1]}…"


def calls(document: IssuedDocument) -> list[Consultation]:
    """Return the consultations on how a document works, oldest first."""
    query = select(Consultation).where(Consultation.evaluates_id == document.consultation_id)
    return list(db.session.scalars(query.order_by(Consultation.id)))


def is_under_way(call: Consultation) -> bool:
    """Whether a consultation hasn't come to its published report yet."""
    return call.stage not in (Stage.FEEDBACK_PUBLISHED, Stage.WITHDRAWN)


def heard(document: IssuedDocument) -> FeedbackReport | None:
    """Return the published report on what the public said of a document since its last evaluation.

    A correction of a report from before that evaluation is no new hearing.
    """
    last = standing(document, DocumentActKind.EVALUATED)
    for call in reversed(calls(document)):
        since = report_versions.published_since(call.id)
        if since is not None and (last is None or since > last.at):
            return report_versions.published(call.id)
    return None
