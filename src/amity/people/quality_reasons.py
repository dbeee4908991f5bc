"""Why something is a problem, in words, and what kinds of problems people and companies have."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from amity.people.quality_companies import COMPANY_CASE, COMPANY_COUNTRY, COMPANY_EMAIL, COMPANY_NAME, COMPANY_PHONE
from amity.people.quality_contacts import COUNTRY, EMAIL, PHONE, WRONG_FIELD
from amity.people.quality_kinds import Kind, Text
from amity.people.quality_persons import CAPS, DATES, SWAPPED

PERSON_KINDS = (
    Kind(EMAIL, _("Badly formed e-mail"), _("Nobody can be reached by it as it stands."), "person"),
    Kind(PHONE, _("Bad phone number"), _("It cannot be dialled."), "person"),
    Kind(WRONG_FIELD, _("Value in the wrong field"), _("A mail, a number or a company where a name is."), "person"),
    Kind(SWAPPED, _("First and last name swapped"), _("Each stands in the other's field."), "person"),
    Kind(CAPS, _("Capitals or small letters"), _("A name that shouts, or that nobody took care of."), "person"),
    Kind(DATES, _("Impossible date"), _("Born in the future, decided before it began, a placeholder."), "person"),
    Kind(COUNTRY, _("Country and phone disagree"), _("The number and something else are of another."), "person"),
    Kind("gap_email", _("E-mail is known elsewhere"), _("An identifier has it."), "person", group="gap"),
    Kind("gap_phone", _("Phone is known elsewhere"), _("An identifier or a signature has it."), "person", group="gap"),
    Kind("gap_company", _("Company can be told"), _("By the e-mail's domain or another field."), "person", group="gap"),
    Kind("gap_country", _("Country can be told"), _("By the phone number or the company."), "person", group="gap"),
    Kind("gap_city", _("City is known elsewhere"), _("Another field has it."), "person", group="gap"),
    Kind("gap_job_title", _("Job title is known elsewhere"), _("Another field has it."), "person", group="gap"),
    Kind(
        "gap_name",
        _("Name can be guessed"),
        _("From the e-mail address: look first."),
        "person",
        group="gap",
    ),
)
COMPANY_KINDS = (
    Kind(COMPANY_EMAIL, _("Badly formed e-mail"), _("Nobody can be reached by it as it stands."), "company"),
    Kind(COMPANY_PHONE, _("Bad phone number"), _("It cannot be dialled."), "company"),
    Kind(COMPANY_NAME, _("Value in the wrong field"), _("An address where the name is."), "company"),
    Kind(COMPANY_CASE, _("Capitals or small letters"), _("A name that shouts."), "company"),
    Kind(COMPANY_COUNTRY, _("Country and phone disagree"), _("Number and people are of another country."), "company"),
    Kind(
        "gap_domain",
        _("Domain can be told"),
        _("All of its people have it."),
        "company",
        group="gap",
    ),
    Kind("gap_company_country", _("Country can be told"), _("By its phone number."), "company", group="gap"),
)
REASONS: Mapping[str, Text] = {
    "email_signs": _("It has signs that no address has, or one too many."),
    "email_spaces": _("It has blanks in it."),
    "email_spelled": _("The signs are spelled out."),
    "email_letters": _("Some of its letters are Cyrillic and only look Latin."),
    "email_no_at": _("The @ is missing."),
    "email_no_domain": _("What stands behind the @ is missing; the company's own domain is known."),
    "email_domain": _("A well-known mail service is one slip of the finger away."),
    "email_domain_firm": _("The domain of the company is one slip of the finger away."),
    "email_ending": _("No domain ends so."),
    "email_unreadable": _("This is no address, and what was meant cannot be told."),
    "phone_in_email": _("This is a phone number."),
    "email_in_phone": _("This is an e-mail address."),
    "email_in_name": _("This is an e-mail address, not a name."),
    "phone_in_name": _("This is a phone number, not a name."),
    "phone_meant": _("Without the signs that do not belong it is a number of that country."),
    "phone_junk": _("This is no phone number."),
    "phone_short": _("Too few digits; what is missing cannot be told."),
    "phone_unreadable": _("No numbering plan has such a number."),
    "country_city": _("The number is of {phone}, and so is the city; the country says {country}."),
    "country_company": _("The number is of {phone}, and so is the company; the country says {country}."),
    "country_email": _("The number is of {phone}, and so is the mail domain; the country says {country}."),
    "country_people": _("The number is of {phone}, and so are its people; the country says {country}."),
    "company_in_name": _("“{company}” is a company, not a person."),
    "company_unknown": _("“{company}” reads like a company; none of that name is known."),
    "whole_name": _("First and last name stand in one field."),
    "whole_name_again": _("One field repeats the other."),
    "capitals": _("It is written in capitals throughout."),
    "small_letters": _("It is written in small letters throughout."),
    "caps_lock": _("Small and capital letters are the wrong way round."),
    "swapped": _("“{given}” is a first name and “{family}” a last name, here and elsewhere."),
    "placeholder": _("{day} stands for “not known” in many systems."),
    "no_such_day": _("There is no such day: {day}."),
    "not_yet_born": _("{day} has not come yet."),
    "too_old": _("Nobody born on {day} is alive."),
    "in_the_future": _("{day} has not come yet."),
    "decided_before": _("Decided on {day}, before it began on {begun}."),
    "name_is_address": _("This is an address of a site or mailbox, not a name."),
    "gap_identifier": _("One of the identifiers is {value}."),
    "gap_domain": _("Everybody at {domain} works for {company}."),
    "gap_people_domain": _("{count} of its people have an address at {domain}, and nobody else has."),
    "gap_custom_field": _("“{field}” says {value}."),
    "gap_phone_country": _("{phone} is a number of that country."),
    "gap_company_country": _("{company} is there."),
    "gap_address": _("{email} reads like that name."),
    "gap_signature": _("The signature of a mail says so."),
}
