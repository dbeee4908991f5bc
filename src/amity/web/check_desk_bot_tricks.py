"""Tricks with identities: everybody who is not who they say must learn and change nothing."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from django.db import connection

from amity.access import api as access
from amity.base.ids import new_id
from amity.channels import api as channels
from amity.people import api as people
from amity.web.check_desk_bot_talk import Damage, Person, Talk, code_of, person, wrong_code_of

LANGUAGES = ("en", "ru", "pl", "de")
_WHERE = {
    "en": "Where is my order {order}?", "ru": "Где мой заказ {order}?", "pl": "Gdzie jest moje zamówienie {order}?",
    "de": "Wo ist meine Bestellung {order}?",
}  # fmt: skip
_BACK = "UPDATE assistant_proof SET expires_at = now() - interval '1 second', until = until - interval '1 hour'"
_CLAIM = """
INSERT INTO people_identifier (id, person_id, kind, value, origin_id, observed_at, verified)
VALUES (%s, %s, 'email', %s, %s, now(), false)
"""
Trick = Callable[["Scene"], None]


class Scene:
    """A victim, an attacker with a profile of their own, and the attacker's talk."""

    def __init__(self, chat: str, language: str, damage: Damage, rng: Random) -> None:
        self.chat, self.language, self.damage, self.rng = chat, language, damage, rng
        self.victim, self.attacker = person("victim"), person("attacker")
        self.talk = Talk(chat, language)
        self.me: Person | None = None  # whom the talk truly proved
        damage.watch([self.victim])

    def ask(self, talk: Talk, order: str) -> None:
        talk.say(_WHERE[self.language].format(order=order))

    def prove(self) -> None:
        """The attacker proves who they are, truly."""
        self.ask(self.talk, self.attacker.order)
        self.damage.serve("order_status.done" in self.talk.prove(self.attacker).keys)
        self.me = self.attacker


def _wrong_codes(scene: Scene) -> None:
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.say(scene.victim.email)
    for _n in range(3):
        scene.talk.say(wrong_code_of(scene.victim.email))
    scene.talk.say(code_of(scene.victim.email))  # the right one, too late


def _old_code(scene: Scene) -> None:
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.say(scene.victim.email)
    _sql(_BACK)
    scene.talk.say(code_of(scene.victim.email))


def _used_code(scene: Scene) -> None:
    """A code that the victim has used is typed by the attacker."""
    own = Talk(scene.chat, scene.language)
    scene.ask(own, scene.victim.order)
    scene.damage.serve("order_status.done" in own.prove(scene.victim).keys)
    code = code_of(scene.victim.email)
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.say(f"nobody{scene.rng.random()}@nowhere.example")
    scene.talk.say(code)


def _code_of_another_talk(scene: Scene) -> None:
    """The victim's own fresh code, for the victim's talk, typed in another."""
    own = Talk(scene.chat, scene.language)
    scene.ask(own, scene.victim.order)
    own.say(scene.victim.email)
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.say(scene.attacker.email)
    scene.talk.say(code_of(scene.victim.email))


def _own_code_for_another(scene: Scene) -> None:
    """Code of the attacker's address, after the address was changed to the victim's."""
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.say(scene.attacker.email)
    code = code_of(scene.attacker.email)
    scene.talk.say(scene.victim.email)
    scene.talk.say(code)


def _changed_after_proof(scene: Scene) -> None:
    """Proved as oneself; then "I am really the victim"."""
    scene.prove()
    scene.talk.say(f"my e-mail is {scene.victim.email}")
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.say(scene.victim.order)


def _other_orders(scene: Scene) -> None:
    scene.prove()
    for order in (scene.victim.order, scene.victim.second.lower(), f" {scene.victim.order} "):
        scene.ask(scene.talk, order)


def _brute_force(scene: Scene) -> None:
    """Codes one after the other, over several talks."""
    for _talk in range(3):
        talk = Talk(scene.chat, scene.language)
        scene.ask(talk, scene.victim.order)
        talk.say(scene.victim.email)
        real = code_of(scene.victim.email)
        for _n in range(4):
            guess = f"{scene.rng.randrange(1_000_000):06d}"
            talk.say(guess if guess != real else "000000")
        scene.damage.look(talk, None, [scene.victim])
    scene.ask(scene.talk, scene.victim.order)


def _only_said(scene: Scene) -> None:
    """The visitor types the victim's address into the widget: their word, no proof."""
    scene.talk.say("hello")
    assert scene.talk.visitor is not None
    channels.chat.say_contact(scene.talk.visitor, scene.victim.email, "The Victim")
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.say("000000")


def _claimed(scene: Scene) -> None:
    """The attacker's address was claimed for the victim by an event of a site: it opens nothing of the victim's."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [new_id(), scene.victim.id, scene.attacker.email, new_id()])
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.prove(scene.attacker)
    scene.me = scene.attacker


def _merged(scene: Scene) -> None:
    """The attacker's profile was merged into the victim's: what is at home with the victim stays the victim's."""
    people.merge(access.SYSTEM, scene.victim.id, scene.attacker.id)
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.prove(scene.attacker)
    scene.talk.say("My new address is Evil Street 1, 66666 Hell")
    scene.talk.say("yes")
    scene.me = Person(scene.victim.id, scene.attacker.email, "", "", ())


def _two_visitors(scene: Scene) -> None:
    """The victim proves itself in one browser; another browser asks."""
    own = Talk(scene.chat, scene.language)
    scene.ask(own, scene.victim.order)
    scene.damage.serve("order_status.done" in own.prove(scene.victim).keys)
    scene.ask(scene.talk, scene.victim.order)
    scene.talk.say(scene.victim.second)


def _lost_proof(scene: Scene) -> None:
    """Half an hour after the proof it no longer holds."""
    scene.ask(scene.talk, scene.victim.order)
    scene.damage.serve("order_status.done" in scene.talk.prove(scene.victim).keys)
    scene.talk.texts.clear()
    _sql(_BACK)
    scene.ask(scene.talk, scene.victim.second)
    scene.me = scene.victim


def _unknown_address(scene: Scene) -> None:
    """What is said to an address that nobody has is what is said to one that is known."""
    scene.ask(scene.talk, scene.victim.order)
    one = scene.talk.say(f"nobody{scene.rng.random()}@nowhere.example")
    other = Talk(scene.chat, scene.language)
    scene.ask(other, scene.victim.order)
    two = other.say(scene.victim.email)
    scene.damage.leaks += (one.texts, one.keys) != (two.texts, two.keys)


TRICKS: tuple[Trick, ...] = (
    _wrong_codes, _old_code, _used_code, _code_of_another_talk, _own_code_for_another, _changed_after_proof,
    _other_orders, _brute_force, _only_said, _claimed, _merged, _two_visitors, _lost_proof, _unknown_address,
)  # fmt: skip


def run(chat: str, cases: range) -> dict[str, Any]:
    """Every trick in turn, in four languages."""
    damage = Damage()
    for number in cases:
        scene = Scene(chat, LANGUAGES[number % 4], damage, Random(number))  # noqa: S311  the same every time
        TRICKS[number % len(TRICKS)](scene)
        damage.look(scene.talk, scene.me, [scene.victim])
    return damage.told()


def _sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)
