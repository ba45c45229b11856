"""Where a request ends, however it is cut; and that what never ends is given up."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.faces.server.request_buffer import HEAD_BYTES, RequestBuffer

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 10\r\nHost: a\r\n\r\n0123456789"
CHUNKED = (
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: a\r\n\r\n"
)
EMPTY = b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"


def fed(pieces: list[bytes], largest: int = 1000) -> RequestBuffer:
    """Return a buffer that took these pieces."""
    buffer = RequestBuffer(largest)
    for piece in pieces:
        buffer.feed(piece)
    return buffer


def kept(buffer: RequestBuffer) -> bytes:
    """Return the request as the parser reads it."""
    buffer.rewind()
    return b"".join(iter(lambda: buffer.recv(7), b""))


@pytest.mark.parametrize("request_", [GET, POST, CHUNKED, EMPTY])
@given(cuts=st.lists(st.integers(0, 200), max_size=8), after=st.sampled_from([b"", b"GET", GET]))
def test_a_request_is_whole_at_its_last_byte_however_it_is_cut(request_: bytes, cuts: list[int], after: bytes) -> None:
    for length in range(len(request_)):
        assert not fed([request_[:length]]).is_whole
    data = request_ + after
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    buffer = fed([data[start:end] for start, end in itertools.pairwise(places)])
    assert buffer.is_whole
    assert (kept(buffer), buffer.after) == (request_, after)


@pytest.mark.parametrize(
    "wrong",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5_000,
        b"GET / HTTP/1.1\r\nX: " + b"a" * (HEAD_BYTES + 1),
    ],
)
def test_what_is_no_request_ends_where_that_shows(wrong: bytes) -> None:
    assert fed([wrong]).is_whole


def test_a_body_too_large_is_not_kept() -> None:
    stated = fed([b"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + b"a" * 500])
    assert (stated.is_whole, stated.is_too_large) == (True, True)
    assert len(kept(stated)) < 100
    chunk = b"1000\r\n" + b"a" * 0x1000 + b"\r\n"
    grown = fed([b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", *[chunk] * 20])
    assert (grown.is_whole, grown.is_too_large) == (True, True)
    assert not fed([b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"]).is_whole, "as much as is allowed"


def test_only_who_has_a_body_to_send_waits_for_a_word() -> None:
    expects = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    assert fed([expects % 5]).waits_for_continue
    assert not fed([expects % 0]).waits_for_continue
    assert not fed([expects % 5_000]).waits_for_continue, "it is refused unread"
