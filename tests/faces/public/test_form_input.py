"""What is read of a sent form without building the form is what the form itself would read."""

from __future__ import annotations

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from consult.faces.public.form_input import Sent, read
from consult.faces.public.forms import ANCHOR_CHARACTERS, TOKEN_CHARACTERS, CommentForm
from consult.intake.arrival import NAME_CHARACTERS, QUOTE_CHARACTERS, ArrivalPart
from consult.intake.models import SenderKind

WORDS = st.one_of(st.text(max_size=4), st.sampled_from(["", "y", "false", "on", "art-3", "长" * 81, "长" * 501]))
NAMES = st.sampled_from(
    [
        "token",
        "name",
        "contact",
        "sender_kind",
        "publish_name",
        "keep_private",
        "add_anchor",
        *(f"pieces-{n}-{what}" for n in ("0", "1", "01", "7", "65", "x") for what in ("anchor", "quote", "content")),
    ]
)
KINDS = st.sampled_from([*SenderKind, "somebody", ""])
LIMITS = {
    "name": NAME_CHARACTERS,
    "token": TOKEN_CHARACTERS,
    "pieces-0-anchor": ANCHOR_CHARACTERS,
    "pieces-0-quote": QUOTE_CHARACTERS,
}


def by_the_form(app: Flask, fields: MultiDict[str, str]) -> Sent | None:
    """Return what the form itself makes of the fields."""
    with app.test_request_context("/", method="POST"):
        form = CommentForm(formdata=fields)
        if not form.validate():
            return None
        return Sent(
            token=form.token.data or "",
            pieces=tuple(
                ArrivalPart(piece.content.data or "", piece.anchor.data or "", piece.quote.data or "")
                for piece in form.pieces
            ),
            name=form.name.data or "",
            contact=form.contact.data or "",
            sender_kind=SenderKind(form.sender_kind.data),
            publish_name=bool(form.publish_name.data),
            keep_private=bool(form.keep_private.data),
        )


@settings(max_examples=60)
@given(typed=st.lists(st.tuples(NAMES, WORDS), max_size=12), kind=st.none() | KINDS)
def test_any_fields_are_read_as_the_form_reads_them(
    session_app: Flask, typed: list[tuple[str, str]], kind: str | None
) -> None:
    fields = MultiDict(typed if kind is None else [*typed, ("sender_kind", kind)])
    assert read(fields) == by_the_form(session_app, fields)


def test_what_is_just_within_a_limit_is_taken_and_one_more_is_the_forms_to_refuse(session_app: Flask) -> None:
    for name, limit in LIMITS.items():
        within, beyond = MultiDict({name: "a" * limit}), MultiDict({name: "a" * (limit + 1)})
        assert read(within) == by_the_form(session_app, within) is not None
        assert read(beyond) is by_the_form(session_app, beyond) is None


def test_of_more_places_than_a_form_has_the_first_are_read(session_app: Flask) -> None:
    fields = MultiDict({f"pieces-{n}-content": f"第{n}处" for n in range(70)})
    assert read(fields) == by_the_form(session_app, fields)
