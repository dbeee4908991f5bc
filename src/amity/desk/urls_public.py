"""Pages of the desk for customers, without an account of staff."""

from django.urls import path

from amity.desk import pages_csat

urlpatterns = [path("rating/<str:token>", pages_csat.rating, name="csat")]
