# ruff: noqa: E501
"""What people write to each other in the sample: short mails in four languages, by occasion.

Slots: ``{name}`` the customer, ``{product}``, ``{company}``, ``{staff}``, ``{order}``. No sentence needs a person's gender.
"""

from __future__ import annotations

from random import Random

# occasion → language → ((subject, text), …)
MAILS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "intro": {
        "de": (("Guter Kaffee für {company}", "Guten Tag {name},\n\nvielen Dank für Ihr Interesse. Darf ich Ihnen {product} "
                "in zehn Minuten am Telefon vorstellen?\n\nViele Grüße\n{staff}"),),
        "pl": (("Dobra kawa dla {company}", "Dzień dobry {name},\n\ndziękujemy za zainteresowanie. Czy możemy krótko "
                "porozmawiać o {product}?\n\nPozdrawiam\n{staff}"),),
        "en": (("Good coffee for {company}", "Dear {name},\n\nthank you for your interest. May I show you {product} in "
                "ten minutes on the phone?\n\nKind regards\n{staff}"),),
        "ru": (("Хороший кофе для {company}", "Здравствуйте, {name}!\n\nСпасибо за интерес. Можно за десять минут "
                "рассказать вам по телефону про {product}?\n\nС уважением,\n{staff}"),),
    },
    "follow-up": {
        "de": (("Kurze Nachfrage: {product}", "Guten Tag {name},\n\nhatten Sie Gelegenheit, unsere Unterlagen anzusehen? "
                "Gern beantworte ich Fragen.\n\nViele Grüße\n{staff}"),),
        "pl": (("Krótkie pytanie: {product}", "Dzień dobry {name},\n\nczy jest już decyzja w sprawie naszych materiałów? "
                "Chętnie odpowiem na pytania.\n\nPozdrawiam\n{staff}"),),
        "en": (("Quick question about {product}", "Dear {name},\n\nhave you had a chance to look at our material? I am "
                "happy to answer questions.\n\nKind regards\n{staff}"),),
        "ru": (("Коротко о {product}", "Здравствуйте, {name}!\n\nУдалось ли посмотреть наши материалы? С радостью "
                "отвечу на вопросы.\n\nС уважением,\n{staff}"),),
    },
    "offer": {
        "de": (("Ihr Angebot: {product}", "Guten Tag {name},\n\nanbei unser Angebot für {product}. Es gilt 30 Tage.\n\n"
                "Viele Grüße\n{staff}"),),
        "pl": (("Oferta: {product}", "Dzień dobry {name},\n\nw załączniku oferta na {product}, ważna 30 dni.\n\n"
                "Pozdrawiam\n{staff}"),),
        "en": (("Your quote: {product}", "Dear {name},\n\nplease find our quote for {product} attached. It is valid for "
                "30 days.\n\nKind regards\n{staff}"),),
        "ru": (("Коммерческое предложение: {product}", "Здравствуйте, {name}!\n\nВо вложении предложение на {product}, "
                "действует 30 дней.\n\nС уважением,\n{staff}"),),
    },
    "reply": {
        "de": (("Re: {product}", "Hallo,\n\ndas klingt interessant. Können Sie uns einen Termin nächste Woche anbieten?\n\n"
                "{name}"),
               ("Re: {product}", "Guten Tag,\n\nwas kostet die Wartung im zweiten Jahr?\n\n{name}"),
               ("Re: {product}", "Danke, wir besprechen das intern und melden uns.\n\n{name}")),
        "pl": (("Re: {product}", "Dzień dobry,\n\nto ciekawe. Czy jest wolny termin w przyszłym tygodniu?\n\n{name}"),
               ("Re: {product}", "Ile kosztuje serwis w drugim roku?\n\n{name}"),
               ("Re: {product}", "Dziękujemy, omówimy to u siebie i wrócimy z odpowiedzią.\n\n{name}")),
        "en": (("Re: {product}", "Hello,\n\nthat sounds interesting. Could you offer us a slot next week?\n\n{name}"),
               ("Re: {product}", "What does the service cost in the second year?\n\n{name}"),
               ("Re: {product}", "Thanks, we will talk about it here and come back to you.\n\n{name}")),
        "ru": (("Re: {product}", "Добрый день!\n\nЗвучит интересно. Есть свободное время на следующей неделе?\n\n{name}"),
               ("Re: {product}", "Сколько стоит обслуживание на второй год?\n\n{name}"),
               ("Re: {product}", "Спасибо, обсудим у себя и вернёмся с ответом.\n\n{name}")),
    },
    "order": {
        "de": (("Auftragsbestätigung {order}", "Guten Tag {name},\n\nvielen Dank für Ihre Bestellung {order}."),),
        "pl": (("Potwierdzenie zamówienia {order}", "Dzień dobry {name},\n\ndziękujemy za zamówienie {order}."),),
        "en": (("Order confirmation {order}", "Dear {name},\n\nthank you for your order {order}."),),
        "ru": (("Подтверждение заказа {order}", "Здравствуйте, {name}!\n\nСпасибо за заказ {order}."),),
    },
    "question": {
        "de": (("Frage zur Reinigung", "Guten Tag,\n\nwie oft sollen wir {product} entkalken?\n\n{name}"),
               ("Rechnung {order}", "Guten Tag,\n\nbitte senden Sie uns die Rechnung zu {order} noch einmal.\n\n{name}")),
        "pl": (("Pytanie o czyszczenie", "Dzień dobry,\n\njak często odkamieniać {product}?\n\n{name}"),
               ("Faktura {order}", "Dzień dobry,\n\nproszę o ponowne przesłanie faktury do {order}.\n\n{name}")),
        "en": (("Question about cleaning", "Hello,\n\nhow often should we descale {product}?\n\n{name}"),
               ("Invoice for {order}", "Hello,\n\nplease send us the invoice for {order} again.\n\n{name}")),
        "ru": (("Вопрос о чистке", "Добрый день!\n\nКак часто нужно очищать {product} от накипи?\n\n{name}"),
               ("Счёт по {order}", "Добрый день!\n\nПришлите, пожалуйста, ещё раз счёт по заказу {order}.\n\n{name}")),
    },
    "complaint": {
        "de": (("Maschine schon wieder defekt", "{product} steht zum dritten Mal still und niemand ruft zurück. So geht das "
                "nicht weiter.\n\n{name}"),
               ("Lieferung zu spät", "Die Lieferung {order} kam eine Woche zu spät und unvollständig.\n\n{name}")),
        "pl": (("Ekspres znowu nie działa", "{product} stoi po raz trzeci i nikt nie oddzwania. Tak dalej być nie może.\n\n"
                "{name}"),
               ("Spóźniona dostawa", "Dostawa {order} przyszła tydzień za późno i niekompletna.\n\n{name}")),
        "en": (("Machine broken again", "{product} has stopped for the third time and nobody calls back. This cannot go "
                "on.\n\n{name}"),
               ("Late delivery", "Delivery {order} came a week late and incomplete.\n\n{name}")),
        "ru": (("Машина снова сломалась", "{product} стоит уже третий раз, и никто не перезванивает. Так дальше нельзя."
                "\n\n{name}"),
               ("Поздняя доставка", "Заказ {order} пришёл на неделю позже и не полностью.\n\n{name}")),
    },
    "left": {
        "de": (("Automatische Antwort", "Ich bin nicht mehr für {company} tätig. Diese Nachricht wird nicht weitergeleitet."),),
        "pl": (("Odpowiedź automatyczna", "Nie pracuję już w {company}. Ta wiadomość nie zostanie przekazana dalej."),),
        "en": (("Automatic reply", "I no longer work for {company}. This message will not be forwarded."),),
        "ru": (("Автоматический ответ", "Я больше не работаю в {company}. Это письмо не будет переслано."),),
    },
}  # fmt: skip

CALLS = {
    "de": ("Erreicht, Interesse", "Nicht erreicht", "Rückruf vereinbart", "Kein Bedarf"),
    "pl": ("Rozmowa, zainteresowanie", "Nie odbiera", "Umówiono telefon", "Brak potrzeby"),
    "en": ("Reached, interested", "Not reached", "Call back agreed", "No need"),
    "ru": ("Дозвон, интерес", "Не дозвонились", "Договорились созвониться", "Нет потребности"),
}
MEETINGS = {
    "de": ("Vorführung {product}", "Termin vor Ort"),
    "pl": ("Prezentacja {product}", "Spotkanie na miejscu"),
    "en": ("Demo of {product}", "Visit on site"),
    "ru": ("Показ {product}", "Встреча на месте"),
}


def mail(rng: Random, occasion: str, language: str, **slots: str) -> tuple[str, str]:
    """``(subject, text)`` of one mail for the occasion, in the language, with the slots filled."""
    subject, text = rng.choice(MAILS[occasion][language])
    known = {"name": "", "product": "", "company": "", "staff": "", "order": ""} | slots
    return subject.format(**known), text.format(**known)
