"""The moderator's queue: one submission open beside the list; every act a plain form, every form a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may, require
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.forms.moderation import ScreeningForm, public_texts
from consult.faces.desk.sections import inside
from consult.intake import reading, scanning, searching
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.moderation import queries, service
from consult.settings import blobs
from consult.text import private

FOLDERS = {
    "received": ("待审核", SubmissionState.RECEIVED),
    "screening": ("细看中", SubmissionState.SCREENING),
    "accepted": ("已通过", SubmissionState.ACCEPTED),
    "rejected": ("不予公开", SubmissionState.REJECTED),
    "duplicate": ("重复", SubmissionState.DUPLICATE),
}
DONE = {
    "accept": "已通过",
    "reject": "已标为不予公开",
    "duplicate": "已标为重复",
    "mask": "公开文本已改",
    "undo": "已撤销",
    "take-up": "已留下细看",
}
SOUGHT_CHARACTERS = 60
SOUGHT_PAGE = 50
"""What everything that the public sent is served as: a download that no browser runs."""


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
        return [FOLDERS[self.folder][1]]

    def query(self) -> dict[str, Any]:
        """Return the place as arguments of an address."""
        named = {"state": self.folder, "after": self.after, "before": self.before}
        return {name: value for name, value in named.items() if value and value != "received"}

    def url(self, number: str | None = None) -> str:
        """Return the address of the place, with one submission open."""
        return url_for("desk.moderation", slug=self.slug, **self.query(), open=number)


def _key(name: str) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0


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
    found = queries.by_number(consultation.id, asked)
    if found is not None:
        return redirect(_place_of(slug, found).url(found.number), 303)
    hits = searching.find(consultation.id, asked, before=_key("before"), limit=SOUGHT_PAGE + 1)
    shown = hits[:SOUGHT_PAGE]
    return render_template(
        "desk/moderation/found.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        words=asked,
        searched=searching.is_enough(asked),
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
            back = "撤销" if service.to_undo(submission) is not None else "再看这一件"
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


def _own_texts(submission: Submission) -> dict[int, str]:
    typed = public_texts(request.form)
    return {part.id: typed[part.id] for part in submission.parts if part.id in typed}


@desk.route("/consultations/<slug>/moderation/accept-page", methods=["GET", "POST"])
def moderation_page(slug: str) -> str | Response:
    """Ask, then accept all submissions of a page at once, masked as proposed."""
    consultation, place = _consultation(slug), replace(Place.asked(slug), folder="received")
    require(current_actor(), Act.SCREEN, consultation)
    if request.method == "GET":
        page = queries.page(consultation.id, place.states, after=place.after, before=place.before)
        return render_template(
            "desk/moderation/page.html",
            consultation=consultation,
            place=place,
            page=page,
            proposed={part.id: service.proposed_text(part)[0] for one in page.submissions for part in one.parts},
            masked={one.id for one in page.submissions if any(map(service.private_data, one.parts))},
            repeated=queries.repeated(page.submissions),
            label=drafting.draft_of(consultation).label_of,
        )
    chosen = [_submission(consultation, number) for number in request.form.getlist("number")[: queries.PAGE]]
    with refusals_to_flash() as tried:
        late = service.accept_many(current_actor(), chosen, at=clock.now())
    if tried.ok:
        done = [one for one in chosen if one not in late]
        words = f"已通过 {len(done)} 件。"
        flash(_leading_to(done[0], slug, words, "要撤销的，从第一件看起") if done else words, "success")
        if late:
            flash(f"{len(late)} 件已经由别的同事审核过，没有再动：{'、'.join(one.number for one in late)}。", "warning")
    return redirect(place.url(), 303)


@desk.get("/consultations/<slug>/moderation/<number>/attachments/<int:position>")
def moderation_attachment(slug: str, number: str, position: int) -> Response | tuple[str, int]:
    """Give an attachment as a download, never to be shown by the browser; one that is held back to nobody."""
    consultation = _consultation(slug)
    submission = _submission(consultation, number)
    attachment = next((one for one in submission.attachments if one.position == position), None)
    if attachment is None:
        abort(404)
    with refusals_to_flash():
        return download(scanning.content_of(attachment), attachment.file_name)
    return _page(consultation, Place.asked(slug), submission), 403


@desk.get("/consultations/<slug>/moderation/<number>/raw")
def moderation_raw(slug: str, number: str) -> Response:
    """Give the raw form, exactly as it came, as a download."""
    submission = _submission(_consultation(slug), number)
    raw = submission.raw
    ending = "eml" if raw.media_type == "message/rfc822" else "txt"
    data = blobs().get(raw.blob) if raw.blob else raw.body or b""
    return download(data, f"{submission.number}.{ending}")


def _consultation(slug: str) -> Consultation:
    consultation = consultation_or_404(slug)
    require(current_actor(), Act.SEE_SUBMISSIONS, consultation)
    return consultation


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
        repeated=queries.repeated(page.submissions),
        may_screen=may(current_actor(), Act.SCREEN, consultation),
        label=drafting.draft_of(consultation).label_of,
        form=form or ScreeningForm(formdata=None),
        reasons={rule.id: rule for rule in service.rejection_reasons()},
        kind_names=service.KIND_NAMES,
        shows="work" if request.args.get("open") or typed is not None else "list",
        **(_opened(opened, place, typed or {}) if opened is not None else {"opened": None}),
    )


def _opened(opened: Submission, place: Place, typed: Mapping[int, str]) -> dict[str, object]:
    """Return what the pane beside the list shows of one submission."""
    printed = queries.printed(opened)
    return {
        "opened": opened,
        "parts": [(part, highlighted(part), typed.get(part.id, _to_print(part, printed))) for part in opened.parts],
        "held_back": scanning.held_back(opened.attachments),
        "unread": reading.unread(opened.attachments),
        "same": queries.same_text(opened) if opened.state in service.WAITING else [],
        "acts": queries.acts(opened),
        "undoable": service.to_undo(opened),
        "following": queries.neighbour(opened, place.states),
        "previous": queries.neighbour(opened, place.states, forward=False),
        "waiting": opened.state in service.WAITING,
    }


def _to_print(part: SubmissionPart, printed: Mapping[int, object]) -> str:
    stored = printed.get(part.id)
    return getattr(stored, "content", "") if stored is not None else service.proposed_text(part)[0]


def highlighted(part: SubmissionPart) -> list[tuple[str, str]]:
    """Return a part's text in pieces, each with the kind of private data that it is, or nothing."""
    pieces: list[tuple[str, str]] = []
    done = 0
    for datum in service.private_data(part):
        pieces += [(part.content[done : datum.start], ""), (datum.text, private.MARKS[datum.kind].strip("【】"))]
        done = datum.end
    pieces.append((part.content[done:], ""))
    return [(text, kind) for text, kind in pieces if text]
