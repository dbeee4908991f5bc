"""The form of a meeting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amity.base import clock
from amity.sales.meetings import GuestView, MeetingView


class MeetingForm(forms.Form):
    """When, where, with whom. Times are told in the reader's own zone."""

    title = forms.CharField(label=_("Title"), max_length=300)
    starts_at = forms.DateTimeField(
        label=_("Starts"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=60 * 24 * 30)
    place = forms.CharField(label=_("Place or link"), max_length=300, required=False)
    description = forms.CharField(
        label=_("Description"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    emails = forms.CharField(
        label=_("Guests"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("E-mail addresses, one a line. Everybody gets an invitation for their calendar."),
    )  # fmt: skip

    def clean_minutes(self) -> int:
        """Minutes that lead to a time that there is."""
        minutes = int(self.cleaned_data["minutes"])
        try:
            self.cleaned_data.get("starts_at", clock.now()) + timedelta(minutes=minutes)
        except OverflowError as error:
            raise forms.ValidationError(_("A meeting ends after it began, within 60 days.")) from error
        return minutes

    def values(self) -> dict[str, Any]:
        """What to store."""
        data = self.cleaned_data
        told = {name: data[name] for name in ("title", "place", "description", "starts_at")}
        zone = timezone.get_current_timezone_name()
        return {**told, "ends_at": data["starts_at"] + timedelta(minutes=data["minutes"]), "zone": zone}

    def addresses(self) -> list[str]:
        """Who is asked."""
        return [each for line in self.cleaned_data["emails"].replace(";", "\n").splitlines() if (each := line.strip())]


def meeting_form(data: Any, view: MeetingView | None, guests: list[GuestView], email: str = "") -> MeetingForm:
    """The form, filled with the meeting, or with the next full hour of tomorrow and whom it is about."""
    if view is None:
        start = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
        return MeetingForm(data, initial={"starts_at": start, "minutes": 60, "emails": email})
    initial = {name: getattr(view, name) for name in ("title", "starts_at", "place", "description")}
    initial["minutes"] = int((view.ends_at - view.starts_at).total_seconds() // 60)
    initial["emails"] = "\n".join(each.email for each in guests)
    return MeetingForm(data, initial=initial)
