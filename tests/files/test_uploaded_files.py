"""Files that cost their reader far more than they weigh cost the process that serves others next to nothing."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from consult.files import attachments, uploaded_files
from consult.files.attachments import AttachmentRefused, check
from consult.files.sandbox import MEMORY, SECONDS, Sandbox
from tests.files import bombs, samples
from tests.files.test_sandbox import does_not_end, is_killed, needs_too_much

LIMIT = 20 << 20
ROOT = Path(__file__).parents[2]

_PROGRAM = """
import json, re, resource, sys
from pathlib import Path
from consult.files import drafts, tables, uploaded_files
from consult.files.errors import UnreadableFile
from consult.files.attachments import AttachmentRefused
from consult.files.sandbox import ReaderDied, Sandbox

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

def cpu(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime

def attach():
    with path.open("rb") as stream:
        return uploaded_files.check(name, stream, Sandbox(), max_bytes=20 << 20).name

def glance():
    with path.open("rb") as stream:
        taken = [uploaded_files.glance(name, stream, max_bytes=20 << 20) for _ in range(5)]
    assert cpu(resource.RUSAGE_CHILDREN) == 0, "nothing is opened"
    return taken[0].name

def draft():
    with path.open("rb") as stream, uploaded_files.copied(stream) as copy, Sandbox() as sandbox:
        return str(sandbox.of(drafts.try_reading, name, copy))[:200]

def table():
    return len(list(tables.read_all(name, path, Sandbox())))

if __name__ == "__main__":
    work, name, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    start, used = peak(), cpu(resource.RUSAGE_SELF)
    try:
        outcome = globals()[work]()
    except (AttachmentRefused, UnreadableFile, ReaderDied) as refusal:
        outcome = str(refusal)
    grown = (peak() - start) / 1024
    print(json.dumps([outcome, grown, cpu(resource.RUSAGE_SELF) - used, cpu(resource.RUSAGE_CHILDREN)]))
"""

EVERY = [
    *(("attach", name) for name in bombs.ATTACHMENTS),
    *(("glance", name) for name in bombs.ATTACHMENTS),
    *(("draft", name) for name in bombs.DRAFTS),
    *(("table", name) for name in bombs.TABLES),
]


@pytest.mark.slow
@pytest.mark.parametrize(("work", "name"), EVERY)
def test_a_bomb_costs_the_process_that_serves_others_little(work: str, name: str, tmp_path: Path) -> None:
    made = {
        "attach": bombs.ATTACHMENTS,
        "glance": bombs.ATTACHMENTS,
        "draft": bombs.DRAFTS,
        "table": bombs.TABLES,
    }[work][name]()
    assert len(made) <= 50 << 20, "within the limit of its size"
    (tmp_path / "bomb").write_bytes(made)
    (tmp_path / "measured.py").write_text(_PROGRAM)
    done = subprocess.run(
        [sys.executable, tmp_path / "measured.py", work, name, tmp_path / "bomb"],
        env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcome, mebibytes, seconds_here, seconds_there = json.loads(done.stdout.splitlines()[-1])
    print(f"{work} {name}: {len(made) / 1e6:.2f} MB, {mebibytes:.0f} MiB, {seconds_here:.2f} s", seconds_there, outcome)
    assert mebibytes < 64
    assert seconds_here < 1
    assert seconds_there < SECONDS + 5


def checked(name: str, data: bytes, sandbox: Sandbox | None = None) -> attachments.CheckedAttachment:
    """Check a file as the faces do."""
    return uploaded_files.check(name, io.BytesIO(data), sandbox or Sandbox(), max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("意见.docx", samples.docx("同意")),
        ("全部.zip", samples.zipped({"一.txt": b"a"})),
        ("旧.doc", samples.ole("WordDocument")),
        ("照片.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 30),
    ],
)
def test_a_file_is_what_it_is_wherever_it_is_checked(name: str, data: bytes) -> None:
    assert checked(name, data) == check(name, data, max_bytes=LIMIT)


def test_a_refusal_says_the_same_in_every_language_wherever_the_file_was_checked() -> None:
    data = samples.zipped({"一.zip": samples.zipped({"坏.exe": b"MZ" + bytes(90)})})
    with pytest.raises(AttachmentRefused) as here:
        check("包.zip", data, max_bytes=LIMIT)
    with pytest.raises(AttachmentRefused) as there:
        checked("包.zip", data)
    assert str(there.value) == str(here.value)
    assert there.value.words.translated("〈{}〉".format) == here.value.words.translated("〈{}〉".format)


@pytest.mark.parametrize("what_it_does", [is_killed, does_not_end, needs_too_much])
def test_a_file_that_takes_its_reader_down_is_refused_in_words(
    what_it_does: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploaded_files, "try_checking", what_it_does)
    with pytest.raises(AttachmentRefused, match=r"《包\.zip》过于复杂，没有在限定的时间和内存内查完。请另存为 PDF"):
        checked("包.zip", samples.zipped({"一.txt": b"a"}), Sandbox(5 if what_it_does is not does_not_end else 0.5))


def test_who_comes_when_too_many_are_checked_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(uploaded_files.AT_ONCE):
        assert uploaded_files._TURNS.acquire(timeout=0)
    try:
        with pytest.raises(AttachmentRefused, match="请过一分钟再提交"):
            checked("包.zip", samples.zipped({"一.txt": b"a"}), Sandbox(0.1))
        assert checked("照片.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 30).media_type == "image/png", "needs no turn"
    finally:
        for _ in range(uploaded_files.AT_ONCE):
            uploaded_files._TURNS.release()
    assert checked("包.zip", samples.zipped({"一.txt": b"a"})).name == "包.zip"


def test_one_far_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            return 5 << 30 if whence == io.SEEK_END else super().seek(offset, whence)

        def read(self, *_: object) -> bytes:
            raise AssertionError("read")

    with pytest.raises(AttachmentRefused, match=r"《大.zip》有 5120 MB，超过了 20 MB 的上限"):
        uploaded_files.check("大.zip", Endless(), Sandbox(), max_bytes=LIMIT)


def test_what_a_reader_started_ends_with_it(tmp_path: Path) -> None:
    with Sandbox(1) as sandbox, pytest.raises(Exception, match="not read within"):
        sandbox.of(subprocess.run, ["sh", "-c", f"sleep 4; touch {tmp_path}/lived"])
    subprocess.run(["sleep", "5"], check=True)
    assert not (tmp_path / "lived").exists()


def test_a_sandbox_has_half_a_gigabyte_and_half_a_minute() -> None:
    assert (MEMORY, SECONDS) == (512 << 20, 30)
