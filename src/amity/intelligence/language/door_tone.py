"""Tone before anything was taught: words that hardly anybody writes without being upset, or glad, in four languages.

Made for few false alarms: what is only a problem, a question or a "not" is no tone.
"""

from __future__ import annotations

import re

_UPSET = re.compile(
    r"\b(?:terribl[ey]|awful|horrible|worst|unacceptabl\w*|ridiculous\w*|disgust\w*|outrag\w*|furious|angry|fed up"
    r"|disappoint\w*|disgrac\w*|scam\w*|rip-?off|incompeten\w*|useless|appalling|shame on|sick of"
    r"|frustrat\w*|lied|lying"
    r"|never again|waste of (?:time|money)|third time|ignor(?:e|ed|ing) me"
    r"|ужас\w*|отвратит\w*|кошмар\w*|безобрази\w*|возмутит\w*|возмущ\w*|хамств\w*|позор\w*"
    r"|издеват\w*|обман\w*|надоел\w*"
    r"|разочаров\w*|недовол\w*|бесит|развод\w*|худш\w*|сколько можно|никогда больше|неприемлем\w*"
    r"|okropn\w*|fataln\w*|skandal\w*|beznadziej\w*|niedopuszczaln\w*|rozczarow\w*|żenuj\w*|tragedi\w*|koszmar\w*"
    r"|oburz\w*|wściek\w*|kpin\w*|nigdy więcej|najgorsz\w*|mam dość|lekceważ\w*|ile można"
    r"|katastroph\w*|furchtbar\w*|schrecklich\w*|unverschämt\w*|frechheit|unmöglich\w*|enttäusch\w*"
    r"|wütend|sauer|schlimmst\w*"
    r"|skandal\w*|ärgerlich\w*|verärger\w*|inakzeptabel|lächerlich\w*|nie wieder|saftladen|zumutung)\b|!!+|\?!+",
    re.I,
)
_GLAD = re.compile(
    r"\b(?:thank you so much|thanks so much|many thanks|excellent|amazing|wonderful|fantastic"
    r"|perfect|love it|awesome|brilliant"
    r"|delighted|very happy|great (?:service|job|work)|much appreciated"
    r"|спасибо огромное|огромное спасибо|большое спасибо|отличн\w+|прекрасн\w*|замечательн\w*|супер"
    r"|восторг\w*|очень довол\w*"
    r"|dziękuję bardzo|bardzo dziękuję|świetn\w*|wspaniał\w*|doskonał\w*|rewelac\w*|super"
    r"|jestem zadowolon\w*|idealn\w*"
    r"|vielen dank|herzlichen dank|super|großartig\w*|wunderbar\w*|hervorragend\w*|perfekt\w*"
    r"|toll\w*|begeistert|sehr zufrieden)\b",
    re.I,
)


def strong_words(text: str) -> int:
    """How many more glad than upset words; each is counted once."""
    upset = {found.lower() for found in _UPSET.findall(text)}
    return len({found.lower() for found in _GLAD.findall(text)}) - len(upset)
