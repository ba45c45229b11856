"""Hearing in one consultation: the board, the proposal, the list, and inviting who is on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may, require
from consult.consultees import board, deadlines, invitations, listing, mailing, standing
from consult.consultees.board import WAITING_FOR_TIME
from consult.consultees.errors import ConsulteeRefused, InvitationRefused
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.models import Consultee, Method
from consult.consultees.register import SECTORS, find
from consult.consultees.standing import UNINVITED, Cell, Standing
from consult.drafting.models import Consultation, State
from consult.faces.desk import typed
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.consultees_register import KIND_WORDS, SIZE_WORDS
from consult.faces.desk.sections import inside
from consult.law.sufficiency import lacks
from consult.store import db

SHOWN = 100
INVITED_AT_ONCE = 200
SENT_AT_ONCE = 30
METHOD_WORDS = {Method.MAIL: "邮件", Method.LETTER: "信函", Method.HAND: "当面送达"}
NEXT_ACT = {
    None: "发征求意见函",
    Standing.PREPARED: "邮件由系统发出；信函、当面送的，送出后登记",
    Standing.SENT: "等答复，到期前系统提醒",
    Standing.OPENED: "等答复，到期前系统提醒",
    Standing.BOUNCED: "换地址重发，或者换一家",
    Standing.DECLINED: "换一家",
    Standing.SILENT: "打电话催问，延期，或者换一家",
    Standing.REVOKED: "需要的话重新邀请",
}
FILTERS = {*(one.value for one in Standing), UNINVITED, WAITING_FOR_TIME}
LISTABLE = (State.DRAFTING, State.IN_REVIEW, State.SCHEDULED, *ANSWERABLE)
"""States in which the list can still be changed."""


@desk.get("/consultations/<slug>/consultees")
def consultees(slug: str) -> str:
    """Show the board: who is on the list, where each stands, what the rule demands, what to do next."""
    one, at, actor = consultation_or_404(slug), clock.now(), current_actor()
    only = request.args.get("standing", "")
    only = only if only in FILTERS else ""
    places = board.page(one, at, only=only, after=typed.number(request.args.get("after", "")), limit=SHOWN + 1)
    cells = standing.cells(one, at)
    rule = listing.demanded(one)
    heard = standing.counted(cell for cell in cells if cell.is_heard)
    on_list = standing.counted(cells)
    counts: Counter[str] = Counter()
    for cell in cells:
        counts[cell.standing.value if cell.standing else UNINVITED] += cell.n
    sought = _wanted(one)
    state = one.state(at)
    return render_template(
        "desk/hearing/board.html",
        desk_nav=inside(actor, one),
        consultation=one,
        state=state.value,
        now=at,
        places=places[:SHOWN],
        only=only,
        next=url_for(".consultees", slug=slug, standing=only or None, after=places[SHOWN - 1].listed.id)
        if len(places) > SHOWN
        else None,
        first=url_for(".consultees", slug=slug, standing=only or None) if "after" in request.args else None,
        counts=counts,
        asking=board.requests_for_time(one),
        total=counts.total(),
        rule=rule,
        on_list=on_list,
        heard=heard,
        list_lacks=lacks(on_list, rule) if rule else (),
        heard_lacks=lacks(heard, rule) if rule else (),
        proposals=listing.propose(one, sought) if "propose" in request.args else None,
        sought=sought,
        may_list=may(actor, Act.INVITE, one) and state in LISTABLE,
        may_invite=may(actor, Act.INVITE, one) and state in ANSWERABLE,
        letters=mailing.has_letters(one),
        deadline=deadlines.deadline(clock.local(at).date())[1],
        groups=_groups(cells),
        sectors=SECTORS,
        kind_words=KIND_WORDS,
        size_words=SIZE_WORDS,
        method_words=METHOD_WORDS,
        next_act=NEXT_ACT,
    )


@dataclass(frozen=True)
class Group:
    """A line of the table by kind, size and sector: its words, how many, and how many of each standing."""

    words: str
    total: int
    of: Counter[Standing | None]

    @property
    def heard(self) -> int:
        """How many were heard."""
        return sum(self.of[one] for one in standing.HEARD)

    @property
    def waiting(self) -> int:
        """How many are still expected to answer."""
        return self.of[Standing.PREPARED] + self.of[Standing.SENT] + self.of[Standing.OPENED]


def _groups(cells: list[Cell]) -> list[tuple[str, list[Group]]]:
    """Return the lines of the table: by kind, by size of the enterprises, by sector."""
    ways: tuple[tuple[str, Callable[[Cell], str]], ...] = (
        ("类型", lambda cell: KIND_WORDS[cell.kind]),
        ("企业规模", lambda cell: (SIZE_WORDS[cell.size] if cell.size else "没有写明") if _is_firm(cell) else ""),
        ("行业", lambda cell: SECTORS.get(cell.sector, "没有写明")),
    )
    return [(head, _grouped(cells, named)) for head, named in ways]


def _is_firm(cell: Cell) -> bool:
    return cell.kind.value == "enterprise"


def _grouped(cells: list[Cell], named: Callable[[Cell], str]) -> list[Group]:
    found: defaultdict[str, Counter[Standing | None]] = defaultdict(Counter)
    for cell in cells:
        if named(cell):
            found[named(cell)][cell.standing] += cell.n
    groups = [Group(words, of.total(), of) for words, of in found.items()]
    return sorted(groups, key=lambda group: (-group.total, group.words))


def _wanted(one: Consultation) -> listing.Wanted:
    """Return what the proposal is asked for; when nothing is, what the consultation itself is about."""
    words = tuple(request.args.get("words", "").split()[:5])
    if "propose" not in request.args:
        words = listing.subject_words(one)
    return listing.Wanted(
        tuple(letter for letter in request.args.getlist("sector") if letter in SECTORS),
        request.args.get("region", "").strip()[:80],
        words,
    )


@desk.post("/consultations/<slug>/consultees/<any('add', 'remove', 'invite', 'posted', 'send'):verb>")
def consultees_act(slug: str, verb: str) -> Response:
    """Change the list, or invite those who are ticked (all who aren't yet, when nobody is)."""
    one, at = consultation_or_404(slug), clock.now()
    require(current_actor(), Act.INVITE, one)
    numbers = [typed.number(ticked) for ticked in request.form.getlist("consultee")]
    ticked = [found for found in (db.session.get(Consultee, n) for n in numbers if n) if found is not None]
    acts = {"add": _add, "remove": _remove, "invite": _invite, "posted": _posted, "send": _send}
    words = ""
    with refusals_to_flash() as tried:
        words = acts[verb](one, ticked, at)
    if tried.ok:
        flash(words, "success")
    return redirect(url_for(".consultees", slug=slug), 303)


def _add(one: Consultation, ticked: list[Consultee], at: datetime) -> str:
    if one.state(at) not in LISTABLE:
        raise ConsulteeRefused("意见采纳情况已经公布，名单不能再改。")
    ticked = ticked + named(request.form.get("name", ""))
    if not ticked:
        raise ConsulteeRefused("请勾选要列入的单位，或者填写单位名称、统一社会信用代码。")
    own = request.form.get("reason", "")[:1000]
    why = {consultee.id: request.form.get(f"why-{consultee.id}", "")[:1000] or own for consultee in ticked}
    n = listing.add(current_actor(), one, [(consultee, why[consultee.id]) for consultee in ticked], at=at)
    if not n:
        return "这几家已经在名单上。"
    return f"已列入 {n} 家。" + ("" if one.state(at) in ANSWERABLE else "草案公开征求意见以后就可以发函。")


def _remove(one: Consultation, ticked: list[Consultee], at: datetime) -> str:
    if not ticked:
        raise ConsulteeRefused("请先勾选要去掉的单位。")
    for consultee in ticked:
        listing.remove(current_actor(), one, consultee, request.form.get("reason", "")[:1000], at=at)
    return f"已从名单中去掉 {len(ticked)} 家，理由已保存。"


def _invite(one: Consultation, ticked: list[Consultee], at: datetime) -> str:
    if not ticked:
        waiting = board.page(one, at, only=UNINVITED, limit=INVITED_AT_ONCE)
        ticked = [place.consultee for place in waiting]
    if not ticked:
        raise InvitationRefused("名单上没有还没邀请的单位。请先列入名单。")
    method = typed.one_of(Method, request.form.get("method", ""), Method.MAIL, "送达方式")
    last = typed.day(request.form.get("last_day", ""))
    troubles = []
    for consultee in ticked:
        try:
            invitations.invite(current_actor(), one, consultee, method=method, last_day=last, at=at)
        except InvitationRefused as refusal:
            troubles.append(str(refusal))
    if troubles:
        flash("；".join(dict.fromkeys(troubles)), "error")
    made = len(ticked) - len(troubles)
    if not made:
        raise InvitationRefused("一家也没有邀请成。")
    then = {Method.MAIL: "邮件由系统发出，也可以点“现在就发邮件”。"}.get(method, "请打印信函，送出后登记。")
    more = standing.cells(one, at)
    left = sum(cell.n for cell in more if cell.standing is None)
    return f"已邀请 {made} 家。{then}" + (f"还有 {left} 家没有邀请，可以再点一次。" if left and not troubles else "")


def _posted(one: Consultation, ticked: list[Consultee], at: datetime) -> str:
    """Note that letters went out: those that are ticked, or all that wait."""
    chosen = {consultee.id for consultee in ticked}
    n = 0
    for place in list(board.every(one, at, only=Standing.PREPARED.value)):
        invitation = place.invitation
        if invitation is None or invitation.method is Method.MAIL or (chosen and place.consultee.id not in chosen):
            continue
        invitations.mark_sent(current_actor(), invitation, at=at)
        n += 1
    if not n:
        raise InvitationRefused("没有等着送出的信函。")
    return f"已登记 {n} 封信函送出。"


def _send(one: Consultation, _ticked: list[Consultee], at: datetime) -> str:
    sent = mailing.send_waiting(at, one, limit=SENT_AT_ONCE)
    out = sum(not item.trouble for item in sent)
    troubles = dict.fromkeys(f"{item.invitation.consultee.name}：{item.trouble}" for item in sent if item.trouble)
    if troubles:
        flash("没有发出：" + "；".join(troubles), "error")
    if not sent:
        return "没有等着发的邮件。"
    return f"发出邮件 {out} 封。" + ("其余的由系统接着发。" if len(sent) == SENT_AT_ONCE else "")


def named(words: str) -> list[Consultee]:
    """Return the one consultee that words name, none for no words.

    Raises:
        ConsulteeRefused: there is none, or more than one.
    """
    plain = words.strip()
    if not plain:
        return []
    found = find(words=plain, limit=20)
    same = [one for one in found if plain in (one.name, one.credit_code)]
    if len(same) == 1 or len(found) == 1:
        return (same or found)[:1]
    if not found:
        raise ConsulteeRefused(f"名录里没有“{plain}”，请先在企业名录里登记。")
    alike = "、".join(one.name for one in found[:5])
    raise ConsulteeRefused(f"名录里名称有“{plain}”的不止一家（{alike}），请写全称或者统一社会信用代码。")
