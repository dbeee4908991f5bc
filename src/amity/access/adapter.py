"""How django-allauth is bent to a house where staff are invited, never self-registered."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from amity.access import audit, second_factor
from amity.access.models import Staff
from amity.access.staff import principal_of
from amity.base.sealing import seal, unseal


class AccountAdapter(DefaultAccountAdapter):
    """No public sign-up; every sign-in and password change leaves a line in the audit log."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: Staff) -> None:
        with transaction.atomic():
            super().login(request, user)
            audit.record(principal_of(user), "signed_in", "staff", user.pk)
        if second_factor.note_sign_in(user):
            messages.warning(
                request, _("Your role needs a second factor to sign in. Set it up under Settings, Security.")
            )

    def set_password(self, user: Staff, password: str) -> None:
        with transaction.atomic():
            super().set_password(user, password)
            audit.record(principal_of(user), "password_changed", "staff", user.pk)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Addresses that nobody here has get nothing: else the page could be made to write to strangers."""
        if not template_prefix.endswith("unknown_account"):
            super().send_mail(template_prefix, email, context)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Signing in and out is seen without being told."""
        if message_template not in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            super().add_message(request, level, message_template, *args, **kwargs)


class MFAAdapter(DefaultMFAAdapter):
    """TOTP keys are sealed; the last factor that a role requires stays on."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not second_factor.last_needed(authenticator)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Amity"}
