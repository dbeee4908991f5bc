"""Translations without GNU gettext: collect strings, check catalogues, compile them (Babel).

python tools/messages.py extract   # update the .po files from code and templates
python tools/messages.py check     # exit 1 on missing, fuzzy or broken translations
python tools/messages.py compile   # .po -> .mo (the package build does this too)
python tools/messages.py todo LANG        # untranslated strings as JSON: {"msgid": "" or ["", …] for plurals}
python tools/messages.py fill LANG FILE   # put the translations of such a JSON file into the catalogue
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "amity"
LANGUAGES = ("ru", "pl", "de")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
ALIAS = re.compile(r"\b(n?p?gettext(?:_lazy|_noop)?) as (\w+)")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)[^}]*\}")


def catalogue_path(language: str) -> Path:
    return SOURCE / "base" / "locale" / language / "LC_MESSAGES" / "django.po"


def found_strings() -> Catalog:
    """Every translatable string of code and templates, with its places."""
    _configure_templatize()
    catalogue = Catalog()
    for path in sorted(SOURCE.rglob("*.py")):
        if "tests" not in path.parts and "migrations" not in path.parts:
            _add(catalogue, path, path.read_bytes())
    for path in sorted([*SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        if "templates" in path.parts:
            _add(catalogue, path, _as_code(path))
    return catalogue


def _configure_templatize() -> None:
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)


def _as_code(path: Path) -> bytes:
    """A template as gettext calls (Django's own conversion, made for xgettext's Python mode)."""
    from django.utils.translation.template import templatize

    return _python_only(templatize(path.read_text("utf-8"), origin=str(path))).encode()


def _python_only(text: str) -> str:
    """Keep only the calls that templatize wrote, each on its line; the rest is X-ed out text that is no Python."""
    pattern = re.compile(r"\b(n?p?gettext|_)\(")
    lines: list[str] = []
    position, line = 0, 1
    while match := pattern.search(text, position):
        end = _closing(text, match.end())
        line_of_match = text.count("\n", 0, match.start()) + 1
        lines.extend([""] * max(0, line_of_match - line))
        call = text[match.start() : end].replace("\n", "\\n")
        lines.append(call)
        line = line_of_match + 1
        position = end
    return "\n".join(lines)


def _closing(text: str, start: int) -> int:
    """Index after the bracket that closes the call opened just before ``start``; quotes are respected."""
    depth, quote, index = 1, "", start
    while index < len(text) and depth:
        char = text[index]
        if quote:
            if char == "\\":
                index += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        index += 1
    return index


def _add(catalogue: Catalog, path: Path, code: bytes) -> None:
    keywords = KEYWORDS | {name: KEYWORDS.get(call) for call, name in ALIAS.findall(code.decode())}
    for _line, message, comments, context in extract("python", BytesIO(code), keywords, ("Translators:",), {}):
        catalogue.add(message, None, [(str(path.relative_to(ROOT)), None)], auto_comments=comments, context=context)


def extract_all() -> int:
    wanted = found_strings()
    for language in LANGUAGES:
        path = catalogue_path(language)
        catalogue = _read(path, language)
        catalogue.update(wanted, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        _write(path, catalogue)
        missing = sum(1 for m in _messages(catalogue) if not _translated(m))
        print(f"{language}: {len(catalogue)} strings, {missing} untranslated")
    return 0


def _read(path: Path, language: str) -> Catalog:
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=language)
    return Catalog(locale=language, project="Amity", version="", copyright_holder="", fuzzy=False)


def todo(language: str) -> int:
    """Print what is missing, with context as ``context\\x04msgid`` and plurals as ``singular\\x00plural``."""
    catalogue = _read(catalogue_path(language), language)
    missing = {
        _key(m): [""] * catalogue.num_plurals if isinstance(m.id, tuple) else ""
        for m in _messages(catalogue)
        if not _translated(m)
    }
    print(json.dumps(missing, ensure_ascii=False, indent=0))
    return 0


def fill(language: str, file: str) -> int:
    """Write translations into the catalogue; unknown strings are ignored."""
    path = catalogue_path(language)
    catalogue = _read(path, language)
    given = json.loads(Path(file).read_text("utf-8"))
    taken = 0
    for message in _messages(catalogue):
        text = given.get(_key(message))
        if text:
            message.string = tuple(text) if isinstance(message.id, tuple) else text
            taken += 1
    _write(path, catalogue)
    print(f"{language}: {taken} of {len(given)} taken")
    return 0


def _key(message: Message) -> str:
    text = "\x00".join(message.id) if isinstance(message.id, tuple) else str(message.id)
    return f"{message.context}\x04{text}" if message.context else text


def _write(path: Path, catalogue: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".tmp")
    with partial.open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=False, include_lineno=False, sort_output=True)
    partial.replace(path)


def check() -> int:
    """Print what is missing or broken; the count of problems decides the exit code."""
    wanted = found_strings()
    problems = []
    for language in LANGUAGES:
        have = _read(catalogue_path(language), language)
        problems += list(_problems(language, wanted, have))
    print("\n".join(problems[:60]))
    print(f"{len(wanted)} strings, {len(LANGUAGES) + 1} languages, {len(problems)} problems")
    return 1 if problems else 0


def _problems(language: str, wanted: Catalog, have: Catalog) -> Iterator[str]:
    for message in _messages(wanted):
        known = have.get(message.id[0] if isinstance(message.id, tuple) else message.id, context=message.context)
        where = message.locations[0][0] if message.locations else ""
        if known is None or not _translated(known):
            yield f"{language}: missing {message.id!r} ({where})"
        elif known.fuzzy:
            yield f"{language}: fuzzy {message.id!r} ({where})"
        elif isinstance(known.string, tuple) and len(known.string) != have.num_plurals:
            yield f"{language}: {message.id!r} needs {have.num_plurals} plural forms ({where})"
        elif not _same_placeholders(message, known):
            yield f"{language}: placeholders differ in {message.id!r} ({where})"


def _same_placeholders(message: Message, known: Message) -> bool:
    """A plural form may drop the number, a plain string may drop nothing; neither may invent a placeholder."""
    wanted, given = _placeholders(message.id), _placeholders(known.string)
    return given <= wanted and (isinstance(message.id, tuple) or given == wanted)


def _messages(catalogue: Catalog) -> list[Message]:
    return [m for m in catalogue if m.id]


def _translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _placeholders(text: str | tuple[str, ...] | list[str]) -> set[str]:
    joined = text if isinstance(text, str) else " ".join(text)
    return {a or b for a, b in PLACEHOLDER.findall(joined)}


def compile_all() -> int:
    for path in SOURCE.rglob("*.po"):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parent.parent.name)
        target = path.with_suffix(".mo")
        partial = target.with_suffix(f".{os.getpid()}.tmp")
        with partial.open("wb") as file:
            write_mo(file, catalogue)
        partial.replace(target)
    return 0


if __name__ == "__main__":
    actions = {"extract": extract_all, "check": check, "compile": compile_all, "todo": todo, "fill": fill}
    if len(sys.argv) < 2 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    sys.exit(actions[sys.argv[1]](*sys.argv[2:]))
