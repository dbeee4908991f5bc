"""Staff, teams and preferences, as administrators and members use them."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from amity.access import members, teams
from amity.access.models import AuditEntry, SignInLink, Staff, Team
from amity.access.staff import principal_of
from amity.access.tests.staffing import PASSWORD, actor, hire, team
from amity.base.errors import Refused

pytestmark = pytest.mark.django_db
TERMS = {"name": "Sam", "email": "sam@example.com", "role": "salesperson", "scope": "team"}


@pytest.fixture
def admin(client: Client) -> Staff:
    ada = hire("Ada")
    client.force_login(ada)
    return ada


@pytest.mark.slow
def test_inviting_somebody_who_then_chooses_a_password(client: Client, admin: Staff) -> None:
    north = team()
    page = client.post(reverse("settings_staff_new"), TERMS | {"team_id": str(north.id)})
    link = page.context["link"]
    sam = Staff.objects.get(name="Sam")
    assert (sam.role, sam.scope, sam.team_id, sam.has_usable_password()) == ("salesperson", "team", north.id, False)
    guest = Client()
    assert b"sam@example.com" in guest.get(link).content
    entry = {
        "name": "Sam Vimes",
        "password": PASSWORD,
        "again": PASSWORD,
        "language": "de",
        "time_zone": "Europe/Berlin",
    }
    assert guest.post(link, entry).status_code == 302
    sam.refresh_from_db()
    assert (sam.name, sam.email, sam.language, sam.role) == ("Sam Vimes", "sam@example.com", "de", "salesperson")
    assert guest.get(reverse("settings")).headers["Content-Language"] == "de"
    assert Client().get(link).status_code == 410
    verbs = list(AuditEntry.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == ["invited", "invitation_accepted", "signed_in"]


def test_a_new_invitation_ends_the_old_one(client: Client, admin: Staff) -> None:
    old = client.post(reverse("settings_staff_new"), TERMS).context["link"]
    sam = Staff.objects.get(name="Sam")
    new = client.post(reverse("settings_staff_invitation", args=[sam.id])).context["link"]
    assert Client().get(old).status_code == 410
    assert Client().get(new).status_code == 200


def test_an_address_is_given_once(client: Client, admin: Staff) -> None:
    page = client.post(reverse("settings_staff_new"), TERMS | {"email": "ADA@example.com"})
    assert page.status_code == 422
    assert page.context["form"].errors["email"]
    assert Staff.objects.count() == 1
    assert not SignInLink.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.slow
def test_deactivation_ends_sessions_and_can_be_undone(client: Client, admin: Staff) -> None:
    sam = hire("Sam", "salesperson", "own")
    theirs = Client()
    theirs.post(reverse("account_login"), {"login": sam.email, "password": PASSWORD})
    assert theirs.get(reverse("settings")).status_code == 200
    client.post(reverse("settings_staff_deactivation", args=[sam.id]))
    assert theirs.get(reverse("settings")).status_code == 302
    assert not UserSession.objects.filter(user=sam).exists()
    page = client.get(reverse("settings_staff"))
    undo = reverse("settings_staff_reactivation", args=[sam.id])
    assert f'action="{undo}"' in page.content.decode()
    client.post(undo)
    again = theirs.post(reverse("account_login"), {"login": sam.email, "password": PASSWORD})
    assert again.status_code == 302
    assert theirs.get(reverse("settings")).status_code == 200


@pytest.mark.slow
def test_after_a_change_of_address_only_the_new_one_opens(client: Client, admin: Staff) -> None:
    sam = hire("Sam", "salesperson", "own")
    Client().post(reverse("account_login"), {"login": sam.email, "password": PASSWORD})
    client.post(reverse("settings_staff_member", args=[sam.id]), TERMS | {"email": "new@example.com"})
    theirs = Client()
    theirs.post(reverse("account_login"), {"login": "sam@example.com", "password": PASSWORD})
    assert "_auth_user_id" not in theirs.session
    theirs.post(reverse("account_login"), {"login": "new@example.com", "password": PASSWORD})
    assert "_auth_user_id" in theirs.session


def test_somebody_stays_administrator() -> None:
    ada = hire("Ada")
    me = principal_of(ada)
    with pytest.raises(Refused, match="own account"):
        members.deactivate(me, ada.id)
    with pytest.raises(Refused) as refused:
        members.change(me, ada.id, members.Terms("Ada", "ada@example.com", "analyst", "all"))
    assert refused.value.code == "last_administrator"
    assert Staff.objects.get().role == "administrator"
    bea = hire("Bea")
    members.change(principal_of(bea), ada.id, members.Terms("Ada", "ada@example.com", "analyst", "all"))
    ada.refresh_from_db()
    assert ada.role == "analyst"


def test_a_salesperson_manages_nobody() -> None:
    sam = actor("Sam", "salesperson", "own")
    other = hire("Zoe", "agent", "own")
    for attempt in (
        lambda: members.invite(sam, members.Terms("Eve", "eve@example.com", "administrator", "all")),
        lambda: members.change(sam, other.id, members.Terms("Zoe", "zoe@example.com", "administrator", "all")),
        lambda: members.deactivate(sam, other.id),
        lambda: members.reactivate(sam, other.id),
        lambda: members.invite_again(sam, other.id),
        lambda: teams.save_team(sam, "Mine", None),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.status == 403
    assert Staff.objects.count() == 2
    assert not AuditEntry.objects.exists()


def test_teams_are_made_renamed_and_deleted_when_empty(client: Client, admin: Staff) -> None:
    client.post(reverse("settings_teams"), {"name": "North", "manager_id": str(admin.id)})
    north = Team.objects.get()
    assert north.manager_id == admin.id
    client.post(reverse("settings_team", args=[north.id]), {"name": "South", "manager_id": ""})
    north.refresh_from_db()
    assert (north.name, north.manager_id) == ("South", None)
    sam = hire("Sam", "salesperson", "team", team=north)
    assert client.post(reverse("settings_team_deletion", args=[north.id])).status_code == 409
    Staff.objects.filter(pk=sam.pk).update(team=None)
    client.post(reverse("settings_team_deletion", args=[north.id]))
    assert not Team.objects.exists()


def test_two_teams_do_not_share_a_name(client: Client, admin: Staff) -> None:
    team("North")
    assert client.post(reverse("settings_teams"), {"name": "North"}).status_code == 422
    assert Team.objects.count() == 1


def test_profile_sets_language_and_zone_for_every_page(client: Client, admin: Staff) -> None:
    client.post(reverse("settings"), {"name": "Ada L.", "language": "ru", "time_zone": "Asia/Tokyo"})
    page = client.get(reverse("settings"))
    assert page.headers["Content-Language"] == "ru"
    assert timezone.get_current_timezone_name() == "Asia/Tokyo"
    Client().get("/healthz")
    assert timezone.get_current_timezone_name() == "UTC"


def test_the_language_switch_becomes_the_preference(client: Client, admin: Staff) -> None:
    client.post(reverse("set_language"), {"language": "de", "next": "/settings/"})
    admin.refresh_from_db()
    assert admin.language == "de"


def test_every_settings_page_costs_a_fixed_number_of_queries(
    client: Client, admin: Staff, django_assert_max_num_queries: object
) -> None:
    for n in range(40):
        hire(f"Person{n}", "salesperson", "own", team=team(f"Team {n}"))
    for name in (
        "settings",
        "settings_security",
        "settings_staff",
        "settings_teams",
        "settings_tokens",
        "settings_audit",
    ):
        with django_assert_max_num_queries(10):  # type: ignore[operator]
            assert client.get(reverse(name)).status_code == 200


def test_an_htmx_request_after_sign_out_reloads_at_the_door(client: Client) -> None:
    hire("Ada")
    answer = client.get(reverse("settings"), headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith(reverse("account_login"))
