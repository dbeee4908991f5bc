# ruff: noqa: E501
"""What customers of the sample company ask and what they are answered: by intent, in four languages.

Slots: ``{order}`` a number of an order, ``{product}``, ``{name}`` the customer. No sentence needs a person's gender.
"""

from __future__ import annotations

# intent → language → (subject, question, answer)
TALKS: dict[str, dict[str, tuple[str, str, str]]] = {
    "order status": {
        "en": ("Where is my order {order}?", "I ordered {product} last week and have heard nothing since. When will {order} arrive?", "Your order {order} left our warehouse this morning. The carrier delivers it within two working days; the tracking link is in a separate mail."),
        "ru": ("Где мой заказ {order}?", "На прошлой неделе заказ на {product} был оплачен, и с тех пор тишина. Когда привезут {order}?", "Заказ {order} сегодня утром отправлен со склада. Доставка займёт до двух рабочих дней, ссылка для отслеживания пришла отдельным письмом."),
        "pl": ("Gdzie jest zamówienie {order}?", "W zeszłym tygodniu zamówiliśmy {product} i od tego czasu cisza. Kiedy dotrze {order}?", "Zamówienie {order} opuściło dziś rano magazyn. Kurier dostarczy je w ciągu dwóch dni roboczych, link do śledzenia jest w osobnej wiadomości."),
        "de": ("Wo bleibt Bestellung {order}?", "Wir haben letzte Woche {product} bestellt und seither nichts gehört. Wann kommt {order} an?", "Ihre Bestellung {order} hat heute früh das Lager verlassen. Der Paketdienst liefert sie innerhalb von zwei Werktagen, der Link zur Verfolgung kam in einer eigenen Mail."),
    },
    "machine fault": {
        "en": ("{product} shows error E14", "Since this morning our {product} shows E14 and makes no coffee. Forty people are waiting for their espresso. What can we do?", "E14 means that the brewing unit is blocked. Please switch the machine off, take the unit out, rinse it with warm water and put it back until it clicks. If E14 stays, we send a technician tomorrow."),
        "ru": ("{product}: ошибка E14", "С самого утра {product} показывает E14 и не варит кофе. Сорок человек ждут свой эспрессо. Что делать?", "E14 означает, что заклинило заварочный блок. Выключите машину, достаньте блок, промойте тёплой водой и вставьте до щелчка. Если ошибка останется, завтра приедет мастер."),
        "pl": ("{product} pokazuje błąd E14", "Od rana {product} pokazuje E14 i nie parzy kawy. Czterdzieści osób czeka na espresso. Co robić?", "E14 oznacza zablokowany zaparzacz. Proszę wyłączyć ekspres, wyjąć zaparzacz, opłukać go ciepłą wodą i włożyć aż do kliknięcia. Jeśli błąd zostanie, jutro przyjedzie serwisant."),
        "de": ("{product} zeigt Fehler E14", "Seit heute früh zeigt unsere {product} E14 und macht keinen Kaffee. Vierzig Leute warten auf ihren Espresso. Was tun?", "E14 heißt, dass die Brühgruppe klemmt. Bitte die Maschine ausschalten, die Brühgruppe herausnehmen, mit warmem Wasser spülen und einsetzen, bis sie einrastet. Bleibt E14, kommt morgen die Technik."),
    },
    "invoice copy": {
        "en": ("Invoice for {order}", "Our accountant cannot find the invoice for {order}. Could you send it again as PDF?", "Of course: the invoice for {order} is on its way to your accounting address. All invoices are in the portal too."),
        "ru": ("Счёт по заказу {order}", "Бухгалтерия не может найти счёт по заказу {order}. Пришлите, пожалуйста, ещё раз в PDF.", "Конечно: счёт по заказу {order} уже отправлен на адрес бухгалтерии. Все счета есть и в личном кабинете."),
        "pl": ("Faktura do {order}", "Księgowość nie może znaleźć faktury do {order}. Czy można ją przesłać jeszcze raz w PDF?", "Oczywiście: faktura do {order} jest w drodze na adres księgowości. Wszystkie faktury są też w portalu."),
        "de": ("Rechnung zu {order}", "Unsere Buchhaltung findet die Rechnung zu {order} nicht. Können Sie sie noch einmal als PDF schicken?", "Gern: Die Rechnung zu {order} geht gerade an Ihre Buchhaltung. Alle Rechnungen liegen auch im Portal."),
    },
    "change of address": {
        "en": ("We are moving", "We move to a new office next month. Please send beans and water to the new address from then on.", "Thank you for telling us in time. The new delivery address is stored and counts from the first of the month."),
        "ru": ("Мы переезжаем", "В следующем месяце мы переезжаем в новый офис. Просим с этого времени привозить зерно и воду по новому адресу.", "Спасибо, что предупредили. Новый адрес доставки записан и действует с первого числа."),
        "pl": ("Przeprowadzka biura", "W przyszłym miesiącu zmieniamy biuro. Prosimy od tego czasu dostarczać kawę i wodę pod nowy adres.", "Dziękujemy za informację. Nowy adres dostawy jest zapisany i obowiązuje od pierwszego dnia miesiąca."),
        "de": ("Wir ziehen um", "Nächsten Monat beziehen wir ein neues Büro. Bitte liefern Sie Bohnen und Wasser dann an die neue Adresse.", "Danke für die Nachricht. Die neue Lieferadresse ist hinterlegt und gilt ab dem Ersten."),
    },
    "technician visit": {
        "en": ("Appointment for maintenance", "Our {product} is due for its yearly maintenance. Which days are free in the next two weeks?", "Tuesday morning or Thursday after two are free. Tell us what suits you, the visit takes about an hour."),
        "ru": ("Запись на обслуживание", "Нашей {product} пора пройти ежегодное обслуживание. Какие дни свободны в ближайшие две недели?", "Свободны вторник утром и четверг после двух. Напишите, что удобнее: визит займёт около часа."),
        "pl": ("Termin przeglądu", "Naszemu {product} należy się coroczny przegląd. Które dni są wolne w najbliższych dwóch tygodniach?", "Wolny jest wtorek rano albo czwartek po czternastej. Proszę dać znać, co pasuje; wizyta trwa około godziny."),
        "de": ("Termin für die Wartung", "Bei unserer {product} steht die jährliche Wartung an. Welche Tage sind in den nächsten zwei Wochen frei?", "Frei sind Dienstagvormittag und Donnerstag ab zwei. Sagen Sie uns, was passt, der Besuch dauert etwa eine Stunde."),
    },
    "refund": {
        "en": ("Charged twice", "We were charged twice for {order}. Please give the second amount back.", "You are right, the payment came in twice. The second one goes back to the same account within five working days."),
        "ru": ("Деньги списаны дважды", "За заказ {order} деньги списали два раза. Верните, пожалуйста, лишнее.", "Вы правы, платёж прошёл дважды. Второй вернётся на тот же счёт в течение пяти рабочих дней."),
        "pl": ("Podwójna płatność", "Za {order} pobrano opłatę dwa razy. Proszę o zwrot drugiej kwoty.", "Rzeczywiście, płatność wpłynęła dwukrotnie. Druga wróci na to samo konto w ciągu pięciu dni roboczych."),
        "de": ("Doppelt abgebucht", "Für {order} wurde zweimal abgebucht. Bitte erstatten Sie den zweiten Betrag.", "Stimmt, die Zahlung kam zweimal an. Die zweite geht binnen fünf Werktagen auf dasselbe Konto zurück."),
    },
    "price question": {
        "en": ("Price for ten machines", "We are opening three more sites. What would ten {product} cost with a service plan?", "With ten machines you get our framework price. A colleague from sales sends the quote today."),
        "ru": ("Цена за десять машин", "Открываем ещё три площадки. Сколько будут стоить десять {product} вместе с обслуживанием?", "На десять машин действует рамочная цена. Коллега из отдела продаж сегодня пришлёт предложение."),
        "pl": ("Cena za dziesięć sztuk", "Otwieramy trzy kolejne lokalizacje. Ile kosztuje dziesięć {product} z umową serwisową?", "Przy dziesięciu sztukach obowiązuje cena ramowa. Dział sprzedaży przyśle dziś ofertę."),
        "de": ("Preis für zehn Maschinen", "Wir eröffnen drei weitere Standorte. Was kosten zehn {product} mit Servicevertrag?", "Bei zehn Maschinen gilt unser Rahmenpreis. Der Vertrieb schickt Ihnen heute das Angebot."),
    },
    "complaint": {
        "en": ("I am disappointed", "This is the third time in two months that the {product} leaks all over our kitchen. Nobody called back. We want a new machine or our money back.", "We are sorry, this should not have happened. I am looking into it myself and come back to you with a proposal."),
        "ru": ("Очень недовольны", "Уже третий раз за два месяца {product} заливает нам кухню, и никто не перезвонил. Требуем новую машину или возврат денег.", "Нам очень жаль, так быть не должно. Вопрос на личном контроле, предложение пришлём в ближайшее время."),
        "pl": ("Reklamacja", "To już trzeci raz w dwa miesiące, kiedy {product} zalewa nam kuchnię, i nikt nie oddzwonił. Żądamy nowego ekspresu albo zwrotu pieniędzy.", "Bardzo nam przykro, tak nie powinno być. Sprawa jest u mnie, wrócę z propozycją rozwiązania."),
        "de": ("So geht das nicht", "Zum dritten Mal in zwei Monaten läuft die {product} aus und setzt unsere Küche unter Wasser. Niemand hat zurückgerufen. Wir wollen ein neues Gerät oder unser Geld zurück.", "Das tut uns sehr leid, so darf es nicht sein. Ich kümmere mich selbst darum und melde mich mit einem Vorschlag."),
    },
}  # fmt: skip
THANKS = {
    "en": ("Thank you, that helped!", "Great, thanks for the quick answer."),
    "ru": ("Спасибо, помогло!", "Отлично, спасибо за быстрый ответ."),
    "pl": ("Dziękuję, pomogło!", "Super, dziękuję za szybką odpowiedź."),
    "de": ("Danke, das hat geholfen!", "Prima, danke für die schnelle Antwort."),
}
HELLO = {"en": "Hello,", "ru": "Здравствуйте!", "pl": "Dzień dobry,", "de": "Guten Tag,"}
CHAT = {"en": "Hi!", "ru": "Добрый день!", "pl": "Hej!", "de": "Hallo!"}
CALLED = {"en": "Called us: ", "ru": "Звонок: ", "pl": "Telefon: ", "de": "Anruf: "}
NOTES = {
    "en": ("Checked with the warehouse: the parcel is with the carrier.", "Good customer, please be quick."),
    "ru": ("Склад подтвердил: посылка у перевозчика.", "Хороший клиент, ответим побыстрее."),
    "pl": ("Magazyn potwierdził: paczka jest u kuriera.", "Dobry klient, proszę szybko odpowiedzieć."),
    "de": ("Mit dem Lager geklärt: Das Paket ist beim Zusteller.", "Guter Kunde, bitte schnell antworten."),
}
# language → ((title, body, tag), …)
ARTICLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "en": (
        ("Error E14: the brewing unit is blocked", "E14 means that the brewing unit is blocked.\n\n1. Switch the machine off and wait a minute.\n2. Take the brewing unit out and rinse it with warm water, without soap.\n3. Put it back until it clicks and switch the machine on.\n\nIf E14 stays, ask for a technician: the visit is free within the guarantee of 24 months.", "faults"),
        ("How long delivery takes", "Orders that arrive before 2 p.m. leave our warehouse on the same working day. Parcels take two working days, machines three to five. The tracking link comes by mail.", "delivery"),
        ("Refunds", "Money that was paid twice goes back to the same account within five working days. Unused goods can be returned within 14 days.", "payment"),
    ),
    "ru": (
        ("Ошибка E14: заклинило заварочный блок", "E14 означает, что заклинило заварочный блок.\n\n1. Выключите машину и подождите минуту.\n2. Достаньте блок и промойте тёплой водой без моющих средств.\n3. Вставьте до щелчка и включите машину.\n\nЕсли ошибка осталась, вызовите мастера: в течение гарантии 24 месяца визит бесплатный.", "faults"),
        ("Сколько длится доставка", "Заказы, пришедшие до 14 часов, уходят со склада в тот же рабочий день. Посылки идут два рабочих дня, машины от трёх до пяти. Ссылка для отслеживания приходит письмом.", "delivery"),
    ),
    "pl": (
        ("Błąd E14: zablokowany zaparzacz", "E14 oznacza zablokowany zaparzacz.\n\n1. Wyłącz ekspres i odczekaj minutę.\n2. Wyjmij zaparzacz i opłucz go ciepłą wodą bez detergentu.\n3. Włóż go aż do kliknięcia i włącz ekspres.\n\nJeśli błąd zostanie, zamów serwisanta: w okresie gwarancji 24 miesięcy wizyta jest bezpłatna.", "faults"),
        ("Jak długo trwa dostawa", "Zamówienia złożone przed 14 wychodzą z magazynu tego samego dnia roboczego. Paczki idą dwa dni robocze, ekspresy od trzech do pięciu. Link do śledzenia przychodzi mailem.", "delivery"),
    ),
    "de": (
        ("Fehler E14: Die Brühgruppe klemmt", "E14 heißt, dass die Brühgruppe klemmt.\n\n1. Maschine ausschalten und eine Minute warten.\n2. Brühgruppe herausnehmen und mit warmem Wasser ohne Spülmittel reinigen.\n3. Einsetzen, bis sie einrastet, und einschalten.\n\nBleibt E14, fordern Sie die Technik an: In der Garantie von 24 Monaten ist der Besuch kostenlos.", "faults"),
        ("Wie lange die Lieferung dauert", "Bestellungen bis 14 Uhr verlassen das Lager am selben Werktag. Pakete brauchen zwei Werktage, Maschinen drei bis fünf. Den Link zur Verfolgung schicken wir per Mail.", "delivery"),
    ),
}  # fmt: skip
