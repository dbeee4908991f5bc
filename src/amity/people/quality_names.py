"""Which words are given names and which are family names: general knowledge, and what this base says itself."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache

from amity.people.matching.nicknames import families
from amity.people.matching.words import fold

# Given names beyond those of `matching.nicknames`, folded: British, Irish, Nordic, Spanish, French, Italian, Turkish,
# Arabic, Indian, African, Ukrainian, Baltic.
_MORE = """
aaliyah aaron abdul abigail adebayo adrian agathe ahmad ahmed aisha aidan aileen ainsley aki akira alba aldona ali
alina alison alistair alla alma alois aloys amal amelia amina amir amira amit amy anand andrea angus anika anil anja
anjali anke annabel anneliese annemarie antje anton arjun arne arvid asha asif astrid aurelie ava axel ayesha aylin
ayse azra barbel bashir beate bengt benita berit bernadette bethany bianca birgitte bjorn boguslawa borislav bozena
brandon brenda brendan brett brian bronwen bruno bryan burkhard callum cameron camille carla carmen carsten cassandra
cedric celina chidi chinedu chloe christel ciara claire clemens colin connor corinna courtney craig cristina curtis
czeslaw dagmar dana darius darren dean deepak denise derek detlef diana diego dieter dirk diyar dolores doris doreen
dylan eberhard eckhard egon eileen eitan ekkehard elaine elif elke ellinor elvira emine emre enrico erica erik erika
erwin esra estelle esther ethan evan ewan fabian fabienne faisal fatima fatma faye felicitas ferdinand fiona florian
frauke friederike gareth gavin gemma gerlinde gernot geoffrey giulia glenn gloria gordon gottfried gracia grainne
grazyna greta gudrun guido gulsen gundula gunnar gunter gunther guy hadi hakan halil hamza hannelore harald harriet
harry hasan hassan hayley heather heidi heike heiko heinz helga helmut henning herta hilde holger horst howard huseyin
ian ibrahim ignacio ilona imran ines inga inge ingo ingrid isla ivar ivana iveta jacqueline jamal jamie jan jasmin
jasmine javier jayden jeffrey jeroen jessica jian jochen joel joerg joyce juan julien jurgen jutta kai kamal kamil
karim karla karsten kathleen katrin kayla keith kelly kenneth kenji kerstin kevin khadija khalid kieran kimberly kinga
kirstin klaudia klaus knut kofi kostas kwame kyle lachlan lara lars latifa lauren leah leila leonie leszek liam lidia
liesel lillian linda lindsay lisbet logan lorenz lorraine louisa luca lucas lucia lucy ludmila ludwig lukas lutz lydia
lyubov maike maja malcolm malgorzata malik mandeep manfred manoj manuela maren margot marianne marcel marcin mariam
mareike marie marina mario marion marit mariusz marlene marlies marta maryam mason mathilde maureen mehdi mehmet mei
melanie melissa merle mert meryem mia michaela michelle mihai minh mirela miriam miroslaw mirko mohamed mohammad
mohammed moira monica morag moritz morten muhammad mustafa nadia nadine naomi natalie neil nele nelson nia niall nicole
nigel nikhil nils nina noah noor noreen norbert norman nuno oda oksana olaf oleg oleksandr olena olga oliver olivia
omar orla oscar oskar otto oxana pablo paige pamela pascal patrice patricia paula paulina pavel pedro per petra
philippa phoebe phyllis pia pierre polina prakash pranav priya przemyslaw rachel radek radoslaw rafael rainer rajesh
ralf ralph ramona rania rashid rasmus raul ravi regina reinhard reinhold renate rhys ricarda rita roberta roger rohan
roland rolf romana ronald ronny rosa rosemary roswitha roxana roy ruben rudiger rukhsana ruslan russell ruth ryan
sabine sabrina sahar salma samantha samir sandeep sandra sanjay sara sarah saskia scott sean sebastian selma senay
serge serhat sergio shane shannon sharon shaun sheila shirley sibylle sigrid silke silvia simone siobhan slawomir
slawomira sofia soren stanislawa stacey stuart sule sunita susanne sven svenja svetlana swantje sylvia sylwia taras
tamara tanja tariq tatjana tessa thea theresa thorsten tim tina tobias tomoko torben toril torsten tracy trevor tristan
tyler udo ulf ulla ulrich ulrike umar ursula ute uwe vadim valentin valerie vanessa vera veronika vicky vijay vikram
violetta vivian volker volodymyr vyacheslav walburga waltraud wendy werner wiebke wieslaw wilfried willi wim wolfgang
wolodymyr xavier yannick yasmin yolanda yusuf yvonne zaneta zara zbigniew zdzislaw zenon zinaida zoe zofia zoya zygmunt
yaroslav yana yan yulia rodion timur ruslan ramil rustam airat marsel elvira larisa ksenia kseniya zhanna alena alyona
alla inna snezhana nonna emma diana yaroslava stepan fedor fyodor matvey gennady gennadiy valery valeriy vyacheslav
vladislav vladlen leonid lev semyon semen savely gleb makar nazar arseny timofey demid zakhar platon ignat luka
"""
_FAMILY_ENDING = re.compile(
    r"(?:(?:sk|ck|dzk)(?:i|a|y|iy|ij|ii|aya|aia|aja)|owicz|ewicz|owiczowa|iewicz|[oey]vich|wna|"
    r"[oey]va?|[iy]na?|enko|chuk|czuk|uk|yuk|ian|yan|shvili|dze|idis|akis|poulos|opoulou|"
    r"sson|sen|son|mann|meier|meyer|mayer|maier|berger|bauer|hofer|huber|stein|feld|bach|baum|haus|ler|ner|"
    r"czyk|czak|szczyk|ak|ek|oglu|ez|es|ini|etti|elli|escu|eanu)$"
)
_STRONG_ENDING = re.compile(
    r"(?:(?:ov|ev|yov)a?|(?:[st]sk|ck|dzk|sk)(?:i|a|y|iy|ij|ii|aya|aia|aja)|enko|chuk|czuk|owicz|ewicz|iewicz|shvili|"
    r"mann|meier|meyer|maier|berger|sson|czyk|oglu|poulos|escu)$"
)
_PATRONYMIC = re.compile(r"(?:(?:o|e|yo)vich|(?:o|e|yo)vna|ichna|inichna|mich|lich|oglu|kyzy)$")
_PARTICLES = "von van de der den zu del della di da la le du ter ten mac mc o bin ibn al el"
_PARTICLE = frozenset(_PARTICLES.split())


@cache
def known_given() -> frozenset[str]:
    """Folded given names that are in general use."""
    return frozenset(families()) | frozenset(_MORE.split())


def is_patronymic(word: str) -> bool:
    """Whether a word is a father's name, as Russian has it between the two."""
    return bool(_PATRONYMIC.search(fold(word)))


_REMEMBERED = 200_000


class NameSense:
    """Log-odds that a word is a given rather than a family name. Both counts are of this base, by folded word."""

    def __init__(self, given: Mapping[str, int], family: Mapping[str, int]) -> None:
        self.given, self.family = given, family
        self._leanings: dict[str, float] = {}  # of texts asked for before: names repeat

    def leaning(self, text: str) -> float:
        """Above 0: rather given; below: rather family. Mean over the words of ``text`` without particles."""
        if text not in self._leanings:
            if len(self._leanings) > _REMEMBERED:
                self._leanings.clear()
            self._leanings[text] = self._mean(text)
        return self._leanings[text]

    def _mean(self, text: str) -> float:
        found = [self._word(word) for word in re.split(r"[\s\-]+", fold(text)) if len(word.strip(".'")) > 1]
        if any(word in _PARTICLE for word in fold(text).split()[:-1]):
            return -2.5
        return sum(found) / len(found) if found else 0.0

    def known(self, text: str) -> bool:
        """Whether some word of ``text`` is a name that is met here or generally."""
        words = re.split(r"[\s\-]+", fold(text))
        return any(self.given.get(w, 0) + self.family.get(w, 0) > 1 or w in known_given() for w in words)

    def _word(self, word: str) -> float:
        word = word.strip(".'")
        listed = word in known_given()
        strong = bool(_STRONG_ENDING.search(word)) and len(word) > 4
        weak = bool(_FAMILY_ENDING.search(word)) and len(word) > 3
        prior_given = 3.0 if listed else 0.25
        prior_family = 3.0 if strong and not listed else 0.9 if weak and not listed else 0.6
        return math.log((self.given.get(word, 0) + prior_given) / (self.family.get(word, 0) + prior_family))


def swapped(sense: NameSense, given: str, family: str, email: str, first_leads: float) -> float:
    """How sure it is (0-1) that the two names stand in each other's field.

    ``first_leads``: log-odds that an address of two names has the given name first, as this base writes them. Both
    names must lean the wrong way: many a first name is a family name too (Thomas Martin).
    """
    left, right = sense.leaning(given), sense.leaning(family)
    told = address_order(given, family, email) * first_leads
    if left >= 0.3 or right <= -0.3 or (left > -1.2 and told > -2):
        return 0.0
    odds = right - left + (-told if told else 0.0) - 2.0  # few are swapped
    return 1 / (1 + math.exp(-odds))


def address_order(given: str, family: str, email: str) -> int:
    """1: the address has the field "given" first; -1: the other way round; 0: it does not say."""
    local = re.split(r"[._\-]", fold(email.partition("@")[0]))
    first, last = (re.sub(r"[^a-z]", "", fold(each)) for each in (given, family))
    if len(local) < 2 or not first or not last or first == last:
        return 0
    if local[0] == first and local[-1] == last:
        return 1
    return -1 if local[0] == last and local[-1] == first else 0
