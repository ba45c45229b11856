"""What the fair-competition review asks beyond the others: who carries it out, and the standards one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from consult.app_context import rules
from consult.drafting.models import Consultation, Issuer
from consult.law.reviews import Conclusion, ReviewKind
from consult.review.errors import ReviewRefused
from consult.review.models import PaperRole, StandardFinding

if TYPE_CHECKING:
    from consult.review.models import Review

JOINT_ARTICLE = "《公平竞争审查条例》第十三条第二款"
GOVERNMENT_ARTICLE = "《公平竞争审查条例》第十四条"


def check(consultation: Consultation, conclusion: Conclusion, unit: str, standards: Mapping[str, str]) -> None:
    """Refuse a conclusion of another unit than the one that leads, or one that its standards contradict.

    Raises:
        ReviewRefused: with what to correct.
    """
    _check_unit(consultation, unit.strip())
    if standards:
        _check_standards(conclusion, standards)


def _check_unit(consultation: Consultation, unit: str) -> None:
    if consultation.issuer is not Issuer.JOINT:
        return
    leading = consultation.leading_unit
    if unit != leading:
        stated = f"所填审查单位为“{unit}”" if unit else "审查单位未填写"
        raise ReviewRefused(
            f"多个部门联合出台的，由牵头起草单位“{leading}”开展公平竞争审查（{JOINT_ARTICLE}），{stated}，请核对。"
        )


def _check_standards(conclusion: Conclusion, standards: Mapping[str, str]) -> None:
    known = rules().standards
    unknown = next((id_ for id_ in standards if id_ not in known), None)
    if unknown is not None:
        raise ReviewRefused(f"没有“{unknown[:40]}”这一项审查标准，请重新选择。")
    open_ones = [row.cited for id_, row in known.items() if not standards.get(id_)]
    if open_ones:
        raise ReviewRefused(f"审查标准应当逐项登记，还有 {len(open_ones)} 项没有登记：{open_ones[0]}等。")
    by_finding = {
        finding: [known[id_].cited for id_, value in standards.items() if value == finding.value]
        for finding in StandardFinding
    }
    violated, excepted = by_finding[StandardFinding.VIOLATED], by_finding[StandardFinding.EXCEPTED]
    if sum(map(len, by_finding.values())) != len(standards):
        raise ReviewRefused("审查标准的登记只能是“不含有”“含有，适用例外规定”“含有，违反标准”之一，请重新选择。")
    if conclusion is not Conclusion.VIOLATES and violated:
        raise ReviewRefused(f"已登记含有违反标准的内容（{violated[0]}），结论应当是违反审查标准。")
    if conclusion is Conclusion.VIOLATES and not violated:
        raise ReviewRefused("结论为违反审查标准的，应当在逐项审查中注明违反的是哪一项。")
    if conclusion is Conclusion.CONFORMS and excepted:
        raise ReviewRefused(f"已登记适用例外规定的内容（{excepted[0]}），结论应当是适用例外规定。")
    if conclusion is Conclusion.EXCEPTION and not excepted:
        raise ReviewRefused("结论为适用例外规定的，应当在逐项审查中注明适用例外规定的是哪一项。")


def lacking(review: Review) -> str:
    """Say which paper of another body the review still needs before it passes; empty where none."""
    if review.kind is not ReviewKind.FAIR_COMPETITION or review.version.consultation.issuer is not Issuer.GOVERNMENT:
        return ""
    if any(paper.role is PaperRole.REGULATOR_OPINION for paper in review.papers):
        return ""
    return f"已出具初审意见，尚无市场监管部门的审查意见（{GOVERNMENT_ARTICLE}）"


def check_regulator(review: Review, concludes: Conclusion | None) -> None:
    """Refuse an opinion of the market regulator that can't be added to a review.

    Raises:
        ReviewRefused: the document isn't the government's, or the regulator concludes otherwise than the review.
    """
    if review.kind is not ReviewKind.FAIR_COMPETITION or review.version.consultation.issuer is not Issuer.GOVERNMENT:
        raise ReviewRefused(
            f"只有拟由人民政府出台或者提请人大审议的文件，才送市场监管部门审查（{GOVERNMENT_ARTICLE}）。"
        )
    if concludes is None:
        raise ReviewRefused("请选择市场监管部门审查意见的结论。")
    if concludes is not review.conclusion:
        raise ReviewRefused("市场监管部门的结论与初审意见不一致，请按审查意见另行登记一次公平竞争审查。")
