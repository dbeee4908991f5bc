"""Tables of the forecast: what was learned, what was forecast when, and what came."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class ForecastModel(Record):
    """When deals end and what they bring, as learned; the newest one of a currency is used."""

    personal = personal.nothing(_("sums over many records; artefacts hold no single record"))
    currency = models.CharField(max_length=3)
    artefact = models.JSONField(default=dict)  # empty: too few decided deals
    learned_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["currency", "-learned_at"], name="forecastmodel_newest")]


class ForecastKept(Record):
    """One forecast of one day for one period, in minor units; ``happened`` is filled in when the period is over."""

    personal = personal.nothing(_("sums over many records"))
    made_on = models.DateField()
    scope = models.CharField(max_length=10)  # all, team, pipeline
    scope_id = models.UUIDField(null=True)
    currency = models.CharField(max_length=3)
    span = models.CharField(max_length=10)  # month, quarter
    starts_on = models.DateField()
    ends_on = models.DateField()  # the first day after it
    low = models.BigIntegerField()
    middle = models.BigIntegerField()
    high = models.BigIntegerField()
    stage_weighted = models.BigIntegerField()
    naive = models.BigIntegerField()
    commit = models.BigIntegerField()
    happened = models.BigIntegerField(null=True)
    replayed = models.BooleanField(default=False)  # made later from what was known on that day

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["made_on", "scope", "scope_id", "currency", "span", "starts_on"],
                name="forecastkept_once",
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["scope", "scope_id", "-ends_on"], name="forecastkept_scope")
        ]


class ContactsForecast(Record):
    """Contacts per hour of the next seven days by channel, as of the last night; ``hours`` empty: too little known."""

    personal = personal.nothing(_("sums over many records"))
    channel = models.CharField(max_length=60, unique=True)  # or "queue:" and its id
    starts_on = models.DateField()
    known_days = models.IntegerField()
    contacts = models.BigIntegerField()
    hours = models.JSONField(default=list)  # 168 times value, P10, P90
    made_at = models.DateTimeField(default=clock.now)
