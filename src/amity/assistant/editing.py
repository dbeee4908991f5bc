"""Changes to the script's JSON that the editor makes: flows and their slots come, move, change and go. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from anyascii import anyascii

from amity.assistant.checking import NAME, TAKEN
from amity.assistant.script import LANGUAGES, TAKES, body_of_usual, new_words

Body = dict[str, Any]
Told = dict[str, Any]
ENDS = (*(f"tool:{name}" for name in TAKES), "answer", "hand_over:flow", "hand_over:complaint")


def place_of(body: Body, key: str) -> int | None:
    """Where a flow stands."""
    return next((place for place, each in enumerate(body["flows"]) if each["key"] == key), None)


def key_from(name: str, taken: Sequence[str]) -> str:
    """A key of Latin letters for a name, unlike those that are taken."""
    plain, known = plain_key(name), {*taken, *TAKEN}
    return plain if plain not in known else next(f"{plain}_{n}" for n in range(2, 999) if f"{plain}_{n}" not in known)


def plain_key(name: str) -> str:
    """A name as placeholders and keys have it: Latin letters, digits and _."""
    plain = re.sub(r"[^a-z0-9]+", "_", anyascii(name).lower()).strip("_")[:24].rstrip("_")
    return plain if NAME.fullmatch(plain) else f"x_{plain}".rstrip("_")


def new_flow(body: Body, names: Mapping[str, str], end: str, examples: Mapping[str, Sequence[str]]) -> Told:
    """A flow that can be used at once: the steps and words that its end needs come with it."""
    first = next(names[each] for each in LANGUAGES if names.get(each))
    key = key_from(first, [each["key"] for each in body["flows"]])
    flow = {
        "key": key, "on": True, "intents": [], "personal": False, "confirm": False, "tool": "", "hand_over": "",
        "slots": [], "keywords": {each: [] for each in LANGUAGES}, "examples": dict(examples),
        "wording": {"name": {each: names.get(each, "") for each in LANGUAGES}},
    }  # fmt: skip
    return with_end(flow, end)


def with_end(flow: Told, end: str) -> Told:
    """The flow with another end; steps and words that it needs and lacks are added, in the languages of the flow."""
    kind, _sign, name = end.partition(":")
    tool = name if kind == "tool" else ""
    found = {**flow, "tool": tool, "hand_over": name if kind == "hand_over" else "", "answer": kind == "answer"}
    wording, spoken = dict(flow["wording"]), spoken_by(flow)
    if tool:
        like = next(each for each in body_of_usual()["flows"] if each["tool"] == tool)
        found |= {"personal": True, "slots": flow["slots"] or like["slots"]}
        found["confirm"] = flow["confirm"] or like["confirm"]
        wanted = {key: texts for key, texts in like["wording"].items() if key != "name"}
    elif kind == "answer":
        wanted = {"question": flow["wording"]["name"]}
    else:
        wanted = {"done": new_words()["done"]}
    for key, texts in wanted.items():
        wording[key] = _filled(wording.get(key, {}), texts, spoken)
    return {**found, "wording": wording}


def end_of(flow: Mapping[str, Any]) -> str:
    """What stands at its end, as `ENDS` names it."""
    if flow.get("tool"):
        return f"tool:{flow['tool']}"
    return f"hand_over:{flow['hand_over']}" if flow.get("hand_over") else "answer"


def confirmed(flow: Told) -> Told:
    """A flow that asks for a yes has words for it."""
    if not flow["confirm"]:
        return flow
    texts = _filled(flow["wording"].get("confirm", {}), new_words()["confirm"], spoken_by(flow))
    return {**flow, "wording": {**flow["wording"], "confirm": texts}}


def with_slot(
    flow: Told, slot: Mapping[str, str], ask: Mapping[str, str], again: Mapping[str, str], was: str = ""
) -> Told:
    """The flow with a step more at its end, or with the step ``was`` changed. Words that lack are the usual ones."""
    spoken, words, name, kind = spoken_by(flow), new_words(), slot["name"], slot["kind"]
    asks = _filled(dict(ask), words["ask"][kind], spoken)
    repeated = {each: f"{words['again'][each]} {asks[each]}" for each in spoken}
    slot = {"name": name, "kind": kind}
    slots = [slot if each["name"] == was else each for each in flow["slots"]] if was else [*flow["slots"], slot]
    wording = {key: texts for key, texts in flow["wording"].items() if key not in (f"ask_{was}", f"again_{was}")}
    wording |= {f"ask_{name}": asks, f"again_{name}": _filled(dict(again), repeated, spoken)}
    return {**flow, "slots": slots, "wording": wording}


def without_slot(flow: Told, name: str) -> Told:
    """The flow without a step and its words."""
    gone = (f"ask_{name}", f"again_{name}")
    wording = {key: texts for key, texts in flow["wording"].items() if key not in gone}
    return {**flow, "slots": [each for each in flow["slots"] if each["name"] != name], "wording": wording}


def moved(rows: Sequence[Any], place: int, by: int) -> list[Any]:
    """The rows with one of them moved; unchanged where there is nowhere to go."""
    found, to = list(rows), place + by
    if 0 <= to < len(found):
        found.insert(to, found.pop(place))
    return found


def spoken_by(flow: Mapping[str, Any]) -> tuple[str, ...]:
    """Languages that a flow has a name in."""
    return tuple(each for each in LANGUAGES if flow["wording"]["name"].get(each))


def _filled(texts: Mapping[str, str], usual: Mapping[str, str], spoken: Sequence[str]) -> dict[str, str]:
    """Texts in every language; where the flow speaks one and has none, the usual ones."""
    return {each: texts.get(each) or (usual.get(each, "") if each in spoken else "") for each in LANGUAGES}
