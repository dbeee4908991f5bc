"""The purposes that Amity comes with, named and worded in four languages. An administrator changes them at will."""

from __future__ import annotations

LANGUAGES = ("en", "ru", "pl", "de")
ACCOUNT, SERVICE, NEWSLETTER, MARKETING = "account", "service", "newsletter", "marketing"
_Purpose = tuple[str, dict[str, str], str, tuple[str, ...], bool, dict[str, str]]
_ALL = ("email", "sms", "phone", "post", "chat")

DEFAULTS: tuple[_Purpose, ...] = (
    (
        NEWSLETTER,
        {"en": "Newsletter", "ru": "Рассылка новостей", "pl": "Newsletter", "de": "Newsletter"},
        "consent",
        ("email",),
        True,
        {
            "en": "I would like to receive the newsletter by e-mail. I can unsubscribe at any time with one click.",
            "ru": "Я хочу получать рассылку новостей по электронной почте. Отписаться можно в любой момент одним "
            "нажатием.",
            "pl": "Chcę otrzymywać newsletter e-mailem. Mogę zrezygnować w każdej chwili jednym kliknięciem.",
            "de": "Ich möchte den Newsletter per E-Mail erhalten. Ich kann ihn jederzeit mit einem Klick abbestellen.",
        },
    ),
    (
        MARKETING,
        {
            "en": "Offers and advertising",
            "ru": "Предложения и реклама",
            "pl": "Oferty i reklama",
            "de": "Angebote und Werbung",
        },
        "consent",
        _ALL,
        True,
        {
            "en": "I would like to receive offers that may interest me. I can withdraw this at any time.",
            "ru": "Я хочу получать предложения, которые могут меня заинтересовать. Согласие можно отозвать в любой "
            "момент.",
            "pl": "Chcę otrzymywać oferty, które mogą mnie zainteresować. Zgodę mogę wycofać w każdej chwili.",
            "de": "Ich möchte Angebote erhalten, die mich interessieren könnten. Ich kann dies jederzeit widerrufen.",
        },
    ),
    (
        SERVICE,
        {
            "en": "Orders, contracts and answers",
            "ru": "Заказы, договоры и ответы",
            "pl": "Zamówienia, umowy i odpowiedzi",
            "de": "Bestellungen, Verträge und Antworten",
        },
        "contract",
        _ALL,
        False,
        {
            "en": "We write to you about what you ordered, agreed or asked.",
            "ru": "Мы пишем вам о том, что вы заказали, о чём договорились или спросили.",
            "pl": "Piszemy do Ciebie w sprawie tego, co zamówiono, uzgodniono lub o co pytano.",
            "de": "Wir schreiben Ihnen zu dem, was Sie bestellt, vereinbart oder gefragt haben.",
        },
    ),
    (
        ACCOUNT,
        {
            "en": "Sign-in and confirmation",
            "ru": "Вход и подтверждение",
            "pl": "Logowanie i potwierdzenia",
            "de": "Anmeldung und Bestätigung",
        },
        "contract",
        ("email", "sms"),
        False,
        {
            "en": "Messages that you asked for yourself, such as a link to confirm your address.",
            "ru": "Сообщения, которые вы запросили сами, например ссылка для подтверждения адреса.",
            "pl": "Wiadomości, o które prosisz samodzielnie, na przykład link do potwierdzenia adresu.",
            "de": "Nachrichten, die Sie selbst angefordert haben, etwa ein Link zur Bestätigung Ihrer Adresse.",
        },
    ),
)  # fmt: skip
