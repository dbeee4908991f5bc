"""A small list of words that praise or blame, in four languages: what trained models of tone are measured against."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")

_PRAISE = """
good great excellent amazing wonderful love lovely like best perfect happy thank nice fun beautiful brilliant
enjoy charming recommend fast helpful friendly pleasant delight superb funny moving clever fresh хорош отличн
прекрасн замечательн любл нрав лучш спасибо рад удобн супер классн молод быстр рекоменд доволен довольн крут ура
приятн вежлив dobr świetn wspaniał doskonał polecam kocham lubi najleps dziękuj miły miła piękn czyst smaczn
super przyjem wygodn fantastycz rewelac uprzejm znakomit gut gute guter toll super hervorragend wunderbar liebe
mag beste danke freund schön zufrieden schnell empfehl pünktlich angenehm klasse prima perfekt freu sauber
"""
_BLAME = """
bad poor terrible awful horrible hate worst boring dull slow broken fail disappoint annoy stupid ugly waste mess
problem wrong never lack rude unfortunately bland tedious predictable плох ужас отвратит ненавид худш не бесит
проблем обман сбой отключ медлен хам недовол жал развод дорог вор долг потер невозмож позор тормоз zły źle
okropn fataln nienawi najgors nie problem brud drogi powoln rozczarow niestety brak nieprzyjem zepsu hałas głośn
koszmar porażk schlecht furchtbar schrecklich hass nicht kein verspät ausfall ausgefallen problem leider teuer
langsam dreck unfreund kaputt ärger enttäusch störung streik chaos
"""


def praise_less_blame(text: str) -> int:
    """How many more words of praise than of blame; a word counts by how it begins."""
    praise, blame = _PRAISE.split(), _BLAME.split()
    words = _WORD.findall(text.lower())
    return sum(_begins(word, praise) - _begins(word, blame) for word in words)


def _begins(word: str, stems: list[str]) -> bool:
    return any(word == stem if len(stem) < 4 else word.startswith(stem) for stem in stems)
