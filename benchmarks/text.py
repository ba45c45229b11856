"""How fast drafts are read and compared: ratios against what any solution has to do at least.

    .venv/bin/python -m benchmarks.text [STATUTE.txt [OLD.txt NEW.txt]]

Without arguments it measures drafts made up for it, as long as the Criminal Law and the Legislation Law. Times are CPU
times, the best of several runs.
"""

from __future__ import annotations

import difflib
import re
import sys
import timeit
from collections.abc import Callable
from pathlib import Path
from time import process_time

from consult.text.comparison.versions import compare
from consult.text.numerals import write_number
from consult.text.parser.outline import outline
from consult.text.parser.provisions import parse

FIND_ARTICLES = re.compile(r"^\s*第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?", re.MULTILINE)
SENTENCES = (
    "经营者应当按照规定公示收费标准、服务时间和监督电话，接受社会监督",
    "市、县人民政府交通运输主管部门会同有关部门制定具体办法，报本级人民政府批准后公布实施",
    "违反前款规定的，由公安机关责令改正；拒不改正的，处二百元以上五百元以下的罚款",
    "任何单位和个人不得擅自占用、改变用途或者拆除公共设施",
)


def made_up_statute(articles: int, step: int = 1) -> str:
    """A statute of so many articles; every `step`-th is left out and the rest renumbered."""
    lines = ["某市停车管理办法", ""]
    number = 0
    for n in range(1, articles + 1):
        if step > 1 and n % step == 0:
            continue
        number += 1
        if number % 20 == 1:
            lines.append(f"第{write_number(number // 20 + 1)}章 第{n}类管理")
        lines.append(f"　　第{write_number(number)}条 {SENTENCES[n % 4]}（第{n * 7}号）。")
        if n % 2:
            lines.append(f"　　{SENTENCES[(n + 1) % 4]}，具体按照{n * 13}号目录执行。")
        if n % 5 == 0:
            lines += [f"　　（{write_number(i)}）{SENTENCES[(n + i) % 4][:18]}；" for i in range(1, 4)]
    return "\n".join(lines)


def seconds(work: Callable[[], object], runs: int = 9) -> float:
    """CPU seconds of one run, the best of several, without garbage collection, as `timeit` measures."""
    return min(timeit.repeat(work, number=1, repeat=runs, timer=process_time))


def measure(statute: str, old: str, new: str) -> None:
    """Print the ratios."""
    one_pass = seconds(lambda: FIND_ARTICLES.findall(statute), runs=200)
    once = seconds(lambda: outline(parse(statute)), runs=200)
    twice = seconds(lambda: outline(parse(statute + "\n" + statute)), runs=100)
    print(f"one regular expression pass        {one_pass * 1000:8.2f} ms")
    print(f"outline                            {once * 1000:8.2f} ms   {once / one_pass:5.1f} times the pass (goal 10)")
    print(
        f"outline of twice the text          {twice * 1000:8.2f} ms   {twice / once:5.2f} times the outline (goal 2.2)"
    )
    drafts = parse(old), parse(new)
    lines = seconds(lambda: list(difflib.ndiff(old.splitlines(), new.splitlines())), runs=1)
    plain = seconds(lambda: list(difflib.unified_diff(old.splitlines(), new.splitlines())), runs=3)
    compared = seconds(lambda: compare(*drafts), runs=5)
    goal = max(500.0, plain * 20_000)
    print(
        f"comparison of two versions         {compared * 1000:8.2f} ms   (goal {goal:.0f} ms: 500, or 20 times difflib)"
    )
    print(f"difflib over lines, unified        {plain * 1000:8.2f} ms   {compared / plain:5.1f} times it")
    print(f"difflib over lines, with ndiff     {lines * 1000:8.2f} ms   {compared / lines:5.1f} times it")


def main(arguments: list[str]) -> None:
    """Measure the files named, or drafts made up."""
    texts = [Path(name).read_text("utf-8") for name in arguments]
    statute = texts[0] if texts else made_up_statute(505)
    old, new = texts[1:3] if len(texts) >= 3 else (made_up_statute(120), made_up_statute(120, step=7))
    measure(statute, old, new)


if __name__ == "__main__":
    main(sys.argv[1:])
