"""The word lists behind ``vocabulary``: data only."""

from __future__ import annotations

# noun.field -> phrases. "*" stands for every noun that has the field.
FIELD_WORDS: dict[str, str] = {
    "*.external_id": (
        "id,record id,record_id,external id,old id,system id,uid,guid,uuid,ид,идентификатор,код,номер,"
        "identyfikator,nr,numer,kennung,nummer,datensatznummer,datensatz id,xml id,внешний код,внешний ид,"
        "zewnętrzne id,externe id,lp,no,number,pk,идентификатор записи,id записи,identyfikator rekordu,"
        "record number,system record id"
    ),
    "person.external_id": (
        "contact id,person id,lead id,customer id,client id,user id,subscriber id,mql id,prospect id,"
        "customer number,customerid,kunden nr,kundennummer,kunden id,kontakt id,kontaktnummer,id контакта,id лида,"
        "id клиента,номер клиента,код клиента,id kontaktu,id klienta,numer klienta,nr klienta,id leada,"
        "lead number,member id,vid,contact record id,lead record id,personen id,id osoby,master id,guest id,"
        "patient id,account number,debitor,debitorennummer,card number"
    ),
    "company.external_id": (
        "account id,company id,organization id,organisation id,firma id,firmen id,firmennummer,id компании,"
        "id организации,id firmy,id organizacji,company record id,код контрагента,id kontrahenta,kontrahent id,"
        "unternehmens id"
    ),
    "deal.external_id": (
        "deal id,opportunity id,opp id,id сделки,номер сделки,id szansy,id transakcji,id deala,deal record id,"
        "verkaufschance id,opportunity number,deal number,id dealu,geschäft id,potential id,сделка id,"
        "subscription id,contract id"
    ),
    "product.external_id": (
        "product id,sku,article,article number,item number,item id,product code,artikelnummer,artikel nr,артикул,"
        "код товара,id товара,kod produktu,kod towaru,indeks,symbol,id produktu,ean,gtin,upc,stockcode,stock code,"
        "part number,produkt id"
    ),
    "order.external_id": (
        "order id,order number,order no,invoice no,invoice number,invoice,номер заказа,id заказа,заказ,"
        "numer zamówienia,nr zamówienia,id zamówienia,bestellnummer,auftragsnummer,bestell nr,auftrags nr,"
        "rechnungsnummer,faktura,nr faktury,номер счета,transaction id,receipt number,номер чека,belegnummer,"
        "nr dokumentu,numer dokumentu,document number,номер документа,belegnr,rechnungsnr,bestellnr,auftragsnr,"
        "number,номер,numer,nr"
    ),
    "order_line.order": (
        "order id,order number,order no,order,invoice no,invoice number,номер заказа,id заказа,заказ,"
        "numer zamówienia,nr zamówienia,zamówienie,id zamówienia,bestellnummer,auftragsnummer,bestellung,auftrag,"
        "tid,transaction id,basket id,cart id"
    ),
    "activity.external_id": (
        "activity id,event id,task id,call id,message id,ticket id,id дела,id задачи,id aktywności,id zadania,"
        "aktivität id,aufgaben id,note id,log id"
    ),
    "staff.external_id": (
        "employee id,staff id,agent id,rep id,user id,owner id,id сотрудника,табельный номер,id pracownika,"
        "mitarbeiter id,personalnummer,seller code"
    ),
    "person.full_name": (
        "name,full name,fullname,contact name,contact,person,person name,customer name,client name,lead name,"
        "customer,client,lead,lead title,фио,имя и фамилия,имя фамилия,контакт,контактное лицо,клиент,"
        "имя контакта,полное имя,покупатель,наименование лида,imię i nazwisko,imie i nazwisko,nazwa kontaktu,"
        "kontakt,osoba,osoba kontaktowa,klient,pełna nazwa,vor und nachname,vollständiger name,ansprechpartner,"
        "kontaktname,kontaktperson,kunde,kundenname,display name,nazwisko i imię,nachname vorname,contact person,"
        "subscriber,member,ф и о,основной контакт,attendee,gast"
    ),
    "person.given_name": ("first name,firstname,given name,forename,fname,имя,imię,imie,vorname,first,rufname"),
    "person.family_name": (
        "last name,lastname,surname,family name,lname,second name,фамилия,nazwisko,nachname,familienname,last"
    ),
    "person.middle_name": (
        "middle name,patronymic,middle initial,отчество,drugie imię,zweiter vorname,mittelname,otczestwo"
    ),
    "company.name": (
        "name,company,company name,account name,account,organization,organisation,organization name,"
        "organisation name,business name,legal name,компания,название компании,название,организация,контрагент,"
        "наименование,юридическое название,фирма,наименование организации,firma,nazwa firmy,nazwa,kontrahent,"
        "organizacja,nazwa organizacji,nazwa kontrahenta,klient,firmenname,unternehmen,unternehmensname,"
        "organisationsname,kunde,kundenname,customer,client,customer name,vendor"
    ),
    "product.name": (
        "name,product,product name,item,item name,title,название,товар,наименование,наименование товара,"
        "название товара,продукт,услуга,nazwa,nazwa produktu,produkt,towar,nazwa towaru,usługa,artikel,"
        "artikelbezeichnung,bezeichnung,produktname,produktbezeichnung,leistung,service,service name,номенклатура,"
        "description"
    ),
    "deal.title": (
        "deal name,deal title,deal,opportunity,opportunity name,title,name,subject,название,название сделки,"
        "сделка,наименование сделки,nazwa szansy,nazwa transakcji,nazwa deala,szansa sprzedaży,szansa,tytuł,nazwa,"
        "verkaufschance,opportunity titel,geschäft,name der opportunity,dealname,titel,potential name,bezeichnung,"
        "topic,тема,projekt,vorgang"
    ),
    "staff.name": (
        "name,full name,employee,employee name,sales agent,agent,sales rep,salesperson,sales person,rep,user,"
        "user name,owner,сотрудник,менеджер,фио,фио сотрудника,имя сотрудника,ответственный,агент,продавец,"
        "pracownik,handlowiec,imię i nazwisko,przedstawiciel,opiekun,sprzedawca,użytkownik,mitarbeiter,verkäufer,"
        "vertriebsmitarbeiter,vertreter,benutzer,name des mitarbeiters,account executive,consultant,seller"
    ),
    "staff.given_name": ("first name,firstname,given name,имя,imię,vorname"),
    "staff.family_name": ("last name,lastname,surname,фамилия,nazwisko,nachname"),
    "staff.team": (
        "team,office,regional office,department,region,branch,division,отдел,команда,филиал,офис,подразделение,"
        "dział,zespół,oddział,biuro,abteilung,filiale,niederlassung,standort,gebiet,territory,group,группа,"
        "sales team"
    ),
    "staff.manager": (
        "manager,manager name,supervisor,boss,team lead,reports to,head,руководитель,начальник,kierownik,"
        "przełożony,menedżer,vorgesetzter,leiter,teamleiter,manager email,leitung"
    ),
    "staff.role": ("role,position,job title,роль,должность,rola,stanowisko,rolle,funktion,position title"),
    "*.email": (
        "email,e mail,mail,email address,e mail address,primary email,work email,home email,personal email,"
        "email 1,email 2,secondary email,контактный email,почта,эл почта,электронная почта,email рабочий,"
        "рабочий email,емейл,имейл,e mail рабочий,личный email,адрес электронной почты,adres email,adres e mail,"
        "poczta,poczta elektroniczna,e mail adresse,mailadresse,email adresse,email privat,e mail geschäftlich,"
        "email praca,email work,email home,person email,emailaddress"
    ),
    "*.phone": (
        "phone,telephone,tel,phone number,mobile,mobile phone,cell,cell phone,work phone,home phone,other phone,"
        "business phone,phone 1,phone 2,fax free phone,телефон,тел,мобильный,мобильный телефон,рабочий телефон,"
        "номер телефона,сотовый,домашний телефон,телефон рабочий,контактный телефон,telefon,telefon komórkowy,"
        "komórka,nr telefonu,numer telefonu,tel kom,telefon służbowy,telefonnummer,handy,mobil,mobiltelefon,"
        "handynummer,rufnummer,telefon geschäftlich,telefon privat,festnetz,mobilnummer,mobile number,"
        "contact number,phone work,phone mobile,phone home,person phone,whatsapp,telefon praca,msisdn"
    ),
    "*.address": (
        "address,street,street address,mailing street,billing street,address line 1,address 1,address 2,адрес,"
        "улица,ulica,adres,adresse,strasse,straße,anschrift,billing address,mailing address,full address,"
        "полный адрес,адрес доставки,straße und hausnummer,hausnummer,адрес регистрации,shipping address,"
        "other street,primary address street,юридический адрес,фактический адрес,почтовый адрес,adres siedziby,"
        "adres korespondencyjny,rechnungsadresse,lieferadresse"
    ),
    "*.city": (
        "city,town,mailing city,billing city,город,населенный пункт,miasto,miejscowość,stadt,ort,wohnort,"
        "miejscowosc,shipping city,locality,primary address city"
    ),
    "*.country": (
        "country,mailing country,billing country,country region,country code,страна,kraj,land,state country,"
        "geography,nation,państwo,staat,location country,billing country region,primary address country,"
        "office location,kraj region,land region"
    ),
    "*.postcode": (
        "postcode,postal code,zip,zip code,zipcode,mailing zip postal code,billing zip postal code,индекс,"
        "почтовый индекс,kod pocztowy,plz,postleitzahl,mailing postal code,billing postal code,zip postal code,"
        "post code"
    ),
    "*.language": (
        "language,preferred language,locale,язык,язык общения,język,sprache,bevorzugte sprache,lang,sprachcode,"
        "preferredlanguage"
    ),
    "person.company": (
        "company,company name,account,account name,organization,organisation,organization name,employer,"
        "account id,company id,associated company,primary company,компания,название компании,организация,"
        "место работы,контрагент,firma,nazwa firmy,organizacja,organizacja nazwa,pracodawca,unternehmen,"
        "firmenname,arbeitgeber,organisation name,company account,name der firma,компания контакта,"
        "associated company name,unternehmensname,nazwa organizacji,sales account,account company,employer name"
    ),
    "person.job_title": (
        "job title,title,position,job,occupation,role,job position,profession,current occupation,должность,"
        "профессия,stanowisko,zawód,pozycja,funktion,berufsbezeichnung,position im unternehmen,beruf,stelle,"
        "jobtitel,designation,organization title,company title"
    ),
    "person.birth_date": (
        "birth date,birthdate,birthday,date of birth,dob,дата рождения,день рождения,data urodzenia,urodziny,"
        "geburtsdatum,geburtstag,geb datum,geboren am"
    ),
    "person.do_not_email": (
        "do not email,email opt out,opted out of email,unsubscribed,has opted out of email,"
        "unsubscribed from all email,marketing emails opt out,не писать,отписан,отписался,не отправлять письма,"
        "nie wysyłać email,nie wysyłaj e maili,wypisany,rezygnacja z emaili,keine e mails,keine e mail,"
        "e mail abgemeldet,abgemeldet,newsletter abgemeldet"
    ),
    "person.do_not_call": (
        "do not call,dnc,call opt out,phone opt out,не звонить,запрет звонков,nie dzwonić,nie dzwoń,nicht anrufen,"
        "keine anrufe,telefonverbot"
    ),
    "person.consent_newsletter": (
        "newsletter,newsletter consent,newsletter opt in,newsletter subscriber,subscribed to newsletter,"
        "рассылка,подписка на рассылку,согласие на рассылку,подписан на рассылку,zgoda na newsletter,"
        "zapisany na newsletter,newsletter einwilligung,newsletter abonniert,newsletter abonnent"
    ),
    "person.consent_email": (
        "email consent,e mail consent,email opt in,opt in email,email permission,marketing consent,consent marketing,"
        "accepts marketing,accepts email marketing,marketing opt in,gdpr consent,согласие на email,"
        "согласие на рекламу,согласие на письма,zgoda email,zgoda na email,zgoda marketingowa,zgoda na marketing,"
        "e mail einwilligung,einwilligung e mail,werbeeinwilligung,einwilligung werbung"
    ),
    "person.consent_sms": (
        "sms consent,sms opt in,opt in sms,accepts sms marketing,text message consent,согласие на sms,согласие на смс,"
        "zgoda sms,zgoda na sms,sms einwilligung,einwilligung sms"
    ),
    "person.consent_phone": (
        "phone consent,call consent,phone opt in,consent to calls,согласие на звонки,zgoda telefon,zgoda na telefon,"
        "zgoda na kontakt telefoniczny,telefon einwilligung,einwilligung telefon"
    ),
    "person.consent_post": (
        "post consent,postal consent,mail opt in postal,direct mail consent,согласие на почтовые отправления,"
        "zgoda na pocztę tradycyjną,einwilligung post"
    ),
    "person.consent_at": (
        "consent date,consent at,opt in date,opted in at,consented at,дата согласия,data zgody,datum der einwilligung,"
        "einwilligung am"
    ),
    "*.source": (
        "source,lead source,origin,lead origin,channel,original source,acquisition channel,utm source,"
        "traffic source,источник,источник лида,канал,источник сделки,рекламный канал,źródło,źródło leada,"
        "źródło pozyskania,kanał,kanał pozyskania,quelle,leadquelle,lead quelle,herkunft,kanal,"
        "how did you hear about us,campaign,campaign source,deal source,original source type"
    ),
    "person.lead_status": (
        "lead status,status,converted,is converted,conversion,lead stage,lifecycle stage,lifecyclestage,qualified,"
        "state,qualification,статус,статус лида,стадия,стадия лида,конвертирован,сконвертирован,этап,status leada,"
        "skonwertowany,konwersja,etap,leadstatus,konvertiert,umgewandelt,status des leads,is customer,is client,"
        "client yes no,стал клиентом,клиент да нет,ist kunde,czy klient,became customer,became a customer,"
        "subscribed,y,lead state,исход,wynik,outcome,purchased,converted yes no"
    ),
    "person.lead_created_at": (
        "lead created,lead created at,lead date,lead created date,lead since,first contact date,first contact,"
        "first touch,inquiry date,enquiry date,дата лида,дата обращения,дата заявки,первое обращение,"
        "дата создания лида,data leada,data zapytania,data pierwszego kontaktu,pierwszy kontakt,anfragedatum,"
        "erstkontakt,lead datum,datum der anfrage,lead erstellt am"
    ),
    "person.lead_decided_at": (
        "converted date,conversion date,converted at,date converted,qualified date,qualified at,decided at,"
        "дата конверсии,дата конвертации,data konwersji,data kwalifikacji,konvertierungsdatum,qualifiziert am,"
        "became a customer date,конвертирован дата,umgewandelt am,konvertiert am"
    ),
    "*.created_at": (
        "created,created at,created date,create date,created on,created time,date created,added,add time,"
        "date added,creation date,registration date,registered at,signup date,signed up,sign up date,date entered,"
        "дата создания,создан,создано,дата регистрации,дата добавления,data utworzenia,utworzono,data dodania,"
        "dodano,data rejestracji,erstellt,erstellt am,erstellungsdatum,angelegt am,anlagedatum,registriert am,"
        "когда создан,contact created,person created,organization created"
    ),
    "*.owner": (
        "owner,record owner,contact owner,lead owner,account owner,deal owner,opportunity owner,assigned to,"
        "assigned user,sales agent,agent,sales rep,salesperson,sales person,account manager,responsible,rep,sr id,"
        "owner name,owner id,account executive,sales manager,sales owner,company owner,potential owner,assigned,"
        "ответственный,менеджер,ответственный менеджер,ответственный пользователь,владелец,куратор,opiekun,"
        "właściciel,handlowiec,odpowiedzialny,przypisany do,osoba odpowiedzialna,opiekun klienta,opiekun handlowy,"
        "verantwortlich,verantwortlicher,zuständig,besitzer,betreuer,kundenbetreuer,eigentümer,inhaber,"
        "sachbearbeiter,zugewiesen an,vertriebsmitarbeiter,mitarbeiter,owner email,ответственный сотрудник,"
        "hubspot owner id,deal owner name,person owner,organization owner,assignee,assigned user name,"
        "assigned agent,исполнитель,przypisany,bearbeiter"
    ),
    "*.notes": (
        "notes,note,comment,comments,remarks,description,заметки,комментарий,комментарии,примечание,примечания,"
        "описание,uwagi,notatki,notatka,komentarz,opis,notizen,notiz,bemerkung,bemerkungen,kommentar,anmerkung,"
        "anmerkungen,beschreibung,примечание 1,additional info"
    ),
    "company.domain": (
        "domain,website,web,web site,url,company domain,company domain name,homepage,www,сайт,веб сайт,"
        "адрес сайта,strona www,strona internetowa,strona,domena,webseite,internetseite,website url,internet,"
        "web page"
    ),
    "company.industry": (
        "industry,sector,branch,business segment,segment,vertical,отрасль,сфера деятельности,вид деятельности,"
        "сегмент,branża,sektor,branche,wirtschaftszweig,industrie,company type,сфера"
    ),
    "company.employees": (
        "employees,number of employees,no of employees,employee count,headcount,company size,staff count,"
        "num employees,сотрудников,количество сотрудников,число сотрудников,кол во сотрудников,liczba pracowników,"
        "pracownicy,wielkość firmy,mitarbeiter,anzahl mitarbeiter,mitarbeiterzahl,mitarbeiteranzahl,"
        "unternehmensgröße,size"
    ),
    "company.annual_revenue": (
        "annual revenue,revenue,yearly revenue,turnover,annual turnover,годовой оборот,оборот,выручка,"
        "годовая выручка,годовой доход,roczny przychód,przychód,obrót,przychody,roczne obroty,jahresumsatz,umsatz,"
        "revenue per year,declared monthly revenue"
    ),
    "company.founded_year": (
        "founded,year founded,founded year,year established,established,year of foundation,год основания,основана,"
        "rok założenia,założona,gründungsjahr,gegründet,gründung"
    ),
    "company.parent": (
        "parent,parent company,parent account,subsidiary of,parent id,part of,holding,головная компания,"
        "материнская компания,холдинг,spółka matka,firma nadrzędna,firma matka,jednostka nadrzędna,"
        "muttergesellschaft,mutterunternehmen,konzern,übergeordnete firma,parent account id,tochter von"
    ),
    "company.tax_id": (
        "tax id,vat,vat id,vat number,tin,инн,кпп,огрн,nip,regon,krs,ust id,ust idnr,umsatzsteuer id,steuernummer,"
        "handelsregister,tax number,vat no"
    ),
    "deal.person": (
        "contact,contact name,contact person,person,person name,primary contact,contact id,lead id,mql id,"
        "customer,customer name,customer id,client,client name,client id,lead,контакт,основной контакт,клиент,"
        "контактное лицо,фио,покупатель,id контакта,id клиента,kontakt,osoba,osoba kontaktowa,klient,id kontaktu,"
        "id klienta,ansprechpartner,kunde,kontaktperson,kundennummer,person id,associated contact,"
        "associated contacts,associated contact ids,contact email,email,e mail,prospect id,user id,telefon,phone,"
        "связанный контакт,связанные контакты,контакт сделки,powiązany kontakt,zugeordneter kontakt,"
        "verknüpfter kontakt"
    ),
    "deal.company": (
        "company,account,account name,company name,organization,organisation,organization name,account id,"
        "company id,associated company,associated companies,компания,организация,контрагент,название компании,"
        "компания контакта,id компании,firma,organizacja,kontrahent,nazwa firmy,id firmy,unternehmen,firmenname,"
        "organisation name,associated company ids,primary associated company,kunde firma,заказчик,"
        "potential customer,customer account,parent account,potential customer name,связанная компания,"
        "powiązana firma,zugeordnetes unternehmen"
    ),
    "deal.product": (
        "product,product name,products,item,sku,product id,plan,plan tier,товар,продукт,товары,услуга,produkt,"
        "produkty,usługa,towar,artikel,produkte,leistung,тариф,taryfa,tarif"
    ),
    "deal.pipeline": (
        "pipeline,sales pipeline,process,воронка,воронка продаж,направление,направление сделки,lejek,"
        "lejek sprzedaży,proces,vertriebspipeline,verkaufsprozess,pipeline name,deal pipeline"
    ),
    "deal.stage": (
        "stage,deal stage,stage name,sales stage,opportunity stage,phase,pipeline stage,этап,стадия,этап сделки,"
        "стадия сделки,статус сделки,фаза,etap,faza,etap sprzedaży,status szansy,etap szansy,status transakcji,"
        "verkaufsphase,stufe,status der verkaufschance,dealphase,deal phase,phase der opportunity,verkaufsstufe"
    ),
    "deal.status": (
        "status,deal status,outcome,result,won,is won,lost,is closed won,closed won,win loss,won lost,state,"
        "статус,результат,итог,исход,сделка выиграна,wynik,rezultat,czy wygrana,ergebnis,gewonnen,abschluss,"
        "resultat,status reason,state reason,deal result"
    ),
    "deal.value": (
        "value,deal value,amount,deal amount,close value,opportunity amount,price,total,sum,revenue,budget,"
        "contract value,expected revenue,mrr amount,amount in company currency,сумма,сумма сделки,бюджет,"
        "бюджет сделки,стоимость,цена,kwota,wartość,wartość szansy,wartość transakcji,suma,budżet,wert,betrag,"
        "auftragswert,summe,dealwert,deal wert,volumen,umsatz,auftragsvolumen,potential value,opportunity value,"
        "wartosc,income,est revenue,estimated revenue,estimated value,actual revenue,weighted value,"
        "ожидаемая выручка"
    ),
    "*.currency": (
        "currency,currency code,currency iso code,value currency,валюта,waluta,währung,deal currency,"
        "currency of value,währungscode,kod waluty,deal currency code,код валюты"
    ),
    "deal.opened_at": (
        "opened,opened at,open date,created,created at,created date,create date,start date,engage date,"
        "deal created,add time,date opened,deal created on,opportunity created,дата открытия,дата создания,"
        "создана,дата начала,дата создания сделки,data utworzenia,utworzono,data otwarcia,data rozpoczęcia,"
        "data dodania,erstellt,erstellt am,eröffnet,eröffnungsdatum,startdatum,erstellungsdatum,angelegt am,"
        "beginn,дата начала сделки,created on,created time,deal created date"
    ),
    "deal.closed_at": (
        "closed,closed at,close date,closed date,won date,won time,lost time,closed on,closing date,date closed,"
        "end date,deal closed time,actual close date,дата закрытия,закрыта,дата завершения,дата сделки,"
        "дата продажи,data zamknięcia,zamknięto,data wygranej,data zakończenia,abschlussdatum,geschlossen am,"
        "abgeschlossen am,geschlossen,deal closed date,lost date,sold date,date won,data sprzedaży,verkaufsdatum,"
        "дата выигрыша"
    ),
    "deal.expected_close_at": (
        "expected close date,expected close,expected closing date,estimated close date,forecast close date,"
        "target close date,предполагаемая дата закрытия,ожидаемая дата закрытия,плановая дата закрытия,"
        "планируемая дата закрытия,oczekiwana data zamknięcia,przewidywana data zamknięcia,"
        "planowana data zamknięcia,erwarteter abschluss,voraussichtliches abschlussdatum,"
        "erwartetes abschlussdatum,geplanter abschluss,voraussichtlicher abschluss,est close date,"
        "estimated closing,forecasted close date,ожидаемая дата сделки,termin zamknięcia"
    ),
    "deal.lost_reason": (
        "lost reason,loss reason,reason lost,reason for loss,closed lost reason,причина отказа,причина проигрыша,"
        "причина закрытия,powód przegranej,powód utraty,przyczyna przegranej,verlustgrund,grund für verlust,"
        "absagegrund,причина провала,reason,deal lost reason,why lost"
    ),
    "deal.probability": (
        "probability,win probability,chance,likelihood,вероятность,prawdopodobieństwo,szansa procent,"
        "wahrscheinlichkeit,deal probability,abschlusswahrscheinlichkeit,probability percent,вероятность процент"
    ),
    "product.family": (
        "family,product family,category,series,product category,group,product line,type,категория,серия,группа,"
        "раздел,группа товаров,kategoria,seria,grupa,rodzina,linia,kategorie,produktgruppe,warengruppe,serie,"
        "produktfamilie,produktlinie,kategoria produktu,produktkategorie,категория товара,product type"
    ),
    "product.price": (
        "price,sales price,list price,unit price,retail price,net price,цена,стоимость,розничная цена,"
        "цена продажи,cena,cena netto,cena sprzedaży,cena jednostkowa,preis,listenpreis,verkaufspreis,stückpreis,"
        "einzelpreis,nettopreis,cost,vk preis"
    ),
    "product.description": (
        "description,details,описание,opis,beschreibung,product description,produktbeschreibung,opis produktu"
    ),
    "order.person": (
        "customer,customer id,client,client id,buyer,user id,customer name,customer email,email,клиент,покупатель,"
        "id клиента,klient,kupujący,id klienta,kunde,kundennummer,käufer,contact,contact id,person,billing name,"
        "fio,фио,phone,master id,e mail,код клиента,nabywca,besteller,kunden nr,kd nr,kundennr,nr klienta,"
        "billing email,customer no"
    ),
    "order.company": (
        "company,account,organization,billing company,компания,организация,контрагент,firma,kontrahent,"
        "unternehmen,account id"
    ),
    "order.ordered_at": (
        "order date,ordered at,date,purchase date,invoice date,created at,order timestamp,дата заказа,дата,"
        "дата покупки,дата оформления,data zamówienia,data,data zakupu,data faktury,bestelldatum,auftragsdatum,"
        "datum,rechnungsdatum,kaufdatum,paid at,order purchase timestamp,transaction date,sale date,"
        "data wystawienia,data sprzedaży,issue date,issued at,дата документа,belegdatum,date placed,placed at"
    ),
    "order.total": (
        "total,amount,order total,total price,grand total,sum,value,spend,сумма,сумма заказа,итого,стоимость,"
        "kwota,suma,wartość,razem,wartość zamówienia,summe,gesamt,gesamtbetrag,betrag,bestellwert,gesamtsumme,"
        "auftragssumme,total amount,payment value,monetary value,price,wartość brutto,rechnungsbetrag,"
        "сумма документа,kwota brutto,brutto,gross,gross amount,invoice total,amount due,bruttobetrag,"
        "итоговая сумма,всего"
    ),
    "order.status": (
        "status,order status,fulfillment status,payment status,financial status,статус,статус заказа,"
        "status zamówienia,bestellstatus,auftragsstatus,состояние,status płatności,zahlungsstatus,статус оплаты"
    ),
    "order_line.product": (
        "product,product id,item,sku,product name,item name,stock code,stockcode,lineitem name,lineitem sku,товар,"
        "артикул,наименование,продукт,produkt,towar,kod produktu,nazwa produktu,artikel,artikelnummer,description"
    ),
    "order_line.quantity": (
        "quantity,qty,units,count,amount of items,lineitem quantity,количество,кол во,шт,ilość,sztuk,szt,menge,"
        "anzahl,stück"
    ),
    "order_line.price": (
        "price,unit price,item price,line total,lineitem price,цена,стоимость,сумма,cena,cena jednostkowa,wartość,"
        "preis,einzelpreis,stückpreis,gesamtpreis"
    ),
    "activity.kind": (
        "type,activity type,event,event type,event name,kind,action,activity,task type,тип,тип дела,вид,событие,"
        "тип события,тип активности,typ,rodzaj,typ aktywności,zdarzenie,typ zadania,art,aktivitätstyp,ereignis,"
        "typ der aktivität,aktivität,vorgangsart,тип задачи,вид активности,direction type,channel,канал"
    ),
    "activity.subject": (
        "subject,title,activity subject,тема,название,заголовок,temat,tytuł,betreff,titel,task,задача,"
        "call subject,event label"
    ),
    "activity.at": (
        "date,datetime,timestamp,time,event time,occurred at,activity date,due date,start,start time,created at,"
        "when,sent at,дата,дата и время,время,дата звонка,дата события,срок,крайний срок,data,data i godzina,"
        "termin,czas,data aktywności,datum,zeit,zeitpunkt,datum und uhrzeit,beginn,fällig am,fälligkeitsdatum,"
        "date time,event timestamp,erledigt am,done time,call date,call time,дата и время звонка,datum uhrzeit,"
        "data rozmowy,date sent,date opened,opened"
    ),
    "activity.person": (
        "contact,contact id,contact name,person,person id,user id,customer,customer id,client,client id,lead,"
        "lead id,email,контакт,клиент,id контакта,id клиента,kontakt,osoba,klient,id klienta,kunde,"
        "ansprechpartner,kundennummer,who,who id,visitor id,contact person,лид,customer email,e mail,recipient,"
        "requester,requester email,requester name,reporter,from,to,caller,заявитель,zgłaszający,anrufer,melder"
    ),
    "activity.company": (
        "company,account,organization,company id,account id,компания,организация,firma,organizacja,unternehmen,what id"
    ),
    "activity.deal": (
        "deal,deal id,opportunity,opportunity id,deal name,opportunity name,сделка,id сделки,szansa,id szansy,"
        "transakcja,verkaufschance,deal title,geschäft"
    ),
    "activity.body": (
        "body,text,message,content,notes,note,comment,description,full comments,текст,сообщение,комментарий,"
        "описание,содержание,treść,wiadomość,opis,notatka,komentarz,nachricht,inhalt,beschreibung,notiz,kommentar,"
        "result,результат"
    ),
}

# Words in file and sheet names.
FILE_WORDS: dict[str, str] = {
    "person": (
        "contact,contacts,people,persons,leads,lead,customers,customer,clients,prospects,subscribers,users,"
        "members,mql,qualified leads,контакты,контакт,люди,лиды,лид,клиенты,покупатели,подписчики,kontakty,osoby,"
        "leady,klienci,kontakte,personen,kunden,interessenten,ansprechpartner,anfragen,заявки,zapytania"
    ),
    "company": (
        "accounts,account,companies,company,organizations,organisations,firms,компании,организации,контрагенты,"
        "фирмы,firmy,organizacje,kontrahenci,unternehmen,firmen,organisationen"
    ),
    "deal": (
        "deals,deal,opportunities,opportunity,pipeline,sales pipeline,closed deals,potentials,сделки,сделка,"
        "продажи,воронка,szanse,szansa,transakcje,sprzedaż,lejek,verkaufschancen,geschäfte,chancen,abschlüsse,"
        "subscriptions,contracts"
    ),
    "product": (
        "products,product,catalog,catalogue,price list,pricelist,items,товары,каталог,прайс,номенклатура,услуги,"
        "produkty,katalog,cennik,towary,produkte,artikel,preisliste,sortiment"
    ),
    "order": (
        "orders,order,invoices,sales orders,transactions,purchases,заказы,счета,чеки,покупки,zamówienia,faktury,"
        "zakupy,bestellungen,aufträge,rechnungen,käufe,продажи чеки,faktura,rechnung,счета фактуры,реализация"
    ),
    "order_line": (
        "order lines,order items,line items,order products,invoice lines,позиции заказов,позиции,состав заказов,"
        "pozycje,pozycje zamówień,bestellpositionen,auftragspositionen,positionen,baskets,groceries"
    ),
    "activity": (
        "activities,activity,events,event,calls,tasks,meetings,emails,messages,notes,history,log,дела,события,"
        "звонки,задачи,встречи,активности,письма,история,aktywności,zdarzenia,zadania,rozmowy,spotkania,historia,"
        "aktivitäten,ereignisse,aufgaben,anrufe,termine,verlauf,tickets,ticket,cases,обращения,тикеты,zgłoszenia,"
        "vorgänge,support"
    ),
    "staff": (
        "staff,employees,sales teams,sales team,agents,sales reps,team,teams,сотрудники,менеджеры,персонал,"
        "команда,pracownicy,handlowcy,zespół,mitarbeiter,vertrieb,personal,verkäufer"
    ),
}

# Words of stages and statuses.
OUTCOME_WORDS: dict[str, str] = {
    "won": (
        "won,win,closed won,close won,closedwon,success,successful,successfully,converted,customer,client,"
        "qualified,purchased,sold,signed,paid,yes,true,1,existing customer,won deal,deal won,became customer,"
        "opportunity created,выиграна,выиграно,выигран,выиграли,успешно,успешно реализовано,успех,продано,продажа,"
        "сделка успешна,клиент,сконвертирован,конвертирован,оплачено,оплачена,договор подписан,закрыта успешно,"
        "закрыто успешно,качественный,качественный лид,да,реализовано,wygrana,wygrane,wygrany,wygrano,sukces,"
        "sprzedano,sprzedane,sprzedana,klient,skonwertowany,skonwertowane,zakwalifikowany,opłacone,podpisana,tak,"
        "zamknięte wygrane,zrealizowana,gewonnen,abgeschlossen gewonnen,erfolg,erfolgreich,verkauft,kunde,"
        "konvertiert,umgewandelt,qualifiziert,unterschrieben,ja,auftrag erhalten,auftrag,gewonnene"
    ),
    "lost": (
        "lost,loss,lose,closed lost,close lost,closedlost,disqualified,unqualified,not qualified,rejected,refused,"
        "declined,cancelled,canceled,abandoned,failed,failure,dead,junk,junk lead,spam,no sale,dropped,churned,"
        "not interested,bad timing,lost lead,bad lead,deleted,lost to competitor,проиграна,проиграно,проигран,"
        "провалена,провал,отказ,отказался,отказались,отказано,не реализовано,закрыто и не реализовано,"
        "закрыто не реализовано,потеряна,потерян,некачественный,некачественный лид,дубль,отклонено,отменена,"
        "отменен,отменено,спам,брак,неуспешно,сделка провалена,закрыта неуспешно,неквалифицирован,не целевой,"
        "нецелевой,przegrana,przegrane,przegrany,przegrano,utracona,utracone,stracona,stracone,odrzucona,"
        "odrzucony,odrzucone,rezygnacja,anulowana,anulowane,niezakwalifikowany,zdyskwalifikowany,porażka,odmowa,"
        "zamknięte przegrane,niezainteresowany,verloren,abgeschlossen verloren,abgelehnt,abgesagt,absage,"
        "disqualifiziert,nicht qualifiziert,storniert,abgebrochen,kein interesse,unqualifiziert,verlorene,"
        "gescheitert"
    ),
    "open": (
        "open,new,in progress,working,contacted,prospecting,engaging,qualification,proposal,negotiation,"
        "negotiations,lead,nurturing,nurture,attempted to contact,assigned,in process,pending,demo,quote,"
        "contract sent,presentation scheduled,needs analysis,appointment scheduled,qualified to buy,"
        "decision maker bought in,value proposition,perception analysis,id decision makers,"
        "marketing qualified lead,sales qualified lead,subscriber,opportunity,marketingqualifiedlead,"
        "salesqualifiedlead,no,false,0,not contacted,contact in future,pre qualified,attempted,connected,"
        "open deal,unworked,открыта,открыт,открыто,новый,новая,новое,новая заявка,в работе,в обработке,"
        "первичный контакт,переговоры,принимают решение,согласование договора,согласование,предложение,"
        "коммерческое предложение,подготовка документов,счет на предоплату,счёт на предоплату,встреча,презентация,"
        "квалификация,неразобранное,не обработан,нет,думает,выставлен счет,otwarta,otwarte,otwarty,nowy,nowa,nowe,"
        "w toku,w trakcie,oferta,negocjacje,kwalifikacja,kontakt,prezentacja,nie,oferta wysłana,w realizacji,"
        "rozmowa,analiza potrzeb,offen,neu,in bearbeitung,in arbeit,angebot,verhandlung,qualifizierung,"
        "kontaktiert,erstkontakt,nein,angebot gesendet,präsentation,bedarfsanalyse,angebot erstellt,in kontakt"
    ),
}
