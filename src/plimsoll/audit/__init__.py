"""A second pair of eyes: rebuilds the books from events alone and says where they do not balance.

What may enter: numbered events as plain Python integers, and the words of ``units.messages``.
What never does: the engine's tables, its arithmetic, NumPy; a fault of the engine must not be able to hide here.
Read ``books`` (what can be known from events), then ``auditor`` (how events change it, and what is compared).
An auditor sees wrong books, not wrong decisions: that a command was rightly accepted is the reference model's to say.
"""

from plimsoll.audit.auditor import Auditor
from plimsoll.audit.books import Books
from plimsoll.audit.records import event_records

__all__ = ["Auditor", "Books", "event_records"]
