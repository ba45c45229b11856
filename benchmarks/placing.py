"""How often the proposed provision is right, and what a proposal costs: articles of real statutes, cited and quoted.

Run: .venv/bin/python -m benchmarks.placing   (needs the corpus beside the checkout)

Each article is cited, quoted and retold with one letter in eight changed, alone and inside real citizens' messages.
"""

from __future__ import annotations

import csv
import random
import re
import time
from collections import defaultdict

from config import ROOT
from consult.text.parser.provisions import parse
from consult.text.parser.tree import Kind
from consult.text.placing import Because, Places

CORPUS = ROOT.parent / "shared" / "corpus"
ARTICLES = 25
"""Articles of each statute."""


def main() -> None:
    """Print the share that is right for each way of saying it, the cost, and proposals for unrelated messages."""
    dice = random.Random(7)
    with (CORPUS / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as file:
        messages = [row["body"] for row in csv.DictReader(file) if 30 < len(row["body"]) < 600]
    right: defaultdict[str, list[bool]] = defaultdict(list)
    started, count = time.process_time(), 0
    for path in sorted((CORPUS / "statutes").glob("*.txt")):
        draft = parse(path.read_text(encoding="utf-8"))
        places = Places(draft)
        articles = [step.provision for step in draft.walk() if step.provision.kind is Kind.ARTICLE]
        words = {
            node.anchor: re.sub(r"\s", "", "".join(f"{part.heading}{part.text}" for part in node.walk()))
            for node in articles
        }
        for node in dice.sample(articles, min(ARTICLES, len(articles))):
            for way, text in _texts(node.number, words[node.anchor], dice.choice(messages), dice):
                quote = text[0]
                if quote and sum(quote in other for other in words.values()) > 1:
                    continue  # nobody could tell which one is meant
                place = places.propose(text[1])
                right[way].append(place is not None and re.split("-(?:para|item)-", place.anchor)[0] == node.anchor)
                count += 1
    for way, hits in right.items():
        print(f"{way}: {sum(hits)} of {len(hits)} right ({sum(hits) / len(hits):.3f})")
    print(f"{1000 * (time.process_time() - started) / count:.2f} ms CPU a text, indexing of the drafts included")
    unrelated = Places(parse(next((CORPUS / "statutes").glob("物业管理条例*.txt")).read_text(encoding="utf-8")))
    proposed = [place for message in messages if (place := unrelated.propose(message)) is not None]
    sure = sum(place.because is not Because.LIKENESS for place in proposed)
    print(f"{len(messages):,} messages about other things: {sure} placed by words, {len(proposed) - sure} by likeness")


def _texts(number: str, words: str, message: str, dice: random.Random) -> list[tuple[str, tuple[str, str]]]:
    """Return ways of speaking of an article: the way, and what it quotes (if anything) with the text."""
    ways = [
        ("cited", ("", f"建议对{number}作出修改，标准太低。")),
        ("cited", ("", f"《某某市物业管理规定》第三条已有规定，建议把{number}删掉。")),
        ("cited in a message", ("", f"{message}请在{number}中明确。")),
    ]
    if len(words) > 16:
        start = dice.randrange(len(words) - 15)
        quote = words[start : start + 14]
        letters = list(words[:120])
        for _ in range(len(letters) // 8):
            letters[dice.randrange(len(letters))] = dice.choice("的了在是我有和就不人")
        ways += [
            ("quoted", (quote, f"“{quote}”这句话不够明确。")),
            ("quoted in a message", (quote, f"{message}文中说“{quote}”，做不到。")),
            ("retold", ("", "我认为" + "".join(letters))),
        ]
    return ways


if __name__ == "__main__":
    main()
