"""Pages of the adoption workspace at 1,000 and at more opinions, in milliseconds and as ratios.

    python -m benchmarks.workspace            # SQLite in a temporary folder, 10,000 opinions
    python -m benchmarks.workspace 100000
    DATABASE_URL=postgresql://… python -m benchmarks.workspace    # an empty database of its own

Half of the opinions are in groups of ten.
"""

from __future__ import annotations

import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from flask.testing import FlaskClient

from benchmarks.decisions import group_half
from benchmarks.road import PASSWORD, a_consultation, an_app, fill, median_ms, ok
from benchmarks.searching import draw_opinions
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.accounts.service import create_user
from consult.clock import now

SMALL, LARGE = 1_000, 10_000
PAGES = {
    "all": "?at=all",
    "one article": "?at=art-1",
    "waiting for review": "?at=all&show=proposed",
    "by channel": "?at=all&channel=hotline",
}


def main() -> None:
    """Print the figures."""
    large = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    with tempfile.TemporaryDirectory() as folder:
        app = an_app(Path(folder))
        with app.app_context():
            create_user(
                SYSTEM, username="bench", name="起草员", role=Role.ADMIN.value, division="办公室",
                password=PASSWORD, at=now(),
            )  # fmt: skip
            slugs = filled(SMALL, large)
        client = signed_in(app.test_client())
        for name, query in PAGES.items():
            addresses = {n: f"/desk/consultations/{slug}/adoption{query}" for n, slug in slugs.items()}
            ms = {n: median_ms(partial(ok, client, address), 15) for n, address in addresses.items()}
            ratio = ms[large] / ms[SMALL]
            print(
                f"{name}: {ms[large]:.1f} ms at {large:,} opinions, {ms[SMALL]:.1f} ms at {SMALL:,}: {ratio:.2f} times"
            )


def filled(*sizes: int) -> dict[int, str]:
    """Return the slugs of consultations with so many opinions, half of them in groups, by their sizes."""
    consultations = {n: a_consultation(f"bench-{n}") for n in sizes}
    for n, consultation in consultations.items():
        fill(consultation, n)
    draw_opinions()
    for consultation in consultations.values():
        group_half(consultation)
    return {n: consultation.slug for n, consultation in consultations.items()}


def signed_in(client: FlaskClient) -> FlaskClient:
    """Sign the client in."""
    page = client.get("/desk/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    client.post(
        "/desk/sign-in", data={"username": "bench", "password": PASSWORD, "csrf_token": token[1] if token else ""}
    )
    return client


if __name__ == "__main__":
    main()
