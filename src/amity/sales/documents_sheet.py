"""`documents` on a sheet of paper. Its libraries take a second to import: do so in the function that prints."""

from __future__ import annotations

import io
import logging
from functools import cache
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from amity.base import words
from amity.sales.documents import Document, Paper, quantity, rate

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table that it cuts down
_FONTS = Path(words.__file__).parent / "static" / "dist" / "fonts"
_MARGIN, _WIDTH = 20.0, 170.0  # millimetres of A4
_COLUMNS = (8.0, 62.0, 25.0, 28.0, 15.0, 32.0)  # number, name, quantity, price, tax, net


def pdf(document: Document, paper: Paper, language: str) -> bytes:
    """The document as PDF 1.4, A4. About 60 ms and 60 KB; the fonts are cut down to the letters that occur."""
    with translation.override(language):
        sheet = _Sheet(paper)
        sheet.set_creation_date(document.made)
        sheet.set_title(document.heading)
        sheet.set_lang(language)
        sheet.add_page()
        _head(sheet, document, paper)
        _table(sheet, document)
        _sums(sheet, document)
        if document.terms:
            sheet.ln(6)
            sheet.write_lines(document.terms, 9)
        return bytes(sheet.output())


class _Sheet(FPDF):
    """A4 with our name and bank below, and page numbers."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(format="A4", unit="mm")
        self.paper = paper
        for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.add_font("dejavu", style, _font(name))
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, 28)
        self.set_font("dejavu", size=10)

    def footer(self) -> None:
        self.set_y(-22)
        self.set_draw_color(190)
        self.line(_MARGIN, self.get_y(), _MARGIN + _WIDTH, self.get_y())
        self.set_font("dejavu", size=7)
        self.set_text_color(90)
        told = (self.paper.name, *self.paper.bank.splitlines(), self.paper.tax_id)
        self.multi_cell(_WIDTH - 20, 3.6, " · ".join(filter(None, told)), align="L")
        self.set_xy(_MARGIN, -20)
        self.cell(_WIDTH, 4, f"{self.page_no()} / {{nb}}", align="R")
        self.set_text_color(0)

    def write_lines(self, text: str, size: float, style: str = "") -> None:
        self.set_font("dejavu", style, size)
        self.multi_cell(_WIDTH, size * 0.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


@cache
def _font(name: str) -> str:
    return str(_FONTS / name)


def _head(sheet: _Sheet, document: Document, paper: Paper) -> None:
    if paper.logo:
        sheet.image(io.BytesIO(paper.logo), x=_MARGIN, y=14, h=16, w=0)
    sheet.set_xy(_MARGIN + 90, 14)
    sheet.set_font("dejavu", "B", 10)
    sheet.multi_cell(80, 5, paper.name, align="R", new_x=XPos.LEFT, new_y=YPos.NEXT)
    sheet.set_font("dejavu", size=8)
    told = "\n".join(filter(None, (paper.address, paper.contact)))
    sheet.multi_cell(80, 4, told, align="R", new_x=XPos.LEFT, new_y=YPos.NEXT)
    sheet.set_xy(_MARGIN, max(46.0, sheet.get_y() + 4))
    sheet.write_lines(document.recipient, 10)
    sheet.ln(8)
    sheet.write_lines(document.heading, 15, "B")
    about = [(_("Number"), document.number), (_("Date"), words.day(document.dated) if document.dated else "")]
    about.append((_("Valid until"), words.day(document.valid_until) if document.valid_until else ""))
    sheet.ln(1)
    sheet.write_lines("   ".join(f"{name}: {value}" for name, value in about if value), 9)
    sheet.ln(3)
    if document.intro:
        sheet.write_lines(document.intro, 10)
        sheet.ln(2)


def _table(sheet: _Sheet, document: Document) -> None:
    heads = ("#", _("What"), _("Quantity"), _("Price"), _("Tax"), _("Net"))
    sheet.set_font("dejavu", size=8)
    sheet.set_draw_color(190)
    with sheet.table(
        col_widths=_COLUMNS, text_align=("RIGHT", "LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT"), line_height=4.6,
        borders_layout="HORIZONTAL_LINES", padding=(1, 1), first_row_as_headings=True,
    ) as table:  # fmt: skip
        row = table.row()
        for head in heads:
            row.cell(head)
        for at, line in enumerate(document.lines, 1):
            name = line.name
            if line.discount:
                name += "\n" + _("Discount {share}").format(share=rate(line.discount))
            row = table.row()
            told = (
                str(at), name, quantity(line.quantity), _money(line.price_minor, document.currency), rate(line.tax),
                _money(line.net_minor, document.currency),
            )  # fmt: skip
            for each in told:
                row.cell(each)


def _sums(sheet: _Sheet, document: Document) -> None:
    """Net, tax by rate, and what is to be paid."""
    taxes: dict[int, int] = {}
    for line in document.lines:
        taxes[line.tax] = taxes.get(line.tax, 0) + line.tax_minor
    net = sum(line.net_minor for line in document.lines)
    told = [(_("Net"), net, "")]
    told += [(_("Tax {rate}").format(rate=rate(each)), minor, "") for each, minor in sorted(taxes.items())]
    told.append((_("Total"), net + sum(taxes.values()), "B"))
    sheet.ln(3)
    for name, minor, style in told:
        sheet.set_font("dejavu", style, 10 if style else 9)
        sheet.cell(_WIDTH - 40, 5.5, name, align="R")
        sheet.cell(40, 5.5, _money(minor, document.currency), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _money(minor: int, currency: str) -> str:
    return words.money(minor, currency).replace("\u202f", "\u00a0")
