"""The consultations of the demonstration, one in each state."""

from __future__ import annotations

from dataclasses import dataclass, field

from consult.drafting.models import State


@dataclass(frozen=True)
class Scene:
    """One consultation; ``opened`` and the other steps are in days before today, 0 for a step not taken."""

    slug: str
    draft: str
    kind: str
    until: State
    summary: str
    explanation: tuple[str, ...]
    opened: int = 0
    enterprise_related: bool = False
    submissions: str = ""
    extended: tuple[int, str] | None = None
    """Days from today to the new last day, and the reason."""
    reported: int = 0
    reviewed: int = 0
    """The day on which the 送审稿 went to review, of one that isn't submitted to the meeting yet."""
    asked: int = 0
    """The day on which the 送审稿 went to the legal division, of one whose review isn't concluded."""
    submitted: int = 0
    promulgated: int = 0
    withdrawn: tuple[int, str] | None = None
    statement: str = ""
    drafter: str = "qicao"
    contact: str = field(default="某市演示路1号，邮编000000，电话000-00000000")


SCENES = (
    Scene(
        slug="lao-jiu-xiao-qu",
        draft="renewal",
        kind="normative-document",
        until=State.OPEN,
        enterprise_related=True,
        summary="改什么、谁出钱、怎么商量、改完谁来管：请就老旧小区改造的四十四条规定提出意见。",
        explanation=(
            "一、为什么制定。各地老旧小区改造标准不一，居民反映较多的是商量不充分、账目不公开、改后无人管。",
            "二、主要内容。分八章四十四条，规定了改造计划、内容、协商、资金、施工、后续管理。",
            "三、特别想听的意见。优先安排的条件（第九条）、居民出资（第二十七条）、施工时间（第三十三条）。",
        ),
        opened=10,
        extended=(33, "来信来电集中反映资金条款比较复杂，需要更多时间讨论。"),
        submissions="renewal",
    ),
    Scene(
        slug="gong-gong-ce-suo",
        draft="toilets",
        kind="normative-document",
        until=State.DRAFTING,
        summary="步行十分钟内有公厕，沿街单位厕所开放。",
        explanation=("为了方便群众如厕，拟制定本规定。",),
    ),
    Scene(
        slug="wai-qiang-jian-cha",
        draft="facades",
        kind="rules-draft",
        until=State.IN_REVIEW,
        summary="老房子的外墙多久查一次、谁来查、发现问题怎么办。",
        explanation=("近年来外墙脱落伤人的情况时有发生，拟建立定期检查制度。",),
    ),
    Scene(
        slug="ye-jian-shi-gong",
        draft="night",
        kind="normative-document",
        until=State.SCHEDULED,
        summary="夜间什么情况可以施工、怎么公告、怎么投诉。",
        explanation=("夜间施工噪声是热线反映较多的问题，拟统一管理办法。",),
        enterprise_related=True,
        opened=-5,
    ),
    Scene(
        slug="bao-zhang-zu-fang",
        draft="rental",
        kind="normative-document",
        until=State.CLOSED,
        summary="谁可以租、怎么排队、租金怎么定、什么情况要退出。",
        explanation=("为了帮助新市民、青年人解决住房困难，规范配租管理。",),
        opened=45,
        submissions="rental",
        drafter="qicao2",
    ),
    Scene(
        slug="bian-min-tan-dian",
        draft="stalls",
        kind="normative-document",
        until=State.FEEDBACK_REVIEW,
        summary="便民摊点设在哪里、怎么登记、怎么管。",
        explanation=("既方便群众生活，又保持街区整洁。",),
        opened=62,
        reported=3,
        submissions="stalls",
        statement="征求意见期间收到的意见已经逐条研究。",
    ),
    Scene(
        slug="jia-zhuang-dian-ti",
        draft="elevators",
        kind="normative-document",
        until=State.FEEDBACK_PUBLISHED,
        summary="怎么商量、费用怎么分、怎么审批、补贴多少。",
        explanation=("加装电梯涉及邻里利益，拟明确协商办法，简化审批。",),
        opened=95,
        reported=20,
        asked=6,
        submissions="elevators",
        statement="感谢大家对加装电梯工作的关心。收到的意见已经逐条研究，采纳情况和理由如下。",
    ),
    Scene(
        slug="she-qu-shi-tang",
        draft="canteens",
        kind="major-decision",
        until=State.FEEDBACK_PUBLISHED,
        summary="社区食堂怎么办、谁来运营、老年人用餐怎么优惠。",
        explanation=(
            "一、起草的必要性。为了方便老年人就近用餐，需要规范社区食堂的建设和运营。",
            "二、主要内容。规定了优惠对象、运营企业的选定和条件、食品安全、价格和监督。",
        ),
        opened=80,
        enterprise_related=True,
        reported=34,
        reviewed=30,
        submissions="canteens",
        statement="收到的意见已经逐条研究，采纳情况和理由如下。",
    ),
    Scene(
        slug="shou-fei-gong-shi",
        draft="fees",
        kind="normative-document",
        until=State.SUBMITTED_TO_MEETING,
        summary="物业收了哪些钱、花在哪里，让业主看得见。",
        explanation=("为了让业主明白消费，统一收费公示的内容和方式。",),
        opened=130,
        reported=60,
        submitted=12,
        submissions="fees",
        statement="收到的意见已经逐条研究。",
    ),
    Scene(
        slug="ran-qi-an-jian",
        draft="gas",
        kind="normative-document",
        until=State.PROMULGATED,
        summary="燃气入户检查多久一次、怎么预约、不得推销。",
        explanation=("预防燃气事故，规范入户检查。",),
        opened=220,
        reported=150,
        submitted=110,
        promulgated=90,
        submissions="gas",
        statement="收到的意见已经逐条研究。",
    ),
    Scene(
        slug="zhuang-xiu-bei-an",
        draft="decoration",
        kind="normative-document",
        until=State.WITHDRAWN,
        summary="住宅装修备案的范围和办法。",
        explanation=("保障房屋结构安全，规范装修活动。",),
        opened=40,
        withdrawn=(25, "上级正在制定同类规定，为避免重复，先行撤回；已经收到的意见将转送研究。"),
        submissions="decoration",
    ),
)
