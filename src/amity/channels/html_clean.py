"""HTML of mails: made harmless for our pages, and read as text with marks where quotes and signatures begin.

Sanitised by nh3 (ammonia). No styles, scripts, forms or frames; images are not loaded: their address stays in
``data-src`` (``data-cid`` for those that came along), for who decides to see them.
"""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import nh3

from amity.channels.mail_reply import FROM_HERE, SIGNED

MAX_HTML = 1_000_000  # characters
MAX_TAGS = 12_000  # signs “<” of a document: parsers take the square of what is opened and never closed
_TAG_WORDS = """
 a abbr b blockquote br center cite code dd del div dl dt em figure figcaption font h1 h2 h3 h4 h5 h6 hr i img ins kbd
 li ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul
"""
_TAGS = frozenset(_TAG_WORDS.split())
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "table": {"align", "border", "cellpadding", "cellspacing"},
    "ol": {"start"},
    "blockquote": {"type"},
}
_NUMBERS = frozenset(("width", "height", "colspan", "rowspan", "border", "cellpadding", "cellspacing", "start"))
_IMAGE = re.compile(r'<img\b((?: [a-z-]+="[^"]*")*)')  # as nh3 writes it
_SOURCE = re.compile(r' (src="cid:|[a-z-]+=")([^"]*)"')
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden|font-size\s*:\s*0", re.IGNORECASE)
_BLOCK_WORDS = """
 p div table tr ul ol li h1 h2 h3 h4 h5 h6 pre blockquote hr dl dt dd center figure section article header
"""
_BLOCKS = frozenset(_BLOCK_WORDS.split())
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre"))
_VOID = frozenset(("br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr", "source", "track"))
_SKIPPED = frozenset(("style", "script", "title", "head", "template", "noscript", "svg", "math", "object"))
# Classes and ids by which clients mark what is below as quoted, and what is a signature.
_BELOW = re.compile(
    r"\b(?:divRplyFwdMsg|appendonsend|OutlookMessageHeader|x_divRplyFwdMsg|mailcontent_quote|reply-intro|"
    r"yahoo_quoted|ymail_android_signature_quote|protonmail_quote|zmail_extra|x_gmail_quote_container|"
    r"quotedMessage|mobile-quote|wp-quote|onet-quote|gmx_quote|js-forwarded-message)\b"
)
_CITE = re.compile(r"\b(?:gmail_attr|moz-cite-prefix|moz-forward-container|AppleOriginalContents)\b")
_SIGNATURE = re.compile(
    r"\b(?:gmail_signature|gmail_signature_prefix|moz-signature|x_Signature|ms-outlook-mobile-signature|"
    r"protonmail_signature_block|ymail_android_signature|js-signature|AppleMailSignature|mobile-signature)\b|^Signature$"
)
_OUTLOOK_LINE = re.compile(r"border\s*:\s*none\s*;\s*border-top\s*:\s*solid\s+#(?:E1E1E1|B5C4DF)", re.IGNORECASE)


def clean(html: str) -> str:
    """``html`` as our pages may show it: no scripts, styles, forms, frames; links leave without telling from where.

    Nothing of a document with more than `MAX_TAGS` tags.
    """
    html = html[:MAX_HTML]
    if html.count("<") > MAX_TAGS:
        return ""
    told = nh3.clean(
        html, tags=set(_TAGS), attributes=_ATTRIBUTES, attribute_filter=_filtered, strip_comments=True,
        clean_content_tags={"script", "style", "title", "head", "template", "noscript", "svg", "math", "object"},
        url_schemes={"http", "https", "mailto", "tel", "cid"}, link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )  # fmt: skip
    return _IMAGE.sub(lambda found: f"<img{_SOURCE.sub(_kept_away, found[1])}", told)


def _kept_away(found: re.Match[str]) -> str:
    """An attribute of an image, its source under a name that loads nothing."""
    name = {'src="cid:': 'data-cid="', 'src="': 'data-src="'}.get(found[1], found[1])
    return f' {name}{found[2]}"'


def _filtered(tag: str, name: str, value: str) -> str | None:
    if name in _NUMBERS:
        return value if value.strip().rstrip("%").isdigit() and len(value) <= 5 else None
    if tag == "img" and name == "src":
        return value.replace(">", "%3E") if value.lower().startswith(("http://", "https://", "cid:")) else None
    return value.replace(">", "›").replace("<", "‹") if name in ("alt", "title") else value


def text_of(html: str) -> tuple[str, bool]:
    """(text, whether the HTML itself told what is quoted). Blockquotes become lines with ``>``; hidden text is left.

    Of a document with more than `MAX_TAGS` tags only the words are taken.
    """
    html = html[:MAX_HTML]
    if html.count("<") > MAX_TAGS:
        return " ".join(unescape(re.sub(r"<[^<>]*>", " ", html)).split()), False
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t\u00a0]+", " ", "".join(reader.out))
    text = re.sub(r" ?\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n "), reader.told


class _Reader(HTMLParser):
    """Text of a document; keeps a stack of open elements that matter, bounded by the document's size."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.told = False
        self.stack: list[tuple[str, str]] = []  # element, what it is: hidden, quote, pre or nothing
        self.depth = {"hidden": 0, "quote": 0, "pre": 0}
        self.fresh = True  # at the start of a line

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._break()
            return
        if tag == "hr" and "stopspelling" in told.get("id", "").lower():
            self._mark(FROM_HERE)
        if tag in _BLOCKS:
            self._block(tag)
        self._marks(told)
        if tag not in _VOID:
            what = self._what(tag, told)
            if what:
                self.depth[what] += 1
            self.stack.append((tag, what))

    def handle_endtag(self, tag: str) -> None:
        if not any(name == tag for name, _what in self.stack[-60:]):
            return
        while self.stack:
            name, what = self.stack.pop()
            if what:
                self.depth[what] -= 1
            if name == tag:
                break
        if tag in _BLOCKS:
            self._block(tag)
        elif tag in ("td", "th"):
            self._put(" ")

    def handle_data(self, data: str) -> None:
        if self.depth["hidden"]:
            return
        if self.depth["pre"]:
            for at, line in enumerate(data.split("\n")):
                if at:
                    self._break()
                self._put(line)
        else:
            text = re.sub(r"\s+", " ", data)
            self._put(text.lstrip() if self.fresh else text)

    def _what(self, tag: str, told: dict[str, str]) -> str:
        if tag in _SKIPPED or _HIDDEN.search(told.get("style", "")) or "hidden" in told:
            return "hidden"
        if tag == "blockquote":
            self.told = self.told or told.get("type") == "cite" or "quote" in told.get("class", "")
            return "quote"
        return "pre" if tag == "pre" else ""

    def _marks(self, told: dict[str, str]) -> None:
        names = f"{told.get('id', '')} {told.get('class', '')}".strip()
        if _BELOW.search(names) or _OUTLOOK_LINE.search(told.get("style", "")):
            self._mark(FROM_HERE)
        elif names and _SIGNATURE.search(names) and not self.depth["quote"]:
            self._mark(SIGNED)
        elif names and _CITE.search(names):
            self.told = True

    def _mark(self, sign: str) -> None:
        if not self.depth["quote"] and not self.depth["hidden"]:
            self.told = self.told or sign == FROM_HERE
            self._block("p")
            self.out.append(f"{sign}\n")

    def _block(self, tag: str) -> None:
        if not self.fresh:
            self._break()
        if tag in _PARAGRAPHS and self.out and not self.depth["hidden"]:
            self._break()

    def _break(self) -> None:
        if not self.depth["hidden"]:
            self.out.append("\n")
            self.fresh = True

    def _put(self, text: str) -> None:
        if text and not self.depth["hidden"]:
            if self.fresh and self.depth["quote"] and text.strip():
                self.out.append(">" * min(self.depth["quote"], 20) + " ")
            self.out.append(text)
            self.fresh = self.fresh and not text.strip()
