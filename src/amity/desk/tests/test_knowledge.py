"""Articles are written, published, found and quoted; what is not sure enough is not answered."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import undo
from amity.base.errors import Refused
from amity.desk import knowledge, knowledge_articles, knowledge_import, knowledge_index
from amity.desk.knowledge_markdown import html_of, markdown_of, sections
from amity.desk.knowledge_models import Article, Passage

RETURNS = """You can send back any item within 30 days of delivery.

# How to send it back
Open your account, choose **Returns** and print the label. The return is free of charge.

# When the money comes
We pay the money back within 5 working days after the parcel reached us."""
DELIVERY = "A parcel takes two to three working days. Express delivery arrives the next day and costs 9.90 EUR."
PASSWORD = "Choose “Forgotten password” on the sign-in page. We send you a link that works for one hour."


def boss() -> access.Principal:
    return access.principal_of(hire("Boss", "manager", "all"))


def published(me: access.Principal, title: str, body: str, language: str = "en", **more: str) -> UUID:
    values = {"title": title, "body": body, "language": language, "state": "published", **more}
    return knowledge_articles.create(me, values)[0]


def library(me: access.Principal) -> None:
    published(me, "Returning an item", RETURNS)
    published(me, "Delivery times", DELIVERY)
    published(me, "I forgot my password", PASSWORD)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# Hi\n\ntwo **bold** and `<b>`", "<h2>Hi</h2>\n<p>two <strong>bold</strong> and <code>&lt;b&gt;</code></p>"),
        ("- one\n- two", "<ul><li>one</li><li>two</li></ul>"),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        ("> so\n> it is", "<blockquote><p>so<br>it is</p></blockquote>"),
        ("<script>alert(1)</script>hi", "<p>&lt;script&gt;alert(1)&lt;/script&gt;hi</p>"),
        ("[x](javascript:alert(1))", '<p><a rel="noopener noreferrer">x</a>)</p>'),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
        ("|a|b|\n|--|--|\n", "<p>|a|b|<br>|--|--|</p>"),
        ("|a|\n|---|\n|1|", "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"),
    ],
)  # fmt: skip
def test_markdown_becomes_clean_html(written: str, shown: str) -> None:
    assert html_of(written) == shown


def test_a_page_is_read_as_markdown_and_an_article_as_sections() -> None:
    page = "<h2>Pay</h2><p>By <b>card</b> or <a href='https://x.example'>bank</a>.</p><ul><li>one</li><li>two</li></ul>"
    assert markdown_of(page) == "# Pay\n\nBy **card** or [bank](https://x.example).\n\n- one\n- two"
    assert sections(RETURNS)[1] == (
        "How to send it back", "Open your account, choose Returns and print the label. The return is free of charge.",
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db
def test_a_question_is_answered_with_a_quote_and_a_strange_one_not_at_all() -> None:
    me = boss()
    library(me)
    found = knowledge.answer("When do I get my money back?", "en")
    assert found is not None and found.title == "Returning an item"
    assert found.sentence == "We pay the money back within 5 working days after the parcel reached us."
    reset = knowledge.find("I forgot my password", "en")[0]
    assert reset.sentence == "Choose “Forgotten password” on the sign-in page."
    for strange in ("Who won the world cup in 1998?", "Do you employ plumbers in Rome?", "qwertz"):
        assert knowledge.answer(strange, "en") is None
    assert knowledge.find("Wo ist mein Paket?", "de") == []


@pytest.mark.slow
@pytest.mark.django_db
def test_one_article_alone_does_not_answer_everything() -> None:
    published(boss(), "Lieferzeiten", "Ein Paket braucht zwei bis drei Werktage.", "de")
    assert knowledge.answer("Wie wird das Wetter morgen in Hamburg?", "de") is None
    found = knowledge.answer("Wie lange braucht ein Paket?", "de")
    assert found is not None and found.sentence == "Ein Paket braucht zwei bis drei Werktage."


@pytest.mark.slow
@pytest.mark.django_db
def test_drafts_and_staffs_articles_are_not_told_to_customers() -> None:
    me = boss()
    library(me)
    published(me, "Discounts for staff to give", "Agents may give a discount of 15 percent.", audience="staff")
    question = "Which discount may agents give?"
    assert knowledge.find(question, "en", staff=True)[0].title.startswith("Discounts")
    assert all(not each.title.startswith("Discounts") for each in knowledge.find(question, "en"))
    home = Article.objects.get(title="Delivery times").pk
    knowledge_articles.change(me, home, {"state": "draft"})
    assert not Passage.objects.filter(article_id=home).exists()
    assert all(each.article_id != home for each in knowledge.find("How long does a parcel take?", "en"))


@pytest.mark.slow
@pytest.mark.django_db
def test_versions_are_kept_put_back_and_undone_and_unchanged_passages_keep_their_vectors() -> None:
    me = boss()
    home = published(me, "Returning an item", RETURNS)
    assert knowledge_index.encode("en") == 3
    group = knowledge_articles.change(me, home, {"body": RETURNS.replace("5 working", "14 working")})
    assert Passage.objects.filter(article_id=home, vector=None).count() == 1
    assert "14 working days" in knowledge.find("When do I get my money back?", "en")[0].sentence
    undo.put_back(me, group)
    assert "5 working days" in knowledge.find("When do I get my money back?", "en")[0].sentence
    assert [row.number for row in knowledge_articles.versions(me, home)] == [3, 2, 1]
    knowledge_articles.restore(me, home, 2)
    assert "14 working" in knowledge_articles.get(me, home).body


@pytest.mark.slow
@pytest.mark.django_db
def test_kept_vectors_find_the_same_as_fresh_ones() -> None:
    library(boss())
    before = knowledge.find("How do I send a parcel back?", "en")
    assert knowledge_index.encode("en") > 0 and knowledge_index.encode("en") == 0
    knowledge_index.touch("en")
    after = knowledge.find("How do I send a parcel back?", "en")
    assert [each.sentence for each in after] == [each.sentence for each in before]
    assert max(abs(a.sure - b.sure) for a, b in zip(after, before, strict=True)) < 0.01


@pytest.mark.slow
@pytest.mark.django_db
def test_the_floor_is_learned_from_judged_answers() -> None:
    me = boss()
    library(me)
    passage = Passage.objects.all()[0].pk
    for n in range(200):
        knowledge.judge(passage, n / 200, n >= 100, "thumb", f"t{n}")
    assert 0.45 < knowledge.floor_of("en") <= 0.51
    for n in range(200):
        knowledge.judge(passage, n / 200, False, "thumb", f"t{n}")
    assert knowledge.floor_of("en") == 0.999


@pytest.mark.slow
@pytest.mark.django_db
def test_files_are_brought_in_once_and_taken_back() -> None:
    me = boss()
    table = b"question;answer;language\nWie lange?;Zwei Tage.;de\nHow long?;Two days.;en\n"
    done = knowledge_import.bring(me, [("faq.csv", table), ("help.md", b"# Paying\nBy card.\n")], "en", "published")
    assert (done.added, done.changed, done.same) == (3, 0, 0)
    again = knowledge_import.bring(me, [("faq.csv", table.replace(b"Two", b"Three"))], "en", "published")
    assert (again.added, again.changed, again.same) == (0, 1, 1)
    assert done.group is not None
    with pytest.raises(Refused):
        knowledge_import.bring(me, [("x.pdf", b"%PDF")], "en")
    undo.put_back(me, again.group) if again.group else None
    undo.put_back(me, done.group)
    assert not Article.objects.exclude(state="archived").exclude(title="How long?").exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_the_pages_of_staff(client: Client) -> None:
    client.force_login(hire("Boss", "manager", "all"))
    assert "No articles yet" in client.get(reverse("knowledge")).content.decode()
    given = {"title": "Delivery times", "language": "en", "body": DELIVERY, "tags": "parcel, time"}
    given |= {"audience": "customers", "state": "published"}
    assert client.get(reverse("article_new")).status_code == 200
    assert client.post(reverse("article_new"), {**given, "body": ""}).status_code == 200
    made = client.post(reverse("article_new"), given)
    home = Article.objects.get()
    assert made.headers["Location"] == reverse("article", args=[home.pk])
    assert "Express delivery" in client.get(reverse("article", args=[home.pk])).content.decode()
    client.post(reverse("article_edit", args=[home.pk]), {**given, "body": "Soon."})
    client.post(reverse("article_version", args=[home.pk]), {"number": "1"})
    home.refresh_from_db()
    assert (home.body, home.number, home.tags) == (DELIVERY, 3, ["parcel", "time"])
    tried = client.get(reverse("knowledge_try"), {"q": "How long does express delivery take?"}).content.decode()
    assert "Express delivery arrives the next day and costs 9.90 EUR." in tried
    passage = Passage.objects.get()
    said = client.post(reverse("knowledge_try"), {"passage": str(passage.pk), "sure": "0.9", "right": "yes"})
    assert "Thank you" in said.content.decode()
    upload = SimpleUploadedFile("faq.csv", b"question,answer\nMay I pay by card?,Yes you may pay by card.\n")
    assert client.get(reverse("knowledge_import")).status_code == 200
    sent = {"files": upload, "language": "en", "state": "published", "audience": "customers"}
    assert client.post(reverse("knowledge_import"), sent).status_code == 302
    assert "May I pay by card?" in client.get(reverse("knowledge"), {"q": "card"}).content.decode()
    assert "Nothing matches" in client.get(reverse("knowledge"), {"q": "zebra"}).content.decode()


@pytest.mark.slow
@pytest.mark.django_db
def test_help_is_open_to_everybody_in_four_languages(client: Client) -> None:
    me = boss()
    library(me)
    home = published(me, "Lieferzeiten", "Ein Paket braucht zwei bis drei Werktage.", "de")
    page = client.get(reverse("help", args=["de"])).content.decode()
    assert "Lieferzeiten" in page and "Delivery times" not in page
    asked = client.get(reverse("help", args=["en"]), {"q": "how many days until I get my money back"}).content.decode()
    assert "We pay the money back within 5 working days" in asked
    assert "drei Werktage" in client.get(reverse("help_article", args=["de", home])).content.decode()
    assert client.get(reverse("help_article", args=["en", home])).status_code == 404
    assert client.get("/help/xx/").status_code == 404
    hidden = published(me, "Secret", "Only for us.", audience="staff")
    assert client.get(reverse("help_article", args=["en", hidden])).status_code == 404
