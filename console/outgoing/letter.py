"""A notice as an e-mail; pure.

Rules: 1. It tells, and names the console; nothing in it is an answer, or a link that acts. 2. Plain text alone, and
text from outside is data in it (`engine.card_text`), in the subject too. 3. A header is one line, whatever is said.
4. What is sent again is the same message; what belongs to one page is one thread.
"""

from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from engine.card_text import shown
from engine.model.channel import EmailSettings
from engine.outgoing import LINE, TITLE, Notice

CLOSING = "This message decides nothing, and neither does an answer to it: decide at the console, or in chat."


def letter(notice: Notice, settings: EmailSettings, to: Sequence[str]) -> EmailMessage:
    """The message to these people."""
    domain = settings.sender.partition("@")[2]
    thread = f"<{notice.key}@{domain}>"
    made = EmailMessage(policy=SMTP)
    made["From"] = Address("Fireline", addr_spec=settings.sender)
    made["To"] = [Address(addr_spec=one) for one in to]
    made["Subject"] = shown(notice.title, TITLE)
    made["Date"] = format_datetime(notice.made_at)
    made["Message-ID"] = f"<{notice.id}.{notice.key}@{domain}>"
    made["In-Reply-To"] = thread
    made["References"] = thread
    # RFC 3834: no program that answers absences is to answer this.
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("\n".join(_text(notice, settings)))
    return made


def _text(notice: Notice, settings: EmailSettings) -> list[str]:
    """Its lines."""
    said = [shown(notice.title, TITLE), "", *(shown(line, LINE) for line in notice.lines)]
    meant = [f"Meant: {', '.join(notice.people)}"] if notice.people else []
    console = [f"Console: {settings.console}"] if settings.console else []
    return [*said, "", f"About: {shown(notice.subject)}", *meant, *console, "", CLOSING]
