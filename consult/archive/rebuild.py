#!/usr/bin/env python3
"""用归档包里的原始数据重新计算反馈中的每一个数字；不联网，不需要平台，只要 Python 3.9 以上。

用法：python3 rebuild.py 归档包.zip [--json]

依次核对：每个文件与校验清单相符；每件来件与收到时的摘要相符；反馈各版的正文和附表与登记的摘要相符；附表每一行都有
来件和经另一人复核的采纳情况；反馈中的每个数字与重新计算的相符。全部相符，退出码为 0；有不符的，为 1；用法不对，为 2。
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

CHECKSUMS = "校验清单.sha256"
ARTICLE = re.compile(r"(?:.*-)?art-\d+(?:-\d+)?(?:-x\d+)?(?=-|$)")
PARAGRAPHS = re.compile(r"(?:-para-\d+(?:-\d+)?(?:-x\d+)?)+$")
OWN = ("number", "channel", "sender_kind", "subject", "name", "contact", "publish_name", "keep_private", "external_id")
RESTATED = ("submission.erase_personal", "submission.correct_sender")
NOT_INVITED = ("none", "prepared", "revoked")
Row = dict[str, Any]


def canonical(document: Any) -> bytes:
    """Return the bytes over which the platform computes digests: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def moment(text: str) -> datetime:
    """Return a moment from ISO 8601."""
    return datetime.fromisoformat(text)


def article_of(anchor: str) -> str:
    """Return the article that contains an anchor."""
    if anchor == "draft":
        return ""
    article = ARTICLE.match(anchor)
    return article[0] if article else PARAGRAPHS.sub("", anchor)


class Package:
    """An archive package, and what was found wrong in it."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)
        self.faults: list[str] = []
        self.submissions = {row["id"]: row for row in self.rows("submissions")}
        self.decisions = list(self.rows("decisions"))
        self.acts = sorted(self.rows("record"), key=lambda act: int(act["id"]))
        self.digests = {name: self._sha256(name) for name in self.zip.namelist()}

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the documents of a file of lines."""
        with self.zip.open(f"data/{name}.jsonl") as file:
            for line in file:
                yield json.loads(line)

    def fault(self, words: str) -> None:
        """Note what is wrong."""
        self.faults.append(words)

    def check_files(self) -> int:
        """Hold every file against the list of digests; return how many there are."""
        named = dict(line.split("  ", 1)[::-1] for line in self.zip.read(CHECKSUMS).decode().splitlines())
        present = [name for name in self.zip.namelist() if name != CHECKSUMS]
        for name in sorted(set(named) | set(present)):
            if name not in present:
                self.fault(f"缺少文件：{name}")
            elif name not in named:
                self.fault(f"校验清单之外的文件：{name}")
            elif self.digests[name] != named[name]:
                self.fault(f"文件与校验清单不符：{name}")
        if len(present) != len(set(present)):
            self.fault("有同名文件")
        return len(present)

    def _sha256(self, name: str) -> str:
        hasher = hashlib.sha256()
        with self.zip.open(name) as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                hasher.update(chunk)
        return hasher.hexdigest()

    def check_submissions(self) -> int:
        """Hold every submission against the digest of its receipt; return how many there are."""
        acts = defaultdict(list)
        for act in self.acts:
            acts[act["subject"]].append(act)
        for row in self.submissions.values():
            its_acts = acts["submission:" + row["number"]]
            fixed = [act["digest"] for act in its_acts if act["act"] == "submission.receive" or act["act"] in RESTATED]
            if not fixed:
                self.fault(f"来件 {row['number']} 没有登记的记录")
            elif fixed[-1] not in statement_digests(row, its_acts):
                self.fault(f"来件 {row['number']} 与登记的摘要不符")
            erased = any("raw" in (act["detail"].get("erased") or ()) for act in its_acts)
            if not erased and row["raw_sha256"] != self.digests.get("02-原始来件/" + row["raw"]):
                self.fault(f"来件 {row['number']} 的原始表单与登记的摘要不符")
            for file in row["attachments"]:
                if file["path"] is not None and file["sha256"] != self.digests.get("02-原始来件/" + file["path"]):
                    self.fault(f"来件 {row['number']} 的附件“{file['name']}”与登记的摘要不符")
        here = json.loads(self.zip.read("data/consultation.json"))["id"]
        known = {"submission:" + row["number"] for row in self.submissions.values()}
        for subject, its_acts in sorted(acts.items()):
            if subject.startswith("submission:") and subject not in known and its_acts[-1]["consultation_id"] == here:
                self.fault(f"记录中的来件 {subject.partition(':')[2]} 不在包内")
        return len(self.submissions)

    def versions(self) -> list[Row]:
        """Return the versions of the report, oldest first."""
        return list(self.rows("reports"))


def statement_digests(row: Row, acts: list[Row]) -> set[str]:
    """Return the digests that everything received may have: who speaks may be recognised, consent withdrawn later."""
    recognised = [act["detail"] for act in acts if act["act"] == "submission.recognise"]
    kinds = {row["sender_kind"], *(detail["sender_kind_before"] for detail in recognised[:1])}
    withdrawn = any(act["act"] == "submission.withdraw_consent" for act in acts)
    consents = {row["publish_name"], True} if withdrawn else {row["publish_name"]}
    answers = [{"question": answer["question_id"], "content": answer["content"]} for answer in row["answers"]]
    received = moment(row["received_at"]).astimezone(timezone(timedelta(0))).isoformat(timespec="microseconds")
    statement = {
        **({"answers": answers} if answers else {}),
        **{name: row[name] for name in OWN},
        "received_at": received,
        "parts": [{name: part[name] for name in ("anchor", "content", "quote")} for part in row["parts"]],
        "raw": {"media_type": row["raw_media_type"], "sha256": row["raw_sha256"]},
        "attachments": [
            {name: file[name] for name in ("name", "media_type", "size", "sha256")} for file in row["attachments"]
        ],
    }
    salt = bytes.fromhex(row["salt"])
    return {
        hashlib.sha256(salt + canonical({**statement, "sender_kind": kind, "publish_name": consent})).hexdigest()
        for kind in kinds
        for consent in consents
    }


class Version:
    """A version of the report, counted again from what the package holds."""

    def __init__(self, package: Package, report: Row) -> None:
        self.package, self.report, self.snapshot = package, report, report["snapshot"]
        self.until = moment(report["published_at"] or report["compiled_at"])
        self.table = list(package.rows(f"report-{report['version']}-rows"))
        self.in_time = [row for row in self.table if not row["late"]]
        self.sent = [row for row in package.submissions.values() if moment(row["recorded_at"]) <= self.until]
        self.sent_in_time = [row for row in self.sent if not row["late"]]
        self.figures = 0

    def check(self) -> int:
        """Hold the version against its sources; return how many figures were counted again."""
        self._check_digest()
        self._check_table()
        self._check_figures()
        self._equal("不予公开的理由", self.snapshot.get("rejections"), self._rejections())
        for name, lines in (self.snapshot.get("tables") or {}).items():
            self._equal(f"表 {name}", lines, TABLES[name](self) if name in TABLES else None)
        self._check_groups()
        self._check_themes()
        self._check_heard()
        return self.figures

    def _fault(self, words: str) -> None:
        self.package.fault(f"反馈第 {self.report['version']} 版：{words}")

    def _equal(self, name: str, printed: Any, counted: Any) -> None:
        if printed is None:
            return
        self.figures += 1
        if printed != counted:
            shown, new = (json.dumps(value, ensure_ascii=False) for value in (printed, counted))
            self._fault(f"{name}：印的是 {shown}，重新计算的是 {new}")

    def _check_digest(self) -> None:
        hasher = hashlib.sha256(canonical({"snapshot": self.snapshot, "statement": self.report["statement"]}))
        for row in self.table:
            left_out = ("report_id", "number") if row["rewording"] else ("report_id", "number", "rewording")
            hasher.update(canonical({name: value for name, value in row.items() if name not in left_out}))
        if hasher.hexdigest() != self.report["digest"]:
            self._fault("正文和附表与登记的摘要不符")
        subject = f"report:{self.report['consultation_id']}/{self.report['version']}"
        acts = {act["act"]: act for act in self.package.acts if act["subject"] == subject}
        wanted = ["report.publish"] if self.report["published_at"] else ["report.compile"]
        for name in wanted:
            if name not in acts or acts[name]["digest"] != self.report["digest"]:
                self._fault("登记的记录里没有这一版，或者摘要不同")
        if self.report["published_at"]:
            who = [self.report[name] for name in ("compiled_by_id", "reviewed_by_id", "published_by_id")]
            if None not in who and (who[0] == who[1] or who[1] == who[2]):
                self._fault("编制、审核、公布不是不同的人办理的")
        for extension, digest in self.report["files"].items():
            name = f"04-意见采纳情况反馈/第{self.report['version']}版/report.{extension}"
            if self.package.digests.get(name) != digest:
                self._fault(f"公布的文件 {name} 与登记的摘要不符，或者不在包内")

    def _check_table(self) -> None:
        """Every row has its submission, accepted then, and a decision that another person reviewed."""
        decided = defaultdict(list)
        for decision in self.package.decisions:
            reviewed = decision["reviewed_at"] is not None and moment(decision["reviewed_at"]) <= self.until
            two = decision["author_id"] is None or decision["author_id"] != decision["reviewer_id"]
            if reviewed and two:
                decided[("o", decision["opinion_id"])].append(decision["outcome"])
                decided[("g", decision["group_id"])].append(decision["outcome"])
        numbers = [row["number"] for row in self.table]
        if numbers != list(range(1, len(numbers) + 1)):
            self._fault("附表的序号不连续")
        for row in self.table:
            source = self.package.submissions.get(row["submission_id"])
            if source is None:
                self._fault(f"附表第 {row['number']} 行没有来件")
                continue
            if self._state(source) != "accepted":
                self._fault(f"附表第 {row['number']} 行的来件 {source['number']} 没有审核通过")
            if any(row[name] != source[name] for name in ("channel", "sender_kind", "late")):
                self._fault(f"附表第 {row['number']} 行的渠道、身份或者逾期与来件不符")
            single = decided[("o", row["opinion_id"])]
            of_group = decided[("g", row["group_id"])] if row["group_id"] is not None else []
            if row["outcome"] not in single + of_group:
                self._fault(f"附表第 {row['number']} 行的采纳情况没有经另一人复核的决定")

    def _state(self, source: Row) -> str:
        """Return the state that a submission had when the version came about."""
        later = [act for act in source["screening"] if moment(act["at"]) > self.until]
        return str(later[0]["state_before"] if later else source["state"])

    def _check_figures(self) -> None:
        for name, printed in self.snapshot["figures"].items():
            self._equal(name, printed, self._figure(name))

    def _figure(self, name: str) -> Any:
        family, _, value = name.partition(".")
        if family == "channel":
            return sum(row["channel"] == value for row in self.sent_in_time)
        if family == "sender":
            return sum(row["sender_kind"] == value for row in self.sent_in_time)
        if family == "state":
            return sum(self._state(row) == value for row in self.sent_in_time)
        if family == "outcome":
            return sum(row["outcome"] == value for row in self.in_time)
        counted: dict[str, Callable[[], int]] = {
            "received": lambda: len(self.sent_in_time),
            "late": lambda: len(self.sent) - len(self.sent_in_time),
            "waiting": lambda: sum(self._state(row) in ("received", "screening") for row in self.sent_in_time),
            "opinions": lambda: len(self.in_time),
            "opinions_late": lambda: len(self.table) - len(self.in_time),
            "grouped": lambda: sum(row["group_id"] is not None for row in self.in_time),
            "groups": lambda: len({row["group_id"] for row in self.table} - {None}),
            "concentrated": lambda: len(self.snapshot["main_opinions"]),
        }
        return counted[name]() if name in counted else None

    def _rejections(self) -> dict[str, int]:
        names = self.package_reasons()
        counts: Counter[str] = Counter()
        for row in self.sent_in_time:
            if self._state(row) != "rejected":
                continue
            for act in row["screening"]:
                undone = act["undone_at"] is not None and moment(act["undone_at"]) <= self.until
                if act["state"] == "rejected" and moment(act["at"]) <= self.until and not undone:
                    counts[names.get(act["reason_id"], act["reason_id"])] += 1
        return dict(counts)

    def package_reasons(self) -> dict[str, str]:
        """Return the names of the reasons of moderation, by their ids in the rules."""
        reasons: dict[str, str] = json.loads(self.package.zip.read("data/rules.json"))["rejection_reasons"]
        return reasons

    def _check_groups(self) -> None:
        """Each concentrated group has as many members in the table as it says, and they were answered as it says."""
        members = defaultdict(list)
        for row in self.table:
            members[row["group_id"]].append(row)
        sizes = []
        for main in self.snapshot["main_opinions"]:
            rows = members[main["group"]]
            sizes.append(main["n"])
            self._equal(f"“{main['title']}”的条数", main["n"], len(rows))
            outcomes = Counter(row["outcome"] for row in rows)
            others = Counter()  # type: Counter[str]
            for other in main["others"]:
                others[other["outcome"]] += other["n"]
            first = main["n"] - sum(others.values())
            others[main["outcome"]] += first
            self._equal(f"“{main['title']}”的采纳情况", dict(others), dict(outcomes))
        if sizes != sorted(sizes, reverse=True):
            self._fault("较为集中的意见没有按条数排列")

    def _check_themes(self) -> None:
        printed = self.snapshot.get("themes")
        if printed is None:
            return
        names = {row["id"]: row["name"] for row in self.package.rows("themes")}
        names |= self._names_of_then()
        marked = defaultdict(set)
        for mark in self.package.rows("theme_marks"):
            ended = mark["ended_at"] is not None and moment(mark["ended_at"]) <= self.until
            if moment(mark["marked_at"]) <= self.until and not ended:
                marked[mark["theme_id"]].add((mark["opinion_id"], mark["group_id"]))
        counted = defaultdict(list)
        for theme, marks in marked.items():
            for row in self.in_time:
                if (row["opinion_id"], None) in marks or (row["group_id"] and (None, row["group_id"]) in marks):
                    counted[names[theme]].append(row["outcome"])
        for theme in printed:
            outcomes = counted[theme["name"]]
            self._equal(f"主题“{theme['name']}”", theme["outcomes"], {k: v for k, v in Counter(outcomes).items() if k})
            self._equal(f"主题“{theme['name']}”的条数", theme["n"], len(outcomes))

    def _names_of_then(self) -> dict[int, str]:
        """Return the names that themes had when the version came about, from the record: they may be renamed since."""
        acts = (act for act in self.package.rows("record") if act["subject"].startswith("theme:"))
        named = (act for act in acts if "name" in act["detail"] and moment(act["at"]) <= self.until)
        return {int(act["subject"].partition(":")[2]): act["detail"]["name"] for act in named}

    def _check_heard(self) -> None:
        printed = dict(map(tuple, self.snapshot.get("heard") or []))
        if not printed:
            return
        compiled = moment(self.report["compiled_at"])
        late = [row for row in self.package.rows("responses") if moment(row["confirmed_at"] or row["at"]) > compiled]
        late += [row for row in self.package.rows("invitations") if moment(row["created_at"]) > compiled]
        if late:
            return  # who was asked or answered later changed the standings; the printed numbers are of that day
        rows = [row for row in self.package.rows("listed") if row["removed_at"] is None]
        standings = Counter(row["standing"] for row in rows if row["standing"] not in NOT_INVITED)
        counted = {
            "asked": sum(standings.values()),
            "opinion": standings["heard"],
            "no_opinion": standings["no_opinion"],
        }
        self._equal("单独征求意见", printed, counted)


def _side(row: Row) -> str:
    return "public" if row["sender_kind"] == "person" else "organisations"


def _by(name: str, key: Callable[[Row], str]) -> Callable[[Version], list[Any]]:
    def lines(version: Version) -> list[Any]:
        sent = Counter(map(key, version.sent_in_time))
        outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in version.in_time:
            outcomes[key(row)][row["outcome"]] += 1
        order = [line[0] for line in version.snapshot["tables"][name]]
        keys = order + sorted((set(sent) | set(outcomes)) - set(order))
        return [[name, sent[name], sum(outcomes[name].values()), _outcomes(outcomes[name])] for name in keys]

    return lines


def _outcomes(counts: dict[str, int]) -> dict[str, int]:
    return {outcome: n for outcome, n in sorted(counts.items()) if outcome and n}


def _by_article(version: Version) -> list[Any]:
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in version.in_time:
        outcomes[article_of(row["anchor"])][row["outcome"]] += 1
    order = [line[0] for line in version.snapshot["tables"]["articles"]]
    keys = order + sorted(set(outcomes) - set(order))
    return [[name, None, sum(outcomes[name].values()), _outcomes(outcomes[name])] for name in keys]


TABLES = {
    "channels": _by("channels", lambda row: str(row["channel"])),
    "senders": _by("senders", lambda row: str(row["sender_kind"])),
    "apart": _by("apart", _side),
    "articles": _by_article,
}


def main(arguments: list[str]) -> int:
    """Check a package; return the exit code."""
    paths = [argument for argument in arguments if argument != "--json"]
    if len(paths) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        package = Package(paths[0])
        files, submissions = package.check_files(), package.check_submissions()
        versions = [(report["version"], Version(package, report).check()) for report in package.versions()]
    except OSError as error:
        print(f"打不开文件：{error}", file=sys.stderr)
        return 2
    except (zipfile.BadZipFile, LookupError, TypeError, ValueError, EOFError, NotImplementedError) as error:
        print(f"核对不通过：不是平台的归档包，或者已经损坏（{error}）。", file=sys.stderr)
        return 1
    if "--json" in arguments:
        figures = {str(version): n for version, n in versions}
        document = {"files": files, "submissions": submissions, "figures": figures, "faults": package.faults}
        print(json.dumps({**document, "whole": not package.faults}, ensure_ascii=False))
        return 1 if package.faults else 0
    print(f"文件 {files} 个，来件 {submissions} 件。")
    for version, n in versions:
        print(f"反馈第 {version} 版：重新计算 {n} 项。")
    for words in package.faults:
        print(f"不符：{words}", file=sys.stderr)
    print("核对不通过" if package.faults else "核对通过", file=sys.stderr if package.faults else sys.stdout)
    return 1 if package.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
