"""What the privacy desk calls tables, reasons and duties, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from amity.people.privacy_map import Place, places

Words = str | Promise

# Why somebody is erased or their data restricted: GDPR articles 17(1) and 18(1).
REASONS: dict[str, Words] = {
    "asked": _("Asked for it"),
    "withdrew": _("Withdrew consent, art. 17(1)(b)"),
    "objected": _("Objected to the processing, art. 17(1)(c)"),
    "unneeded": _("No longer needed for its purpose, art. 17(1)(a)"),
    "unlawful": _("Processed without a legal ground, art. 17(1)(d)"),
    "duty": _("A law demands it, art. 17(1)(e)"),
    "child": _("Given as a child, art. 17(1)(f)"),
    "retention": _("Kept long enough (retention rule)"),
}
RESTRICTIONS: dict[str, Words] = {
    "contested": _("Says that the data are wrong, until checked"),
    "unlawful": _("Unlawful, but does not want erasure"),
    "claims": _("Needs the data for legal claims"),
    "objected": _("Objected, until decided"),
}
FATES: dict[str, Words] = {
    "deleted": _("goes"),
    "removed": _("goes"),
    "lines": _("lines go"),
    "blanked": _("stays without the person"),
    "untied": _("stays without the person"),
    "pruned": _("the part about the person goes"),
    "redacted": _("name and addresses are struck out"),
    "kept": _("stays"),
}
# By table; what is not here is called by its own name.
TITLES: dict[str, Words] = {
    "people_person": _("Profile"), "people_identifier": _("Addresses, numbers and ids"), "people_device": _("Devices"),
    "people_traitchange": _("Earlier values"), "people_own": _("Values before a merge"), "people_merge": _("Merges"),
    "people_link": _("Evidence of merges"), "people_holding": _("Records moved by merges"),
    "people_slot": _("Visits before signing in"), "people_membership": _("Memberships of companies"),
    "people_activity": _("What is counted per person"), "people_tally": _("What is counted per value"),
    "people_segment_member": _("Membership of segments"), "people_segment_move": _("Entered and left segments"),
    "people_segment_timer": _("Dates of segments"), "people_importreject": _("Rejected rows of imports"),
    "people_importchange": _("Values before an import"), "people_consent": _("Consent"),
    "people_pair": _("Possible duplicates"), "people_matchkey": _("Keys for finding duplicates"),
    "people_correction": _("Corrections"), "people_value_mark": _("Signals about values"),
    "people_golden_mark": _("Pinned and verified values"), "people_privacy_request": _("Privacy requests"),
    "people_restriction": _("Restrictions"), "people_retention_mark": _("Announced erasures"),
    "people_segment": _("Descriptions of segments"), "people_company": _("Companies"), "people_import": _("Imports"),
    "people_importfile": _("Files of imports"), "events_event": _("Events and notes"),
    "events_raw": _("Events as received"), "events_quarantine": _("Events that could not be taken"),
    "events_hookpayload": _("Webhook payloads as received"), "events_webhookdelivery": _("Webhooks sent"),
    "sales_deal": _("Deals"), "sales_order": _("Orders"), "sales_task": _("Tasks"),
    "journeys_decision": _("Proposals"), "journeys_action": _("Accepted proposals"),
    "intelligence_score": _("Scores"), "channels_outgoing": _("Messages sent"),
    "channels_suppression": _("Addresses that get nothing more"), "access_auditnote": _("Words in the audit log"),
    "access_auditentry": _("Audit log"), "access_idempotencykey": _("Answers kept for repeated API calls"),
    "access_savedview": _("Saved views"), "access_staff": _("Staff"), "access_apitoken": _("API tokens"),
    "access_signinlink": _("Sign-in links"), "base_undostep": _("What can be undone"),
    "base_jobrun": _("Background jobs"), "procrastinate_jobs": _("Queued jobs"), "django_session": _("Sessions"),
    "file:upload": _("Uploaded files"), "file:handed_on": _("Files handed on"), "file:log": _("Log lines"),
}  # fmt: skip
# What each room does with personal data, for the register: purpose, legal ground.
PURPOSES: dict[str, tuple[Words, Words]] = {
    "people": (_("Knowing customers: profiles, sources, segments"), _("Legitimate interest, art. 6(1)(f)")),
    "events": (_("Recording what people did with us"), _("Legitimate interest or consent, art. 6(1)(f) or (a)")),
    "sales": (_("Selling: deals, orders, tasks"), _("Contract and law, art. 6(1)(b) and (c)")),
    "intelligence": (_("Scoring whom to attend to first"), _("Legitimate interest, art. 6(1)(f)")),
    "channels": (_("Writing to people who agreed to it"), _("Consent, art. 6(1)(a)")),
    "desk": (_("Answering questions"), _("Contract, art. 6(1)(b)")),
    "stores": (_("Running shops"), _("Contract, art. 6(1)(b)")),
    "journeys": (_("Writing at the right moment"), _("Consent, art. 6(1)(a)")),
    "assistant": (_("Helping staff with what is in Amity"), _("Legitimate interest, art. 6(1)(f)")),
    "access": (_("Staff accounts and the audit log"), _("Legitimate interest and law, art. 6(1)(f) and (c)")),
    "base": (_("Running the system: jobs, undo"), _("Legitimate interest, art. 6(1)(f)")),
}  # fmt: skip


def title(table: str) -> str:
    """What a table or kind of file is called."""
    known = TITLES.get(table)
    return str(known) if known else capfirst(table.partition("_")[2].replace("_", " "))


def why(place: Place) -> str:
    """What the model says about its personal data, in the reader's language."""
    return str(place.personal.why)


def why_of(table: str) -> str:
    """`why` of a table; empty for what is no table of ours."""
    return next((why(place) for place in places() if place.table == table), "")


def purpose(label: str) -> tuple[str, str]:
    """Purpose and legal ground of the room that a model belongs to."""
    told = PURPOSES.get(label.partition(".")[0], (_("Running the system"), _("Legitimate interest, art. 6(1)(f)")))
    return str(told[0]), str(told[1])
