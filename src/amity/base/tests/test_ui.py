"""The interface kit: pages and parts, toasts, theme, fields, scores."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from amity.base import appearance, context, gallery, pages
from amity.base.templatetags import amity_ui as ui


@dataclass
class Reader:
    """Somebody who holds ``permissions``."""

    permissions: frozenset[str]
    name: str = "Anna Kowalska"

    def may(self, permission: str) -> bool:
        return permission in self.permissions


def request_to(path: str, *, permissions: tuple[str, ...] = (), **headers: str) -> HttpRequest:
    request = RequestFactory(headers=headers).get(path)
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    request.principal = Reader(frozenset(permissions))  # type: ignore[attr-defined]
    request.user = None  # type: ignore[assignment]
    return request


def said(html: str, **values: Any) -> str:
    return Template(html).render(Context(values))


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.slow
def test_every_component_renders_in_every_language(language: str) -> None:
    with translation.override(language):
        html = gallery.page(request_to("/gallery")).content.decode()
    assert f'<html lang="{language}"' in html
    assert html.count('class="avatar') > 5
    assert "Przedsiębiorstwo" in html


def test_htmx_gets_the_part_and_a_browser_the_page() -> None:
    asked = {"HX-Request": "true"}
    whole = pages.page(request_to("/"), "base/error_404.html", part="base/_empty.html")
    part = pages.page(request_to("/", **asked), "base/error_404.html", {"title": "No deals"}, part="base/_empty.html")
    back = pages.page(
        request_to("/", **asked, **{"HX-History-Restore-Request": "true"}),
        "base/error_404.html",
        part="base/_empty.html",
    )
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert b"No deals" in part.content
    assert b"<html" in back.content
    assert "HX-Request" in part["Vary"]


def test_a_toast_travels_in_the_header_of_an_htmx_answer_with_its_undo() -> None:
    request = request_to("/", **{"HX-Request": "true"})

    def view(asked: HttpRequest) -> HttpResponse:
        pages.toast(asked, "Анна archived", undo="/people/1/archive/undo")
        pages.toast(asked, "No room", level=messages.ERROR)
        return HttpResponse("ok", headers={"HX-Trigger": json.dumps({"saved": True})})

    trigger = json.loads(pages.ToastHeader(view)(request)["HX-Trigger"])
    assert trigger == {
        "saved": True,
        "toast": [
            {"text": "Анна archived", "level": "success", "undo": "/people/1/archive/undo"},
            {"text": "No room", "level": "error", "undo": ""},
        ],
    }


def test_a_redirect_keeps_the_toast_for_the_next_page() -> None:
    request = request_to("/", **{"HX-Request": "true"})
    pages.toast(request, "Saved")
    response = pages.ToastHeader(lambda _asked: HttpResponse(status=204, headers={"HX-Redirect": "/"}))(request)
    assert "HX-Trigger" not in response
    assert [str(m) for m in messages.get_messages(request)] == ["Saved"]


def test_a_page_shows_the_toast_with_an_undo_form() -> None:
    request = request_to("/")
    pages.toast(request, "Archived", undo="/undo")
    html = render(request, "base/_toast.html").content.decode()
    assert 'action="/undo"' in html
    assert "Archived" in html


@pytest.mark.parametrize(("asked", "kept"), [("dark", "dark"), ("light", "light"), ("auto", "auto"), ('"><x', "auto")])
def test_the_theme_is_kept_in_a_cookie(asked: str, kept: str) -> None:
    request = RequestFactory().post("/theme", {"theme": asked, "next": "/people?q=a"})
    response = appearance.set_theme(request)
    assert response["Location"] == "/people?q=a"
    assert response.cookies[appearance.COOKIE].value == kept
    request.COOKIES[appearance.COOKIE] = asked
    assert appearance.theme_of(request) == kept


def test_the_theme_switch_never_sends_the_reader_to_another_host() -> None:
    for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        response = appearance.set_theme(RequestFactory().post("/theme", {"theme": "dark", "next": target}))
        assert response["Location"] == "/"


def test_the_rail_shows_what_the_reader_may_open_and_where_they_are(settings: Any) -> None:
    settings.AMITY_NAV = [
        ("theme", "Theme", "sun", ""),
        ("", "Data", "database", "", [("set_language", "Language", "language", "data.view")]),
        ("no_such_page", "Nowhere", "x", ""),
    ]
    stranger = context.rail(request_to("/theme"))
    insider = context.rail(request_to("/i18n/setlang/", permissions=("data.view",)))
    assert [(place.label, place.current) for place in stranger] == [("Theme", "page")]
    assert [place.label for place in insider] == ["Theme", "Data"]
    assert insider[1].url == insider[1].children[0].url
    assert insider[1].children[0].current == "page"
    assert [insider[0].key, insider[1].children[0].key] == ["t", "s"]


class Invitation(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="Work address")
    role = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)


def test_a_field_is_tied_to_its_label_hint_and_error() -> None:
    html = said("{% field form.email %}", form=Invitation({"email": "anna@"}))
    assert '<label for="id_email">E-mail</label>' in html
    assert 'aria-describedby="id_email_hint id_email_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_email_error"' in html
    assert "Enter a valid email address." in html


def test_choices_are_a_fieldset_with_a_legend() -> None:
    html = said("{% field form.role %}", form=Invitation())
    assert html.count('type="radio"') == 2
    assert "<legend>Role</legend>" in html


def test_names_always_have_a_fallback_and_are_escaped() -> None:
    assert said("{% person_name name %}", name="  ") == "Unnamed person"
    chip = said("{% person name '/people/1' %}", name="<b>Ann Lee")
    assert "&lt;b&gt;Ann Lee" in chip
    assert ">?<" in said("{% avatar name %}", name=None)
    assert ">AL<" in said("{% avatar name %}", name="Ann van der Lee")


def test_a_score_shows_its_interval_and_opens_its_reasons() -> None:
    reasons = [{"text": "Visited", "effect": 0.2}, {"text": "Silent", "effect": -0.1}]
    html = said("{% score 0.72 0.6 0.8 reasons=reasons %}", reasons=reasons)
    assert "between 60% and 80%" in html
    assert html.index("Visited") < html.index("Silent")
    assert 'class="up" x="44.0"' in html
    assert 'class="down" x="22.0" y="2" width="22.0"' in html
    assert "Not scored yet" in said("{% score None %}")


def test_bars_stay_inside_their_track() -> None:
    wide = str(ui.score_bar(-0.5, -1, 2))
    assert 'class="point" x="0"' in wide
    assert "between 0% and 100%" in wide
    assert 'class="point" x="69"' in str(ui.score_bar(1.5))
    assert ui.sparkline([4]) == ""


def test_the_query_tag_changes_one_parameter_and_drops_empty_ones() -> None:
    request = request_to("/people?q=ann&page=2")
    assert said("{% query page=None sort='name' %}", request=request) == "?q=ann&amp;sort=name"


@pytest.mark.parametrize("name", ["400", "403", "404", "429", "500", "csrf"])
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_error_page_says_what_to_do_next(name: str, language: str) -> None:
    request = request_to("/nowhere")
    del request.principal  # type: ignore[attr-defined]
    with translation.override(language):
        html = render(request, f"base/error_{name}.html").content.decode()
    assert html.count("<h1>") == 1
    assert 'class="lead"' in html
    assert 'href="/"' in html


def test_a_refusal_shows_its_own_sentence() -> None:
    values = {"code": "too_old", "message": "Bring <newer> data.", "status": 422}
    html = render(request_to("/x"), "base/refused.html", values).content.decode()
    assert "Bring &lt;newer&gt; data." in html
    assert "too_old" in html


def test_too_many_attempts_at_sign_in_get_the_same_page() -> None:
    assert b"429" in render(request_to("/x"), "429.html").content


def test_the_pager_counts_with_the_right_plural() -> None:
    told = [said('{% include "base/_pager.html" %}', total=count) for count in (1, 1200)]
    assert "1 row<" in told[0]
    assert "1,200 rows<" in told[1]
