"""A 意见反馈表 that was read, as parts of a submission: each opinion on the provision that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from consult.drafting import queries, questions
from consult.drafting.models import Consultation, DraftVersion
from consult.files.reply_form_reader import FilledForm, FormRow
from consult.intake.arrival import PARTS, ArrivalAnswer, ArrivalPart
from consult.intake.validation import known_anchors
from consult.text.anchors import WHOLE, article_of, from_words

CITED = re.compile(
    r"第\s*[一二三四五六七八九十百零〇\d]+\s*条(?:之[一二三四五六七八九十]+)?(?:\s*第\s*[一二三四五六七八九十\d]+\s*款)?"
    r"(?:\s*第\s*（?[一二三四五六七八九十\d]+）?\s*项)?"
)
"""A provision as people write it, among other words."""
NO_OPINION = "无意见"


@dataclass(frozen=True)
class Placed:
    """What a form gives a submission. ``left`` names what was filled in and isn't taken."""

    parts: tuple[ArrivalPart, ...]
    answers: tuple[ArrivalAnswer, ...] = ()
    left: tuple[str, ...] = ()


def placed(form: FilledForm, consultation: Consultation | None, version: DraftVersion | None = None) -> Placed:
    """Return the opinions of a form on the provisions of the draft that is out for comment.

    One that names no provision of the draft is on the whole, with the words by which it names it.

    Arguments:
        version: another text that the form is about, with anchors of its own.
    """
    candidates = [_anchors(row) for row in form.rows]
    named = {anchor for anchors in candidates for anchor in anchors}
    known = known_anchors(consultation, named) if consultation is not None else {""}
    known = queries.anchors_of(version) | {""} if version is not None else known
    parts = [_part(row, anchors, known) for row, anchors in zip(form.rows, candidates, strict=True)]
    if form.no_opinion and not parts:
        parts = [ArrivalPart(NO_OPINION)]
    asked = len(questions.of(consultation)) if consultation is not None else 0
    answers = dict(form.answers)
    left = [*form.left, *(f"对第 {n} 个问题的回答，本次没有这个问题" for n in answers if not 1 <= n <= asked)]
    if len(parts) > PARTS - 1:
        left.append(f"第 {PARTS} 条以后的 {len(parts) - PARTS + 1} 条意见")
    return Placed(
        tuple(parts[: PARTS - 1]),
        tuple(ArrivalAnswer(n, words) for n, words in sorted(answers.items()) if 1 <= n <= asked),
        tuple(left),
    )


def _anchors(row: FormRow) -> Sequence[str]:
    """Return the anchors that a row may mean, the narrowest first."""
    cited = CITED.search(row.place)
    for words in (row.place, cited[0] if cited else ""):
        try:
            anchor = from_words(words)
        except ValueError:
            continue
        return ("",) if anchor == WHOLE else (anchor, article_of(anchor))
    return ()


def _part(row: FormRow, anchors: Sequence[str], known: set[str]) -> ArrivalPart:
    anchor = next((anchor for anchor in anchors if anchor in known), None)
    if anchor is None:
        return ArrivalPart(f"（针对：{row.place}）\n{row.content}" if row.place else row.content)
    exact = not anchors or anchor == anchors[0]
    return ArrivalPart(row.content if exact else f"（针对：{row.place}）\n{row.content}", anchor)
