"""CDR notification -> Cdr, and its acknowledgement.

Source: Voicenter, "CDR Notification System API", and its newer integration guide for `direction`,
`extenUser`, `callerPhone`, `isAnswer`, `actualCallDuration`, `actualCallDialtime` and `CustomData`.
Shape: flat. `IVR`, `CustomData`, `dialerData` and `aiData` are nested, as such or as JSON text.
A Click2Call or dialer call sends one CDR for each of its two legs under one call id, so (call id,
type) is the identity.
Units: `time` is the account's wall clock counted as UTC (times.py); durations are seconds; `price`
is agorot.
Raises: BadPayload when the call id or the time is missing or not readable.
"""

from __future__ import annotations

import xmlrpc.client
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from leadtracker.domain import Account, Cdr, Direction, IvrStep, Json, Outcome
from leadtracker.errors import BadPayload
from leadtracker.pbx.fields import LONGEST_NAME, FieldReader, plain
from leadtracker.pbx.vendor import (
    Fields,
    HttpAnswer,
    Receipt,
    RecordFamily,
    WireFormat,
    json_answer,
)
from leadtracker.pbx.voicenter import codes, times
from leadtracker.pbx.voicenter.custom_data import custom_data

CAMPAIGN_KEYS = ("CampaignID", "CampaignTypeID", "CampaignTypeName")
DIALER_KEYS = (
    *CAMPAIGN_KEYS,
    "CallID",
    "StatusName",
    "Phone",
    "CallInserted",
    "RetryNum",
    "RetryAmount",
)
ERRORS = {
    Receipt.STORED: (0, "OK"),
    Receipt.NO_CALL: (0, "OK"),
    Receipt.UNREADABLE: (1, "Parse error"),
    Receipt.NOT_STORED: (2, "Application error"),
}


def identify(fields: Fields) -> str:
    reader = FieldReader(fields)
    _time(reader)
    _call_type(reader)
    return reader.required("ivruniqueid")


def read(fields: Fields, account: Account, received: datetime) -> Cdr:
    reader = FieldReader(fields)
    cdr = _described(_leg(reader, account, received), reader)
    return replace(cdr, extra=cdr.extra | reader.left())


def _leg(reader: FieldReader, account: Account, received: datetime) -> Cdr:
    """Who talked to whom, when and for how long; `extra` has the words that a table respells."""
    kind, respelled = _call_type(reader)
    parties = _parties(reader, account.country)
    status, said = reader.text("status"), reader.text("direction")
    if said and codes.direction(said) is Direction.UNKNOWN:
        respelled["direction"] = said
    direction = _direction(said, kind, parties)
    outcome = codes.outcome(status, kind, reader.truth("isAnswer"))
    seconds = _seconds(reader, kind)
    latest = received - timedelta(seconds=seconds.duration)
    return Cdr(
        call_id=reader.required("ivruniqueid"),
        type=kind.name,
        type_code=kind.code,
        status=status,
        outcome=outcome,
        direction=direction,
        main=kind.main,
        started_at=times.utc(_time(reader), account.time_zone, latest),
        started_raw=reader.text("time"),
        caller=parties.caller,
        target=parties.target,
        did=parties.did,
        customer=_customer(kind, direction, parties),
        # The duration of a call that nobody answered is waiting, an announcement or a recording.
        talk_seconds=seconds.talk if outcome is Outcome.ANSWERED else 0,
        duration_seconds=seconds.duration,
        ring_seconds=seconds.ring,
        wait_seconds=seconds.wait,
        extension=parties.extension(direction),
        caller_extension=parties.caller_extension,
        target_extension=parties.target_extension,
        extra=respelled,
    )


def _described(leg: Cdr, reader: FieldReader) -> Cdr:
    """The leg with all that only describes it."""
    custom = custom_data(reader)
    return replace(
        leg,
        caller_extension_name=reader.text("callerextension_name"),
        target_extension_name=reader.text("targetextension_name"),
        representative=reader.text("representative_name"),
        representative_code=reader.text("representative_code"),
        department=reader.text("DepartmentName"),
        department_id=reader.whole("DepartmentID") or None,
        top_department=reader.text("TopDepartmentName"),
        top_department_id=reader.whole("TopDepartmentID") or None,
        queue_id=reader.whole("queueid") or None,
        queue=reader.text("queuename"),
        recording_url=reader.url("record"),
        price=reader.decimal("price"),
        caller_country=reader.text("caller_country"),
        target_country=reader.text("target_country"),
        first_leg_status=reader.text("leg1DialStatusName"),
        original_call_id=_original_call_id(reader, custom),
        campaign=reader.text("campaignName"),
        campaign_code=reader.text("campaignCode"),
        ivr=_ivr(reader.objects("IVR")),
        custom=custom,
        dialer=_dialer(reader),
        ai=reader.object("aiData"),
    )


def acknowledge(written_as: WireFormat, receipt: Receipt, account: Account) -> HttpAnswer:
    """`Err` and `Errdesc` in the format of the request.

    The account's option `lowercase_answer` has both names in lower case.
    """
    error, words = ERRORS[receipt]
    answer = {"Err": error, "Errdesc": words}
    if account.options.get("lowercase_answer"):
        answer = {name.lower(): value for name, value in answer.items()}
    if written_as is WireFormat.XML_RPC:
        text = xmlrpc.client.dumps((answer,), methodresponse=True, encoding="utf-8")
        return HttpAnswer(text.encode(), "text/xml; charset=utf-8", receipt.status)
    if written_as is WireFormat.FORM:
        form = urlencode(answer).encode()
        return HttpAnswer(form, "application/x-www-form-urlencoded", receipt.status)
    return json_answer(answer, receipt.status)


@dataclass(frozen=True, slots=True)
class _Parties:
    """Numbers are E.164 where they are numbers; `outside` is `callerPhone` of newer bodies."""

    caller: str | None
    target: str | None
    did: str | None
    outside: str | None
    took_part: str
    caller_extension: str
    target_extension: str

    @property
    def extensions(self) -> tuple[str, str, str]:
        return self.took_part, self.caller_extension, self.target_extension

    def extension(self, direction: Direction) -> str:
        """The one on our side."""
        calling, called = self.caller_extension, self.target_extension
        if direction is Direction.OUTGOING:
            return self.took_part or calling or called
        return self.took_part or called or calling


@dataclass(frozen=True, slots=True)
class _Seconds:
    duration: int
    talk: int
    ring: int
    wait: int


def _parties(reader: FieldReader, country: str) -> _Parties:
    return _Parties(
        caller=reader.number("caller", country),
        target=reader.number("target", country),
        did=reader.number("did", country),
        outside=reader.number("callerPhone", country),
        took_part=reader.text("extenUser"),
        caller_extension=reader.text("callerextension"),
        target_extension=reader.text("targetextension"),
    )


def _seconds(reader: FieldReader, kind: codes.CallType) -> _Seconds:
    """Newer bodies say how long the talk and the ringing were; else `duration` has to tell."""
    duration = reader.seconds("duration") or 0
    waited = reader.seconds("seconds_waiting_in_queue") or 0
    talked, rang = reader.seconds("actualCallDuration"), reader.seconds("actualCallDialtime")
    dialed = reader.seconds("dialtime") or 0
    if talked is None:
        talked = duration
        if kind.name == codes.QUEUE:
            talked = max(0, duration - waited)
    if rang is None:
        rang = dialed
    return _Seconds(duration, talked, rang, waited)


def _time(reader: FieldReader) -> int:
    epoch = reader.whole("time")
    if epoch is None or not times.is_time(epoch):
        raise BadPayload(
            "The field time is missing or no epoch time in seconds between 2000 and 2100."
        )
    return epoch


def _call_type(reader: FieldReader) -> tuple[codes.CallType, Json]:
    """The type as Voicenter's table prints it, so that every spelling names one leg.

    With it comes the word as sent, where that differs.
    """
    word = reader.text("type")
    if len(word) > LONGEST_NAME:
        raise BadPayload(f"The field type has {len(word)} characters; {LONGEST_NAME} are taken.")
    kind = codes.call_type(word)
    if kind.name == word:
        return kind, {}
    return kind, {"type": word}


def _direction(said: str, kind: codes.CallType, parties: _Parties) -> Direction:
    """What the CDR says, else what its type says, else: `did` is empty on outgoing calls."""
    known = codes.direction(said)
    if known is Direction.UNKNOWN:
        known = kind.direction
    if known is Direction.UNKNOWN and parties.did:
        return Direction.INCOMING
    if known is Direction.UNKNOWN and parties.caller_extension:
        return Direction.OUTGOING
    return known


def _customer(kind: codes.CallType, direction: Direction, parties: _Parties) -> str | None:
    """`callerPhone` where it is sent, else the party that the type or the direction tells.

    An extension is never the customer.
    """
    if direction is Direction.INTERNAL:
        return None
    outside = {"caller": parties.caller, "target": parties.target, "nobody": None}
    by_direction = "target" if direction is Direction.OUTGOING else "caller"
    customer = parties.outside or outside[kind.customer or by_direction]
    return None if customer in parties.extensions else customer


def _original_call_id(reader: FieldReader, custom: Json) -> str | None:
    """The call that was transferred: a field of the CDR, elsewhere a part of the custom data."""
    name = "OriginalIvrUniqueID"
    return reader.text(name) or FieldReader(custom).text(name) or None


def _ivr(layers: list[Json]) -> tuple[IvrStep, ...]:
    steps = []
    for position, layer in enumerate(map(FieldReader, layers), start=1):
        order = layer.whole("dtmf_order")
        if order is None:
            order = position
        steps.append(
            IvrStep(
                order=order,
                layer_id=layer.whole("layer_id"),
                layer_name=layer.text("layer_name"),
                layer_number=layer.whole("layer_number"),
                digits=layer.text("Dtmf"),
            )
        )
    return tuple(sorted(steps, key=lambda step: step.order))


def _dialer(reader: FieldReader) -> Json:
    """`dialerData` in its documented spelling.

    The document also has its campaign's fields beside those of the CDR.
    """
    spelled = {plain(key): key for key in DIALER_KEYS}
    sent = reader.object("dialerData")
    dialer = {spelled.get(plain(key), key): value for key, value in sent.items()}
    for key in CAMPAIGN_KEYS:
        if reader.raw(key) is not None and dialer.get(key, reader.raw(key)) == reader.raw(key):
            dialer[key] = reader.take(key)
    return dialer


CDR = RecordFamily(
    name="cdr",
    title="CDR notification",
    place="CPanel → Integrations → CDR Notification",
    identify=identify,
    read=read,
    acknowledge=acknowledge,
    names=("ivruniqueid", "time", "type", "status", "caller", "did", "target", "duration"),
)
