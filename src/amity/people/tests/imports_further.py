"""Exports of further systems, kept to see that recognition does not get worse for them; invented rows."""

from __future__ import annotations

from amity.people.tests.imports_samples import Sample

FURTHER = (
    Sample(
        "google_contacts.csv",
        "person",
        "First Name,Middle Name,Last Name,Organization Name,Organization Title,Birthday,Notes,Labels,E-ma"
        "il 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - City,Address 1 - Count"
        "ry\n"
        "Anna,,Nowak,Acme,CEO,1980-02-03,,* myContacts,* Work,anna@x.pl,Mobile,+48 600 100 200,Kraków,Pol"
        "and\n"
        "Jan,,Kos,Beta,CFO,,,* myContacts,* Work,jan@x.pl,Mobile,+48 600 100 201,Gdańsk,Poland\n",
        {
            "First Name": "given_name",
            "E-mail 1 - Value": "email",
            "Phone 1 - Value": "phone",
            "Address 1 - City": "city",
            "Organization Name": "company",
            "Organization Title": "job_title",
            "Birthday": "birth_date",
        },
    ),
    Sample(
        "outlook.csv",
        "person",
        "First Name,Last Name,Company,Job Title,Business Street,Business City,Business Postal Code,Busine"
        "ss Country/Region,Business Phone,Mobile Phone,E-mail Address,E-mail Display Name\n"
        "Anna,Nowak,Acme,CEO,Main 1,Berlin,10115,Germany,+49 30 123456,+49 171 1234567,anna@x.de,Anna N\n",
        {
            "E-mail Address": "email",
            "Business Phone": "phone",
            "Mobile Phone": "phone",
            "Business Postal Code": "postcode",
            "Business Country/Region": "country",
            "Job Title": "job_title",
        },
    ),
    Sample(
        "Connections.csv",
        "person",
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Anna,Nowak,https://www.linkedin.com/in/a,anna@x.pl,Acme,CEO,01 Feb 2024\n"
        "Jan,Kos,https://www.linkedin.com/in/b,jan@x.pl,Beta,CTO,15 Mar 2023\n",
        {
            "Email Address": "email",
            "Position": "job_title",
            "Company": "company",
        },
    ),
    Sample(
        "mailchimp_subscribed_members_export.csv",
        "person",
        "Email Address,First Name,Last Name,Address,Phone Number,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LA"
        "ST_CHANGED,LEID,EUID,TAGS\n"
        "anna@x.pl,Anna,Nowak,,+48600100200,2,2024-01-01 10:00:00,2024-01-01 10:00:00,2024-01-01 10:00:00"
        ",1001,ab12cd34ef,vip\n"
        "jan@x.pl,Jan,Kos,,+48600100201,3,2024-01-02 10:00:00,2024-01-02 10:00:00,2024-01-02 10:00:00,100"
        "2,ab12cd34ee,\n",
        {
            "Email Address": "email",
            "Phone Number": "phone",
            "MEMBER_RATING": "custom:integer",
            "OPTIN_TIME": "custom:date",
        },
    ),
    Sample(
        "stripe_customers.csv",
        "person",
        "id,Description,Email,Name,Created (UTC),Delinquent,Card ID,Currency,Total Spend,Payment Count\n"
        "cus_A1,,anna@x.pl,Anna Nowak,2024-01-01 10:00,false,card_1,eur,120.50,3\n"
        "cus_B2,,jan@x.pl,Jan Kos,2024-01-02 10:00,false,card_2,eur,20.50,1\n",
        {
            "id": "external_id",
            "Email": "email",
            "Name": "full_name",
            "Created (UTC)": "created_at",
            "Total Spend": "custom:number",
        },
    ),
    Sample(
        "shopify_orders_export.csv",
        "order",
        "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Cr"
        "eated at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name\n"
        "#1001,anna@x.pl,paid,2024-01-01 10:00:00 +0100,fulfilled,PLN,100,10,23,133,2024-01-01 09:59:00 +"
        "0100,1,Chair,100,CH-1,Anna Nowak\n"
        "#1002,jan@x.pl,paid,2024-01-02 10:00:00 +0100,fulfilled,PLN,50,10,12,72,2024-01-02 09:59:00 +010"
        "0,2,Lamp,25,LA-1,Jan Kos\n",
        {
            "Name": "external_id",
            "Email": "person",
            "Total": "total",
            "Created at": "ordered_at",
            "Currency": "currency",
        },
    ),
    Sample(
        "dynamics_opportunities.csv",
        "deal",
        "(Do Not Modify) Opportunity,Topic,Potential Customer,Est. Close Date,Est. Revenue,Contact,Accoun"
        "t,Probability,Rating,Status Reason,Owner,Created On\n"
        "0a1b2c3d-1111-2222-3333-444455556666,Big deal,Acme,12/31/2024,25000,Anna Nowak,Acme,60,Hot,In Pr"
        "ogress,Joe,1/15/2024 10:00 AM\n"
        "0a1b2c3d-1111-2222-3333-444455556667,Small,Beta,11/30/2024,500,Jan Kos,Beta,10,Cold,Lost,Joe,1/2"
        "5/2024 10:00 AM\n",
        {
            "Topic": "title",
            "Est. Close Date": "expected_close_at",
            "Est. Revenue": "value",
            "Contact": "person",
            "Account": "company",
            "Status Reason": "status",
            "Owner": "owner",
        },
    ),
    Sample(
        "freshsales_contacts.csv",
        "person",
        "Id,First name,Last name,Emails,Work,Mobile,Sales account,Lifecycle stage,Status,Sales owner,Crea"
        "ted at,Lost reason,Recent note\n"
        "70001,Anna,Nowak,anna@x.pl,+48 22 1234567,+48600100200,Acme,Lead,New,Joe,2024-01-01,,hi\n"
        "70002,Jan,Kos,jan@x.pl,,+48600100201,Beta,Lead,Unqualified,Joe,2024-01-05,budget,\n",
        {
            "Id": "external_id",
            "Emails": "email",
            "Work": "phone",
            "Mobile": "phone",
            "Sales account": "company",
            "Status": "lead_status",
        },
    ),
    Sample(
        "1c_контрагенты.csv",
        "company",
        "Код;Наименование;Полное наименование;ИНН;КПП;Юридический адрес;Телефон;Электронная почта;Основно"
        "й менеджер\n"
        "000001;Ромашка ООО;Общество с ограниченной ответственностью Ромашка;7701234567;770101001;Москва,"
        " ул. Ленина 1;+7 495 1234567;info@romashka.ru;Белова А.\n"
        "000002;Лютик АО;Акционерное общество Лютик;7801234567;780101001;СПб, Невский 1;+7 812 1234567;in"
        "fo@lutik.ru;Белова А.\n",
        {
            "Код": "external_id",
            "Наименование": "name",
            "ИНН": "tax_id",
            "КПП": "custom:integer",
            "Юридический адрес": "address",
            "Электронная почта": "email",
            "Основной менеджер": "owner",
        },
    ),
    Sample(
        "заказы_1с.csv",
        "order",
        "Номер;Дата;Контрагент;Сумма документа;Валюта;Менеджер;Состояние\n"
        "УТ-000001;15.01.2024 10:11:12;Ромашка ООО;15 000,50;руб.;Белова;Закрыт\n"
        "УТ-000002;16.01.2024 10:11:12;Лютик АО;1 000,00;руб.;Белова;К отгрузке\n",
        {
            "Номер": "external_id",
            "Дата": "ordered_at",
            "Контрагент": "company",
            "Сумма документа": "total",
            "Валюта": "currency",
        },
    ),
    Sample(
        "faktury_sprzedaz.csv",
        "order",
        "Nr dokumentu;Data wystawienia;Kontrahent;NIP;Wartość netto;Wartość brutto;Waluta;Termin płatnośc"
        "i;Status płatności\n"
        "FV/1/2024;2024-01-15;Alfa SA;5251234567;1000,00;1230,00;PLN;2024-01-29;opłacona\n"
        "FV/2/2024;2024-01-16;Beta SA;5251234568;2000,00;2460,00;PLN;2024-01-30;nieopłacona\n",
        {
            "Nr dokumentu": "external_id",
            "Data wystawienia": "ordered_at",
            "Kontrahent": "company",
            "Wartość brutto": "total",
        },
    ),
    Sample(
        "Rechnungen.csv",
        "order",
        "Rechnungsnr.;Rechnungsdatum;Kd.-Nr.;Kunde;Netto;MwSt;Brutto;Bezahlt\n"
        "RE-1;15.01.2024;10001;Müller GmbH;1.000,00;190,00;1.190,00;ja\n"
        "RE-2;16.01.2024;10002;Groß KG;2.000,00;380,00;2.380,00;nein\n",
        {
            "Rechnungsnr.": "external_id",
            "Rechnungsdatum": "ordered_at",
            "Brutto": "total",
            "Bezahlt": "custom:boolean",
        },
    ),
    Sample(
        "Anrufe.csv",
        "activity",
        "Datum;Uhrzeit;Kontakt;Dauer (Sek.);Richtung;Ergebnis;Mitarbeiter;Notiz\n"
        "15.01.2024;10:11;Jörg Müller;120;ausgehend;erreicht;Uwe;will Angebot\n"
        "16.01.2024;11:11;Änne Groß;20;ausgehend;nicht erreicht;Uwe;\n",
        {
            "Datum": "at",
            "Kontakt": "person",
            "Mitarbeiter": "owner",
            "Notiz": "body",
            "Dauer (Sek.)": "custom:integer",
        },
    ),
    Sample(
        "tickets.csv",
        "activity",
        "Ticket ID,Subject,Requester,Requester email,Status,Priority,Created at,Assignee\n"
        "1,Broken,Anna,anna@x.pl,open,high,2024-01-01 10:00,Joe\n"
        "2,Late,Jan,jan@x.pl,solved,low,2024-01-02 10:00,Joe\n",
        {
            "Ticket ID": "external_id",
            "Subject": "subject",
            "Requester": "person",
            "Created at": "at",
            "Assignee": "owner",
        },
    ),
    Sample(
        "monday_leads.csv",
        "person",
        "Name,Lead Owner,Status,Company,Title,Email,Phone,Last interaction,Deal value\n"
        "Anna Nowak,Joe,Contacted,Acme,CEO,anna@x.pl,48600100200,2024-01-01,1000\n"
        "Jan Kos,Joe,Won,Beta,CTO,jan@x.pl,48600100201,2024-01-03,500\n",
        {
            "Name": "full_name",
            "Lead Owner": "owner",
            "Status": "lead_status",
            "Title": "job_title",
            "Deal value": "custom:integer",
        },
    ),
    Sample(
        "leady_fb.csv",
        "person",
        "id;created_time;ad_name;campaign_name;form_name;platform;full_name;email;phone_number;city\n"
        "l:123456;2024-01-01T10:00:00+01:00;ad1;camp1;form1;fb;Anna Nowak;anna@x.pl;p:+48600100200;Kraków"
        "\n"
        "l:123457;2024-01-02T10:00:00+01:00;ad1;camp1;form1;ig;Jan Kos;jan@x.pl;p:+48600100201;Gdańsk\n",
        {
            "id": "external_id",
            "full_name": "full_name",
            "phone_number": "phone",
            "created_time": "created_at",
        },
    ),
    Sample(
        "сотрудники.csv",
        "staff",
        "Табельный номер;ФИО;Отдел;Должность;Руководитель;Рабочая почта\n"
        "1;Белова Анна;Продажи;Менеджер;Иванов Пётр;belova@x.ru\n"
        "2;Иванов Пётр;Продажи;Руководитель отдела;;ivanov@x.ru\n",
        {
            "ФИО": "name",
            "Отдел": "team",
            "Должность": "role",
            "Руководитель": "manager",
            "Рабочая почта": "email",
        },
    ),
    Sample(
        "produkty.csv",
        "product",
        "SKU;Nazwa produktu;Kategoria;Cena netto (PLN);VAT;Stan magazynowy\n"
        "A-1;Krzesło;Meble;99,99;23%;12\n"
        "A-2;Stół;Meble;350,00;23%;3\n",
        {
            "SKU": "external_id",
            "Nazwa produktu": "name",
            "Kategoria": "family",
            "Cena netto (PLN)": "price",
        },
    ),
    Sample(
        "Artikelstamm.csv",
        "product",
        "Artikel-Nr.;Bezeichnung;Warengruppe;VK-Preis;EK-Preis;Einheit\n"
        "100;Schraube;Eisen;0,15;0,05;Stk\n"
        "101;Mutter;Eisen;0,10;0,04;Stk\n",
        {
            "Artikel-Nr.": "external_id",
            "Bezeichnung": "name",
            "Warengruppe": "family",
            "VK-Preis": "price",
        },
    ),
    Sample(
        "deals_hubspot_ru.csv",
        "deal",
        "Идентификатор записи;Название сделки;Этап сделки;Сумма;Дата закрытия;Владелец сделки;Связанный к"
        "онтакт;Причина проигрыша\n"
        "1;Окна;Сделка выиграна;1000;2024-01-15;Анна;Пётр;\n"
        "2;Двери;Сделка проиграна;500;2024-01-16;Анна;Ольга;цена\n",
        {
            "Идентификатор записи": "external_id",
            "Этап сделки": "stage",
            "Владелец сделки": "owner",
            "Связанный контакт": "person",
            "Причина проигрыша": "lost_reason",
        },
    ),
    Sample(
        "noheader_people.csv",
        "person",
        "1;Jan Kowalski;jan@x.pl;+48 600 100 200;2024-01-05\n"
        "2;Anna Nowak;anna@x.pl;+48 600 100 201;2024-01-06\n"
        "3;Ewa Lis;ewa@x.pl;+48 600 100 202;2024-01-07\n",
        {
            "Column 1": "external_id",
            "Column 2": "full_name",
            "Column 3": "email",
            "Column 4": "phone",
        },
    ),
    Sample(
        "sugar_accounts.csv",
        "company",
        "Name,ID,Website,Email Address,Office Phone,Alternate Phone,Fax,Billing Street,Billing City,Billi"
        "ng State,Billing Postal Code,Billing Country,Description,Type,Industry,Annual Revenue,Employees,"
        "SIC Code,Assigned User Name\n"
        "Acme Inc,a1b2c3d4-0000-1111-2222-333344445555,http://acme.com,info@acme.com,(415) 555-2671,,,Mai"
        "n 1,Austin,TX,78701,USA,,Customer,Software,100000,50,1234,Joe\n"
        "Bolt LLC,a1b2c3d4-0000-1111-2222-333344445556,http://bolt.com,info@bolt.com,(415) 555-2672,,,Mai"
        "n 2,Boston,MA,02101,USA,,Customer,Retail,200000,60,1235,Joe\n",
        {
            "Name": "name",
            "ID": "external_id",
            "Website": "domain",
            "Office Phone": "phone",
            "Annual Revenue": "annual_revenue",
            "Employees": "employees",
            "Assigned User Name": "owner",
        },
    ),
)
