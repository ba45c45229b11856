"""The kinds of private data, and a find in a text."""

from __future__ import annotations

from dataclasses import dataclass

from consult.labels import Label, LabelledEnum


class Kind(LabelledEnum, translated=True):
    """Kinds of private data, the most identifying first."""

    IDENTITY = "identity", Label("身份证号", "plain")
    BANK_CARD = "bank_card", Label("银行账号", "plain")
    PHONE = "phone", Label("电话", "plain")
    EMAIL = "email", Label("邮箱", "plain")
    PASSPORT = "passport", Label("证件号", "plain")
    WECHAT = "wechat", Label("微信号", "plain")
    QQ = "qq", Label("QQ号", "plain")
    PLATE = "plate", Label("车牌号", "plain")
    PROPERTY = "property", Label("不动产权证号", "plain")
    COORDINATES = "coordinates", Label("坐标", "plain")
    IP_ADDRESS = "ip_address", Label("IP地址", "plain")
    ADDRESS = "address", Label("地址", "plain")
    NAME = "name", Label("姓名", "plain")


RANK = {kind: place for place, kind in enumerate(Kind)}

BY_CHARACTERS = frozenset({Kind.EMAIL, Kind.WECHAT, Kind.ADDRESS, Kind.NAME})
"""Kinds in which a spoken numeral is no digit: 一 is a name's own, o is a letter."""

Span = tuple[Kind, int, int]
"""Kind, start and end (exclusive) in characters."""


@dataclass(frozen=True, slots=True)
class PrivateDatum:
    """A private datum in a text: its kind, its span in characters (end exclusive), and the characters there."""

    kind: Kind
    start: int
    end: int
    text: str
