"""The promise of `make check-erase`, kept on every build."""

from __future__ import annotations

import pytest

from amity.web import check_erase


@pytest.mark.slow
def test_forty_strings_are_exported_erased_and_stay_erased(capfd: pytest.CaptureFixture[str]) -> None:
    assert check_erase.main([]) == 0
    told = capfd.readouterr().out
    assert "after erasing: 0 of" in told
    assert "after restoring the older backup: 0 of" in told
