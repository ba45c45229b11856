"""Pages and verbs of hearing with 200 and with 20,000 consultees: ``python -m benchmarks.hearing``."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from config import Settings
from consult.accounts import service as accounts
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.app import create_app
from consult.clock import now
from consult.consultees import imports, listing
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.files import tables
from consult.store import db

SMALL, LARGE = 200, 20_000
ROUNDS = 9
PAGES = {
    "名录": "/desk/register",
    "名录，往后翻": "/desk/register?after=100",
    "看板": "/desk/consultations/hearing/consultees",
    "建议": "/desk/consultations/hearing/consultees?propose=1&sector=H&region=南城",
    "关口": "/desk/consultations/hearing/meeting",
}
DRAFT = "食堂管理办法\n第一条 为了规范食堂，制定本办法。\n第二条 食堂应当公示价格。\n"


def main() -> None:
    """Measure both sizes and print how many times the large one takes."""
    small, large = measure(SMALL), measure(LARGE)
    print(f"{'':<12}{SMALL:>10}{LARGE:>10}{'倍数':>8}")
    for name, took in small.items():
        print(f"{name:<12}{took * 1000:>8.1f}ms{large[name] * 1000:>8.1f}ms{large[name] / took:>8.2f}")


def measure(n: int) -> dict[str, float]:
    """Return the median seconds of each page with ``n`` consultees registered, ten of them on the list."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), ratelimit_enabled=False, sqlite_synchronous="OFF"))
        with app.app_context():
            db.create_all()
            user = accounts.create_user(
                SYSTEM, username="admin", name="管理员", role=Role.ADMIN, password="benchmark 1", at=now()
            )
            started = time.perf_counter()
            _register(n)
            print(f"导入 {n} 家：{time.perf_counter() - started:.1f} 秒")
            _consultation(Actor.of(user))
            identifier = user.get_id()
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = identifier, True
        return {name: _median(lambda path=path: client.get(path)) for name, path in PAGES.items()}


def _register(n: int) -> None:
    lines = ["单位名称,规模,行业,地区"]
    for i in range(n):
        kind = "行业协会" if i % 20 == 0 else "企业有限公司"
        lines.append(
            f"第{i}号{kind},{'微型' if i % 3 else '大型'},{'CEFGHIKL'[i % 8]},{'南城区' if i % 2 else '北城区'}"
        )
    table = tables.read("名录.csv", "\n".join(lines).encode())
    for _ in imports.run(imports.Import(table, imports.open_table(table, {}), SYSTEM, now())):
        pass


def _consultation(actor: Actor) -> Consultation:
    one = drafting.create(
        actor,
        title="食堂管理办法",
        kind="normative-document",
        file_name="draft.txt",
        data=DRAFT.encode(),
        slug="hearing",
        enterprise_related=True,
        at=now(),
    )
    proposed = listing.propose(one, listing.Wanted(sectors=("H",)))[:10]
    listing.add(SYSTEM, one, [(item.consultee, item.why) for item in proposed], at=now())
    return one


def _median(run: Callable[[], object]) -> float:
    run()
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        run()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


if __name__ == "__main__":
    main()
