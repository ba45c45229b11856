"""Write the bill of materials of the delivered site: ``make sbom`` (CycloneDX 1.6, JSON, without network).

Every locked package of Python with the digests that pip checks it by, and every script in ``static/vendor``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).parent.parent
LOCKED = ROOT / "requirements" / "runtime.txt"
VENDORED = ROOT / "static" / "vendor"
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)", re.MULTILINE)
DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components() -> Iterator[Component]:
    """Yield what the site is delivered with."""
    locked = LOCKED.read_text(encoding="utf-8")
    pins = list(PIN.finditer(locked))
    for pin, following in zip(pins, [*pins[1:], None], strict=True):
        lines = locked[pin.end() : following.start() if following else None]
        yield _component("pypi", pin["name"], pin["version"], DIGEST.findall(lines))
    for folder in sorted(path.name for path in VENDORED.iterdir() if path.is_dir()):
        name, _, version = folder.rpartition("-")
        yield _component("npm", name, version, [])


def _component(kind: str, name: str, version: str, digests: list[str]) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        purl=PackageURL(kind, name=name, version=version),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in digests],
    )


def bill() -> str:
    """Return the bill of materials."""
    return JsonV1Dot6(Bom(components=components())).output_as_string(indent=2)


if __name__ == "__main__":
    sys.stdout.write(bill() + "\n")
