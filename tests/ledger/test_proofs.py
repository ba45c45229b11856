"""The downloadable script proves what is true and refuses what is forged, with nothing of the platform at hand."""

import json
import shutil
import subprocess
import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consult.ledger import proofs
from tests.ledger import trees

SCRIPT = Path(__file__).parents[2] / "static" / "transparency" / "verify.py"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SALT = bytes(range(16))
CONTENT = "建议第八条增加“不得收取任何费用”。"


def leaf(number):
    content = CONTENT if number == 12 else f"别的意见 {number}"
    digest = proofs.salted_digest(SALT, content.encode())
    fields = {"act": "receive", "digest": digest, "subject": f"submission:{number}"}
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


LEAVES = [leaf(number) for number in range(30)]
ENTRIES = [text.encode() for text in LEAVES]
TREE = trees.tree_of(ENTRIES)


def checkpoint(size, tree=TREE, key=KEY):
    return proofs.sign_checkpoint(key, size, tree.get_root(size), NOON + timedelta(hours=size))


def inclusion(size=21, index=12, **changes):
    path = trees.inclusion(TREE, index, size)
    return proofs.inclusion_document(LEAVES[index], SALT, index, path, checkpoint(size), CONTENT) | changes


def consistency(old=13, new=30):
    return proofs.consistency_document(checkpoint(old), checkpoint(new), trees.consistency(ENTRIES, old, new))


@pytest.fixture
def verify(tmp_path):
    """Run a copy of the script alone in a folder, isolated from the platform's code."""
    shutil.copy(SCRIPT, tmp_path)

    def run(document, *options):
        (tmp_path / "proof.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        command = [sys.executable, "-I", "verify.py", "proof.json", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)

    return run


def refused(result, why):
    assert result.returncode == 1, result.stdout
    assert "核对不通过" in result.stderr
    assert why in result.stderr
    assert "Traceback" not in result.stderr


def test_a_true_receipt_is_proved(verify):
    result = verify(inclusion())
    assert (result.returncode, result.stderr) == (0, "")
    assert "记录在第 13 条" in result.stdout
    assert "原文与记录相符" in result.stdout
    assert result.stdout.endswith("核对通过\n")


@pytest.mark.parametrize(("old", "new"), [(1, 2), (1, 30), (13, 30), (16, 30), (16, 16), (13, 13), (29, 30), (8, 16)])
def test_a_true_history_is_proved(verify, old, new):
    result = verify(consistency(old, new))
    assert (result.returncode, result.stderr) == (0, "")
    assert f"（{new} 条）完整包含前一个检查点（{old} 条）" in result.stdout


def test_a_receipt_is_proved_against_the_checkpoint_that_one_kept(verify, tmp_path):
    public = KEY.public_key().public_bytes_raw().hex()
    (tmp_path / "kept.json").write_text(json.dumps(checkpoint(21).as_document()))
    assert verify(inclusion(), "--key", public, "--checkpoint", "kept.json").returncode == 0
    (tmp_path / "kept.json").write_text(json.dumps(checkpoint(20).as_document()))
    refused(verify(inclusion(), "--checkpoint", "kept.json"), "留存的检查点")


def test_the_kept_original_is_compared(verify, tmp_path):
    (tmp_path / "mine.txt").write_text(CONTENT, encoding="utf-8")
    without = inclusion()
    del without["content"]
    assert "未核对原文" in verify(without).stdout
    assert "原文与记录相符" in verify(without, "--content", "mine.txt").stdout
    (tmp_path / "mine.txt").write_text(CONTENT + " ", encoding="utf-8")
    refused(verify(without, "--content", "mine.txt"), "原文与记录不符")


def test_a_forged_receipt_is_refused(verify):
    other = Ed25519PrivateKey.generate()
    forged_tree = trees.tree_of([b"forged", *ENTRIES[1:]])
    refused(verify(inclusion(content="反对")), "原文与记录不符")
    refused(verify(inclusion(salt="00" * 16)), "原文与记录不符")
    refused(verify(inclusion(leaf=LEAVES[11])), "不在检查点")
    refused(verify(inclusion() | {"index": 11}), "不在检查点")
    refused(verify(inclusion() | {"index": 21}), "与检查点不符")
    refused(verify(inclusion(path=[])), "路径太短")
    refused(verify(inclusion() | {"size": 22}), "与检查点不符")
    refused(verify(inclusion(checkpoint=checkpoint(21, forged_tree).as_document())), "不在检查点")
    refused(verify(inclusion(checkpoint=checkpoint(21).as_document() | {"at": "2026-11-23T00:00:00Z"})), "签名")
    foreign = inclusion(checkpoint=checkpoint(21, key=other).as_document())
    assert verify(foreign).returncode == 0
    refused(verify(foreign, "--key", KEY.public_key().public_bytes_raw().hex()), "公钥")


def test_a_changed_digit_anywhere_is_refused(verify):
    for place in ("leaf", "salt", "content"):
        document = inclusion()
        document[place] = document[place][:-3] + "0" + document[place][-2:]
        assert verify(document).returncode == 1, place
    for place in ("root", "at", "public_key", "signature"):
        document = inclusion()
        text = document["checkpoint"][place]
        document["checkpoint"][place] = text[:-2] + ("1" if text[-2] != "1" else "2") + text[-1]
        assert verify(document).returncode == 1, place


def test_a_forged_history_is_refused(verify):
    document = consistency()
    rewritten = [*ENTRIES[:5], b"rewritten", *ENTRIES[6:]]
    later = checkpoint(30, trees.tree_of(rewritten)).as_document()
    refused(verify(document | {"new": later}), "改动了")
    honest_path = [node.hex() for node in trees.consistency(rewritten, 13, 30)]
    refused(verify(document | {"new": later, "path": honest_path}), "改动了")
    refused(verify({"old": document["new"], "new": document["old"], "path": document["path"]}), "先后")
    refused(verify(document | {"path": document["path"][:-1]}), "路径太短")


def test_what_is_no_proof_is_refused_with_what_to_do(verify, tmp_path):
    for document in ({}, [], "x", 5, None, {"checkpoint": {}}, {"old": {}, "new": {}}):
        refused(verify(document), "重新下载")
    for path in (5, ["zz"], [5], None):
        refused(verify(inclusion(path=path)), "重新下载")
    for kept in ("回执".encode("gb18030"), b"%PDF-1.7", b""):
        (tmp_path / "kept.json").write_bytes(kept)
        refused(verify(inclusion(), "--checkpoint", "kept.json"), "重新下载")
    for place, value in (("size", "21"), ("size", 21.0), ("size", -1), ("root", 5), ("public_key", "00")):
        document = deepcopy(inclusion())
        document["checkpoint"][place] = value
        refused(verify(document), "")
    history = consistency()
    history["old"] = history["old"] | {"size": 0}
    refused(verify(history), "")


def test_a_missing_file_is_wrong_usage(verify):
    assert verify(inclusion(), "--checkpoint", "nowhere.json").returncode == 2


def test_the_script_is_short_and_needs_only_cryptography():
    lines = SCRIPT.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 130  # a person reads it in one sitting
    imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_a_checkpoint_is_checked_here_too():
    point = checkpoint(7)
    assert proofs.is_signature_valid(point)
    assert not proofs.is_signature_valid(proofs.Checkpoint(8, point.root, point.at, point.public_key, point.signature))
    assert not proofs.is_signature_valid(proofs.Checkpoint(7, point.root, point.at, "no key", point.signature))


def test_a_short_salt_is_refused():
    with pytest.raises(ValueError, match="salt"):
        proofs.salted_digest(b"short", b"x")
