"""URLs of web chat; what visitors' browsers ask for besides is answered by `web.chat_live`."""

from django.urls import path

from amity.channels import pages_chat

urlpatterns = [
    path("chat/widget.js", pages_chat.widget, name="chat_widget"),
    path("chat/<str:key>/try", pages_chat.try_it, name="chat_try"),
    path("settings/channels/chat", pages_chat.chats, name="settings_chats"),
    path("settings/channels/chat/<uuid:account_id>", pages_chat.one, name="settings_chat"),
    path("settings/channels/chat/<uuid:account_id>/secret", pages_chat.secret, name="settings_chat_secret"),
]
