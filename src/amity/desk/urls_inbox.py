"""URLs of the inbox and its conversations."""

from django.urls import URLPattern, path

from amity.desk import pages_conversation, pages_conversation_doing, pages_inbox, pages_macros, pages_message

_ONE = "conversations/<uuid:conversation_id>"
urlpatterns: list[URLPattern] = [
    path("inbox/", pages_inbox.show, name="inbox"),
    path("inbox/rows", pages_inbox.more, name="inbox_more"),
    path("inbox/changes", pages_inbox.act, name="inbox_changes"),
    path("inbox/views/", pages_inbox.save_view, name="inbox_views"),
    path("inbox/views/<uuid:view_id>/deletion", pages_inbox.delete_view, name="inbox_view_deletion"),
    path(f"{_ONE}/", pages_conversation.show, name="conversation"),
    path(f"{_ONE}/live", pages_conversation.live, name="conversation_live"),
    path(f"{_ONE}/changes", pages_conversation_doing.change, name="conversation_changes"),
    path(f"{_ONE}/replies", pages_conversation_doing.reply, name="conversation_replies"),
    path(f"{_ONE}/template", pages_conversation_doing.template, name="conversation_template"),
    path(f"{_ONE}/changes/<uuid:happening_id>", pages_conversation_doing.undo_bot, name="conversation_undo"),
    path(f"{_ONE}/notes", pages_conversation_doing.note, name="conversation_notes"),
    path(f"{_ONE}/merging", pages_conversation_doing.merge, name="conversation_merging"),
    path(f"{_ONE}/mergeable", pages_conversation_doing.mergeable, name="conversation_mergeable"),
    path(f"{_ONE}/links", pages_conversation_doing.link, name="conversation_links"),
    path(f"{_ONE}/linkable", pages_conversation_doing.linkable, name="conversation_linkable"),
    path(f"{_ONE}/handing", pages_conversation_doing.hand, name="conversation_handing"),
    path(f"{_ONE}/kept", pages_conversation_doing.kept, name="conversation_kept"),
    path(f"{_ONE}/presence", pages_conversation_doing.here, name="conversation_presence"),
    path(f"{_ONE}/macros/<uuid:macro_id>", pages_conversation_doing.macro, name="conversation_macro"),
    path(f"{_ONE}/messages/<uuid:message_id>/frame", pages_conversation.frame, name="message_frame"),
    path(
        f"{_ONE}/messages/<uuid:message_id>/withdrawal", pages_conversation_doing.withdrawal, name="message_withdrawal"
    ),
    path(f"{_ONE}/messages/<uuid:message_id>/splitting", pages_conversation_doing.split, name="message_splitting"),
    path(f"{_ONE}/files/<uuid:file_id>", pages_conversation.file, name="conversation_file"),
    path("people/<uuid:person_id>/messages/new", pages_message.new, name="person_message_new"),
    path("desk/macros/", pages_macros.index, name="macros"),
    path("desk/macros/new", pages_macros.edit, name="macro_new"),
    path("desk/macros/<uuid:macro_id>", pages_macros.edit, name="macro"),
    path("desk/macros/<uuid:macro_id>/archive", pages_macros.archive, name="macro_archive"),
]
