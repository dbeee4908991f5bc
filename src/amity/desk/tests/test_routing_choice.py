"""Who gets what: the reasons weigh as they say, room is respected, time that runs out wins."""

from amity.desk.routing_choice import WEIGHTS, Case, Seat, choose, plan, total
from amity.desk.routing_rules import About, Rule, decide


def seat(key: str, room: int = 2, **more: object) -> Seat:
    return Seat(key, capacity={"all": room}, **more)  # type: ignore[arg-type]


def test_skill_and_continuity_decide_and_parts_add_up_to_the_score() -> None:
    seats = [seat("ann"), seat("bob", skills={"refunds": 3}), seat("eve", skills={"refunds": 1})]
    found = choose(Case("1", "email", "", skill="refunds", last="eve"), seats)
    assert found is not None
    assert (found.seat, found.second) == ("bob", "eve")
    assert found.score == round(total(found.parts), 4)
    assert choose(Case("1", "email", "", last="eve"), seats).seat == "eve"  # type: ignore[union-attr]
    assert choose(Case("1", "email", "", skill="refunds", last="ann"), seats, {**WEIGHTS, "skill": 0}).seat == "ann"  # type: ignore[union-attr]


def test_the_least_time_left_comes_first_and_nobody_gets_more_than_they_have_room_for() -> None:
    cases = [Case(str(n), "chat", "", left=float(n), target=100.0) for n in (50, 10, 30)]
    made = plan(cases, [seat("ann", 2)])
    assert [each.case for each in made] == ["10", "30"]
    one = Seat("ann", capacity={"all": 5, "chat": 1})
    assert len(plan(cases, [one])) == 1


def test_language_is_a_must_unless_nobody_speaks_it() -> None:
    seats = [seat("ann", languages=frozenset({"en"})), seat("jan", languages=frozenset({"pl"}), there=False)]
    assert choose(Case("1", "email", "", language="pl"), seats).seat == "ann"  # type: ignore[union-attr]
    seats[1].there = True
    seats[1].capacity = {"all": 0}
    assert choose(Case("1", "email", "", language="pl"), seats) is None


def test_with_time_to_spare_a_conversation_waits_for_the_skill_that_is_busy() -> None:
    seats = [seat("ann"), seat("bob", 0, skills={"refunds": 3})]
    calm = Case("1", "email", "", skill="refunds", left=90.0, target=100.0)
    late = Case("2", "email", "", skill="refunds", left=40.0, target=100.0)
    assert choose(calm, seats) is None
    assert choose(late, seats).seat == "ann"  # type: ignore[union-attr]


def test_rules_are_read_in_order_and_words_are_whole_words() -> None:
    when = {"words": ["refund", "rückerst*"], "language": ["de", "en"]}
    rules = [Rule("1", "Refund words", when, {"skill": "refunds"}),
             Rule("2", "Chat", {"channel": ["chat"]}, {"queue": "q2", "skill": "talk", "urgency": 2})]  # fmt: skip
    said = decide(rules, About("chat", "de-AT", text="meine rückerstattung fehlt"))
    assert (said.queue, said.skill, said.urgency) == ("q2", "refunds", 2)
    assert said.rules == {"skill": "Refund words", "queue": "Chat", "urgency": "Chat"}
    assert decide(rules, About("email", "en", text="refunded")).skill == ""
