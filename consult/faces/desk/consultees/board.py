"""Hearing in one consultation: the board, the proposal, the list, and inviting who is on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.consultees import (
    board,
    confirmation,
    deadlines,
    delivery,
    doubles,
    groups,
    invitations,
    queries,
    selection,
    status,
)
from consult.consultees import letters as official
from consult.consultees import service as hearing
from consult.consultees.board import TO_CONFIRM, WAITING_FOR_TIME
from consult.consultees.errors import ConsulteeRefused, InvitationRefused
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.models import Consultee, Method
from consult.consultees.register import SECTORS, find
from consult.consultees.status import UNINVITED, Cell, Standing
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation, State
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.consultees import responses
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import row_id
from consult.law.sufficiency import missing_counts
from consult.mailbox import queries as mailbox
from consult.store import db

SHOWN = 100
SUSPECTED_SHOWN = 5
INVITED_AT_ONCE = 200
SENT_AT_ONCE = 30
FILTERS = {*(standing.value for standing in Standing), UNINVITED, WAITING_FOR_TIME, TO_CONFIRM}
LISTABLE = (State.DRAFTING, State.IN_REVIEW, State.SCHEDULED, *ANSWERABLE)
"""States in which the list can still be changed."""


@desk.get("/consultations/<slug>/consultees")
def consultees(slug: str) -> str:
    """Show the board: the list with the status of each consultee, what the rule demands, what to do next."""
    consultation, at, actor = consultation_or_404(slug), clock.now(), current_actor()
    only = request.args.get("standing", "")
    only = only if only in FILTERS else ""
    places = board.page(consultation, at, only=only, after=row_id(request.args.get("after", "")), limit=SHOWN + 1)
    cells = status.cells(consultation, at)
    rule = selection.demanded(consultation)
    heard, on_list = status.heard(consultation), status.on_list(consultation)
    suspected = doubles.unresolved(consultation)
    advice, advice_basis = selection.advised(on_list) if rule else ((), "")
    counts: Counter[str] = Counter()
    for cell in cells:
        counts[cell.standing.value if cell.standing else UNINVITED] += cell.n
    sought = _wanted(consultation)
    waiting = confirmation.waiting(consultation, limit=responses.SHOWN)
    state = consultation.state(at)
    return render_template(
        "desk/consultees/board.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=state.value,
        now=at,
        places=places[:SHOWN],
        only=only,
        next=url_for(".consultees", slug=slug, standing=only or None, after=places[SHOWN - 1].listed.id)
        if len(places) > SHOWN
        else None,
        first=url_for(".consultees", slug=slug, standing=only or None) if "after" in request.args else None,
        counts=counts,
        draft=drafting.draft_of(consultation),
        to_confirm=waiting,
        to_confirm_total=confirmation.counts_waiting([consultation.id]).get(consultation.id, 0),
        earlier=responses.earlier_answers(waiting),
        may_confirm=responses.may_confirm(consultation),
        failures=mailbox.hook_failures(consultation.id),
        asking=board.requests_for_time(consultation),
        total=counts.total(),
        rule=rule,
        on_list=on_list,
        heard=heard,
        list_lacks=missing_counts(on_list, rule) if rule else (),
        suspected=_named_sets(suspected),
        suspected_total=len(suspected),
        advice=advice,
        advice_basis=advice_basis,
        heard_lacks=missing_counts(heard, rule) if rule else (),
        proposals=selection.propose(consultation, sought) if "propose" in request.args else None,
        sought=sought,
        may_list=may(actor, Act.INVITE, consultation) and state in LISTABLE,
        may_invite=may(actor, Act.INVITE, consultation) and state in ANSWERABLE,
        letters=delivery.has_letters(consultation),
        saved_groups=groups.offered(actor),
        paper=delivery.count_asked_for_paper(consultation),
        letter=official.current(consultation),
        deadline=deadlines.deadline(clock.local(at).date())[1],
        groups=_groups(cells),
        sectors=SECTORS,
        methods=Method,
        standings=[*Standing, None],
        label_of=status.label_of,
        UNINVITED=UNINVITED,
    )


def _named_sets(suspected: list[set[int]]) -> list[str]:
    """Return the names of suspected doubles, a line for each of the first sets."""
    shown = [sorted(ids) for ids in suspected[:SUSPECTED_SHOWN]]
    names = {consultee.id: consultee.name for consultee in queries.by_ids([id_ for ids in shown for id_ in ids])}
    return ["、".join(names[id_] for id_ in ids) for ids in shown]


@dataclass(frozen=True)
class Group:
    """A line of the table by kind, size and sector: its words, how many, and how many of each standing."""

    words: str
    total: int
    of: Counter[Standing | None]

    @property
    def heard(self) -> int:
        """How many were heard."""
        return sum(self.of[standing] for standing in status.HEARD)

    @property
    def waiting(self) -> int:
        """How many are still expected to answer."""
        return self.of[Standing.PREPARED] + self.of[Standing.SENT] + self.of[Standing.OPENED]


def _groups(cells: list[Cell]) -> list[tuple[str, list[Group]]]:
    """Return the lines of the table: by kind, by size of the enterprises, by sector."""
    ways: tuple[tuple[str, Callable[[Cell], str]], ...] = (
        ("类型", lambda cell: cell.kind.label.words),
        ("企业规模", lambda cell: (cell.size.label.words if cell.size else "未填写") if _is_firm(cell) else ""),
        ("行业", lambda cell: SECTORS.get(cell.sector, "未填写")),
    )
    return [(head, _grouped(cells, named)) for head, named in ways]


def _is_firm(cell: Cell) -> bool:
    return cell.kind.value == "enterprise"


def _grouped(cells: list[Cell], named: Callable[[Cell], str]) -> list[Group]:
    counts: defaultdict[str, Counter[Standing | None]] = defaultdict(Counter)
    for cell in cells:
        if named(cell):
            counts[named(cell)][cell.standing] += cell.n
    groups = [Group(words, of.total(), of) for words, of in counts.items()]
    return sorted(groups, key=lambda group: (-group.total, group.words))


def _wanted(consultation: Consultation) -> selection.Wanted:
    """Return the criteria of the proposal; by default the subject of the consultation."""
    words = tuple(request.args.get("words", "").split()[:5])
    if "propose" not in request.args:
        words = selection.subject_words(consultation)
    return selection.Wanted(
        tuple(letter for letter in request.args.getlist("sector") if letter in SECTORS),
        request.args.get("region", "").strip()[:80],
        words,
    )


@desk.post("/consultations/<slug>/consultees/<any('add', 'remove', 'invite', 'posted', 'send', 'save'):verb>")
def consultees_act(slug: str, verb: str) -> Response:
    """Change the list, or invite the ticked consultees (without any, all that aren't invited yet)."""
    consultation, at = consultation_or_404(slug, Act.INVITE), clock.now()
    numbers = [row_id(ticked) for ticked in request.form.getlist("consultee")]
    ticked = [consultee for consultee in (db.session.get(Consultee, n) for n in numbers if n) if consultee is not None]
    acts = {"add": _add, "remove": _remove, "invite": _invite, "posted": _posted, "send": _send, "save": _save_group}
    words = ""
    with refusals_to_flash() as tried:
        words = acts[verb](consultation, ticked, at)
    if tried.ok:
        flash(words, "success")
    return redirect(url_for(".consultees", slug=slug), 303)


def _add(consultation: Consultation, ticked: list[Consultee], at: datetime) -> str:
    if consultation.state(at) not in LISTABLE:
        raise ConsulteeRefused("意见采纳情况已经公布，名单不能更改。")
    ticked = ticked + named(request.form.get("name", ""))
    saved = request.form.get("group", "")
    if saved:
        chosen = groups.named(current_actor(), saved)
        ticked += [consultee for consultee in groups.members(chosen) if consultee not in ticked]
    if not ticked:
        raise ConsulteeRefused("请勾选要列入的单位，或者填写单位名称、统一社会信用代码。")
    shared_reason = request.form.get("reason", "")[:1000]
    why = {consultee.id: request.form.get(f"why-{consultee.id}", "")[:1000] or shared_reason for consultee in ticked}
    n = hearing.add(current_actor(), consultation, [(consultee, why[consultee.id]) for consultee in ticked], at=at)
    _warn_of_doubles(consultation, {consultee.id for consultee in ticked})
    if not n:
        return "所选单位已在名单中。"
    return f"已列入 {n} 家。" + ("" if consultation.state(at) in ANSWERABLE else "草案公开征求意见后可以发函。")


def _warn_of_doubles(consultation: Consultation, added: set[int]) -> None:
    """Warn of consultees just added that may be the same as others on the list."""
    for names in _named_sets([ids for ids in doubles.unresolved(consultation) if ids & added]):
        flash(f"{names}名称相近，可能是同一家，合并或者登记为不是同一家以前按一家计算。", "warning")


def _remove(consultation: Consultation, ticked: list[Consultee], at: datetime) -> str:
    if not ticked:
        raise ConsulteeRefused("请勾选要移出的单位。")
    for consultee in ticked:
        hearing.remove(current_actor(), consultation, consultee, request.form.get("reason", "")[:1000], at=at)
    return f"已从名单中移出 {len(ticked)} 家，理由已保存。"


def _invite(consultation: Consultation, ticked: list[Consultee], at: datetime) -> str:
    if not ticked:
        waiting = board.page(consultation, at, only=UNINVITED, limit=INVITED_AT_ONCE)
        ticked = [place.consultee for place in waiting]
    if not ticked:
        raise InvitationRefused("名单中无未邀请的单位。请先列入名单。")
    method = form_values.one_of(Method, request.form.get("method", ""), Method.MAIL, "送达方式")
    last = form_values.day(request.form.get("last_day", ""))
    troubles = []
    for consultee in ticked:
        try:
            hearing.invite(current_actor(), consultation, consultee, method=method, last_day=last, at=at)
        except InvitationRefused as refusal:
            troubles.append(str(refusal))
    if troubles:
        flash("；".join(dict.fromkeys(troubles)), "error")
    made = len(ticked) - len(troubles)
    if not made:
        raise InvitationRefused("未能邀请任何单位。")
    then = {Method.MAIL: "邮件由系统发出，也可点击“立即发送邮件”。"}.get(method, "请打印信函，送出后登记。")
    more = status.cells(consultation, at)
    left = sum(cell.n for cell in more if cell.standing is None)
    return f"已邀请 {made} 家。{then}" + (f"还有 {left} 家未邀请，可再次操作。" if left and not troubles else "")


def _save_group(consultation: Consultation, ticked: list[Consultee], at: datetime) -> str:
    """Save those that are ticked, or the whole list, as a group."""
    chosen = ticked or groups.listed(consultation)
    saved = groups.save(current_actor(), request.form.get("group_name", "")[:200], chosen, at=at)
    return f"已保存常用名单“{saved.name}”，共 {len(chosen)} 家。"


def _posted(consultation: Consultation, ticked: list[Consultee], at: datetime) -> str:
    """Mark letters as sent: those that are ticked, or all that wait."""
    chosen = {consultee.id for consultee in ticked}
    n = 0
    for place in list(board.all_places(consultation, at, only=Standing.PREPARED.value)):
        invitation = place.invitation
        if invitation is None or invitation.method is Method.MAIL or (chosen and place.consultee.id not in chosen):
            continue
        invitations.mark_sent(current_actor(), invitation, at=at)
        n += 1
    if not n:
        raise InvitationRefused("无待送出的信函。")
    return f"已登记 {n} 封信函送出。"


def _send(consultation: Consultation, _ticked: list[Consultee], at: datetime) -> str:
    sent = delivery.send_waiting(at, consultation, limit=SENT_AT_ONCE, insist=True)
    out = sum(not item.trouble for item in sent)
    troubles = dict.fromkeys(f"{item.invitation.consultee.name}：{item.trouble}" for item in sent if item.trouble)
    if troubles:
        flash("未发出：" + "；".join(troubles), "error")
    if not sent:
        return "无待发送的邮件。"
    return f"发出邮件 {out} 封。" + ("其余由系统继续发送。" if len(sent) == SENT_AT_ONCE else "")


def named(words: str) -> list[Consultee]:
    """Return the consultee that words name, none for no words.

    Raises:
        ConsulteeRefused: there is none, or more than one.
    """
    plain = words.strip()
    if not plain:
        return []
    matches = find(words=plain, limit=20)
    same = [match for match in matches if plain in (match.name, match.credit_code)]
    if len(same) == 1 or len(matches) == 1:
        return (same or matches)[:1]
    if not matches:
        raise ConsulteeRefused(f"名录里没有“{plain}”，请先在企业名录里登记。")
    alike = "、".join(match.name for match in matches[:5])
    raise ConsulteeRefused(f"名录里名称有“{plain}”的不止一家（{alike}），请写全称或者统一社会信用代码。")
