"""The door of room `people`."""

from amity.people import activity, computed, duplicates, fading, merge_companies, privacy, quality, segments
from amity.people import consent_door as consent
from amity.people.as_of import first_after, moment_of
from amity.people.called import Asking, Names, Wanted, told_together
from amity.people.changes import (
    COMPANY_KIND,
    PERSON_KIND,
    archive,
    change_company,
    change_person,
    create_company,
    create_person,
)
from amity.people.company_holders import CompanyHolder, register_company_holder
from amity.people.contacting import contact, contact_known
from amity.people.finding import (
    company_called,
    company_meant,
    company_search,
    lookalikes,
    normal_email,
    normal_phone,
    person_search,
)
from amity.people.golden_reading import values_of
from amity.people.golden_words import told_values, wanted_by_values
from amity.people.holders import Holder, register_holder
from amity.people.imports import kit as import_kit
from amity.people.imports import service as imports
from amity.people.learning import LeadRow, lately_decided, lead_rows, profile_rows, visible_people
from amity.people.leaving import LeavingRow, leaving_known, leaving_rows
from amity.people.lists import (
    COMPANIES,
    LEAD_TAGS,
    PEOPLE,
    company_rows,
    owner_column,
    owner_filter,
    people_rows,
    record_actions,
    text_column,
    time_column,
)
from amity.people.matching import service as matching
from amity.people.members import JoinView, identifiers_of, joins_of, members_of, survivors, whole
from amity.people.merge import MERGE_KIND, merge, merge_with_undo, unmerge
from amity.people.merge_groups import Moves, register_follower
from amity.people.models import LeadStatus
from amity.people.profiles import (
    ChangeView,
    CompanyView,
    IdentifierView,
    PersonView,
    TraitView,
    company_names,
    company_views,
    get_company,
    get_person,
    history_of,
    names,
    origin_names,
    people_of,
    person_views,
    subsidiaries_of,
    trait_names,
    traits_of,
)
from amity.people.readiness import ProfileFacts, any_profile, facts
from amity.people.told_changes import told_changes, wanted_by
from amity.people.visiting import homes_of, proved, signed_in, trusted, visitor

LEAD_CHOICES = LeadStatus.choices


__all__ = [
    "COMPANIES",
    "COMPANY_KIND",
    "LEAD_CHOICES",
    "LEAD_TAGS",
    "MERGE_KIND",
    "PEOPLE",
    "PERSON_KIND",
    "Asking",
    "ChangeView",
    "CompanyHolder",
    "CompanyView",
    "Holder",
    "IdentifierView",
    "JoinView",
    "LeadRow",
    "LeadStatus",
    "LeavingRow",
    "Moves",
    "Names",
    "PersonView",
    "ProfileFacts",
    "TraitView",
    "Wanted",
    "activity",
    "any_profile",
    "archive",
    "change_company",
    "change_person",
    "company_called",
    "company_meant",
    "company_names",
    "company_rows",
    "company_search",
    "company_views",
    "computed",
    "consent",
    "contact",
    "contact_known",
    "create_company",
    "create_person",
    "duplicates",
    "facts",
    "fading",
    "first_after",
    "get_company",
    "get_person",
    "history_of",
    "homes_of",
    "identifiers_of",
    "import_kit",
    "imports",
    "joins_of",
    "lately_decided",
    "lead_rows",
    "leaving_known",
    "leaving_rows",
    "lookalikes",
    "matching",
    "members_of",
    "merge",
    "merge_companies",
    "merge_with_undo",
    "moment_of",
    "names",
    "normal_email",
    "normal_phone",
    "origin_names",
    "owner_column",
    "owner_filter",
    "people_of",
    "people_rows",
    "person_search",
    "person_views",
    "privacy",
    "profile_rows",
    "proved",
    "quality",
    "record_actions",
    "register_company_holder",
    "register_follower",
    "register_holder",
    "segments",
    "signed_in",
    "subsidiaries_of",
    "survivors",
    "text_column",
    "time_column",
    "told_changes",
    "told_together",
    "told_values",
    "trait_names",
    "traits_of",
    "trusted",
    "unmerge",
    "values_of",
    "visible_people",
    "visitor",
    "wanted_by",
    "wanted_by_values",
    "whole",
]
