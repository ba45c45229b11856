"""Ask an advisory database about every locked package: ``make audit``.

pip-audit passes over a package that the database doesn't answer for, and ends as if all was well. Here such a package
counts as not audited, and the command fails: it says that nothing is known only where somebody looked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LOCKED = (Path("requirements/runtime.txt"), Path("requirements/dev.txt"))


def verdict(locked: Path, answer: dict[str, Any] | None) -> tuple[bool, list[str]]:
    """Return whether every package of ``locked`` was audited and none is vulnerable, and the lines that say so.

    ``answer`` is pip-audit's JSON document, ``None`` where it wrote none.
    """
    if answer is None:
        return False, [f"{locked}: NOT AUDITED: pip-audit ended without an answer; its message is above."]
    packages = answer["dependencies"]
    skipped = [package for package in packages if "skip_reason" in package]
    vulnerable = [package for package in packages if package.get("vulns")]
    lines = [
        f"  {package['name']} {package['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or '-'}"
        for package in vulnerable
        for flaw in package["vulns"]
    ]
    if skipped:
        names = ", ".join(package["name"] for package in skipped[:5]) + (" …" if len(skipped) > 5 else "")
        lines.append(
            f"{locked}: NOT AUDITED: {len(skipped)} of {len(packages)} packages, because the advisory database gave "
            f"no answer for them ({names}). Run this where pypi.org can be reached."
        )
    if vulnerable:
        lines.append(f"{locked}: {len(vulnerable)} of {len(packages)} packages have known vulnerabilities.")
    if not packages:
        lines.append(f"{locked}: NOT AUDITED: no package was read from it.")
    good = bool(packages) and not skipped and not vulnerable
    if good:
        lines.append(f"{locked}: {len(packages)} packages audited, none has a known vulnerability.")
    return good, lines


def ask(locked: Path) -> dict[str, Any] | None:
    """Return what pip-audit says of the packages in ``locked``."""
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(locked), *options, "--output", str(answer)]
        run = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 (a fixed command)
        if answer.exists():
            return json.loads(answer.read_text(encoding="utf-8"))
        print(run.stderr, file=sys.stderr)
        return None


def main() -> int:
    """Audit each locked file, print what came of it, and return the exit code."""
    results = [verdict(locked, ask(locked)) for locked in LOCKED]
    print("\n".join(line for _, lines in results for line in lines))
    return 0 if all(good for good, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
