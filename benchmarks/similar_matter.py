"""How well opinions that want the same in other words are proposed, and how seldom others are.

Run: .venv/bin/python -m benchmarks.similar_matter [--corpus FILE.csv]

Triples of an opinion, the same demand in other words, and another demand on the same matter, each looked up among all
other texts and among real messages. Prints how many of the same are among the first five proposed (goal: 0.8), how many
of the others are (goal: under 0.1), and how many proposals a real message gets.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

from benchmarks.grouping import CORPUS
from consult.text.similar_matter import matter_of, most_similar

FIRST, FILLERS, ASKED = 5, 400, 100
TRIPLES = tuple(
    tuple(line.strip().split(" / "))
    for line in """
    建议提高老年人免费乘车的补贴标准。 / 老人坐公交的补助太少，希望上调。 / 老年人乘车的补贴应当降低，财政负担太重。
    小区内应当禁止电动车上楼充电。 / 电瓶车推进楼道充电太危险，必须严禁。 / 电动车在楼内充电应当允许，否则没地方充。
    加装电梯的费用分摊办法请写明确。 / 电梯由谁出钱、各层怎么分摊费用，要细化。 / 电梯加装的费用分摊条款建议删除。
    希望延长公示期限，十天看不过来。 / 公示的时间太短，请放宽。 / 公示期限应当缩短，不要拖延办事。
    物业费的收费标准应当公开。 / 物业公司收多少钱、怎么收，价格要公示。 / 物业收费标准涉及商业秘密，可以不公开。
    建议增设无障碍坡道。 / 请给残障人士新建无障碍通道的坡道。 / 无障碍坡道占地，建议取消。
    夜间施工的噪音扰民，应当禁止。 / 深夜工地噪声太大，不准开工。 / 夜间施工应当允许，噪声达标即可。
    对养狗不牵绳的罚款应当提高。 / 遛犬不拴绳，处罚太轻，加大罚款。 / 养狗不牵绳罚款过高，应当减少。
    幼儿园的学位应当增加。 / 托育机构太少，幼儿园要新增。 / 幼儿园数量过多，应当删除新增的计划。
    摊贩经营的时间应当放宽。 / 流动商贩摆摊时限太死，请延长。 / 摊贩经营时间应当缩短，太吵。
    建议删除第八条中关于居住证明的材料要求。 / 居住证明这项资料没有必要，请取消。 / 居住证明材料还应当增加一份。
    路灯维修应当在三日内完成。 / 照明坏了要三日内修理好。 / 路灯维修应当在十日内完成。
    公交车末班车时间应当延长。 / 末班公交太早，请往后顺延。 / 公交末班车应当提前，节约成本。
    学校食堂的菜价应当公示。 / 校园餐厅卖多少钱，菜价请张贴出来。 / 学校食堂的菜价应当提高，质量才有保证。
    停车位应当优先出租给业主。 / 车位先租给本小区住户。 / 停车位不得优先出租，应当一律拍卖。
    建议明确企业申请补助的材料清单。 / 公司申报资助要交哪些资料，请写清楚。 / 企业申请补助的规定建议取消。
    垃圾分类的投放时间应当放宽。 / 废弃物投放时间太紧，希望延长。 / 垃圾分类投放时间应当缩短到一小时。
    年龄条件应当降低到六十周岁。 / 岁数要求太高，下调到六十周岁。 / 年龄条件应当提高到七十周岁。
    残疾人停车应当免费。 / 残障人士泊车不收费。 / 残疾人停车也应当收费，一视同仁。
    租金补贴应当按月发放。 / 房租的补助请每个月发。 / 租金补贴应当取消。
    """.strip().splitlines()
)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    chosen = parser.parse_args()
    fillers: list[str] = []
    if chosen.corpus.exists():
        with chosen.corpus.open(encoding="utf-8-sig", newline="") as file:
            bodies = list(dict.fromkeys(row["body"].strip() for row in csv.DictReader(file)))
        fillers = random.Random(1).sample(bodies, FILLERS)
    texts = [text for triple in TRIPLES for text in triple] + fillers
    matters = [matter_of(text) for text in texts]
    same = other = rest = 0
    for n in range(len(TRIPLES)):
        at = 3 * n
        near = {
            place + (place >= at) for place, _ in most_similar(matters[at], matters[:at] + matters[at + 1 :], FIRST)
        }
        same, other, rest = same + (at + 1 in near), other + (at + 2 in near), rest + len(near - {at + 1, at + 2})
    n = len(TRIPLES)
    print(
        f"{n} demands among {len(texts)} texts: the same in other words proposed {same / n:.2f} (goal 0.8), "
        f"another demand on the same matter {other / n:.2f} (goal under 0.1), {rest / n:.2f} others each"
    )
    real = range(3 * n, min(len(texts), 3 * n + ASKED))
    proposed = [len(most_similar(matters[at], matters[:at] + matters[at + 1 :], FIRST)) for at in real]
    if proposed:
        print(f"{len(proposed)} real messages: {sum(proposed) / len(proposed):.2f} proposals each, of {FIRST} at most")


if __name__ == "__main__":
    main()
