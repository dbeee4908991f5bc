"""Jobs of the forecast: learned the first time somebody asks; anew, kept and held against what happened, by night."""

from __future__ import annotations

from amity.base import jobs
from amity.sales import contacts_forecast, forecasting, forecasting_kept


@jobs.app.periodic(cron="41 3 * * *")
@jobs.app.task(name="sales.keep_forecast", queueing_lock="sales.keep_forecast", pass_context=False)
def keep(timestamp: int) -> None:
    """Nightly; safe to run twice: a day's forecast is kept once."""
    forecasting_kept.keep_today()
    contacts_forecast.keep()


@jobs.app.task(name=forecasting.LEARN, lock=forecasting.LEARN, retry=jobs.RETRY)
def learn(job_run_id: str) -> None:
    """From every deal, now; running it twice costs time only."""

    def work(_report: jobs.Report) -> None:
        forecasting.learn_all()

    jobs.running(job_run_id, work)
