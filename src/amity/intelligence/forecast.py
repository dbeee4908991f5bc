"""How a series goes on: calls, contacts, revenue, orders, per hour or per month, with an 80 % interval.

Candidates: the last value, the last season, the mean of the last four, Theta (Assimakopoulos, Nikolopoulos 2000, as
exponential smoothing with half the drift: Hyndman, Billah 2003), a damped trend (Gardner, McKenzie 1985) and the mean
of the two. ``choose`` picks one for a family of series by forecasting the end of what is known. Seasons are taken out
first, by ratios to a moving average, where the autocorrelation says that there are any. Intervals are conformal: as
wide as the errors of the same method at the end of the known part were, per step ahead and from the latest origin that
lets the step be checked, in units of each series' own roughness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Method = Callable[[Array, int], Array]

COVERED = 0.8
_ALPHAS = np.concatenate([np.linspace(0.02, 0.98, 25), [0.999]])
_TRENDS = np.array([0.02, 0.05, 0.1, 0.2, 0.4])
_DAMPED = np.array([0.8, 0.9, 0.95, 0.98])
TYPICAL = 4  # last seasons that make a typical one
_SEASONS_SURE = 1.645
_BACK = (1, 2, 3, 4, 5, 6, 8, 12)  # origins, steps before the end, that intervals are measured from
_FEW = 10  # series below which the cost of knowing less is hardly believed
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Forecast:
    """Values of the coming steps with an 80 % interval, (horizon,) each."""

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Forecaster:
    """A chosen method; ``widths`` (horizon,) are its errors in units of roughness, ``tested`` sMAPE per method."""

    method: str
    period: int
    widths: Array
    tested: dict[str, float] = field(default_factory=dict)

    def forecast(self, series: Array) -> Forecast:
        """The next ``len(widths)`` steps of one series. Cost: some milliseconds."""
        value = ahead(series, len(self.widths), self.period, self.method)
        half = self.widths * roughness(series, self.period)
        least = 0.0 if series.min() >= 0 else -np.inf
        return Forecast(value, np.maximum(value - half, least), value + half)


def ahead(series: Array, horizon: int, period: int, method: str) -> Array:
    """The next ``horizon`` steps of ``series`` (n,) by one method of ``METHODS``."""
    if method == "last":
        return _last(series, horizon)
    if method in ("season", "typical"):
        return _season(series, horizon, period, 1 if method == "season" else TYPICAL)
    indices = seasons(series, period)
    plain = series / indices[np.arange(len(series)) % period]
    later = indices[(len(series) + np.arange(horizon)) % period]
    found = METHODS[method](plain, horizon) * later
    return np.maximum(found, 0.0) if series.min() >= 0 else found


def choose(family: Sequence[Array], horizon: int, period: int) -> Forecaster:
    """Forecast the last ``horizon`` known steps of every series long enough, and take the method that erred least."""
    usable = [s for s in family if len(s) >= 2 * horizon + 3 or len(s) >= horizon + max(2 * period, 6)]
    names = [*METHODS, "season", "typical"] if period > 1 else list(METHODS)
    if not usable:
        return Forecaster("both", period, np.sqrt(np.arange(1, horizon + 1)) * 1.5)
    guesses = {n: np.array([ahead(s[:-horizon], horizon, period, n) for s in usable]) for n in names}
    truth = np.array([s[-horizon:] for s in usable])
    tested = {n: smape(truth, g) for n, g in guesses.items()}
    best = min(tested, key=lambda n: tested[n])
    return Forecaster(best, period, _widths(usable, horizon, period, best), tested)


def _widths(family: Sequence[Array], horizon: int, period: int, method: str) -> Array:
    """The 80 % quantile per step of errors in units of roughness, (horizon,), each step from the latest origin that
    lets it be checked.

    An origin further back knows less than the forecast will, the more so the shorter the series: how much the error of
    one and the same step grows with the way back is learned from all origins, and taken out.
    """
    # Within one season a step stands for its place in it (nine o'clock): no other origin checks the same place.
    origins = [horizon] if period >= horizon > 1 else sorted({horizon, *(b for b in _BACK if b < horizon)})
    found = {
        # "weibull": the next error is no larger with this very probability, also of few.
        back: np.quantile([_misses(each, back, period, method) for each in family], COVERED, axis=0, method="weibull")
        for back in origins
    }
    used = np.array([min(b for b in origins if b > step) for step in range(horizon)])
    widths = np.array([found[back][step] for step, back in enumerate(used)])
    growth = _growth(found) * len(family) / (len(family) + _FEW)
    return np.asarray(widths * np.exp(-growth * used))


def _misses(series: Array, back: int, period: int, method: str) -> Array:
    """Absolute errors of the last ``back`` steps in units of roughness, as forecast from before them, (back,)."""
    known = series[:-back]
    return np.asarray(np.abs(series[-back:] - ahead(known, back, period, method)) / roughness(known, period))


def _growth(found: Mapping[int, Array]) -> float:
    """By how much the log of a step's error grows per step that its origin lies further back; never below nothing."""
    ways, logs = [], []
    for step in range(max(found)):
        seen = [(back, np.log(max(float(errors[step]), _TINY))) for back, errors in found.items() if back > step]
        way, log = np.array(seen).T
        ways.append(way - way.mean())
        logs.append(log - log.mean())
    way, log = np.concatenate(ways), np.concatenate(logs)
    return max(float(way @ log) / max(float(way @ way), 1.0), 0.0)


def roughness(series: Array, period: int) -> float:
    """Mean absolute step, or step against the last season where there are two: what MASE divides by."""
    lag = period if len(series) > period + 1 else 1
    return max(float(np.mean(np.abs(series[lag:] - series[:-lag]))), _TINY) if len(series) > lag else 1.0


def smape(truth: Array, guess: Array) -> float:
    """Symmetric mean absolute percentage error, in per cent, over all points (Makridakis, Hibon 2000)."""
    return float(np.mean(200 * np.abs(truth - guess) / np.maximum(np.abs(truth) + np.abs(guess), _TINY)))


def seasons(series: Array, period: int) -> Array:
    """Seasonal ratios (period,), all 1 where there is no season to be sure of."""
    flat = np.ones(max(period, 1))
    if period < 2 or len(series) < 2 * period + 2 or series.min() <= 0 or not _seasonal(series, period):
        return flat
    kernel = np.full(period, 1 / period) if period % 2 else np.convolve(np.full(period, 1 / period), [0.5, 0.5])
    trend = np.convolve(series, kernel, mode="valid")
    start = (len(series) - len(trend)) // 2
    ratios = series[start : start + len(trend)] / np.maximum(trend, _TINY)
    place = (start + np.arange(len(trend))) % period
    found = np.array([ratios[place == i].mean() if (place == i).any() else 1.0 for i in range(period)])
    return np.asarray(np.maximum(found / found.mean(), 0.05))


def _seasonal(series: Array, period: int) -> bool:
    """The autocorrelation test of the Theta method's authors: at the season's lag, above 90 % of chance."""
    centred = series - series.mean()
    total = max(float(centred @ centred), _TINY)
    lags = np.array([float(centred[k:] @ centred[:-k]) / total for k in range(1, period + 1)])
    return bool(abs(lags[-1]) > _SEASONS_SURE * np.sqrt((1 + 2 * np.sum(lags[:-1] ** 2)) / len(series)))


def _last(series: Array, horizon: int) -> Array:
    return np.full(horizon, series[-1])


def _season(series: Array, horizon: int, period: int, most: int) -> Array:
    """The mean of the same place in up to ``most`` last seasons."""
    whole = min(most, len(series) // period)
    if not whole:
        return _last(series, horizon)
    typical = series[len(series) - whole * period :].reshape(whole, period).mean(axis=0)
    return np.asarray(typical[np.arange(horizon) % period])


def _theta(series: Array, horizon: int) -> Array:
    """Exponential smoothing with half of the straight line's slope."""
    n = len(series)
    if n < 3:
        return _last(series, horizon)
    slope = float(np.polyfit(np.arange(n), series, 1)[0])
    level = np.full(len(_ALPHAS), series[0])
    errors = np.zeros(len(_ALPHAS))
    for value in series[1:]:
        errors += (value - level - slope / 2) ** 2
        level = level + _ALPHAS * (value - level)
    best = int(np.argmin(errors))
    alpha = _ALPHAS[best]
    drift = slope / 2 * (np.arange(horizon) + (1 - (1 - alpha) ** n) / alpha)
    return np.asarray(level[best] + drift)


def _damped(series: Array, horizon: int) -> Array:
    """Level and a trend that fades, the three weights by least squares over a grid."""
    if len(series) < 4:
        return _last(series, horizon)
    alpha, beta, phi = (g.ravel() for g in np.meshgrid(_ALPHAS[::3], _TRENDS, _DAMPED, indexing="ij"))
    level = np.full(len(alpha), series[0])
    trend = np.full(len(alpha), float(np.mean(np.diff(series[: min(len(series), 5)]))))
    errors = np.zeros(len(alpha))
    for value in series[1:]:
        expected = level + phi * trend
        off = value - expected
        errors += off**2
        level = expected + alpha * off
        trend = phi * trend + alpha * beta * off
    best = int(np.argmin(errors))
    return np.asarray(level[best] + trend[best] * np.cumsum(phi[best] ** np.arange(1, horizon + 1)))


def _both(series: Array, horizon: int) -> Array:
    return (_theta(series, horizon) + _damped(series, horizon)) / 2


METHODS: dict[str, Method] = {"last": _last, "theta": _theta, "damped": _damped, "both": _both}

__all__ = ["COVERED", "METHODS", "Forecast", "Forecaster", "ahead", "choose", "roughness", "seasons", "smape"]
