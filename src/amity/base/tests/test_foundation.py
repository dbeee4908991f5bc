"""Clock, ids, settings and personal-data declarations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from amity.base import clock, config, ids, personal, undo
from amity.base.errors import Refused
from amity.base.models import Record


def test_the_clock_can_be_held_and_goes_on_afterwards() -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with clock.fixed_at(moment):
        assert clock.now() == moment
        with clock.fixed_at(moment + timedelta(days=1)):
            assert clock.today() == datetime(2026, 3, 2, tzinfo=UTC).date()
        assert clock.now() == moment
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_clock_refuses_a_naive_time() -> None:
    with pytest.raises(ValueError, match="aware"), clock.fixed_at(datetime(2026, 3, 1)):  # noqa: DTZ001
        pass


def test_ids_are_version_7_and_sort_by_creation() -> None:
    made = [ids.new_id() for _ in range(5_000)]
    assert made == sorted(made)
    assert len(set(made)) == 5_000
    assert {each.version for each in made} == {7}


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_stable_id_depends_on_its_parts_only(parts: list[str]) -> None:
    assert ids.stable_id(*parts) == ids.stable_id(*parts)
    assert ids.stable_id(*parts, "more") != ids.stable_id(*parts)


def test_environment_wins_over_file_and_types_hold(tmp_path: Path) -> None:
    (tmp_path / "amity.toml").write_text('port = 9000\nlanguage = "pl"\nmfa_required_roles = ["manager"]\n')
    loaded = config.load({"AMITY_HOME": str(tmp_path), "AMITY_PORT": "9100"})
    assert (loaded.port, loaded.language, loaded.mfa_required_roles) == (9100, "pl", ("manager",))


@pytest.mark.parametrize(
    ("environ", "word"),
    [({"AMITY_PRT": "1"}, "prt"), ({"AMITY_PORT": "many"}, "port"), ({"AMITY_DEBUG": "perhaps"}, "debug")],
)
def test_unknown_or_bad_settings_are_refused_by_name(environ: dict[str, str], word: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=word) as caught:
        config.load({"AMITY_HOME": str(tmp_path), **environ})
    assert caught.value.code == "bad_setting"


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    (tmp_path / "amity.toml").write_text("port = = 1")
    with pytest.raises(Refused, match=r"amity\.toml"):
        config.load({"AMITY_HOME": str(tmp_path)})


def test_the_secret_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    settings = config.load({"AMITY_HOME": str(tmp_path / "new")})
    first = config.secret(settings)
    assert config.secret(settings) == first
    assert len(first) >= 64
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o077 == 0


def test_a_model_without_a_personal_data_declaration_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="personal"):

        class Silent(Record):
            name = models.CharField(max_length=10)

            class Meta:
                app_label = "base"


def test_a_declaration_must_name_existing_fields() -> None:
    with pytest.raises(TypeError, match="nickname"):

        class Wrong(Record):
            personal = personal.deleted("id", ("nickname",))
            name = models.CharField(max_length=10)

            class Meta:
                app_label = "base"


def test_every_table_of_ours_declares_its_personal_data() -> None:
    from django.apps import apps

    ours = [m for m in apps.get_models() if m.__module__.startswith("amity.")]
    assert len(ours) > 20
    assert [m.__name__ for m in ours if not isinstance(getattr(m, "personal", None), personal.Personal)] == []
    # Tables on the hot path have keys of their own.
    records = [m for m in ours if m._meta.pk.name == "id" and isinstance(m._meta.pk, models.UUIDField)]
    assert len(records) > len(ours) / 2
    ours_to_make = [m for m in records if not m._meta.pk.has_db_default()]  # others are written by triggers
    assert [m.__name__ for m in ours_to_make if not isinstance(m._meta.pk.get_default(), UUID)] == []


def test_a_kind_that_is_only_noted_cannot_be_performed(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SimpleNamespace(staff_id=None, may=lambda permission: True)
    monkeypatch.setattr(undo, "_handlers", {})
    undo.register("noted", undo.Handler(None, lambda actor, args, before: None))
    with pytest.raises(LookupError, match="only noted"):  # before the database is asked
        undo.perform(reader, "noted", {})
    with pytest.raises(LookupError, match="only noted"):
        undo.perform_batches(reader, "noted", [{}])
