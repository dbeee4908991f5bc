"""How people get in: set-up, invitation, one-time link, password, second factor."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from django.urls import reverse

from amity.access.links import new_link
from amity.access.models import AuditEntry, SignInLink, Staff
from amity.access.tests.staffing import PASSWORD, hire
from amity.base import clock

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
ENTRY = {
    "name": "Ada Lovelace",
    "email": "Ada@Example.com",
    "password": PASSWORD,
    "again": PASSWORD,
    "language": "pl",
    "time_zone": "Europe/Warsaw",
}


def link_url(token: str, name: str = "sign_in_link") -> str:
    return reverse(name, args=[token])


def test_a_fresh_installation_leads_everybody_to_set_up(client: Client) -> None:
    assert client.get("/people/").headers["Location"] == "/setup"
    page = client.get("/setup")
    assert page.status_code == 200
    assert "amity link" in page.content.decode()


def test_set_up_creates_the_first_administrator_and_signs_in(client: Client) -> None:
    url = link_url(new_link("setup"), "setup_with_token")
    assert client.get(url).status_code == 200
    answer = client.post(url, ENTRY)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    ada = Staff.objects.get()
    assert (ada.email, ada.role, ada.scope, ada.language, ada.time_zone) == (
        "ada@example.com", "administrator", "all", "pl", "Europe/Warsaw",
    )  # fmt: skip
    assert ada.check_password(PASSWORD)
    assert UserSession.objects.filter(user=ada).count() == 1
    assert list(AuditEntry.objects.order_by("seq").values_list("verb", flat=True)) == ["set_up", "signed_in"]
    page = client.get(reverse("settings"))
    assert page.headers["Content-Language"] == "pl"
    client.logout()
    assert client.get(url).status_code == 410
    assert client.get("/setup").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"password": "short", "again": "short"}, "password"), ({"again": "something else entirely"}, "again")],
)
def test_a_bad_password_keeps_the_set_up_link(client: Client, change: dict[str, str], field: str) -> None:
    url = link_url(new_link("setup"), "setup_with_token")
    answer = client.post(url, ENTRY | change)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Staff.objects.exists()
    assert client.post(url, ENTRY).status_code == 302


def test_a_second_set_up_link_is_worth_nothing_once_somebody_is_in(client: Client) -> None:
    late = link_url(new_link("setup"), "setup_with_token")
    hire("Ada")
    answer = client.post(late, ENTRY | {"email": "mallory@example.com"})
    assert answer.status_code == 409
    assert Staff.objects.count() == 1


def test_the_operators_link_signs_in_once_and_looking_does_not_spend_it(client: Client) -> None:
    ada = hire("Ada")
    url = link_url(new_link("demo", ada))
    assert client.get(url).status_code == 200
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 302
    assert client.get(reverse("settings")).status_code == 200
    assert Client().post(url).status_code == 410
    assert UserSession.objects.filter(user=ada).count() == 1


@pytest.mark.parametrize("spoil", ["expired", "inactive", "unknown"])
def test_links_that_do_not_open(client: Client, spoil: str) -> None:
    ada = hire("Ada")
    token = new_link("demo", ada)
    if spoil == "expired":
        SignInLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    elif spoil == "inactive":
        Staff.objects.update(is_active=False)
    else:
        token = "x" * 43
    assert client.post(link_url(token)).status_code == 410
    assert not UserSession.objects.exists()


def test_only_the_hash_of_a_link_is_stored() -> None:
    token = new_link("demo", hire("Ada"))
    link = SignInLink.objects.get()
    assert token not in str({field.name: getattr(link, field.attname) for field in link._meta.fields})


def test_guessing_links_is_slowed_down(client: Client) -> None:
    statuses = {client.get(link_url(f"guess-{n}")).status_code for n in range(30)}
    assert statuses == {410}
    assert client.get(link_url("guess-31")).status_code == 429


def test_password_sign_in_and_its_failure(client: Client) -> None:
    hire("Ada")
    wrong = client.post(reverse("account_login"), {"login": "ada@example.com", "password": "wrong password!"})
    assert wrong.status_code == 200
    assert "_auth_user_id" not in client.session
    right = client.post(reverse("account_login"), {"login": "ada@example.com", "password": PASSWORD})
    assert right.status_code == 302
    assert "_auth_user_id" in client.session


def test_password_guessing_is_slowed_down(client: Client) -> None:
    hire("Ada")
    url, wrong = reverse("account_login"), {"login": "ada@example.com", "password": "wrong password!"}
    for _n in range(10):
        client.post(url, wrong)
    answer = client.post(url, wrong | {"password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert answer.status_code in (200, 429)


def test_nobody_signs_up(client: Client) -> None:
    hire("Ada")
    data = {"email": "eve@example.com", "password1": PASSWORD}
    assert client.post(reverse("account_signup"), data).headers["Location"] == reverse("account_login")
    assert Staff.objects.count() == 1


def begin_enrolment(client: Client, staff: Staff) -> str:
    """Sign in, confirm the password once more, and read the secret off the enrolment page."""
    client.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"), follow=True)
    assert page.request["PATH_INFO"] == reverse("account_reauthenticate")
    client.post(page.request["PATH_INFO"], {"password": PASSWORD})
    secret: str = client.get(reverse("mfa_activate_totp")).context["form"].secret
    return secret


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_enrolling_an_authenticator_app_then_signing_in_with_it(client: Client) -> None:
    ada = hire("Ada")
    secret = begin_enrolment(client, ada)
    assert client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}).status_code == 302
    stored = ada.authenticator_set.get(type="totp")
    assert secret not in str(stored.data)  # sealed
    client.logout()
    half = client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
    assert half.headers["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("settings")).status_code == 302
    assert_no_inline_code(client.get(reverse("mfa_authenticate")).content.decode())
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    assert client.get(reverse("settings")).status_code == 200


def test_the_second_factor_may_wait_for_the_grace_and_no_longer(client: Client) -> None:
    ada = hire("Ada")
    client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
    assert client.get(reverse("settings")).status_code == 200
    ada.refresh_from_db()
    assert ada.mfa_due_at is not None
    assert timedelta(days=6, hours=23) < ada.mfa_due_at - clock.now() <= timedelta(days=7)
    Staff.objects.update(mfa_due_at=clock.now())
    answer = client.get(reverse("settings"))
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("mfa_index"))
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.post(reverse("settings"), {"name": "X", "language": "en", "time_zone": "UTC"}).status_code == 302
    assert Staff.objects.get().name == "Ada"


def test_roles_that_need_no_second_factor_are_left_alone(client: Client) -> None:
    sam = hire("Sam", "salesperson", "own")
    assert sam.role not in settings.CONFIG.mfa_required_roles
    client.post(reverse("account_login"), {"login": sam.email, "password": PASSWORD})
    sam.refresh_from_db()
    assert sam.mfa_due_at is None


def test_the_last_needed_factor_stays_on(client: Client) -> None:
    ada = hire("Ada")
    secret = begin_enrolment(client, ada)
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    client.post(reverse("mfa_deactivate_totp"))
    assert ada.authenticator_set.filter(type="totp").exists()


@pytest.mark.parametrize(
    "name",
    [
        "account_login", "account_reset_password", "account_reset_password_done", "account_inactive",
        "account_reset_password_from_key_done", "setup",
    ],
)  # fmt: skip
def test_pages_before_sign_in_are_ours(client: Client, name: str) -> None:
    if name != "setup":
        hire("Ada")
    page = client.get(reverse(name)).content.decode()
    assert 'class="plain-box' in page
    assert_no_inline_code(page)


@pytest.mark.parametrize(
    "name",
    [
        "account_logout", "account_change_password", "mfa_index", "mfa_activate_totp", "mfa_list_webauthn",
        "mfa_add_webauthn", "usersessions_list", "account_reauthenticate", "account_set_password",
    ],
)  # fmt: skip
def test_account_pages_are_ours(client: Client, name: str) -> None:
    ada = hire("Ada")
    client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
    page = client.get(reverse(name), follow=True).content.decode()
    assert "dist/style.css" in page
    assert_no_inline_code(page)


def assert_no_inline_code(page: str) -> None:
    """Scripts have a source or are data; no style or event attributes (the CSP would refuse them)."""
    import re

    for tag in re.findall(r"<script[^>]*>", page):
        assert "src=" in tag or "application/json" in tag, tag
    assert not re.search(r"\son[a-z]+=|\sstyle=", page)
