"""Personal data end: terms, holds, deletion when the term is over, and what the persons concerned may ask."""
