"""What became of a provision, said in words: 第十四条改为第十六条, 第五条拆分为第五条、第六条, 删去第九条."""

from __future__ import annotations

from collections.abc import Sequence

from consult.text.anchors import in_words
from consult.text.comparison import Comparison, Match, Relation
from consult.text.tree import Kind, Provision
from consult.text.wording import Op


def told(match: Match) -> str:
    """Say what became of a provision: added, deleted, split, merged, renumbered, moved, changed, or nothing."""
    old, new = names(match.old), names(match.new)
    if match.relation is Relation.ADDED:
        return f"新增{new}"
    if match.relation is Relation.DELETED:
        return f"删去{old}"
    if match.relation is Relation.SPLIT:
        return f"{old}拆分为{new}"
    if match.relation is Relation.MERGED:
        return f"{old}合并为{new}"
    said = [f"{old}改为{new}"] if match.renumbered else []
    said += ["位置移动"] if match.moved else []
    if match.relation is Relation.CHANGED:
        said.append("内容修改" if said else f"修改{old}")
    return "，".join(said) or "没有改动"


def names(provisions: Sequence[Provision]) -> str:
    """Name provisions as citations: 第五条、第六条."""
    return "、".join(map(name, provisions))


def name(node: Provision) -> str:
    """Name one provision; a preamble, a signature or a loose paragraph by its place."""
    return node.number if node.kind is Kind.CLAUSE and node.number else in_words(node.anchor)


def counted(comparison: Comparison) -> list[tuple[str, int]]:
    """Count what changed, in words, without what did not occur: [("修改", 12), ("新增", 3), …]."""
    counts = {
        "修改": sum(match.relation is Relation.CHANGED for match in comparison.matches),
        "新增": sum(match.relation is Relation.ADDED for match in comparison.matches),
        "删去": sum(match.relation is Relation.DELETED for match in comparison.matches),
        "拆分": sum(match.relation is Relation.SPLIT for match in comparison.matches),
        "合并": sum(match.relation is Relation.MERGED for match in comparison.matches),
        "只改序号或者位置": sum(
            match.relation is Relation.SAME and (match.renumbered or match.moved) for match in comparison.matches
        ),
    }
    return [(words, count) for words, count in counts.items() if count]


def one_side(match: Match, left_out: Op) -> list[tuple[str, str]]:
    """Give one side in pieces, (`keep` | `delete` | `insert`, text); what only the other side has is left out."""
    return [(piece.op.value, piece.text) for piece in match.pieces if piece.op is not left_out]
