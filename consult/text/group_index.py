"""Groups that are kept in memory, so that one more text finds its group in one look-up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from consult.text.agreement import Reading
from consult.text.dictionary import load_dictionary
from consult.text.fingerprint import normalise
from consult.text.grouping import led_groups
from consult.text.leading import LEADERS_OF_A_KEY, Leader, high_bits, join, low_bits, with_sentences
from consult.text.sketching import BANDS, SHINGLE, Numbers, band_keys


class Index:
    """The groups of texts, which take in more texts one by one.

    A text joins the group whose leader it says the same as, or leads a group of its own; groups stay as they were.
    """

    def __init__(self, texts: Sequence[str], threshold: float) -> None:
        """Group the texts (see `grouping.group`)."""
        load_dictionary()
        self._texts, self._threshold = list(texts), threshold
        groups, self._leaders = led_groups(texts, threshold)
        self._places = list(groups)
        contents, keys = band_keys([texts[place] for place in self._places])
        self._exact = {
            content or normalise(texts[place]): place for place, content in zip(self._places, contents, strict=True)
        }
        self._owners, keys = with_sentences([texts[place] for place in self._places], contents, keys)
        rows = np.arange(len(keys), dtype=np.uint64)
        self._bands = [np.sort(high_bits(keys[:, band]) | rows) for band in range(BANDS)]
        self._newer: dict[tuple[int, int], list[int]] = {}

    def add(self, text: str) -> int:
        """Take a text in; return the place of the text that leads its group, its own if it founds one."""
        place = len(self._texts)
        self._texts.append(text)
        contents, keys = band_keys([text])
        content = contents[0]
        leader = self._exact.get(content or normalise(text)) if content or normalise(text) else place
        if leader is None and len(content) >= SHINGLE and self._threshold < 1:
            _, keys = with_sentences([text], contents, keys)
            reading = Reading(text, content)
            leader = join(reading, self._votes(keys), self._leader, self._threshold)
            if leader is None:
                self._leaders[place] = Leader(reading, len(self._texts))
                for key in self._keys(keys):
                    self._newer.setdefault(key, []).append(place)
        if leader is None:
            self._exact[content or normalise(text)] = place
        return place if leader is None else leader

    def _leader(self, place: int) -> Leader:
        if place not in self._leaders:
            text = self._texts[place]
            self._leaders[place] = Leader(Reading(text, band_keys([text])[0][0]), len(self._leaders))
        return self._leaders[place]

    def _votes(self, keys: Numbers) -> Counter[int]:
        votes: Counter[int] = Counter()
        for band in range(BANDS):
            packed = self._bands[band]
            for key in high_bits(keys[:, band]):
                start = np.searchsorted(packed, key)
                some = packed[start : start + LEADERS_OF_A_KEY]
                rows = low_bits(some[high_bits(some) == key])
                votes.update(self._places[owner] for owner in self._owners[rows].tolist())
        for pair in self._keys(keys):
            votes.update(self._newer.get(pair, ())[:LEADERS_OF_A_KEY])
        return votes

    @staticmethod
    def _keys(keys: Numbers) -> Iterator[tuple[int, int]]:
        for band in range(BANDS):
            for key in set(high_bits(keys[:, band]).tolist()):
                yield band, key
