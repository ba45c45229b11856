"""Every place where a row names a file, from all stages: what a check of the files, or a copy of them, goes through."""

from __future__ import annotations

from consult.archive import file_sources as archive
from consult.consultees import file_sources as consultees
from consult.drafting import file_sources as drafting
from consult.intake import file_sources as intake
from consult.issuance import file_sources as issuance
from consult.ledger.file_verification import Source
from consult.meeting import file_sources as meeting
from consult.publicity import file_sources as publicity
from consult.reporting import file_sources as reporting
from consult.review import file_sources as review

SOURCES: tuple[Source, ...] = (
    *intake.SOURCES,
    *drafting.SOURCES,
    *consultees.SOURCES,
    *reporting.SOURCES,
    *review.SOURCES,
    *meeting.SOURCES,
    *issuance.SOURCES,
    *publicity.SOURCES,
    *archive.SOURCES,
)
