"""Pages of hearing with 200 and with 20,000 consultees, and how long refusals take: ``python -m benchmarks.hearing``.

Each size has a SQLite file of its own, whatever ``DATABASE_URL`` names. Pages and refusals are measured in the
process's own time, pages of both sizes in turns, so that a busy machine doesn't count.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask.testing import FlaskClient

from config import Settings
from consult.accounts import service as accounts
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.app import create_app
from consult.clock import now
from consult.consultees import invitations, members, register_import, selection
from consult.consultees import service as hearing
from consult.consultees.models import Consultee, Invitation, MemberRole, Method
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.files import tables
from consult.store import counters, db
from tests.signed_in import sign_in_as

SMALL, LARGE = 200, 20_000
ROUNDS = 25
MOST = 1.2
"""How many times a page with the large register may take."""
PAGES = {
    "名录": "/desk/register",
    "名录，往后翻": "/desk/register?after=100",
    "名录，只看企业": "/desk/register?kind=enterprise",
    "名录，找名称": "/desk/register?q=第1号",
    "名录，已停用": "/desk/register?retired=1",
    "疑似同一单位": "/desk/register/doubles",
    "看板，名单 10 家": "/desk/consultations/hearing/consultees",
    "看板，全部列入": "/desk/consultations/everybody/consultees",
    "看板，往后翻": "/desk/consultations/everybody/consultees?after=100",
    "看板，未邀请的": "/desk/consultations/everybody/consultees?standing=none",
    "建议": "/desk/consultations/hearing/consultees?propose=1&sector=H&region=南城",
    "会议": "/desk/consultations/everybody/gatherings",
    "关口，名单 10 家": "/desk/consultations/hearing/meeting",
    "关口，全部列入": "/desk/consultations/everybody/meeting",
}
DRAFT = "食堂管理办法\n第一条 为了规范食堂，制定本办法。\n第二条 食堂应当公示价格。\n"


def main() -> None:
    """Measure both sizes, in turns, and print how many times the large one takes."""
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        clients = prepare(SMALL, Path(small)), prepare(LARGE, Path(large))
        gc.collect()
        gc.freeze()  # what the import left behind is no part of a page
        print(f"{'':<14}{SMALL:>10}{LARGE:>10}{'倍数':>8}")
        slow = []
        for name, path in PAGES.items():
            few, many = compared(clients, path)
            print(f"{name:<14}{few * 1000:>8.1f}ms{many * 1000:>8.1f}ms{many / few:>8.2f}")
            slow += [name] if many > MOST * few else []
        print(f"超过 {MOST} 倍的：{'、'.join(slow) or '没有'}")


def prepare(n: int, folder: Path) -> FlaskClient:
    """Return a client, signed in, where ``n`` consultees are registered, ten of them on one list, all on another."""
    url = f"sqlite:///{folder / 'hearing.sqlite3'}"
    app = create_app(Settings(data_dir=folder, database_url=url, ratelimit_enabled=False, sqlite_synchronous="OFF"))
    with app.app_context():
        app.config["WTF_CSRF_ENABLED"] = False
        db.create_all()
        user = accounts.create_user(
            SYSTEM, username="admin", name="管理员", role=Role.ADMIN, password="a bench in the park", at=now()
        )
        started = time.perf_counter()
        _register(n)
        print(f"导入 {n} 家：{time.perf_counter() - started:.1f} 秒")
        _consultations(Actor.of(user))
        _refused_in_the_same_time(app.test_client())
        return sign_in_as(app.test_client(), user.id)


def compared(clients: tuple[FlaskClient, FlaskClient], path: str) -> tuple[float, float]:
    """Return the median seconds of a page for each client, taken in turns."""
    times: tuple[list[float], list[float]] = [], []
    for client in clients:
        assert client.get(path).status_code == 200, path
    for _ in range(ROUNDS):
        for into, client in zip(times, clients, strict=True):
            started = time.process_time()
            client.get(path)
            into.append(time.process_time() - started)
    return statistics.median(times[0]), statistics.median(times[1])


def _register(n: int) -> None:
    lines = ["单位名称,规模,行业,地区"]
    for i in range(n):
        kind = "行业协会" if i % 20 == 0 else "企业有限公司"
        lines.append(
            f"第{i}号{kind},{'微型' if i % 3 else '大型'},{'CEFGHIKL'[i % 8]},{'南城区' if i % 2 else '北城区'}"
        )
    table = tables.read("名录.csv", "\n".join(lines).encode())
    for _ in register_import.run(register_import.Import(table, register_import.open_table(table, {}), SYSTEM, now())):
        pass


def _consultations(actor: Actor) -> None:
    """Make one consultation with ten on its list, and one with everybody on it."""
    few, everybody = (_consultation(actor, slug) for slug in ("hearing", "everybody"))
    proposed = selection.propose(few, selection.Wanted(sectors=("H",)))[:10]
    hearing.add(SYSTEM, few, [(item.consultee, item.why) for item in proposed], at=now())
    started = time.perf_counter()
    hearing.add(
        SYSTEM, everybody, [(consultee, "全部") for consultee in db.session.scalars(db.select(Consultee))], at=now()
    )
    counters.compact()  # as the worker does every ten minutes
    print(f"全部列入：{time.perf_counter() - started:.1f} 秒")


def _consultation(actor: Actor, slug: str) -> Consultation:
    return drafting.create(
        actor,
        title="食堂管理办法",
        kind="normative-document",
        file_name="draft.txt",
        data=DRAFT.encode(),
        slug=slug,
        enterprise_related=True,
        at=now(),
    )


def _refused_in_the_same_time(client: FlaskClient) -> None:
    """Print how long a guessed and a revoked link are refused, and a sign-in of nobody and of a former member."""
    consultation = db.session.scalars(db.select(Consultation).where(Consultation.slug == "hearing")).one()
    consultee = db.session.scalars(db.select(Consultee).limit(1)).one()
    nonce = "0" * 32
    token = invitations.new_token(nonce)
    db.session.add(
        Invitation(
            consultation_id=consultation.id,
            consultee_id=consultee.id,
            method=Method.HAND,
            nonce=nonce,
            token_hash=invitations.hash_token(token),
            token_expires_at=now(),
            answer_by=now(),
            created_at=now(),
            revoked_at=now(),
        )
    )
    db.session.commit()
    member, _ = members.create_member(
        SYSTEM, consultee, username="gone@example.cn", name="离职", role=MemberRole.SEND, at=now()
    )
    members.close_member(SYSTEM, member, at=now())
    guessed, revoked = (_median(lambda path=path: client.get(f"/portal/i/{path}")) for path in ("A" * 27, token))
    print(f"猜的链接 {guessed * 1000:.2f}ms，撤回的链接 {revoked * 1000:.2f}ms，倍数 {revoked / guessed:.2f}")

    def sign_in(name: str) -> float:
        started = time.process_time()
        client.post("/portal/sign-in", data={"username": name, "password": "wrong"})
        return time.process_time() - started

    nobody, gone = (
        statistics.median(sign_in(name) for _ in range(3)) for name in ("nobody@example.cn", member.username)
    )
    print(f"没有的账号 {nobody * 1000:.1f}ms，已停用的账号 {gone * 1000:.1f}ms，倍数 {gone / nobody:.2f}")


def _median(run: Callable[[], object]) -> float:
    run()
    took = []
    for _ in range(ROUNDS):
        started = time.process_time()
        run()
        took.append(time.process_time() - started)
    return statistics.median(took)


if __name__ == "__main__":
    main()
