"""Where rows of hearing name a file."""

from __future__ import annotations

from sqlalchemy import select

from consult.consultees.hearing_models import HearingPaper
from consult.consultees.letter_models import LetterTemplate, OfficialLetter, SealedFile
from consult.consultees.models import Gathering
from consult.ledger.file_verification import Source, source

SOURCES: tuple[Source, ...] = (
    source(select(Gathering.minutes_digest, Gathering.title).where(Gathering.minutes_digest != ""), "“{}”的纪要"),
    source(select(LetterTemplate.digest, LetterTemplate.name), "函件模板“{}”"),
    source(
        select(SealedFile.digest, OfficialLetter.number).join(
            OfficialLetter, OfficialLetter.id == SealedFile.letter_id
        ),
        "{}的盖章件",
    ),
    source(select(HearingPaper.digest, HearingPaper.name).where(HearingPaper.digest != ""), "会议材料“{}”"),
)
