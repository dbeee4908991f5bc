"""A mailbox on loopback that speaks as much IMAP as reading needs, and notes every command it is given."""

from __future__ import annotations

import base64
import re
import socketserver
from contextlib import AbstractContextManager

from amity.engines.tests.serving import serving

USER, PASSWORD = "help@shop.example", "s3cret"
FOREIGN, FOLDER = "Pässwörd", "Входящие & more"  # beyond ASCII: SASL PLAIN, and a name in modified UTF-7
_FOLDER = "&BBIERQQ+BDQETwRJBDgENQ- &- more"


class Server(socketserver.ThreadingTCPServer):
    """``mails``: UID → bytes; ``validity``: what UIDs mean; ``said``: commands so far."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: dict[int, bytes] = {}
        self.validity = 7
        self.said: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self._say("* OK ready")
        for line in self.rfile:
            tag, _space, command = line.decode().strip().partition(" ")
            self.server.said.append(command)
            if not self._answer(tag, command):
                return

    def _answer(self, tag: str, command: str) -> bool:
        verb = command.upper()
        if verb.startswith("CAPABILITY"):
            self._say("* CAPABILITY IMAP4rev1")
        elif verb.startswith("LOGIN"):
            if command != f'LOGIN {USER} "{PASSWORD}"':
                self._say(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
                return True
        elif verb.startswith("AUTHENTICATE PLAIN"):
            self._say("+ ")
            if base64.b64decode(self.rfile.readline()).decode().split("\0") != ["", USER, FOREIGN]:
                self._say(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
                return True
        elif verb.startswith("EXAMINE"):
            if '"INBOX"' not in command and f'"{_FOLDER}"' not in command:
                self._say(f"{tag} NO no such folder")
                return True
            self._say(f"* {len(self.server.mails)} EXISTS")
            self._say(f"* OK [UIDVALIDITY {self.server.validity}] valid")
            self._say(f"{tag} OK [READ-ONLY] done")
            return True
        elif verb.startswith("UID SEARCH"):
            self._search(command)
        elif verb.startswith("UID FETCH"):
            self._fetch(int(command.split()[2]))
        elif verb.startswith("LOGOUT"):
            self._say("* BYE")
            self._say(f"{tag} OK done")
            return False
        else:
            self._say(f"{tag} BAD {verb}")
            return True
        self._say(f"{tag} OK done")
        return True

    def _search(self, command: str) -> None:
        uids = sorted(self.server.mails)
        above = re.search(r"UID (\d+):\*", command)
        if above:
            uids = [uid for uid in uids if uid >= int(above[1])] or uids[-1:]
        elif "UID *" in command:
            uids = uids[-1:]
        self._say("* SEARCH " + " ".join(map(str, uids)))

    def _fetch(self, uid: int) -> None:
        raw = self.server.mails.get(uid)
        if raw is not None:
            self.wfile.write(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)} BODY[]<0> {{{len(raw)}}}\r\n".encode())
            self.wfile.write(raw + b")\r\n")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


def imap_server() -> AbstractContextManager[Server]:
    """A server for the length of a test."""
    return serving(Server())
