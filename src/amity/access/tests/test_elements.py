"""Elements of django-allauth in our dress, also those that none of its pages shows to us today."""

from __future__ import annotations

from django.template import Context, Origin, Template

PAGE = """{% load allauth %}
{% element badge %}new{% endelement %}
{% element details %}{% slot summary %}more{% endslot %}{% slot body %}inside{% endslot %}{% endelement %}
{% element table %}<tr>{% element td %}cell{% endelement %}</tr>{% endelement %}
"""


def test_elements_keep_their_content() -> None:
    page = Template(PAGE, Origin("test", template_name="test.html")).render(Context())
    assert all(word in page for word in ("new", "more", "inside", "cell"))
    assert page.count("<td") == page.count("</td>") == 1
    assert "style=" not in page
