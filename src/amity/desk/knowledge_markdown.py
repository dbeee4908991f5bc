"""Articles are written in Markdown: headings, lists, quotes, code, tables, bold, italics, links.

A small subset on purpose; whatever it makes is sanitised once more by nh3, so no article can carry a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from html.parser import HTMLParser

import nh3

MAX_TEXT = 200_000
_TAGS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "code", "table", "thead", "tbody", "tr", "th",
         "td", "strong", "em", "a", "br", "hr"}  # fmt: skip
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_ITEM = re.compile(r"\s{0,3}(?:([-*+])|(\d{1,3})[.)])\s+(.*)$")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\(\s*([^)\s]+)[^)\n]*\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_EM = re.compile(r"(?<![\w*])([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?![\w*])")
_RULE = re.compile(r"\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_BAR = re.compile(r"\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)*\|?\s*$")
_BLOCKS = {"p", "div", "li", "tr", "blockquote", "pre", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "br"}


def html_of(markdown: str) -> str:
    """Sanitised HTML of an article's body; headings start at the second level."""
    made = "\n".join(_blocks(markdown[:MAX_TEXT].replace("\r\n", "\n").split("\n")))
    return clean(made)


def clean(html: str) -> str:
    """Only the tags that articles are made of; links leave without telling from where."""
    return nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer", clean_content_tags={"script", "style"}, strip_comments=True,
    )  # fmt: skip


def sections(markdown: str) -> list[tuple[str, str]]:
    """(heading, plain text) of each part, in order; paragraphs are parted by an empty line, items by a line."""
    found: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in markdown[:MAX_TEXT].replace("\r\n", "\n").split("\n"):
        if line.strip().startswith("```"):
            fenced = not fenced
        elif not fenced and (heading := _HEADING.match(line)):
            found.append((plain(heading[2]), []))
        elif not fenced and (_RULE.match(line) or _BAR.match(line)):
            found[-1][1].append("")
        else:
            item = _ITEM.match(line)
            found[-1][1].append(line if fenced else plain(item[3] if item else line.lstrip("> ")))
    parts = [(heading, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()) for heading, lines in found]
    return [part for part in parts if part[1]]


def plain(text: str) -> str:
    """A line without its marks."""
    for pattern in (_CODE, _LINK):
        text = pattern.sub(r"\1", text)
    for pattern in (_STRONG, _EM):
        text = pattern.sub(r"\2", text)
    return re.sub(r"\s*\|\s*", " ", text).strip()


def markdown_of(html: str) -> str:
    """Markdown of a page that is brought in: headings, items, paragraphs, bold, links; everything else is left out."""
    reader = _Reader()
    reader.feed(html[: MAX_TEXT * 2])
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.out)).strip()[:MAX_TEXT]


def _blocks(lines: list[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        if not line.strip():
            place += 1
        elif line.strip().startswith("```"):
            body, place = _until_fence(lines, place + 1)
            yield f"<pre><code>{escape(body)}</code></pre>"
        elif heading := _HEADING.match(line):
            level = min(len(heading[1]) + 1, 4)
            place += 1
            yield f"<h{level}>{_inline(heading[2])}</h{level}>"
        elif _RULE.match(line):
            place += 1
            yield "<hr>"
        elif _is_table(lines, place):
            made, place = _table(lines, place)
            yield made
        elif _ITEM.match(line):
            made, place = _list(lines, place)
            yield made
        else:
            made, place = _paragraph(lines, place)
            yield made


def _until_fence(lines: list[str], place: int) -> tuple[str, int]:
    end = next((i for i in range(place, len(lines)) if lines[i].strip().startswith("```")), len(lines))
    return "\n".join(lines[place:end]), end + 1


def _is_table(lines: list[str], place: int) -> bool:
    return (
        "|" in lines[place]
        and place + 1 < len(lines)
        and "|" in lines[place + 1]
        and bool(_BAR.match(lines[place + 1]))
    )


def _table(lines: list[str], place: int) -> tuple[str, int]:
    end = place + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    head = "".join(f"<th>{cell}</th>" for cell in _cells(lines[place]))
    rows = ("".join(f"<td>{cell}</td>" for cell in _cells(line)) for line in lines[place + 2 : end])
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>", end


def _cells(line: str) -> list[str]:
    return [_inline(cell.strip()) for cell in line.strip().strip("|").split("|")]


def _list(lines: list[str], place: int) -> tuple[str, int]:
    items: list[str] = []
    first = _ITEM.match(lines[place])
    kind = "ul" if first and first[1] else "ol"
    while place < len(lines):
        item = _ITEM.match(lines[place])
        if item:
            items.append(item[3])
        elif lines[place].startswith("  ") and lines[place].strip() and items:
            items[-1] += "\n" + lines[place].strip()
        else:
            break
        place += 1
    return f"<{kind}>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + f"</{kind}>", place


def _paragraph(lines: list[str], place: int) -> tuple[str, int]:
    quoted = lines[place].lstrip().startswith(">")
    taken: list[str] = []
    while place < len(lines) and lines[place].strip() and not (taken and _starts(lines, place)):
        taken.append(lines[place].lstrip().lstrip(">").strip() if quoted else lines[place].strip())
        place += 1
    text = f"<p>{_inline(chr(10).join(taken))}</p>"
    return (f"<blockquote>{text}</blockquote>" if quoted else text), place


def _starts(lines: list[str], place: int) -> bool:
    line = lines[place]
    return bool(_HEADING.match(line) or _ITEM.match(line) or line.strip().startswith("```") or _is_table(lines, place))


def _inline(text: str) -> str:
    """Marks within a line; code first, so that nothing in it is taken for a mark."""
    kept: list[str] = []

    def keep(made: str) -> str:
        kept.append(made)
        return f"\x00{len(kept) - 1}\x00"

    text = text.replace("\x00", "")
    text = _CODE.sub(lambda m: keep(f"<code>{escape(m[1])}</code>"), text)
    text = _LINK.sub(lambda m: keep(f'<a href="{escape(m[2])}">{escape(m[1] or m[2])}</a>'), text)
    text = escape(text, quote=False)
    text = _STRONG.sub(r"<strong>\2</strong>", text)
    text = _EM.sub(r"<em>\2</em>", text).replace("\n", "<br>")
    return re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], text)


class _Reader(HTMLParser):
    """HTML as Markdown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._hidden = 0
        self._links: list[str] = []
        self._ordered: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "head", "nav", "template"):
            self._hidden += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self.out.append(f"\n\n{'#' * max(int(tag[1]) - 1, 1)} ")
        elif tag in ("ul", "ol"):
            self._ordered.append(0 if tag == "ol" else -1)
            self.out.append("\n\n" if len(self._ordered) == 1 else "\n")
        elif tag == "li":
            self._item()
        elif tag in ("strong", "b"):
            self.out.append("**")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")
            self.out.append("[")
        elif tag in _BLOCKS and self.out and not self.out[-1].startswith("\n"):
            self.out.append("\n\n" if tag != "br" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "head", "nav", "template"):
            self._hidden = max(self._hidden - 1, 0)
        elif tag in ("ul", "ol"):
            self._ordered = self._ordered[:-1]
            self.out.append("\n")
        elif tag in ("strong", "b"):
            self.out.append("**")
        elif tag == "a" and self._links:
            address = self._links.pop()
            self.out.append(
                f"]({address})" if address.startswith(("http://", "https://", "mailto:", "tel:", "/")) else "]"
            )
        elif tag in ("p", "div", "table") or re.fullmatch(r"h[1-6]", tag):
            self.out.append("\n\n")
        elif tag in ("td", "th"):
            self.out.append(" | ")
        elif tag == "tr":
            self.out.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.out.append(re.sub(r"\s+", " ", unescape(data)) if data.strip() else " ")

    def _item(self) -> None:
        if self._ordered and self._ordered[-1] >= 0:
            self._ordered[-1] += 1
            self.out.append(f"\n{self._ordered[-1]}. ")
        else:
            self.out.append("\n- ")
