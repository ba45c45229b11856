"""The moderator's queue: one submission open beside the list; every act a plain form, every form a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.app_context import blobs
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.moderation.forms import PieceForm, ScreeningForm, public_texts
from consult.faces.desk.navigation import inside
from consult.faces.desk.submissions.behind import behind
from consult.faces.row_ids import row_id
from consult.intake import attachment_text, search, virus_scanning
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.mailbox import queries as mailbox
from consult.moderation import long_texts, private_data, queries, service
from consult.moderation.errors import ScreeningRefused
from consult.moderation.long_texts import Piece
from consult.moderation.models import PublicText
from consult.moderation.private_data import Detected

FOLDERS = {state.value: state for state in (*service.WAITING, *service.SCREENED)}
DONE = {
    "accept": "已通过",
    "reject": "已标为不予公开",
    "duplicate": "已标为重复",
    "mask": "公开文本已修改",
    "undo": "已撤销",
    "take-up": "已标为待核实",
}
SOUGHT_CHARACTERS = 60
SOUGHT_PAGE = 50
SHOWN_TOGETHER = 1_000
"""Characters of a text that the page of many shows; who sent more is screened singly."""


@dataclass(frozen=True)
class Place:
    """Where a moderator is in the queue: the folder and the page of it."""

    slug: str
    folder: str = "received"
    after: int = 0
    before: int = 0

    @classmethod
    def asked(cls, slug: str) -> Place:
        """Return the place that the request names."""
        folder = request.args.get("state", "received")
        return cls(slug, folder if folder in FOLDERS else "received", _key("after"), _key("before"))

    @property
    def states(self) -> list[SubmissionState]:
        """The states of the submissions in the folder."""
        return [FOLDERS[self.folder]]

    def query(self) -> dict[str, Any]:
        """Return the place as arguments of an address."""
        named = {"state": self.folder, "after": self.after, "before": self.before}
        return {name: value for name, value in named.items() if value and value != "received"}

    def url(self, number: str | None = None) -> str:
        """Return the address of the place, with one submission open."""
        return url_for("desk.moderation", slug=self.slug, **self.query(), open=number)


def _key(name: str) -> int:
    return row_id(request.args.get(name, ""))


@desk.get("/consultations/<slug>/moderation")
def moderation(slug: str) -> str:
    """Show a page of the queue and one submission of it."""
    consultation = _consultation(slug)
    place = Place.asked(slug)
    number = request.args.get("open", "")
    return _page(consultation, place, queries.by_number(consultation.id, number) if number else None)


@desk.get("/consultations/<slug>/moderation/find")
def moderation_find(slug: str) -> Response | str:
    """Open the submission with a number, in the folder where it is; other words are searched."""
    consultation = _consultation(slug)
    asked = request.args.get("number", "").strip()[:SOUGHT_CHARACTERS]
    submission = queries.by_number(consultation.id, asked)
    if submission is not None:
        return redirect(_place_of(slug, submission).url(submission.number), 303)
    hits = search.find(consultation.id, asked, before=_key("before"), limit=SOUGHT_PAGE + 1)
    shown = hits[:SOUGHT_PAGE]
    return render_template(
        "desk/moderation/found.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        words=asked,
        searched=search.is_enough(asked),
        hits=[(hit, _place_of(slug, hit.submission).url(hit.submission.number)) for hit in shown],
        first=url_for(".moderation_find", slug=slug, number=asked) if _key("before") else None,
        next=url_for(".moderation_find", slug=slug, number=asked, before=shown[-1].submission.id)
        if len(hits) > SOUGHT_PAGE
        else None,
    )


def _place_of(slug: str, submission: Submission) -> Place:
    return Place(slug, submission.state.value, after=submission.id - 1)


@desk.post(
    "/consultations/<slug>/moderation/<number>/<any('accept', 'reject', 'duplicate', 'mask', 'undo', 'take-up'):verb>"
)
def moderation_act(slug: str, number: str, verb: str) -> str | Response | tuple[str, int]:
    """Do one act on a submission and go on to the next."""
    consultation, place = _consultation(slug), Place.asked(slug)
    submission = _submission(consultation, number)
    form = ScreeningForm()
    following = queries.neighbour(submission, place.states)
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            _act(verb, submission, form)
        if tried.ok:
            stays = verb == "mask" or submission.state in place.states
            done = f"{submission.number} {DONE[verb]}。"
            back = "撤销" if service.to_undo(submission) is not None else "重新核对该来件"
            flash(done if stays or verb == "undo" else _leading_to(submission, slug, done, back), "success")
            return redirect(place.url(number if stays else following.number if following else None), 303)
    return _page(consultation, place, submission, form, public_texts(request.form)), 400


def _leading_to(submission: Submission, slug: str, words: str, label: str) -> Markup:
    """Return a message with a link to where a submission is now; there its screening is undone."""
    there = f"{_place_of(slug, submission).url(submission.number)}#work"
    return Markup('{} <a class="act" href="{}" data-key="u" data-key-words="{}">{}</a>').format(
        words, there, label, label
    )


def _act(verb: str, submission: Submission, form: ScreeningForm) -> None:
    actor, at = current_actor(), clock.now()
    if verb == "accept":
        if _first_view(submission).hidden_characters and not request.form.get("read"):
            raise ScreeningRefused("这件来件没有全部显示在本页。请逐段看完，勾选“其余部分已看过”再通过。")
        service.accept(actor, submission, at=at, public_texts=_own_texts(submission))
    elif verb == "mask":
        service.mask(actor, submission, _own_texts(submission), at=at)
    elif verb == "reject":
        service.reject(actor, submission, reason_id=form.reason_id.data or "", reason=form.reason.data or "", at=at)
    elif verb == "duplicate":
        original = queries.by_number(submission.consultation_id or 0, request.form.get("original", ""))
        if original is None:
            abort(404)
        service.mark_duplicate(actor, submission, original, at=at)
    elif verb == "undo":
        service.undo(actor, submission, at=at)
    else:
        service.take_up(actor, submission, at=at)


def _first_view(submission: Submission) -> long_texts.FirstView:
    return long_texts.first_view(submission, private_data.of(submission), queries.printed(submission))


def _own_texts(submission: Submission) -> dict[int, str]:
    typed = public_texts(request.form)
    return {part.id: typed[part.id] for part in submission.parts if part.id in typed}


@desk.route("/consultations/<slug>/moderation/accept-page", methods=["GET", "POST"])
def moderation_page(slug: str) -> str | Response:
    """Ask, then accept all submissions of a page at once, masked as proposed."""
    consultation, place = _consultation(slug, Act.SCREEN), replace(Place.asked(slug), folder="received")
    if request.method == "GET":
        page = queries.page(consultation.id, place.states, after=place.after, before=place.before)
        parts = [part for submission in page.submissions for part in submission.parts]
        detected = private_data.of_many(page.submissions)
        return render_template(
            "desk/moderation/page.html",
            consultation=consultation,
            place=place,
            page=page,
            proposed={part.id: service.proposed_text(part, detected[part.submission_id])[0] for part in parts},
            long={submission.id for submission in page.submissions if _is_long(submission)},
            masked={part.submission_id for part in parts if detected[part.submission_id].in_part(part)},
            repeated=queries.repeated(page.submissions),
            label=drafting.draft_of(consultation).label_of,
        )
    named = [_submission(consultation, number) for number in request.form.getlist("number")[: queries.PAGE]]
    chosen = [submission for submission in named if not _is_long(submission)]
    if len(chosen) < len(named):
        flash(f"{len(named) - len(chosen)} 件文字较长，未作处理，请逐件审核。", "warning")
    with refusals_to_flash() as tried:
        late = service.accept_many(current_actor(), chosen, at=clock.now())
    if tried.ok:
        done = [submission for submission in chosen if submission not in late]
        words = f"已通过 {len(done)} 件。"
        flash(_leading_to(done[0], slug, words, "从第一件起核对、撤销") if done else words, "success")
        if late:
            numbers = "、".join(submission.number for submission in late)
            flash(f"{len(late)} 件已由他人审核，未作处理：{numbers}。", "warning")
    return redirect(place.url(), 303)


def _is_long(submission: Submission) -> bool:
    return any(len(source.content) > SHOWN_TOGETHER for source in long_texts.sources(submission))


@desk.route("/consultations/<slug>/moderation/<number>/texts/<int:nth>", methods=["GET", "POST"])
def moderation_piece(slug: str, number: str, nth: int) -> str | Response | tuple[str, int]:
    """Show a piece of a long submission, the first being 1, and of its public text, which can be rewritten."""
    consultation, queue_place = _consultation(slug), Place.asked(slug)
    submission = _submission(consultation, number)
    detected = private_data.of(submission)
    pieces = long_texts.pieces(submission, detected)
    if not 1 <= nth <= len(pieces):
        abort(404)
    piece = pieces[nth - 1]
    form = _piece_form(piece, detected)
    here = url_for(".moderation_piece", slug=slug, number=number, nth=nth, **queue_place.query())
    if isinstance(piece.source, SubmissionPart) and form.validate_on_submit():
        with refusals_to(form) as tried:
            place = (form.start.data or 0, form.end.data or 0)
            service.mask_piece(
                current_actor(),
                submission,
                piece.source,
                form.text.data or "",
                place=place,
                seen=form.seen.data or "",
                at=clock.now(),
            )
        if tried.ok:
            flash(f"第 {nth} 段的公开文本已保存。", "success")
            return redirect(here, 303)
    page = render_template(
        "desk/moderation/piece.html",
        consultation=consultation,
        opened=submission,
        place=queue_place,
        nth=nth,
        pieces=pieces,
        piece=piece,
        original=highlighted(piece, detected),
        masked=long_texts.proposed(piece, detected),
        form=form,
        here=here,
        may_write=may(current_actor(), Act.SCREEN, consultation)
        and isinstance(piece.source, SubmissionPart)
        and submission.state in (*service.WAITING, SubmissionState.ACCEPTED),
        label=drafting.draft_of(consultation).label_of,
    )
    return (page, 400) if form.is_submitted() else page


def _piece_form(piece: Piece, detected: Detected) -> PieceForm:
    if not isinstance(piece.source, SubmissionPart):
        return PieceForm()
    public = service.public_text(piece.source)
    start, end = long_texts.place_in(public, piece, detected)
    return PieceForm(text=public[start:end], start=start, end=end, seen=service.seen_digest(public))


@desk.get("/consultations/<slug>/moderation/<number>/attachments/<int:position>")
def moderation_attachment(slug: str, number: str, position: int) -> Response | tuple[str, int]:
    """Give an attachment as a download, never to be shown by the browser; one that is held back to nobody."""
    consultation = _consultation(slug)
    submission = _submission(consultation, number)
    attachment = next((attachment for attachment in submission.attachments if attachment.position == position), None)
    if attachment is None:
        abort(404)
    with refusals_to_flash():
        return download(virus_scanning.content_of(attachment), attachment.file_name)
    return _page(consultation, Place.asked(slug), submission), 403


@desk.get("/consultations/<slug>/moderation/<number>/raw")
def moderation_raw(slug: str, number: str) -> Response:
    """Give the raw form, exactly as it came, as a download."""
    submission = _submission(_consultation(slug), number)
    raw = submission.raw
    ending = "eml" if raw.media_type == "message/rfc822" else "txt"
    data = blobs().get(raw.blob) if raw.blob else raw.body or b""
    return download(data, f"{submission.number}.{ending}")


def _consultation(slug: str, act: Act = Act.SEE_SUBMISSIONS) -> Consultation:
    return consultation_or_404(slug, act)


def _submission(consultation: Consultation, number: str) -> Submission:
    return queries.by_number(consultation.id, number) or abort(404)


def _page(
    consultation: Consultation,
    place: Place,
    opened: Submission | None,
    form: ScreeningForm | None = None,
    typed: Mapping[int, str] | None = None,
) -> str:
    page = queries.page(consultation.id, place.states, after=place.after, before=place.before)
    opened = opened or (page.submissions[0] if page.submissions else None)
    return render_template(
        "desk/moderation/queue.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        place=place,
        page=page,
        folders=FOLDERS,
        counts={state.value: n for state, n in queries.counts(consultation.id).items()},
        excerpts=queries.excerpts(page.submissions),
        repeated=queries.repeated(page.submissions),
        may_screen=may(current_actor(), Act.SCREEN, consultation),
        label=drafting.draft_of(consultation).label_of,
        form=form or ScreeningForm(formdata=None),
        reasons={rule.id: rule for rule in service.rejection_reasons()},
        shows="work" if request.args.get("open") or typed is not None else "list",
        **(_opened(opened, place, typed or {}) if opened is not None else {"opened": None}),
    )


def _opened(opened: Submission, place: Place, typed: Mapping[int, str]) -> dict[str, object]:
    """Return what the pane beside the list shows of one submission."""
    printed, detected = queries.printed(opened), private_data.of(opened)
    view = long_texts.first_view(opened, detected, printed)
    return {
        "opened": opened,
        "view": view,
        "parts": [
            (piece, highlighted(piece, detected), typed.get(piece.source.id, _to_print(piece, printed, detected)))
            for piece in view.pieces
            if isinstance(piece.source, SubmissionPart)
        ],
        "answers": [
            (piece, long_texts.proposed(piece, detected))
            for piece in view.pieces
            if not isinstance(piece.source, SubmissionPart)
        ],
        **behind([opened]),
        "remarks": mailbox.remarks([opened.id]).get(opened.id, []),
        "unread": attachment_text.unread(opened.attachments),
        "same": queries.same_text(opened) if opened.state in service.WAITING else [],
        "acts": queries.acts(opened),
        "undoable": service.to_undo(opened),
        "following": queries.neighbour(opened, place.states),
        "previous": queries.neighbour(opened, place.states, forward=False),
        "waiting": opened.state in service.WAITING,
    }


def _to_print(piece: Piece, printed: Mapping[int, PublicText], detected: Detected) -> str:
    stored = printed.get(piece.source.id)
    if stored is None:
        return long_texts.proposed(piece, detected)
    return stored.content if piece.is_whole else stored.content[: piece.end]


def highlighted(piece: Piece, detected: Detected) -> list[tuple[str, str]]:
    """Return a piece of a text in runs, each with the kind of private data that it is, or nothing."""
    content = piece.source.content[piece.start : piece.end]
    runs: list[tuple[str, str]] = []
    done = 0
    for datum in detected.within(piece.source, piece.start, piece.end):
        runs += [(content[done : datum.start], ""), (datum.text, datum.kind.label.words)]
        done = datum.end
    runs.append((content[done:], ""))
    return [(text, kind) for text, kind in runs if text]
