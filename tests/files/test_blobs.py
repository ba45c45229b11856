"""Blobs: what was put is there, whole, once."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import time

import pytest

from consult.files.blobs import BlobAltered, BlobMissing, BlobStore, BlobTooBig


@pytest.fixture
def store(tmp_path):
    return BlobStore(tmp_path / "deep" / "blobs")


def test_what_was_put_comes_back_under_its_sha256(store):
    digest = store.put("意见正文".encode())
    assert digest == hashlib.sha256("意见正文".encode()).hexdigest()
    assert store.get(digest) == "意见正文".encode()
    assert store.exists(digest)
    assert store.size(digest) == len("意见正文".encode())
    with store.open(digest) as file:
        assert file.read() == "意见正文".encode()


def test_an_empty_blob_is_a_blob(store):
    assert store.get(store.put(b"")) == b""


def test_the_same_content_is_stored_once(store):
    first = store.put(b"twice")
    written = store.path(first).stat().st_ino
    assert store.put(b"twice") == store.put_stream(io.BytesIO(b"twice"), 100) == first
    assert store.path(first).stat().st_ino == written
    assert list(store.digests()) == [first]


def test_several_blobs_are_stored_together(store):
    known = store.put(b"known")
    contents = [b"one", b"known", b"two", b"one", b""]
    digests = store.put_many(contents)
    assert [store.get(digest) for digest in digests] == contents
    assert digests[1] == known
    assert len(list(store.digests())) == 4
    assert store.put_many([]) == []
    assert not list((store.root / "incoming").iterdir())


def test_a_stream_is_stored_up_to_its_limit(store):
    data = os.urandom(3 << 20)
    assert store.get(store.put_stream(io.BytesIO(data), len(data))) == data
    with pytest.raises(BlobTooBig):
        store.put_stream(io.BytesIO(data + b"x"), len(data))
    assert len(list(store.digests())) == 1
    assert not list((store.root / "incoming").iterdir())


def test_a_missing_blob_is_said_to_be_missing(store):
    absent = "0" * 64
    for verb in (store.get, store.open, store.verify, store.size):
        with pytest.raises(BlobMissing) as refusal:
            verb(absent)
        assert refusal.value.digest == absent
    assert not store.exists(absent)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_no_digest_never_becomes_a_path(store, name):
    assert not store.exists(name)
    with pytest.raises(BlobMissing):
        store.path(name)


@pytest.mark.parametrize("damage", [b"altereD", b"", b"altered and longer"])
def test_an_altered_blob_is_named_and_written_anew_when_it_is_sent_again(store, damage):
    digest = store.put(b"altered")
    store.path(digest).chmod(0o600)
    store.path(digest).write_bytes(damage)
    assert not store.verify(digest)
    for verb in (store.get, store.open):
        with pytest.raises(BlobAltered) as refusal:
            verb(digest)
        assert refusal.value.digest == digest
    assert store.put(b"altered") == digest
    assert store.get(digest) == b"altered"


def test_a_writer_that_is_killed_leaves_only_whole_blobs(store, tmp_path):
    program = (
        "import sys, os\nfrom pathlib import Path\nfrom consult.files.blobs import BlobStore\n"
        "store = BlobStore(Path(sys.argv[1]))\nprint('ready', flush=True)\n"
        "while True: store.put(os.urandom(200_000))"
    )
    for delay in (0.01, 0.05, 0.09):
        writer = subprocess.Popen([sys.executable, "-c", program, str(store.root)], stdout=subprocess.PIPE)
        writer.stdout.readline()
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    stored = list(store.digests())
    assert stored
    assert all(store.verify(digest) for digest in stored)
    assert store.sweep(older_than=3600) == 0
    left = len(list((store.root / "incoming").iterdir()))
    assert store.sweep(older_than=0) == left
