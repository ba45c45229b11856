"""Hostile and broken mail: always an answer, in bounded time and memory, with what can be read."""

import base64

import pytest

from consult.files.mail import read
from tests.files.mail.builders import OPINION, file, inner, message, multipart_message, part
from tests.memory import grown_kib


def deep(levels, subtype="mixed"):
    """A message nested `levels` deep, an opinion at the bottom."""
    tree = part(OPINION)
    for level in range(levels):
        tree = inner(subtype, tree, boundary=f"b{level}")
    return message(kind=None, body=b"").replace(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"") + tree


def matryoshka(levels):
    raw = message(body=OPINION)
    for level in range(levels):
        raw = multipart_message("mixed", part(f"第 {level} 层"), part(raw, "message/rfc822"), boundary=f"m{level}")
    return raw


HOSTILE = {
    "nothing": b"",
    "one byte": b"\x00",
    "zeros": bytes(100_000),
    "random": bytes(range(256)) * 400,
    "no fields": OPINION.encode(),
    "only line ends": b"\r\n" * 50_000,
    "100,000 fields": b"".join(b"X-Field-%d: value\r\n" % n for n in range(100_000)) + message(body=OPINION),
    "a field of 5 MB": b"X-Long: " + b"a" * 5_000_000 + b"\r\n" + message(body=OPINION),
    "a subject of 5 MB": message(subject="=?utf-8?B?" * 500_000, body=OPINION),
    "folds without end": b"Subject: x" + b"\r\n y" * 300_000 + b"\r\n\r\n" + OPINION.encode(),
    "half encoded words": message(subject="=?a?q?x " * 200_000, body=OPINION),
    "addresses without end": message(sender="a@b.cn, " * 200_000, body=OPINION),
    "brackets without end": message(sender='"' + "(<" * 200_000, body=OPINION),
    "references without end": message(("References", "<a@b> " * 200_000), body=OPINION),
    "parameters without end": message(kind="text/plain" + "; a*0*=b" * 100_000, body=OPINION),
    "1,000 levels": deep(1_000),
    "100,000 levels of fields": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" * 30_000,
    "60 messages inside one another": matryoshka(60),
    "100,000 parts": multipart_message("mixed", *[b"\r\nx"] * 100_000),
    "a giant boundary": message(kind=f'multipart/mixed; boundary="{"b" * 1_000_000}"', body=OPINION),
    "a boundary of dashes": message(kind='multipart/mixed; boundary="-"', body="--" * 1_000_000),
    "almost boundaries": message(kind="multipart/mixed; boundary=a", body=b"\r\n--a" * 300_000),
    "dashes": message(body="-" * 1_000_000 + "\n" + "- " * 500_000),
    "quotation marks": message(body="> " * 1_000_000),
    "labels": message(body="发件人：" * 300_000),
    "wrote": message(body="在 2026 写道 \n" * 200_000),
    "on": message(body="On a@b.cn, 2026-11-24\n" * 100_000),
    "one long line": message(body="同意" * 1_500_000),
    "open tags": message(kind="text/html", body="<div>" * 500_000 + OPINION),
    "open angles": message(kind="text/html", body="<" * 2_000_000),
    "open comments": message(kind="text/html", body="<!--" * 500_000 + OPINION),
    "open styles": message(kind="text/html", body="<style>" * 300_000 + OPINION),
    "entities": message(kind="text/html", body="&lt;" * 800_000),
    "attributes": message(kind="text/html", body="<p " + "a=b " * 500_000 + ">" + OPINION),
    "base64 of nothing": message(("Content-Transfer-Encoding", "base64"), body=b"=" * 3_000_000),
    "quoted-printable of nothing": message(("Content-Transfer-Encoding", "quoted-printable"), body=b"= " * 1_500_000),
    "uuencode without end": message(body=b"begin 644 a\r\n" * 200_000),
    "flowed": message(kind="text/plain; format=flowed", body="> a \n" * 300_000),
    "pgp": message(body="-----BEGIN PGP SIGNED MESSAGE-----\n" * 50_000),
    "titles": message(subject="《" * 100_000, body="《" * 1_000_000),
    "tnef": message(kind="application/ms-tnef", body=b"\x78\x9f\x3e\x22" + b"\xff" * 1_000_000),
    "smime": message(kind="application/pkcs7-mime", body=b"\x30\x80" * 500_000),
    "bomb": multipart_message("mixed", part(""), file("a.gz", b"\x1f\x8b" + bytes(3_000_000))),
    "dates": message(("Received", "x;" + "2" * 1_000_000), body=OPINION),
    "spaces": message(body=" " * 3_000_000 + "\n"),
    "blank lines": message(body="\n" * 3_000_000),
    "marks of a bounce": message(sender="mailer-daemon@x", subject="退信", body="a@b." * 500_000),
    "surrogates": message(kind="text/plain; charset=utf-16", body=b"\x00\xd8" * 500_000),
    "utf-7": message(kind="text/plain; charset=utf-7", body=b"+" * 1_000_000),
    "signatures": message(body="-- \n" * 300_000),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(30)
def test_hostile_mail_is_read_in_bounded_time(name):
    mail = read(HOSTILE[name])
    assert isinstance(mail.text, str)
    mail.text.encode("utf-8")
    mail.quoted.encode("utf-8")
    assert len(mail.text) <= 1_100_000
    assert len(mail.attachments) <= 200


@pytest.mark.parametrize(
    "name",
    [
        "no fields", "100,000 fields", "a field of 5 MB", "a subject of 5 MB", "folds without end",
        "half encoded words", "addresses without end", "references without end", "parameters without end",
        "a giant boundary", "open tags", "attributes", "open styles",
    ],
)  # fmt: skip
def test_the_opinion_in_hostile_mail_is_read_all_the_same(name):
    assert OPINION in read(HOSTILE[name]).text


def test_limits_are_told():
    def defects(name):
        return " ".join(read(HOSTILE[name]).defects)

    assert "邮件头" in defects("100,000 fields")
    assert "嵌套超过" in defects("1,000 levels")
    assert "超过 500 个部分" in defects("100,000 parts")
    inside = read(HOSTILE["60 messages inside one another"])
    while inside.nested:
        inside = inside.nested[0]
    assert "层" in " ".join(inside.defects)


def test_what_cannot_be_read_is_said_to_be_unreadable():
    for name in ("nothing", "one byte", "zeros"):
        assert read(HOSTILE[name]).unreadable
    assert not read(message(body=OPINION)).unreadable
    assert not read(message(body="", subject="同意")).unreadable


def test_a_nesting_that_people_use_is_read_to_its_bottom():
    assert read(deep(15)).text == OPINION
    assert OPINION in str(read(matryoshka(4)).nested)


def test_memory_stays_in_proportion():
    big = multipart_message("mixed", part(OPINION), file("大.bin", base64.b64encode(bytes(6_000_000)) + b"\x00"))
    for raw in (big, HOSTILE["100,000 parts"], HOSTILE["100,000 levels of fields"], HOSTILE["open tags"]):
        before = "from consult.files.mail import read\nraw = sys.stdin.buffer.read()"
        grown = 1024 * grown_kib(before, "read(raw)", given=raw)
        assert grown < 40_000_000 + 12 * len(raw)
