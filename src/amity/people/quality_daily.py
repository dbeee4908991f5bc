"""What runs by itself: following changes, and once a day the numbers, the signals, the decay and the weekly summary."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from amity.base import clock
from amity.people import quality_apply, quality_decay, quality_marks, quality_numbers, quality_scan, quality_weekly
from amity.people.duplicate_models import DuplicatePair
from amity.people.models import Correction, Import, QualityDay

_LATE = timedelta(days=3)  # events may arrive that much after they happened
_SPARE = 30  # measuring takes at most that part of the time
_FIRST = datetime.min.replace(year=1970, tzinfo=clock.now().tzinfo)


def follow() -> None:
    """Look at what was written since the last look; measure after an import, and when something was decided."""
    told = quality_scan.recall("follow").get("at")
    since = datetime.fromisoformat(told) if told else None
    started = clock.now()
    if since is None and not Import.objects.filter(finished_at__isnull=False).exists():
        quality_scan.remember("follow", {"at": started.isoformat()})
        return
    signals()
    quality_scan.scan_changed(_quiet)
    quality_apply.run_rules(_quiet)
    imported = Import.objects.filter(finished_at__gte=since or _FIRST).exists()
    if imported or not QualityDay.objects.exists():
        quality_decay.learn()
        measure(clock.today())
    elif _decided():
        measure(clock.today())
    quality_scan.remember("follow", {"at": started.isoformat()})


def every_day() -> None:
    """The numbers of the day, how fast values decay, and on Mondays the week."""
    signals()
    quality_decay.learn()
    measure(clock.today())
    if clock.today().weekday() == 0:
        quality_weekly.write(quality_weekly.last_monday())


def signals() -> None:
    """What recent events say about values; the first time, all of them."""
    told = quality_scan.recall("signals").get("at")
    started = clock.now()
    quality_marks.read_events(datetime.fromisoformat(told) - _LATE if told else _FIRST)
    quality_scan.remember("signals", {"at": started.isoformat()})


def measure(day: date) -> None:
    """Store the three numbers of a day."""
    started = clock.now()
    quality_numbers.measure(day)
    quality_scan.remember("measure", {"at": started.isoformat(), "seconds": (clock.now() - started).total_seconds()})


def _decided() -> bool:
    """Whether repairs or pairs were found or decided since the last measuring, which was long enough ago. 5 queries."""
    told = quality_scan.recall("measure")
    if not told:
        return True
    last = datetime.fromisoformat(told["at"])
    if clock.now() - last < timedelta(seconds=_SPARE * told["seconds"]):
        return False
    rows, pairs = Correction.objects, DuplicatePair.objects
    return (
        rows.filter(decided_at__gte=last).exists()
        or rows.filter(reversed_at__gte=last).exists()
        or pairs.filter(created_at__gte=last).exists()
        or pairs.filter(decided_at__gte=last).exists()
    )


def _quiet(done: int, total: int | None = None, stage: str = "") -> None:
    """Nobody waits for it."""
