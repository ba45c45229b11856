"""What ``flask consultation`` prints of a consultation: as a document, and as lines for people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from consult.app_context import rules
from consult.clock import local
from consult.drafting import publication, queries
from consult.drafting.models import Consultation, Stage, State
from consult.faces.cli.wording import end_words, local_iso, moment_words
from consult.intake.models import Channel, SubmissionState
from consult.store import counters


def described(consultation: Consultation, at: datetime) -> dict[str, Any]:
    """Return state, period with its legal basis and arithmetic, extensions, and counts by channel and state."""
    rule = rules().period(consultation.kind, enterprise_related=consultation.enterprise_related)
    return {
        "slug": consultation.slug,
        "title": consultation.title,
        "kind": consultation.kind,
        "kind_name": rule.name,
        "enterprise_related": consultation.enterprise_related,
        "issuer": consultation.issuer.value,
        "leading_unit": consultation.leading_unit,
        "state": consultation.state(at).value,
        "division": consultation.division.name if consultation.division else None,
        "author": consultation.author.username if consultation.author else None,
        "reviewer": consultation.reviewer.username if consultation.reviewer else None,
        "address": f"/consultations/{consultation.slug}",
        "mail_phrase": consultation.mail_phrase,
        "articles": queries.count_articles(consultation),
        "versions": [{"number": v.number, "kind": v.kind.value, "file": v.file_name} for v in consultation.versions],
        "period": _period(consultation, at),
        "extensions": [
            {
                "at": local_iso(extension.at),
                "closes_before": local_iso(extension.closes_before),
                "closes_after": local_iso(extension.closes_after),
                "reason": extension.reason,
            }
            for extension in consultation.extensions
        ],
        "withdrawn_reason": consultation.withdrawn_reason,
        "returned_reason": consultation.returned_reason,
        "counts": _counts(consultation.id),
    }


def _period(consultation: Consultation, at: datetime) -> dict[str, Any]:
    """Return the period as published; before that, as a publication today would give it (``proposed``)."""
    rule = rules().period(consultation.kind, enterprise_related=consultation.enterprise_related)
    if consultation.closes_at is not None:
        return {
            "proposed": False,
            "opens_at": local_iso(consultation.opens_at),
            "closes_at": local_iso(consultation.closes_at),
            "last_day": (local(consultation.closes_at) - timedelta(microseconds=1)).date().isoformat(),
            "days": consultation.period_days,
            "minimum_days": rule.minimum_days,
            "basis": consultation.period_basis,
            "arithmetic": publication.count_in_words(consultation),
            "provisional": publication.is_provisional(consultation),
            "shortened_reason": consultation.shortened_reason,
        }
    if consultation.stage not in (Stage.DRAFTING, Stage.IN_REVIEW):
        return {"proposed": False, "minimum_days": rule.minimum_days, "basis": rule.cited}
    period = publication.proposed_period(consultation, local(at).date())
    return {
        "proposed": True,
        "opens_at": None,
        "closes_at": local_iso(period.closes_at),
        "last_day": period.last_day.isoformat(),
        "days": period.days,
        "minimum_days": rule.minimum_days,
        "basis": period.basis,
        "arithmetic": period.arithmetic,
        "provisional": not period.calendar_known,
        "shortened_reason": "",
    }


def _counts(consultation_id: int) -> dict[str, Any]:
    received = counters.counts(consultation_id, "received")
    return {
        "total": sum(received.values()),
        "in_time": received.get("in_time", 0),
        "late": received.get("late", 0),
        "channels": counters.counts(consultation_id, "channel"),
        "states": counters.counts(consultation_id, "state"),
    }


def in_lines(document: dict[str, Any]) -> str:
    """Return the document of ``described`` as lines for people."""
    period, counts = document["period"], document["counts"]
    lines = [
        f"{document['slug']}  {document['title']}",
        f"状态：{State.words_of(document['state'])}",
        f"类别：{document['kind_name']}" + ("（涉企）" if document["enterprise_related"] else ""),
        f"处室：{document['division'] or '未确定'}　起草：{document['author'] or '系统'}"
        + (f"　发布：{document['reviewer']}" if document["reviewer"] else ""),
        f"条文：{document['articles']} 条，{len(document['versions'])} 稿",
        *_period_lines(period, extended=bool(document["extensions"])),
    ]
    lines += [f"延长：至 {_end(e['closes_after'])}。理由：{e['reason']}" for e in document["extensions"]]
    if document["withdrawn_reason"]:
        lines.append(f"撤回理由：{document['withdrawn_reason']}")
    if document["returned_reason"]:
        lines.append(f"退回理由：{document['returned_reason']}")
    lines.append(f"来件：{counts['total']} 件" + (f"，其中逾期 {counts['late']} 件" if counts["late"] else ""))
    lines += _count_lines("渠道", {Channel.words_of(key): n for key, n in counts["channels"].items()})
    lines += _count_lines("状态", {SubmissionState.words_of(key): n for key, n in counts["states"].items()})
    return "\n".join(lines)


def _period_lines(period: dict[str, Any], *, extended: bool) -> list[str]:
    if "closes_at" not in period:
        return []
    days = f"公布时定为 {period['days']} 日" if extended else f"{period['days']} 日"
    if period["proposed"]:
        lines = [f"期限：假定今日公布，至 {_end(period['closes_at'])}（{period['days']} 日）"]
    else:
        opens = moment_words(datetime.fromisoformat(period["opens_at"]))
        lines = [f"期限：{opens} 至 {_end(period['closes_at'])}（{days}）"]
    lines += [f"计算：{period['arithmetic']}", f"依据：{period['basis']}"]
    if period["shortened_reason"]:
        lines.append(f"缩短期限的理由：{period['shortened_reason']}")
    return lines


def _end(closes_at: str) -> str:
    return end_words(datetime.fromisoformat(closes_at))


def _count_lines(name: str, counts: dict[str, int]) -> list[str]:
    return [f"　按{name}：" + "，".join(f"{key} {n}" for key, n in counts.items())] if counts else []
