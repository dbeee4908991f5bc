"""Exports as other systems write them: headings as in the products, invented rows."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sample:
    """A table with what its columns must be recognised as (``custom`` and ``ignore`` are not listed)."""

    name: str
    noun: str
    text: str
    fields: dict[str, str]
    outcomes: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)


SAMPLES = (
    Sample(
        "hubspot-crm-exports-all-contacts.csv",
        "person",
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lifecycle Stage,Lead Status,Create Date"
        ",Associated Company\n"
        "101,Anna,Nowak,anna.nowak@firma.pl,+48 601 202 303,Jan Kos,lead,NEW,2024-01-15 10:20,Firma Sp. z o.o.\n"
        "102,Piotr,Zieliński,piotr@zielinski.pl,+48 602 202 304,Jan Kos,customer,CONNECTED,2024-02-20 09:00,Ziel"
        "ińscy SA\n"
        "103,Ewa,Lis,ewa@lis.eu,+48 603 202 305,Ola Wilk,subscriber,UNQUALIFIED,2024-03-01 12:00,Lis GmbH\n",
        {
            "Record ID": "external_id",
            "First Name": "given_name",
            "Last Name": "family_name",
            "Email": "email",
            "Phone Number": "phone",
            "Contact owner": "owner",
            "Lead Status": "lead_status",
            "Create Date": "created_at",
            "Associated Company": "company",
        },
        {"NEW": "open", "UNQUALIFIED": "lost"},
    ),
    Sample(
        "hubspot-crm-exports-all-deals.csv",
        "deal",
        "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Create Date,Deal owner,Associated Contact IDs"
        ",Deal probability\n"
        '9001,Big order,Closed Won,Sales Pipeline,"12,500.00",2024-05-01,2024-01-02,Jan Kos,101,1\n'
        "9002,Small order,Closed Lost,Sales Pipeline,900.00,2024-04-11,2024-02-02,Jan Kos,102,0\n"
        "9003,New one,Appointment Scheduled,Sales Pipeline,300.00,2024-09-11,2024-03-02,Ola Wilk,103,0.2\n",
        {
            "Record ID": "external_id",
            "Deal Name": "title",
            "Deal Stage": "stage",
            "Pipeline": "pipeline",
            "Amount": "value",
            "Close Date": "closed_at",
            "Create Date": "opened_at",
            "Deal owner": "owner",
            "Associated Contact IDs": "person",
            "Deal probability": "probability",
        },
        {"Closed Won": "won", "Closed Lost": "lost", "Appointment Scheduled": "open"},
    ),
    Sample(
        "salesforce_leads.csv",
        "person",
        "Lead ID,First Name,Last Name,Title,Company / Account,Email,Phone,Lead Source,Lead Status,Converted Date"
        ",Do Not Call,Email Opt Out\n"
        "00Q1x000001,John,Smith,CEO,Acme Inc,john@acme.com,+1 415 555 2671,Web,Closed - Converted,3/14/2024,0,0\n"
        "00Q1x000002,Mary,Jones,CFO,Bolt LLC,mary@bolt.com,+1 415 555 2672,Phone Inquiry,Open - Not Contacted,,0,1\n"
        "00Q1x000003,Paul,Young,Buyer,Core Ltd,paul@core.com,+1 415 555 2673,Web,Closed - Not Converted,,1,0\n",
        {
            "Lead ID": "external_id",
            "First Name": "given_name",
            "Last Name": "family_name",
            "Title": "job_title",
            "Company / Account": "company",
            "Email": "email",
            "Phone": "phone",
            "Lead Source": "source",
            "Lead Status": "lead_status",
            "Converted Date": "lead_decided_at",
            "Do Not Call": "do_not_call",
            "Email Opt Out": "do_not_email",
        },
        {"Closed - Converted": "won", "Open - Not Contacted": "open", "Closed - Not Converted": "lost"},
        {"Converted Date": "mdy"},
    ),
    Sample(
        "salesforce_opportunities.csv",
        "deal",
        "Opportunity ID,Opportunity Name,Account Name,Stage,Amount,Close Date,Created Date,Opportunity Owner,Lea"
        "d Source,Probability (%)\n"
        "0061x01,Acme - 50 seats,Acme Inc,Negotiation/Review,$ 25000,12/31/2024,1/5/2024,Joe Rep,Web,90\n"
        "0061x02,Bolt renewal,Bolt LLC,Closed Won,$ 5000,2/28/2024,1/25/2024,Joe Rep,Partner,100\n",
        {
            "Opportunity ID": "external_id",
            "Opportunity Name": "title",
            "Account Name": "company",
            "Stage": "stage",
            "Amount": "value",
            "Close Date": "closed_at",
            "Created Date": "opened_at",
            "Opportunity Owner": "owner",
            "Lead Source": "source",
            "Probability (%)": "probability",
        },
        {"Negotiation/Review": "open", "Closed Won": "won"},
        {"Close Date": "mdy"},
    ),
    Sample(
        "pipedrive-deals.csv",
        "deal",
        "Deal - ID,Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Stage,Deal - Status,Deal - Owner,De"
        "al - Organization,"
        "Deal - Contact person,Deal - Deal created,Deal - Won time,Deal - Lost reason,Deal - Expected close date\n"
        "1,Kitchen,1200,PLN,Proposal made,Won,Ola,Meble SA,Jan Nowak,2024-01-01 10:00:00,2024-02-01 10:00:00,,20"
        "24-02-03\n"
        "2,Bathroom,800,PLN,Contact made,Lost,Ola,Glazura SA,Ewa Lis,2024-01-02 10:00:00,,Too expensive,2024-03-03\n"
        "3,Garden,500,PLN,Qualified,Open,Ola,Ogród SA,Adam Mak,2024-01-03 10:00:00,,,2024-04-03\n",
        {
            "Deal - ID": "external_id",
            "Deal - Title": "title",
            "Deal - Value": "value",
            "Deal - Currency of Value": "currency",
            "Deal - Stage": "stage",
            "Deal - Status": "status",
            "Deal - Owner": "owner",
            "Deal - Organization": "company",
            "Deal - Contact person": "person",
            "Deal - Deal created": "opened_at",
            "Deal - Won time": "closed_at",
            "Deal - Lost reason": "lost_reason",
            "Deal - Expected close date": "expected_close_at",
        },
        {"Won": "won", "Lost": "lost", "Open": "open"},
    ),
    Sample(
        "zoho_accounts.csv",
        "company",
        "Record Id,Account Name,Website,Industry,Employees,Annual Revenue,Billing City,Billing Country,Account O"
        "wner,Parent Account\n"
        "zcrm_1,Acme Inc,www.acme.com,Software,120,1500000,Austin,USA,Joe,\n"
        "zcrm_2,Bolt LLC,bolt.io,Logistics,15,90000,Boston,United States,Joe,Acme Inc\n",
        {
            "Record Id": "external_id",
            "Account Name": "name",
            "Website": "domain",
            "Industry": "industry",
            "Employees": "employees",
            "Annual Revenue": "annual_revenue",
            "Billing City": "city",
            "Billing Country": "country",
            "Account Owner": "owner",
            "Parent Account": "parent",
        },
    ),
    Sample(
        "bitrix_лиды.csv",
        "person",
        "ID;Статус;Название лида;Имя;Отчество;Фамилия;Название компании;Рабочий телефон;Рабочий e-mail;Источник;"
        "Ответственный;Дата создания\n"
        "11;Новый;Заявка с сайта;Пётр;Ильич;Иванов;ООО Ромашка;+7 495 123-45-67;petr@romashka.ru;Веб-сайт;Анна Б"
        "елова;15.01.2024 10:00:00\n"
        "12;Качественный лид;Звонок;Ольга;Петровна;Сидорова;ООО Лютик;+7 812 765-43-21;olga@lutik.ru;Звонок;Анна"
        " Белова;16.01.2024 11:00:00\n"
        "13;Некачественный лид;Звонок 2;Иван;Иванович;Кузнецов;ИП Кузнецов;+7 812 765-43-22;ivan@kuz.ru;Звонок;А"
        "нна Белова;17.01.2024 11:00:00\n",
        {
            "ID": "external_id",
            "Статус": "lead_status",
            "Имя": "given_name",
            "Отчество": "middle_name",
            "Фамилия": "family_name",
            "Название компании": "company",
            "Рабочий телефон": "phone",
            "Рабочий e-mail": "email",
            "Источник": "source",
            "Ответственный": "owner",
            "Дата создания": "created_at",
        },
        {"Новый": "open", "Качественный лид": "won", "Некачественный лид": "lost"},
        {"Дата создания": "dmy"},
    ),
    Sample(
        "amocrm_export_leads.csv",
        "deal",
        "ID;Название сделки;Основной контакт;Компания контакта;Ответственный;Этап сделки;Воронка;Бюджет руб.;Дат"
        "а создания сделки;Дата закрытия\n"
        "501;Окна;Иванов Пётр;ООО Ромашка;Белова;Успешно реализовано;Основная;150000;01.02.2024 10:15:00;20.02.2"
        "024 12:00:00\n"
        "502;Двери;Сидорова Ольга;ООО Лютик;Белова;Закрыто и не реализовано;Основная;40000;03.02.2024 10:15:00;2"
        "5.02.2024 12:00:00\n"
        "503;Полы;Кузнецов Иван;ИП Кузнецов;Белова;Переговоры;Основная;90000;05.02.2024 10:15:00;не закрыта\n",
        {
            "ID": "external_id",
            "Название сделки": "title",
            "Основной контакт": "person",
            "Компания контакта": "company",
            "Ответственный": "owner",
            "Этап сделки": "stage",
            "Воронка": "pipeline",
            "Бюджет руб.": "value",
            "Дата создания сделки": "opened_at",
        },
        {"Успешно реализовано": "won", "Закрыто и не реализовано": "lost", "Переговоры": "open"},
    ),
    Sample(
        "klienci.csv",
        "person",
        "Lp.;Imię;Nazwisko;Adres e-mail;Telefon komórkowy;Firma;Stanowisko;Miasto;Kod pocztowy;Data urodzenia;Uwagi\n"
        "1;Anna;Kowalska;anna@kowalska.pl;601 202 303;Kowalska sp. j.;Prezes;Gdańsk;80-001;12.05.1980;VIP\n"
        "2;Łukasz;Wiśniewski;lukasz@wisnia.pl;602-202-304;Wiśnia SA;Kierownik;Łódź;90-002;30.11.1975;\n",
        {
            "Imię": "given_name",
            "Nazwisko": "family_name",
            "Adres e-mail": "email",
            "Telefon komórkowy": "phone",
            "Firma": "company",
            "Stanowisko": "job_title",
            "Miasto": "city",
            "Kod pocztowy": "postcode",
            "Data urodzenia": "birth_date",
            "Uwagi": "notes",
        },
        dates={"Data urodzenia": "dmy"},
    ),
    Sample(
        "szanse_sprzedaży.csv",
        "deal",
        "Numer;Nazwa szansy;Kontrahent;Etap;Wartość;Waluta;Opiekun;Data utworzenia;Przewidywana data zamknięcia;"
        "Powód przegranej\n"
        "S/1;Maszyna;Alfa SA;Wygrana;12 500,00;PLN;Jan Kos;03.01.2024;28.02.2024;\n"
        "S/2;Serwis;Beta SA;Przegrana;1 200,50;PLN;Jan Kos;13.01.2024;15.03.2024;cena\n"
        "S/3;Części;Gama SA;Negocjacje;700,00;PLN;Ola Wilk;23.01.2024;30.04.2024;\n",
        {
            "Numer": "external_id",
            "Nazwa szansy": "title",
            "Kontrahent": "company",
            "Etap": "stage",
            "Wartość": "value",
            "Waluta": "currency",
            "Opiekun": "owner",
            "Data utworzenia": "opened_at",
            "Przewidywana data zamknięcia": "expected_close_at",
            "Powód przegranej": "lost_reason",
        },
        {"Wygrana": "won", "Przegrana": "lost", "Negocjacje": "open"},
        {"Data utworzenia": "dmy"},
    ),
    Sample(
        "Kundenliste.csv",
        "company",
        "Kundennummer;Firmenname;Branche;Straße;PLZ;Ort;Land;Telefonnummer;Webseite;Anzahl Mitarbeiter;Jahresumsatz\n"
        "10001;Müller GmbH;Maschinenbau;Hauptstr. 1;50667;Köln;Deutschland;0221 123456;www.mueller.de;51-200;1.2"
        "50.000,00 €\n"
        "10002;Schmidt AG;Handel;Ring 5;10115;Berlin;Deutschland;030 654321;www.schmidt.de;11-50;800.000,00 €\n",
        {
            "Firmenname": "name",
            "Branche": "industry",
            "Straße": "address",
            "PLZ": "postcode",
            "Ort": "city",
            "Land": "country",
            "Telefonnummer": "phone",
            "Webseite": "domain",
            "Anzahl Mitarbeiter": "employees",
            "Jahresumsatz": "annual_revenue",
        },
    ),
    Sample(
        "Ansprechpartner.csv",
        "person",
        "Kontakt-Nr.;Anrede;Vorname;Nachname;E-Mail-Adresse;Handy;Unternehmen;Funktion;Geburtsdatum;Keine E-Mails\n"
        "1;Herr;Jörg;Müller;joerg@mueller.de;0171 1234567;Müller GmbH;Geschäftsführer;24.12.1970;ja\n"
        "2;Frau;Änne;Groß;aenne@gross.de;0172 7654321;Groß KG;Einkauf;03.02.1985;nein\n",
        {
            "Vorname": "given_name",
            "Nachname": "family_name",
            "E-Mail-Adresse": "email",
            "Handy": "phone",
            "Unternehmen": "company",
            "Funktion": "job_title",
            "Geburtsdatum": "birth_date",
            "Keine E-Mails": "do_not_email",
        },
        dates={"Geburtsdatum": "dmy"},
    ),
    Sample(
        "Verkaufschancen.csv",
        "deal",
        "Opportunity-Nr;Titel;Kunde;Verkaufsphase;Auftragswert;Erstellt am;Voraussichtliches Abschlussdatum;Vera"
        "ntwortlicher;Wahrscheinlichkeit\n"
        "A-1;Presse;Müller GmbH;Gewonnen;12.500,00;01.02.2024;15.02.2024;Uwe;100 %\n"
        "A-2;Wartung;Groß KG;Verloren;900,00;12.02.2024;20.03.2024;Uwe;0 %\n"
        "A-3;Lager;Klein AG;Angebot gesendet;4.000,00;13.02.2024;20.04.2024;Ute;50 %\n",
        {
            "Titel": "title",
            "Verkaufsphase": "stage",
            "Auftragswert": "value",
            "Erstellt am": "opened_at",
            "Voraussichtliches Abschlussdatum": "expected_close_at",
            "Verantwortlicher": "owner",
            "Wahrscheinlichkeit": "probability",
        },
        {"Gewonnen": "won", "Verloren": "lost", "Angebot gesendet": "open"},
    ),
    Sample(
        "export.csv",
        "person",
        "Feld1;Feld2;Feld3;Feld4\n"
        "A-100;Jörg Müller;joerg@mueller.de;+49 171 1234567\n"
        "A-101;Änne Groß;aenne@gross.de;+49 172 7654321\n"
        "A-102;Uwe Klein;uwe@klein.de;+49 173 7654322\n",
        {"Feld1": "external_id", "Feld2": "full_name", "Feld3": "email", "Feld4": "phone"},
    ),
    Sample(
        "прайс.csv",
        "product",
        "Артикул;Наименование товара;Категория;Цена\n"
        "W-1;Окно малое;Окна;5 000,00 руб.\nW-2;Окно большое;Окна;9 500,50 руб.\nD-1;Дверь;Двери;12 000,00 руб.\n",
        {"Артикул": "external_id", "Наименование товара": "name", "Категория": "family", "Цена": "price"},
    ),
    Sample(
        "orders.csv",
        "order",
        "Order Number,Customer Email,Order Date,Total,Currency,Status\n"
        "1001,anna@x.pl,2024-01-03,99.90,EUR,paid\n1002,jan@y.pl,2024-01-04,15.00,EUR,refunded\n1003,anna@x.pl,2"
        "024-02-04,5.00,EUR,paid\n",
        {
            "Order Number": "external_id",
            "Customer Email": "person",
            "Order Date": "ordered_at",
            "Total": "total",
            "Currency": "currency",
            "Status": "status",
        },
    ),
    Sample(
        "pozycje.csv",
        "order_line",
        "Nr zamówienia;Produkt;Ilość;Cena jednostkowa\n1001;Krzesło;4;99,90\n1001;Stół;1;350,00\n1002;Lampa;2;45,50\n",
        {"Nr zamówienia": "order", "Produkt": "product", "Ilość": "quantity", "Cena jednostkowa": "price"},
    ),
    Sample(
        "дела.csv",
        "activity",
        "Тип;Тема;Дата и время;Контакт;Сделка;Ответственный;Описание\n"
        "Звонок;Первый звонок;15.01.2024 10:00;Иванов Пётр;Окна;Белова;Договорились о встрече\n"
        "Встреча;Показ;16.01.2024 12:30;Сидорова Ольга;Двери;Белова;Нужны образцы\n"
        "Звонок;Уточнение;17.01.2024 09:15;Иванов Пётр;Окна;Белова;Перезвонить\n",
        {
            "Тип": "kind",
            "Тема": "subject",
            "Дата и время": "at",
            "Контакт": "person",
            "Сделка": "deal",
            "Ответственный": "owner",
            "Описание": "body",
        },
    ),
    Sample(
        "Mitarbeiter.csv",
        "staff",
        "Mitarbeiter;E-Mail;Abteilung;Vorgesetzter\nUwe Klein;uwe@firma.de;Nord;Ute Groß\nUte Groß;ute@firma.de;"
        "Nord;\nJan Kos;jan@firma.de;Süd;Ute Groß\n",
        {"Mitarbeiter": "name", "E-Mail": "email", "Abteilung": "team", "Vorgesetzter": "manager"},
    ),
    Sample(
        "my customers.csv",
        "person",
        "Name,mail,Tel.,Client (yes/no),first contact,comments\n"
        "Anna Nowak,anna@x.pl,+48 601 202 303,yes,13/01/2024,nice\nJan Kos,jan@y.pl,+48 602 202 303,no,25/01/2024,\n",
        {
            "Name": "full_name",
            "mail": "email",
            "Tel.": "phone",
            "Client (yes/no)": "lead_status",
            "first contact": "lead_created_at",
            "comments": "notes",
        },
        {"yes": "won", "no": "lost"},
        {"first contact": "dmy"},
    ),
)
