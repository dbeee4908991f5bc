"""What a manager reads instead of keys: names of wordings, of their topics, and of the types of steps. No database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TOPICS: Mapping[str, tuple[Promise, Mapping[str, Promise]]] = {
    "hello": (_("Greeting and courtesy"), {
        "greeting": _("Greeting"), "how_help": _("Offer of help"), "remembered": _("Memory of the last talk"),
        "able": _("What the bot can do"), "welcome": _("Answer to thanks"),
    }),
    "turns": (_("Changing the subject"), {
        "switch": _("Another subject first"), "offer_return": _("Offer to go back"),
        "ok_else": _("No return wanted"), "nothing_open": _("Nothing is open"), "cancelled": _("Stopped"),
        "what_instead": _("What should be different"),
    }),
    "lost": (_("Not understood, and handing over"), {
        "dont_know": _("Not understood"), "sorry": _("The customer is upset"), "failed": _("No way on"),
        "people_back": _("Nobody is at the desk"),
    }),
    "proof": (_("Proof of who it is"), {
        "ask_email": _("Question for the address"), "again_email": _("Address asked again"),
        "ask_code": _("Question for the code"), "again_code": _("Code asked again"),
        "code_wrong": _("Wrong code"), "code_over": _("No proof"), "code_limit": _("Too many codes"),
        "proven": _("Proof given"), "mail_code_subject": _("Subject of the letter with the code"),
        "mail_code": _("Letter with the code"),
    }),
    "papers": (_("Letters, sources and appointments"), {
        "mail_paper_subject": _("Subject of the letter with a copy"), "mail_paper": _("Letter with a copy"),
        "source": _("Source of an answer"), "meeting_title": _("Title of an appointment"),
    }),
}  # fmt: skip
_OF_FLOWS: Mapping[str, Promise] = {
    "name": _("What the flow is called"), "question": _("Question to the knowledge base"),
    "confirm": _("Question for a yes"), "none": _("When it cannot be done"), "done": _("When it is done"),
}  # fmt: skip
_STEPS: Mapping[str, Callable[[str], str]] = {
    "ask_": lambda step: str(_("Question for {step}")).format(step=step),
    "again_": lambda step: str(_("Asked again for {step}")).format(step=step),
}
KINDS: Mapping[str, Promise] = {
    "text": _("A sentence"), "order": _("Order number"), "date": _("Day"), "time": _("Time of day"),
    "address": _("Address"), "email": _("E-mail address"), "phone": _("Phone number"), "amount": _("Amount of money"),
}  # fmt: skip


def of_flow(key: str) -> str:
    """A wording of a flow; one of no known kind by its key."""
    if key in _OF_FLOWS:
        return str(_OF_FLOWS[key])
    begun = next((each for each in _STEPS if key.startswith(each)), "")
    return _STEPS[begun](key.removeprefix(begun)) if begun else _plain(key)


def of_script(key: str) -> str:
    """A wording beside the flows; one of no known topic by its key."""
    known = next((names[key] for _name, names in TOPICS.values() if key in names), None)
    return str(known) if known is not None else _plain(key)


def by_topic(keys: Iterable[str]) -> list[tuple[str, Sequence[str]]]:
    """Keys of wordings beside the flows under the names of their topics, those of no topic last."""
    left = list(keys)
    found = [(str(name), [key for key in names if key in left]) for name, names in TOPICS.values()]
    others = [key for key in left if not any(key in names for _name, names in TOPICS.values())]
    return [each for each in [*found, (str(_("Other")), others)] if each[1]]


def _plain(key: str) -> str:
    return key.replace("_", " ")
