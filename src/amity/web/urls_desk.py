"""Parts of the desk's pages that are composed of several rooms."""

from django.urls import path

from amity.web import desk_customer

urlpatterns = [
    path("conversations/<uuid:conversation_id>/customer", desk_customer.customer, name="conversation_customer"),
]
