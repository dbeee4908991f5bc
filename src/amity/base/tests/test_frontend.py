"""The built interface: complete, from this host only, and no template that a strict CSP would break."""

import re
import sys
from importlib import util
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.templatetags.static import static
from django.test import Client

from amity.base import static_files

PACKAGE = Path(__file__).resolve().parents[2]
ROOT = PACKAGE.parents[1]
DIST = PACKAGE / "base" / "static" / "dist"
TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))
COMMENT = re.compile(r"(?s)\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}|<!--.*?-->")
FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
    "htmx that needs eval": re.compile(
        r"hx-on|hx-vals\s*=\s*['\"]js:|hx-trigger\s*=\s*['\"](?:[^'\"]*,\s*)?\w+\[", re.I
    ),
    "something of another host": re.compile(
        r"<(?:script|link|img|iframe|use)\b[^>]*(?:src|href)\s*=\s*['\"](?:https?:)?//", re.I
    ),
}
INLINE_SCRIPT = re.compile(r"(?is)<script\b(?![^>]*\bsrc=)(?![^>]*type=['\"]application/json)[^>]*>")


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = util.module_from_spec(spec)
    sys.modules["hatch_build"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_template_breaks_the_content_security_policy(template: Path) -> None:
    html = COMMENT.sub("", template.read_text("utf-8"))
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(html)]
    assert found == []
    assert INLINE_SCRIPT.findall(html) == []


@pytest.mark.parametrize(
    "html",
    [
        '<p style="x">',
        "<a onclick='x()'>",
        '<p hx-on:click="x">',
        "<script>x()</script>",
        '<img src="//cdn.example/x">',
    ],
)
def test_the_scan_would_notice(html: str) -> None:
    assert INLINE_SCRIPT.findall(html) or any(pattern.search(html) for pattern in FORBIDDEN.values())


def test_the_stylesheet_asks_no_other_host() -> None:
    css = (DIST / "style.css").read_text("utf-8")
    addresses = re.findall(r"""url\(\s*["']?([^"')]{0,40})""", css)
    assert addresses
    assert [address for address in addresses if not address.startswith(("data:image/svg+xml", "#"))] == []
    assert "@import" not in css


def test_the_script_needs_no_eval() -> None:
    script = (DIST / "app.js").read_text("utf-8")
    assert not re.search(r"//\w+\.(?:cdn|unpkg|jsdelivr)", script)
    assert "AsyncFunction" not in script


def test_every_icon_that_is_asked_for_is_in_the_sprite(builder: ModuleType) -> None:
    symbols = {symbol.get("id") for symbol in ElementTree.parse(DIST / "icons.svg").getroot()}
    rail = [entry[2] for entry in settings.AMITY_NAV] + [
        sub[2] for entry in settings.AMITY_NAV for sub in (entry[4:] or [[]])[0]
    ]
    assert set(rail) - symbols == set()
    assert set(builder.wanted_icons()) - symbols == set()


def test_the_lock_file_names_no_registry() -> None:
    lock = (PACKAGE / "base" / "frontend" / "package-lock.json").read_text("utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock


def test_a_second_build_does_nothing(builder: ModuleType) -> None:
    assert builder.bundle() is False


def test_catalogues_are_compiled_once(builder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    po = tmp_path / "base" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Undo"\nmsgstr "Вернуть"\n', "utf-8"
    )
    monkeypatch.setattr(builder, "PACKAGE", tmp_path)
    assert builder.compile_catalogues() == 1
    assert "Вернуть".encode() in po.with_suffix(".mo").read_bytes()
    assert builder.compile_catalogues() == 0


def test_a_files_address_changes_with_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = static("dist/style.css")
    assert re.fullmatch(r"/static/dist/style\.css\?v=[0-9a-f]{12}", address)
    assert static("no/such/file.css") == "/static/no/such/file.css"
    changed = tmp_path / "style.css"
    changed.write_text("p {}")
    monkeypatch.setattr(static_files.finders, "find", lambda _name: str(changed))
    assert static_files._stamp("dist/style.css") not in address


def test_bundles_are_sent_gzipped_and_kept(client: Client) -> None:
    sent = client.get(static("dist/style.css"), headers={"accept-encoding": "gzip"})
    assert sent.status_code == 200
    assert sent["Content-Encoding"] == "gzip"
    assert "max-age=31536000" in sent["Cache-Control"]
    assert int(sent["Content-Length"]) < 100_000
