"""Pages that are composed of several rooms."""

from django.urls import path

from amity.web import health, home, jobs, metrics, readiness, urls_desk, urls_records

urlpatterns = [
    *urls_records.urlpatterns,
    *urls_desk.urlpatterns,
    path("", home.page, name="home"),
    path("readiness/", readiness.page, name="readiness"),
    path("jobs/", jobs.page, name="jobs"),
    path("jobs/<uuid:job_id>/attempts/", jobs.retry, name="job_retry"),
    path("metrics", metrics.page, name="metrics"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
