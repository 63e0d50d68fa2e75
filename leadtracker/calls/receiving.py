"""Notifications that report: kept before they are acknowledged, whether they were posted to us or came over a feed."""

from __future__ import annotations

import logging

from leadtracker.domain import Account
from leadtracker.errors import BadPayload, NoCall, StoreUnavailable
from leadtracker.pbx import wire
from leadtracker.pbx.vendor import Receipt, RecordFamily, WireFormat
from leadtracker.records.inbox import BROKEN, NEW, Inbox, Notification

log = logging.getLogger(__name__)


def receive(
    inbox: Inbox, account: Account, family: RecordFamily, received: Notification
) -> tuple[WireFormat, Receipt]:
    """How it is written and what became of it; what is about no call is not kept, what cannot be read is."""
    fault = None
    try:
        written, fields = wire.read(
            received.method, received.content_type, received.query, received.body
        )
        family.identify(fields)
    except NoCall:
        return written, Receipt.NO_CALL
    except BadPayload as reason:
        written, fault = (
            wire.format_of(received.method, received.content_type, received.body),
            str(reason),
        )
        log.warning("a notification %s of %s cannot be read: %s", family.name, account.key, reason)
    try:
        inbox.keep(received, BROKEN if fault else NEW, fault)
    except StoreUnavailable:
        log.error("a notification %s of %s could not be kept", family.name, account.key)
        return written, Receipt.NOT_STORED
    return written, Receipt.UNREADABLE if fault else Receipt.STORED
