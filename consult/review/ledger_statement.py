"""What the ledger says of a review: the digest of everything that was stored of it."""

from __future__ import annotations

from consult.ledger.row_digests import digest_of, rows_of
from consult.review.models import Review, ReviewPaper, ReviewPause, ReviewPoint


def statement(review: Review) -> str:
    """Return the digest (SHA-256, hexadecimal) of a review with its papers, points and pauses."""
    return digest_by_id(review.id)


def digest_by_id(review_id: int) -> str:
    """Return the digest of the stored review of this id."""
    return digest_of(
        rows_of(Review, "id", review_id),
        rows_of(ReviewPaper, "review_id", review_id),
        rows_of(ReviewPoint, "review_id", review_id),
        rows_of(ReviewPause, "review_id", review_id),
    )
