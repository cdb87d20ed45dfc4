"""What people see in Slack, as Block Kit: the root card, messages, notices and answers.

Responsible for building posts from what is already known: pure functions, no I/O. Every text from
outside is literal in them, and every limit of Slack's holds. It must not decide anything.
"""

from __future__ import annotations

from bot.cards.figures import link_card, operators_card, stats_card, website_card
from bot.cards.helping import HelpGroup, help_card, verb_card
from bot.cards.history import (
    OLDER_ACTION,
    history_post,
    nothing_earlier,
    pointer_post,
    recap_post,
)
from bot.cards.home import (
    HOME_LINES,
    HomeLine,
    HomeView,
    Place,
    Vitals,
    home_sentence,
    home_view,
    place_from,
)
from bot.cards.lists import (
    conversation_details,
    conversation_list,
)
from bot.cards.messages import (
    context_line,
    fits,
    how_many_fit,
    message_parts,
    message_post,
    note_post,
)
from bot.cards.modals import (
    RESULT_CALLBACK,
    actions_list,
    again_view,
    as_typed,
    modal,
    pick_input,
    remembering,
    result_view,
    said,
    select_input,
    sending_view,
    text_input,
    waiting_view,
    written_preview,
)
from bot.cards.notices import (
    channel_offer,
    confirm_card,
    customer_wrote,
    doubt_notice,
    doubted_edit,
    doubted_note,
    failure_notice,
    full_stop,
    held_again,
    held_by_mode,
    held_notice,
    hold_notice,
    noted_notice,
    number_card,
    refusal,
    sentence,
)
from bot.cards.parts import held_in
from bot.cards.people import people_answer, people_card, people_list, person_conflict, person_more
from bot.cards.person_forms import find_form, new_conversation_form, person_form
from bot.cards.person_forms import fits as field_fits
from bot.cards.preview import preview, preview_in_crisp
from bot.cards.root import MENU, MENU_OPENS, CardView, rating_words, root_card
from bot.cards.saved import reply_list, reply_menu, reply_preview
from bot.cards.status import CALLBACK as STATUS_CALLBACK
from bot.cards.status import status_blocks, status_sentence, status_view
from bot.cards.summary import generic_summary

__all__ = [
    "HOME_LINES",
    "MENU",
    "MENU_OPENS",
    "OLDER_ACTION",
    "RESULT_CALLBACK",
    "STATUS_CALLBACK",
    "CardView",
    "HelpGroup",
    "HomeLine",
    "HomeView",
    "Place",
    "Vitals",
    "actions_list",
    "again_view",
    "as_typed",
    "channel_offer",
    "confirm_card",
    "context_line",
    "conversation_details",
    "conversation_list",
    "customer_wrote",
    "doubt_notice",
    "doubted_edit",
    "doubted_note",
    "failure_notice",
    "field_fits",
    "find_form",
    "fits",
    "full_stop",
    "generic_summary",
    "held_again",
    "held_by_mode",
    "held_in",
    "held_notice",
    "help_card",
    "history_post",
    "hold_notice",
    "home_sentence",
    "home_view",
    "how_many_fit",
    "link_card",
    "message_parts",
    "message_post",
    "modal",
    "new_conversation_form",
    "note_post",
    "noted_notice",
    "nothing_earlier",
    "number_card",
    "operators_card",
    "people_answer",
    "people_card",
    "people_list",
    "person_conflict",
    "person_form",
    "person_more",
    "pick_input",
    "place_from",
    "pointer_post",
    "preview",
    "preview_in_crisp",
    "rating_words",
    "recap_post",
    "refusal",
    "remembering",
    "reply_list",
    "reply_menu",
    "reply_preview",
    "result_view",
    "root_card",
    "said",
    "select_input",
    "sending_view",
    "sentence",
    "stats_card",
    "status_blocks",
    "status_sentence",
    "status_view",
    "text_input",
    "verb_card",
    "waiting_view",
    "website_card",
    "written_preview",
]
