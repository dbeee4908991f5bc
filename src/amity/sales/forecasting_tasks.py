"""Job of the forecast: learned anew, kept and held against what happened, every night."""

from __future__ import annotations

from amity.base import jobs
from amity.sales import forecasting_kept


@jobs.app.periodic(cron="41 3 * * *")
@jobs.app.task(name="sales.keep_forecast", queueing_lock="sales.keep_forecast", pass_context=False)
def keep(timestamp: int) -> None:
    """Nightly; safe to run twice: a day's forecast is kept once."""
    forecasting_kept.keep_today()
