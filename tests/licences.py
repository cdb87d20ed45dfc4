"""docs/licences.md: under which licence each pinned package is, from its own metadata.

``python -m tests.licences`` writes the page (``make licences``); a test holds it against what is
installed. Responsible for reading; whether a licence will do is in ``tests.test_dependencies``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"
_HEAD = """# Licences

Of everything that is installed beside the bridge: the packages' own words for it. `make licences`
writes this page, and a test holds it against what is installed and pinned. The bridge itself is
under the MIT licence.

All are permissive but those marked *weak copyleft* (MPL-2.0): these ask that changes to their own
files stay open, and nothing of who uses them unchanged, as the bridge does. *Copyleft* is a
linter that the tests run as a program: nothing of it is part of what is handed out.
"""
_SPDX = {
    "Python Software Foundation License": "PSF-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0", "MIT License": "MIT",
    "BSD License": "BSD-3-Clause", "BSD 2-Clause License": "BSD-2-Clause",
    "ISC License": "ISC", "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}  # fmt: skip
"""What older packages call a licence, by its identifier."""


def pins(name: str) -> dict[str, str]:
    """Return package to version of a compiled requirements file, names as they are compared."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
    return {canonical(package): version for package, version in found}


def canonical(name: str) -> str:
    """Return a package's name as names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(names: Iterator[str] | dict[str, str]) -> dict[str, Distribution]:
    """Return the packages among these that are here; some are for other systems alone."""
    found = {}
    for name in names:
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
    return found


def licence(package: Distribution) -> str:
    """Return the licence of a package as an SPDX expression, or what it says instead."""
    data = package.metadata
    if "License-Expression" in data:
        return data["License-Expression"]
    classified = [
        line.rpartition(" :: ")[2]
        for line in data.get_all("Classifier") or []
        if line.startswith("License :: ") and line.count(" :: ") > 1
    ]
    said = next((word for word in classified if word != "DFSG approved"), "")
    if not said and "License" in data:
        said = data["License"].partition("\n")[0].strip()
    return _SPDX.get(said, said) or "unknown"


def page() -> str:
    """Return what docs/licences.md says."""
    runtime = pins("requirements.txt")
    development = {n: v for n, v in pins("requirements-dev.txt").items() if n not in runtime}
    parts = [_HEAD]
    for title, packages in (("The bridge", runtime), ("Tests and tools", development)):
        rows = [
            f"| {name} | {licence(found)}{_mark(licence(found))} |"
            for name, found in sorted(installed(packages).items())
        ]
        parts.append(f"## {title}\n\n| package | licence |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _mark(expression: str) -> str:
    if expression.startswith("MPL-"):
        return " (*weak copyleft*)"
    return " (*copyleft*)" if expression.startswith("GPL-") else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
