"""The feedback report as a document, and its renderings: HTML, DOCX, PDF, XLSX, JSON, CSV."""

from consult.files.feedback.document import (
    CountLine,
    Counts,
    FeedbackDocument,
    FigureLine,
    MainOpinion,
    OtherAnswer,
    Rewording,
    Row,
    ThemeLine,
)
from consult.files.feedback.layout import Layout
from consult.files.feedback.renderings import WRITERS, render

__all__ = [
    "WRITERS",
    "CountLine",
    "Counts",
    "FeedbackDocument",
    "FigureLine",
    "Layout",
    "MainOpinion",
    "OtherAnswer",
    "Rewording",
    "Row",
    "ThemeLine",
    "render",
]
