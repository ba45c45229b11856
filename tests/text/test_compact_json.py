"""JSON without spaces is what the standard encoder writes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.compact_json import json_encoder

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(DOCUMENTS)
@pytest.mark.parametrize("sort_keys", [True, False])
def test_it_writes_what_the_standard_encoder_writes(sort_keys: bool, document: object) -> None:
    expected = json.dumps(document, ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))
    assert json_encoder(sort_keys=sort_keys)(document) == expected


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        json_encoder(sort_keys=True)({"a": object()})
