"""Benches on tables of one's own run from a shell without a database."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_table_of_ones_own_is_benched_without_a_database(tmp_path: Path) -> None:
    draw = random.Random(5)
    rows = [(draw.random(), draw.choice("abc")) for _ in range(400)]
    lines = [f"{x:.3f},{kind},{'churned' if draw.random() < x else 'stayed'}" for x, kind in rows]
    file = tmp_path / "customers.csv"
    file.write_text("\n".join(["usage,plan,state", *lines]))
    command = [sys.executable, "-m", "amity", "intelligence", "bench", str(file), "--label", "state", "--json"]
    done = subprocess.run([*command, "--splits", "1", "--trials", "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["log_loss"] < found["baselines"]["base_rate"]["log_loss"]
    assert {"auc", "ece", "seconds", "peak_mib"} <= set(found)


@pytest.mark.slow
def test_a_missing_column_is_refused_with_the_columns_there_are(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("usage,state\n1,won\n")
    command = [sys.executable, "-m", "amity", "intelligence", "bench", str(file), "--label", "outcome"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "usage, state" in done.stderr
