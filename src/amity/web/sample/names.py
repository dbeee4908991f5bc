"""Names of people in four languages: given and family names with gendered forms, patronymics, particles, nicknames.

The lists are common names in the order of how often they are met; nobody in them is a particular person.
"""

from __future__ import annotations

import re
from random import Random

from anyascii import anyascii


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LANGUAGES = ("de", "pl", "en", "ru")

GIVEN: dict[str, dict[str, tuple[str, ...]]] = {
    "de": {
        "m": _words(
            "Thomas Michael Andreas Stefan Christian Peter Wolfgang Klaus Jürgen Daniel Markus Alexander Martin "
            "Matthias Sebastian Jan Florian Tobias Jörg Uwe Günther Björn Lukas Felix Maximilian Jonas Paul Leon "
            "Karl-Heinz Hans-Peter Götz Rüdiger Sören Moritz Philipp Dominik Fabian Oliver Ralf Torsten"
        ),
        "f": _words(
            "Sabine Petra Claudia Susanne Andrea Katharina Stefanie Julia Anna Christina Nicole Birgit Ursula Monika "
            "Martina Sandra Anja Kathrin Heike Silke Tanja Melanie Nadine Franziska Lena Laura Johanna Sophie Hannah "
            "Jörgine Käthe Bärbel Ann-Kathrin Eva-Maria Anneliese Ulrike Antje Miriam Friederike Carolin"
        ),
    },
    "pl": {
        "m": _words(
            "Piotr Krzysztof Andrzej Tomasz Paweł Jan Michał Marcin Jakub Adam Marek Łukasz Grzegorz Mateusz Wojciech "
            "Mariusz Dariusz Maciej Zbigniew Rafał Robert Kamil Jacek Szymon Kacper Bartosz Sławomir Jarosław "
            "Mirosław Przemysław Zdzisław Bogdan Artur Damian Filip Leszek Radosław Bartłomiej Dawid Igor"
        ),
        "f": _words(
            "Anna Katarzyna Maria Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Magdalena Joanna Zofia Aleksandra "
            "Monika Teresa Natalia Danuta Julia Karolina Marta Beata Dorota Jolanta Grażyna Iwona Paulina Justyna "
            "Sylwia Renata Halina Bożena Urszula Wanda Stanisława Kinga Weronika Emilia Oliwia Łucja Żaneta"
        ),
    },
    "en": {
        "m": _words(
            "James John Robert William David Richard Thomas Christopher Daniel Matthew Andrew Mark Paul Stephen Simon "
            "Michael Edward George Oliver Harry Jack Charles Alexander Benjamin Samuel Joseph Peter Ian Graham Stuart "
            "Gareth Rhys Callum Ewan Liam Nathan Adam Rajesh Imran Kwame"
        ),
        "f": _words(
            "Sarah Emma Laura Rebecca Claire Victoria Helen Rachel Charlotte Jennifer Elizabeth Margaret Susan "
            "Catherine Hannah Lucy Olivia Amelia Sophie Jessica Emily Alice Fiona Alison Joanne Nicola Karen Julie "
            "Siobhan Bronwen Morag Priya Fatima Grace Chloe Abigail Eleanor Harriet Georgina Zoë"
        ),
    },
    "ru": {
        "m": _words(
            "Александр Сергей Андрей Алексей Дмитрий Михаил Владимир Иван Евгений Николай Максим Павел Артём Игорь "
            "Юрий Олег Константин Виктор Роман Денис Антон Илья Никита Кирилл Вадим Григорий Станислав Вячеслав Фёдор "
            "Тимур Руслан Борис Егор Леонид Валерий Пётр Степан Матвей Геннадий Ярослав"
        ),
        "f": _words(
            "Елена Ольга Наталья Анна Татьяна Ирина Екатерина Мария Светлана Юлия Анастасия Людмила Галина Марина "
            "Дарья Ксения Надежда Валентина Любовь Вера Евгения Виктория Алёна Полина Оксана Лариса Алина София "
            "Кристина Жанна Зоя Яна Алла Диана Вероника Элина Маргарита Нина Лидия Тамара"
        ),
    },
}

FAMILY: dict[str, tuple[str, ...]] = {
    "de": _words(
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein "
        "Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler "
        "Maier König Walter Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich "
        "Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Böhm Jäger Voß Sommer Groß Brandt"
    ),
    "pl": _words(
        "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski "
        "Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Piotrowski Grabowski Nowakowski Pawłowski Michalski Nowicki "
        "Adamczyk Dudek Zając Wieczorek Jabłoński Król Majewski Olszewski Jaworski Wróbel Malinowski Pawlak Witkowski "
        "Walczak Stępień Górski Rutkowski Michalak Sikora Ostrowski Baran Duda Szewczyk Tomaszewski Pietrzak "
        "Marciniak Wróblewski Zalewski Jakubowski Jasiński Zawadzki Sadowski Bąk Chmielewski Włodarczyk Borkowski "
        "Czarny Gołębiowski"
    ),
    "en": _words(
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White "
        "Roberts Green Hall Wood Jackson Clarke Hughes Edwards Harris Lewis Cooper Ward Turner Martin Cook Baker "
        "Morris Bell Murphy Bailey Parker Collins Shaw Richardson Mitchell Fraser MacDonald O'Brien O'Connor McKenzie "
        "Campbell Stewart Okafor Singh Khan Ahmed Ashworth Pemberton Whitaker Fairclough Lloyd-Jones Hargreaves "
        "Llewellyn Blythe Pryce"
    ),
    "ru": _words(
        "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев "
        "Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв "
        "Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин Фролов Александров Дмитриев Королёв Гусев Киселёв "
        "Ильин Максимов Поляков Сорокин Виноградов Ковалёв Белов Медведев Антонов Тарасов Жуков Баранов Филиппов "
        "Шевченко Бондаренко Щербаков Достоевский Вяземский Ковальчук Черных"
    ),
}

PATRONYMICS: dict[str, tuple[str, ...]] = {
    "m": _words(
        "Александрович Сергеевич Андреевич Алексеевич Дмитриевич Михайлович Владимирович Иванович Евгеньевич "
        "Николаевич Павлович Игоревич Юрьевич Олегович Викторович Петрович Борисович Ильич Фёдорович Кириллович"
    ),
    "f": _words(
        "Александровна Сергеевна Андреевна Алексеевна Дмитриевна Михайловна Владимировна Ивановна Евгеньевна "
        "Николаевна Павловна Игоревна Юрьевна Олеговна Викторовна Петровна Борисовна Ильинична Фёдоровна "
        "Кирилловна"
    ),
}

NICKNAMES: dict[str, str] = {
    "Alexander": "Alex", "Katharina": "Kathi", "Michael": "Michi", "Maximilian": "Max", "Stefanie": "Steffi",
    "Susanne": "Susi", "Thomas": "Tom", "Christian": "Chris", "Andreas": "Andi", "Johanna": "Hanna",
    "Katarzyna": "Kasia", "Małgorzata": "Gosia", "Aleksandra": "Ola", "Krzysztof": "Krzysiek", "Tomasz": "Tomek",
    "Jakub": "Kuba", "Agnieszka": "Aga", "Joanna": "Asia", "Magdalena": "Magda", "Grzegorz": "Grzesiek",
    "Robert": "Bob", "William": "Bill", "Richard": "Dick", "Elizabeth": "Liz", "Margaret": "Peggy",
    "Catherine": "Kate", "Christopher": "Kit", "Rebecca": "Becky", "Jennifer": "Jen", "James": "Jim",
    "Александр": "Саша", "Дмитрий": "Дима", "Екатерина": "Катя", "Мария": "Маша", "Сергей": "Серёжа",
    "Алексей": "Лёша", "Анастасия": "Настя", "Наталья": "Наташа", "Евгений": "Женя", "Владимир": "Вова",
}  # fmt: skip

PARTICLES = ("von", "von der", "zu", "van")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_LATIN = "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch ie y e iu ia"
# The passport spelling (ICAO 9303) beside the everyday one that anyascii gives.
_PASSPORT = str.maketrans(dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыэюя", _words(_LATIN), strict=True)) | {"ь": ""})
_ADJECTIVES = ("ski", "cki", "dzki", "ny")


def pick(rng: Random, names: tuple[str, ...]) -> str:
    """One of ``names``; the first ones are met more often (density falls linearly to a quarter)."""
    while True:
        place = rng.random()
        if rng.random() >= place * 0.75:
            return names[int(place * len(names))]


def family(language: str, gender: str, name: str) -> str:
    """``name`` (the masculine form) as this gender carries it: Kowalski → Kowalska, Иванов → Иванова."""
    if gender == "m":
        return name
    if language == "pl":
        return name[:-1] + "a" if name.endswith(_ADJECTIVES) else name
    if language == "ru":
        if name.endswith("ский"):
            return name[:-2] + "ая"
        return name + "а" if name.endswith(("ов", "ев", "ёв", "ин", "ын")) else name
    return name


def person(rng: Random, language: str, gender: str) -> tuple[str, str, str]:
    """``(given, middle, family)``; middle is the patronymic in Russian, sometimes a second name elsewhere."""
    given = pick(rng, GIVEN[language][gender])
    last = family(language, gender, pick(rng, FAMILY[language]))
    if language == "ru":
        return given, rng.choice(PATRONYMICS[gender]), last
    middle = rng.choice(GIVEN[language][gender]) if rng.random() < 0.06 else ""
    if language == "de" and rng.random() < 0.04:
        last = f"{rng.choice(PARTICLES)} {last}"
    elif gender == "f" and rng.random() < 0.07:
        last = f"{last}-{family(language, gender, pick(rng, FAMILY[language]))}"
    return given, middle, last


def slug(text: str, separator: str = "-") -> str:
    """``text`` as a part of a mail address or domain: Łukasz Müller → lukasz-mueller."""
    return re.sub(r"[^a-z0-9]+", separator, anyascii(text.translate(_UMLAUTS)).lower()).strip(separator)


def passport(text: str) -> str:
    """Russian ``text`` in passport letters (Юрий Щербаков → Iurii Shcherbakov), other letters as they are."""
    return " ".join(part.translate(_PASSPORT).capitalize() for part in text.lower().split(" "))


def unaccented(text: str) -> str:
    """``text`` as typed on a keyboard without its letters: Jürgen → Juergen, Łukasz → Lukasz."""
    return anyascii(text.translate(_UMLAUTS))
