"""Mail domains where anybody can have a mailbox, and mailboxes that stand for an office, not for a person."""

from __future__ import annotations

_PUBLIC = """
gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.de yahoo.co.uk ymail.com
icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me gmx.de gmx.net gmx.at gmx.ch gmx.com web.de
t-online.de freenet.de arcor.de posteo.de mailbox.org online.de 1und1.de vodafone.de wp.pl o2.pl onet.pl op.pl
interia.pl interia.eu gazeta.pl poczta.onet.pl poczta.fm tlen.pl vp.pl autograf.pl mail.ru bk.ru list.ru inbox.ru
internet.ru yandex.ru yandex.com ya.ru rambler.ru lenta.ru ro.ru ukr.net i.ua meta.ua tut.by mail.com email.com
zoho.com fastmail.com hey.com tutanota.com tuta.io duck.com qq.com 163.com 126.com naver.com hanmail.net
btinternet.com sky.com virginmedia.com ntlworld.com comcast.net verizon.net att.net orange.fr free.fr laposte.net
wanadoo.fr sfr.fr libero.it virgilio.it tiscali.it seznam.cz centrum.cz bluewin.ch hispeed.ch chello.at aon.at
"""
_ROLES = """
info office kontakt contact biuro sekretariat mail post hello sales support admin buero service team
"""
PUBLIC_MAIL = frozenset(_PUBLIC.split())
ROLES = frozenset(_ROLES.split())
