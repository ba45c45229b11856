"""The feedback report as a document, and its renderings: HTML, DOCX, PDF, XLSX, JSON."""

from consult.files.feedback.document import FeedbackDocument, FigureLine, MainOpinion, OtherAnswer, Row, ThemeLine
from consult.files.feedback.renderings import RENDERERS, render

__all__ = ["RENDERERS", "FeedbackDocument", "FigureLine", "MainOpinion", "OtherAnswer", "Row", "ThemeLine", "render"]
