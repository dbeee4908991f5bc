"""Amity: a self-hosted AI CRM, customer data platform and service desk."""

__version__ = "0.1.0"
