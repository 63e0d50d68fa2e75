"""Notifications are kept before they are acknowledged; a PBX posts them, or a feed brings them."""

from __future__ import annotations

import logging

from leadtracker.domain import Account
from leadtracker.errors import BadPayload, NoCall, StoreUnavailable
from leadtracker.pbx import wire
from leadtracker.pbx.vendor import Receipt, RecordFamily, WireFormat
from leadtracker.records.inbox import BROKEN, NEW, Inbox, Notification

log = logging.getLogger(__name__)
# The reason may quote the notification, so it stands in the inbox alone.
UNREADABLE = "a notification %s of %s cannot be read; the inbox says why"


def receive(
    inbox: Inbox, account: Account, family: RecordFamily, received: Notification
) -> tuple[WireFormat, Receipt]:
    """Keep a notification; return how it is written, and what became of it.

    One that is about no call is not kept. One that cannot be read is kept as broken.
    """
    fault = None
    try:
        written, fields = wire.read(
            received.method, received.content_type, received.query, received.body
        )
        family.identify(fields)
    except NoCall:
        return written, Receipt.NO_CALL
    except BadPayload as reason:
        written = wire.format_of(received.method, received.content_type, received.body)
        fault = str(reason)
        log.warning(UNREADABLE, family.name, account.key)
    state, receipt = NEW, Receipt.STORED
    if fault:
        state, receipt = BROKEN, Receipt.UNREADABLE
    try:
        inbox.keep(received, state, fault)
    except StoreUnavailable:
        log.error("a notification %s of %s could not be kept", family.name, account.key)
        return written, Receipt.NOT_STORED
    return written, receipt
