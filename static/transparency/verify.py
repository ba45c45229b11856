#!/usr/bin/env python3
"""离线核对回执和公布的反馈：不联网，不依赖平台，只要 Python 3.8 以上和 cryptography（pip install cryptography）。

用法：python3 verify.py 证明.json [--key 公钥] [--checkpoint 检查点.json] [--content 原文.txt]
python3 verify.py report.sig.json --file report.docx [--file …] [--key 公钥]

证明.json 是回执页或公开记录页上下载的收录证明或一致性证明；--key 是您从别处（公告、报纸、旁人）得到的平台公钥，
几个公钥用逗号隔开；--checkpoint 是您自己留存的检查点（例如昨天的），证明须对它作出；--content 是您自己留存的原文。
核对通过，退出码为 0；不通过为 1；用法不对为 2。文件格式见 docs/transparency.md，算法见 RFC 9162 第 2.1 节。
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def demand(condition, complaint):
    if not condition:
        raise AssertionError(complaint)


def climb(position, last, start, path):
    """Walk up to the root; return the roots that the path gives for the old and for the new tree."""
    old = new = start
    for sibling in path:
        demand(last, "路径太长")
        left = position & 1 or position == last
        old, new = (node(sibling, old), node(sibling, new)) if left else (old, node(new, sibling))
        while left and position and not position & 1:
            position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    demand(not last, "路径太短")
    return old, new


def check_checkpoint(point, key):
    demand(not key or point["public_key"].lower() in key.lower().split(","), "检查点不是用您给的公钥签的")
    text = f"consult-checkpoint/1\n{point['size']:d}\n{point['root']}\n{point['at']}\n"
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(point["public_key"]))
    public.verify(bytes.fromhex(point["signature"]), text.encode())
    print(f"检查点签名有效：{point['at']}，共 {point['size']} 条，公钥 {point['public_key']}")


def check_inclusion(proof, given):
    point, leaf, index = proof["checkpoint"], proof["leaf"], proof["index"]
    demand(proof["size"] == point["size"] and 0 <= index < point["size"], "序号或总数与检查点不符")
    start = hashlib.sha256(b"\x00" + leaf.encode()).digest()
    found = climb(index, point["size"] - 1, start, [bytes.fromhex(item) for item in proof["path"]])[1]
    demand(found == bytes.fromhex(point["root"]), "这条记录不在检查点的记录里")
    print(f"记录在第 {index + 1} 条：{leaf}")
    content = Path(given).read_bytes() if given else proof.get("content", "").encode()
    digest = hashlib.sha256(bytes.fromhex(proof["salt"]) + content).hexdigest()
    demand(not content or digest == json.loads(leaf)["digest"], "原文与记录不符")
    print("原文与记录相符" if content else "没有给出原文，未核对原文")


def check_consistency(proof):
    old, new, path = proof["old"], proof["new"], [bytes.fromhex(item) for item in proof["path"]]
    demand(0 < old["size"] <= new["size"], "检查点的先后不对")
    roots, position, last = (bytes.fromhex(old["root"]), bytes.fromhex(new["root"])), old["size"] - 1, new["size"] - 1
    while position & 1 or (last and old["size"] == new["size"]):
        position, last = position >> 1, last >> 1
    path = path if position else [roots[0], *path]
    demand(climb(position, last, path[0], path[1:]) == roots, "后一个检查点改动了前一个检查点里的记录")
    print(f"后一个检查点（{new['size']} 条）完整包含前一个检查点（{old['size']} 条）")


def check_report(signed, digests, key=""):
    """Check a report's signature, and that it names files of these digests; return what was signed."""
    demand(not key or signed["public_key"].lower() in key.lower().split(","), "签名不是用您给的公钥签的")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed["public_key"]))
    public.verify(bytes.fromhex(signed["signature"]), f"consult-report/1\n{signed['statement']}".encode())
    statement, proof = json.loads(signed["statement"]), signed["proof"]
    demand(set(digests) <= set(statement["files"].values()), "这个文件不是签名所说的反馈")
    if proof:
        check_checkpoint(proof["checkpoint"], key)
        demand(proof["content"] == signed["statement"], "收录证明不是这个签名的")
        check_inclusion(proof, "")
    return statement


def check_files(signed, names, key):
    demand(names, "请用 --file 给出要核对的文件")
    statement = check_report(signed, [hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in names], key)
    print(f"签名有效：{statement['title']}，第 {statement['version']} 版，{statement['published_at']} 公布")
    print("签名已经收录在公开记录里" if signed["proof"] else "签名还没有收录证明，过一小时再下载一次")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("proof", "--key", "--checkpoint", "--content"):
        parser.add_argument(name)
    parser.add_argument("--file", action="append")
    given = parser.parse_args()
    try:
        proof = json.loads(Path(given.proof).read_bytes())
        if proof.get("kind") == "consult-report/1":
            return check_files(proof, given.file, given.key) or print("核对通过") or 0
        points = [proof["checkpoint"]] if "checkpoint" in proof else [proof["old"], proof["new"]]
        for point in points:
            check_checkpoint(point, given.key)
        kept = json.loads(Path(given.checkpoint).read_bytes()) if given.checkpoint else points[0]
        same = [point for point in points if (kept["size"], kept["root"]) == (point["size"], point["root"])]
        demand(same, "证明不是对您留存的检查点作出的")
        check_inclusion(proof, given.content) if "checkpoint" in proof else check_consistency(proof)
    except OSError as error:
        return print(f"打不开文件：{error}", file=sys.stderr) or 2
    except (InvalidSignature, AssertionError) as error:
        return print(f"核对不通过：{str(error) or '检查点的签名不对'}", file=sys.stderr) or 1
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return print("核对不通过：文件不是平台的证明或检查点，或者已经损坏，请重新下载", file=sys.stderr) or 1
    return print("核对通过") or 0


if __name__ == "__main__":
    sys.exit(main())
