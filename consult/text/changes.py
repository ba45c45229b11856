"""What became of a provision, said in words: 第十四条改为第十六条, 第五条拆分为第五条、第六条, 删去第九条."""

from __future__ import annotations

from collections.abc import Sequence

from consult.text.anchors import in_words
from consult.text.comparison import Comparison, Match, Relation
from consult.text.sentences import Sentence, sentence
from consult.text.tree import Kind, Provision
from consult.text.wording import Op


def told(match: Match) -> str:
    """Say what became of a provision: added, deleted, split, merged, renumbered, moved, changed, or nothing."""
    return "，".join(said(match, names(match.old), names(match.new)))


def said(match: Match, old: str, new: str) -> list[Sentence]:
    """Say what became of a provision, thing by thing; ``old`` and ``new`` name it on both sides."""
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


def names(provisions: Sequence[Provision]) -> str:
    """Name provisions as citations: 第五条、第六条."""
    return "、".join(map(name, provisions))


def name(node: Provision) -> str:
    """Name one provision; a preamble, a signature or a loose paragraph by its place."""
    return node.number if node.kind is Kind.CLAUSE and node.number else in_words(node.anchor)


def counted(comparison: Comparison) -> list[tuple[str, int]]:
    """Count what changed, in words, without what did not occur: [("修改", 12), ("新增", 3), …]."""
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
    """Give one side in pieces, (`keep` | `delete` | `insert`, text); what only the other side has is left out."""
    return [(piece.op.value, piece.text) for piece in match.pieces if piece.op is not left_out]
