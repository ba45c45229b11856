"""What the worst that is allowed costs, against the ordinary, as ratios measured in the same run.

    python -m benchmarks.worst_allowed

The moderators' page of a submission with as much text as is allowed, full of telephone numbers, against one of an
ordinary submission (goal: at most 1.2 times), and the processor's time and memory of a web process that checks a ZIP of
250 MB, against a picture of the same size in bytes.
"""

from __future__ import annotations

import contextlib
import io
import resource
import tempfile
from functools import partial
from pathlib import Path

from flask import Flask

from benchmarks.road import a_consultation, an_app, median_ms, ok
from consult.accounts.models import Role
from consult.app_context import sandbox, settings
from consult.clock import now
from consult.drafting.terms import BySlug
from consult.files import uploaded_files
from consult.files.attachments import AttachmentRefused
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.models import Channel
from consult.moderation import private_data
from consult.store import db
from tests.builders import an_actor
from tests.files import bombs
from tests.signed_in import sign_in_as

ORDINARY = "第三条的办理时间太短，建议延长到三十日，并写明可以补正材料。"
TELEPHONE = "请打13812345678找我，"


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        app = an_app(Path(folder))
        worst, ordinary = _page(app, "worst"), _page(app, "ordinary")
        print(
            f"moderators' page, worst allowed submission: {worst:.1f} ms, ordinary: {ordinary:.1f} ms, "
            f"{worst / ordinary:.2f} times (goal: at most 1.2)"
        )
        with app.app_context():
            bomb = bombs.huge_part()
            for name, data in (("picture.png", b"\x89PNG\r\n\x1a\n".ljust(len(bomb), b"a")), ("bomb.zip", bomb)):
                seconds, grown = _checked(name, data)
                print(f"{name} of {len(data) / 1e6:.1f} MB: {seconds:.3f} s of CPU, peak {grown:.0f} MB higher")
            db.engine.dispose()


def _submissions() -> dict[str, tuple[ArrivalPart, ...]]:
    whole = (TELEPHONE * 20_000)[: settings().comment_characters]
    many = settings().submission_characters // settings().comment_characters
    return {"ordinary": (ArrivalPart(ORDINARY),), "worst": (ArrivalPart(whole),) * many}


def _page(app: Flask, name: str) -> float:
    with app.app_context():
        slug = a_consultation(f"bench-{name}").slug
        arrival = Arrival(Channel.WEB, _submissions()[name], b"{}", "application/json")
        intake.receive(BySlug(slug), arrival, at=now())
        private_data.detect_new(now())
        admin = an_actor(Role.ADMIN, f"admin-{name}").id
        db.session.commit()
    client = sign_in_as(app.test_client(), admin)
    return median_ms(partial(ok, client, f"/desk/consultations/{slug}/moderation"))


def _checked(name: str, data: bytes) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_SELF)
    with contextlib.suppress(AttachmentRefused):
        uploaded_files.check(name, io.BytesIO(data), sandbox(), max_bytes=settings().attachment_bytes)
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, (after.ru_maxrss - before.ru_maxrss) / 1024


if __name__ == "__main__":
    main()
