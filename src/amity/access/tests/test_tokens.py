"""Keys for programs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import tokens
from amity.access.limits import spend
from amity.access.models import ApiToken, Staff
from amity.access.staff import principal_of
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.base.errors import Refused, TooMany

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_and_only_its_hash_stored(client: Client) -> None:
    client.force_login(hire("Ada"))
    page = client.post(reverse("settings_tokens"), {"name": "Sync", "scopes": ["people:read"], "days": "30"})
    secret = page.context["made"]
    assert secret.startswith("amity_")
    token = ApiToken.objects.get()
    assert secret not in str(token.__dict__)
    assert token.prefix == secret[:12]
    assert secret not in client.get(reverse("settings_tokens")).content.decode()


def test_a_token_has_its_owners_rights_narrowed_by_its_scopes() -> None:
    sam = hire("Sam", "salesperson", "own")
    _id, secret = tokens.create_token(principal_of(sam), "x", ["people:write", "webhooks:write"])
    principal, _token_id = tokens.principal_of_token(secret)
    assert principal.permissions == {"people.view", "people.edit", "people.bulk"}
    assert (principal.staff_id, principal.scope, principal.via) == (sam.id, "own", "token")


def test_rights_taken_from_the_owner_are_taken_from_the_token() -> None:
    ada = hire("Ada")
    _id, secret = tokens.create_token(principal_of(ada), "x", ["webhooks:write"])
    assert tokens.principal_of_token(secret)[0].may("webhooks.manage")
    Staff.objects.update(role="analyst")
    assert not tokens.principal_of_token(secret)[0].may("webhooks.manage")


@pytest.mark.parametrize("spoil", ["revoked", "expired", "inactive", "unknown"])
def test_tokens_that_do_not_work(spoil: str) -> None:
    ada = hire("Ada")
    token_id, secret = tokens.create_token(principal_of(ada), "x", ["people:read"], days=1)
    assert tokens.principal_of_token(secret)[1] == token_id
    if spoil == "revoked":
        tokens.revoke_token(principal_of(ada), token_id)
    elif spoil == "expired":
        ApiToken.objects.update(expires_at=clock.now())
    elif spoil == "inactive":
        Staff.objects.update(is_active=False)
    else:
        secret += "x"
    with pytest.raises(Refused) as refused:
        tokens.principal_of_token(secret)
    assert (refused.value.code, refused.value.status) == ("bad_token", 401)


def test_a_token_makes_no_tokens() -> None:
    ada = hire("Ada")
    _id, secret = tokens.create_token(principal_of(ada), "x", ["staff:read"])
    with pytest.raises(Refused) as refused:
        tokens.create_token(tokens.principal_of_token(secret)[0], "y", ["people:read"])
    assert refused.value.status == 403
    assert ApiToken.objects.count() == 1


def test_others_tokens_are_neither_seen_nor_revoked() -> None:
    ada, sam = hire("Ada"), hire("Sam", "salesperson", "own")
    token_id, _secret = tokens.create_token(principal_of(ada), "x", ["people:read"])
    assert tokens.tokens(principal_of(sam)) == []
    with pytest.raises(Refused) as refused:
        tokens.revoke_token(principal_of(sam), token_id)
    assert refused.value.status == 404
    sams, _secret = tokens.create_token(principal_of(sam), "y", ["people:read"])
    assert {token.id for token in tokens.tokens(principal_of(ada))} == {token_id, sams}
    tokens.revoke_token(principal_of(ada), sams)
    assert ApiToken.objects.get(pk=sams).revoked_at is not None


def test_limits_count_in_windows_and_say_how_long_to_wait() -> None:
    with clock.fixed_at(clock.now()):
        assert [spend("x", "a", 2, 60) for _n in range(2)] == [1, 0]
        with pytest.raises(TooMany) as refused:
            spend("x", "a", 2, 60)
        assert refused.value.retry_after == 60
        assert spend("x", "b", 2, 60) == 1
        later = clock.now() + timedelta(seconds=60)
    with clock.fixed_at(later):
        assert spend("x", "a", 2, 60) == 1
