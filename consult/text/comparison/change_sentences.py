"""Changes of provisions in words: 第十四条改为第十六条, 第五条拆分为第五条、第六条, 删去第九条."""

from __future__ import annotations

from consult.text.anchors import in_words
from consult.text.comparison.versions import Comparison, Match, Relation
from consult.text.comparison.wording import Op
from consult.text.parser.tree import Kind, Provision
from consult.text.sentences import Sentence, sentence


def sentences(match: Match, old: str, new: str) -> list[Sentence]:
    """Describe a change in one sentence per aspect; ``old`` and ``new`` are the names on both sides."""
    if match.relation is Relation.ADDED:
        return [sentence("新增%(new)s", new=new)]
    if match.relation is Relation.DELETED:
        return [sentence("删去%(old)s", old=old)]
    if match.relation is Relation.SPLIT:
        return [sentence("%(old)s拆分为%(new)s", old=old, new=new)]
    if match.relation is Relation.MERGED:
        return [sentence("%(old)s合并为%(new)s", old=old, new=new)]
    things = [sentence("%(old)s改为%(new)s", old=old, new=new)] if match.renumbered else []
    things += [sentence("位置移动")] if match.moved else []
    if match.relation is Relation.CHANGED:
        things.append(sentence("内容修改") if things else sentence("修改%(old)s", old=old))
    return things or [sentence("没有改动")]


def name(node: Provision) -> str:
    """Name one provision as a citation; a preamble, a signature or a loose paragraph by its place."""
    return node.number if node.kind is Kind.CLAUSE and node.number else in_words(node.anchor)


def count_changes(comparison: Comparison) -> list[tuple[str, int]]:
    """Count the changes by kind, kinds that did not occur left out: [("修改", 12), ("新增", 3), …]."""
    counts = {
        sentence("修改"): sum(match.relation is Relation.CHANGED for match in comparison.matches),
        sentence("新增"): sum(match.relation is Relation.ADDED for match in comparison.matches),
        sentence("删去"): sum(match.relation is Relation.DELETED for match in comparison.matches),
        sentence("拆分"): sum(match.relation is Relation.SPLIT for match in comparison.matches),
        sentence("合并"): sum(match.relation is Relation.MERGED for match in comparison.matches),
        sentence("只改序号或者位置"): sum(
            match.relation is Relation.SAME and (match.renumbered or match.moved) for match in comparison.matches
        ),
    }
    return [(words, count) for words, count in counts.items() if count]


def one_side(match: Match, left_out: Op) -> list[tuple[str, str]]:
    """Return one side in pieces (`keep` | `delete` | `insert`, text), without the pieces of the other side only."""
    return [(piece.op.value, piece.text) for piece in match.pieces if piece.op is not left_out]
