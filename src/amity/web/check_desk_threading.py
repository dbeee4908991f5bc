"""Threads of mail: 500 made-up ones replayed, two instances that write to each other, and a reply parser's fixtures.

The fixtures are those of zapier/email-reply-parser (MIT), read from the folder that ``DATA`` names; what each must give
is what its authors' tests say.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from email import message_from_bytes
from pathlib import Path
from typing import Any

from amity.channels import api as channels
from amity.web import scratch

SEED, THREADS = 7, 500
MOST_MAILS = 40  # of a loop that does not stop by itself
_STEPS = "amity.web.check_desk_threading_steps"
_HEADERS = ("auto-submitted", "x-auto-response-suppress", "x-amity", "precedence")
_FIXTURES = "L_email_reply_parser/zapier_erp.tar.gz"
# Per fixture: flags of its pieces ("q"uoted, "s"ignature, else "-"; upper case: shown), what is shown, what is not.
EXPECTED: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "correct_sig": ("Vs", ("-- signature",), ("rick",)),
    "email_1_1": ("Vss", ("Hi folks",), ("riak-users",)),
    "email_1_2": ("VQVq-s", ("Hi,", "You can list the keys"), ("riak-users",)),
    "email_1_3": ("Vsq-s", ("Oh thanks.", "would be great."), ("Hi folks", "riak-users")),
    "email_1_4": ("", ("Awesome!",), ("Loader", "wrote")),
    "email_1_5": ("V", ("One: Here's", "on and on", "- And another one"), ()),
    "email_1_6": ("", ("I get proper rendering",), ("Was this caching", "reply@reply")),
    "email_1_7": ("", (":+1:",), ("Steps 0-2",)),
    "email_1_8": ("QVQVq-s", ("I will reply under this one", "and under this."), ("this is my signature",)),
    "email_2_1": ("=", ("Outlook with a reply",), ()),
    "email_2_2": ("=", ("Outlook with a reply directly above line",), ()),
    "email_2_3": ("=", ("Outlook with a reply above headers using unusual format",), ()),
    "email_BlackBerry": ("=", ("Here is another email",), ()),
    "email_bullets": ("", ("- how about bullets", "- and another"), ("Give us an example", "Joe Smith")),
    "email_gmail": ("=", ("This is a test for inbox replying to a github message.",), ()),
    "email_headers_no_delimiter": ("=", ("And another reply!",), ()),
    "email_iPhone": ("=", ("Here is another email",), ()),
    "email_multi_word_sent_from_my_mobile_device": ("=", ("Here is another email",), ()),
    "email_one_is_not_on": ("", ("One outstanding question", "when I run..."), ("Dave Tapley", "lastLocation")),
    "email_partial_quote_header": ("", ("On your remote host", "telnet 127.0.0.1", "connect to TextMate"), ("George",)),
    "email_sent_from_my_not_signature": ("", ("Sent from my desk, is much easier",), ()),
    "email_sig_delimiter_in_middle_of_line": ("V", ("this is not a signature", "kthxbai"), ()),
    "greedy_on": ("Vq-", ("On your remote host",), ("On 9 Jan 2014",)),
    "pathological": ("", ("I think you're onto something.",), ("shortening", "wrote:")),
}


def run() -> dict[str, Any]:
    """All figures; about six minutes on one core."""
    with scratch.installation(public_url="https://one.example") as one:
        replay = _step(one, "replay", str(SEED), str(THREADS))
        with scratch.installation(public_url="https://two.example") as two:
            loops = {"usual": _loop(one, two), "headers_lost": _loop(one, two, strip=True)}
    fixtures = _fixtures(Path(os.environ.get("DATA", "../shared/data")) / _FIXTURES)
    own = replay["amity"]
    good = own["wrong"] == 0 and own["split"] <= 0.02 and loops["usual"] <= 3 and fixtures.get("failed") == []
    return {"good": good, "seed": SEED, **replay, "loops": loops, "fixtures": fixtures}


def tell(found: dict[str, Any]) -> str:
    """The same in lines."""
    rows = [("Amity", found["amity"]), *((name, found["baselines"][name]) for name in ("references", "subject"))]
    lines = [
        f"  seed {found['seed']}: {found['threads']} threads, {found['mails']} mails in, {found['letters']} out",
        f"  {'':14}{'mails merged wrongly':>22}{'threads split':>16}",
        *(f"  {name:14}{told['wrong']:>22}{told['split']:>15.1%}" for name, told in rows),
        f"  threads were split by: {found['amity']['parted_by'] or 'nothing'}",
        f"  shown text exactly as written: {found['text_exact']:.1%}; strangers shown: {found['strangers_shown']}; "
        f"joins suggested: {found['suggested']}; automatic: {found['automatic']}",
        f"  two instances that write to each other stop after {found['loops']['usual']} mails, "
        f"{found['loops']['headers_lost']} where a gateway takes every mark out of the headers",
        f"  fixtures of a reply parser: {found['fixtures']['passed']} of {found['fixtures']['of']}"
        + (f", failed: {', '.join(found['fixtures']['failed'])}" if found["fixtures"]["failed"] else ""),
    ]
    return "\n".join([*lines, "  " + ("holds" if found["good"] else "DOES NOT HOLD")])


def _step(environment: Mapping[str, str], *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", _STEPS, *arguments], env=dict(environment), timeout=3_600, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _loop(one: Mapping[str, str], two: Mapping[str, str], *, strip: bool = False) -> int:
    """Mails until both are silent: a person at the first writes to the second, and both answer whatever they can."""
    kind = "lost" if strip else "usual"
    places = (f"{kind}@one.example", f"{kind}@two.example")
    with _instance(one, *places) as first, _instance(two, places[1], places[0]) as second:
        waiting = [(second, raw) for raw in _heard(first)]
        _heard(second)  # what its own person wrote is not part of this
        mails = 0
        while waiting and mails < MOST_MAILS:
            who, raw = waiting.pop(0)
            mails += 1
            assert who.stdin is not None
            who.stdin.write(base64.b64encode(_bare(raw) if strip else raw).decode() + "\n")
            who.stdin.flush()
            waiting += [(first if who is second else second, each) for each in _heard(who)]
        for each in (first, second):
            assert each.stdin is not None
            each.stdin.close()
    return mails


def _instance(environment: Mapping[str, str], address: str, to: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", _STEPS, "talk", address, to], env=dict(environment), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def _heard(who: subprocess.Popen[str]) -> list[bytes]:
    assert who.stdout is not None
    return [base64.b64decode(each) for each in json.loads(who.stdout.readline())]


def _bare(raw: bytes) -> bytes:
    """A mail as a gateway leaves it that keeps only what it must."""
    letter = message_from_bytes(raw)
    for name in _HEADERS:
        del letter[name]
    return letter.as_bytes()


def _fixtures(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {"of": len(EXPECTED), "passed": 0, "failed": [f"{path} is not there"]}
    with tarfile.open(path) as tar:
        texts = {Path(each.name).stem: tar.extractfile(each) for each in tar if each.name.endswith(".txt")}
        failed = [name for name, file in sorted(texts.items()) if file is None or not right(name, file.read().decode())]
    return {"of": len(texts), "passed": len(texts) - len(failed), "failed": failed}


def right(name: str, text: str) -> bool:
    """Whether a fixture gives what it must."""
    flags, shown, hidden = EXPECTED[name]
    new = channels.mail_reply.parted(text).new
    if flags == "=":
        return new == shown[0]
    if flags and flags != "".join(_flag(each) for each in channels.mail_reply.fragments(text)):
        return False
    return all(each in new for each in shown) and not any(each in new for each in hidden)


def _flag(piece: channels.mail_reply.Fragment) -> str:
    letter = "q" if piece.quoted else "s" if piece.signature else "-"
    if piece.hidden:
        return letter
    return "V" if letter == "-" else letter.upper()
