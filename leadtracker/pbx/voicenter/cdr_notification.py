"""CDR notification -> Cdr, and its acknowledgement.

Source: Voicenter, "CDR Notification System API", and its newer integration guide for `direction`, `extenUser`,
`callerPhone`, `isAnswer`, `actualCallDuration`, `actualCallDialtime` and `CustomData`.
Shape: flat; `IVR`, `CustomData`, `dialerData` and `aiData` are nested, as such or as JSON text. A Click2Call or
dialer call sends one CDR for each of its two legs under one call id: (call id, type) is the identity.
Units: `time` is the account's wall clock counted as UTC (times.py); durations are seconds; `price` is agorot.
Raises: BadPayload when the call id or the time is missing or not readable.
"""

from __future__ import annotations

import xmlrpc.client
from datetime import datetime, timedelta
from urllib.parse import urlencode

import orjson

from leadtracker.domain import Account, Cdr, Direction, IvrStep, Json, Outcome
from leadtracker.errors import BadPayload
from leadtracker.pbx.fields import LONGEST_NAME, FieldReader, plain
from leadtracker.pbx.vendor import Body, Fields, Receipt, RecordFamily, WireFormat
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
    row, kept = _call_type(reader)
    status, duration = reader.text("status"), reader.seconds("duration") or 0
    waited = reader.seconds("seconds_waiting_in_queue") or 0
    talked, rang = reader.seconds("actualCallDuration"), reader.seconds("actualCallDialtime")
    dialled = reader.seconds("dialtime") or 0
    if talked is None:
        talked = max(0, duration - waited) if row.name == codes.QUEUE else duration
    caller, target, did, outside = (
        reader.number(name, account.country) for name in ("caller", "target", "did", "callerPhone")
    )
    caller_extension, target_extension = (
        reader.text("callerextension"),
        reader.text("targetextension"),
    )
    extensions = (reader.text("extenUser"), caller_extension, target_extension)
    said = reader.text("direction")
    if said and codes.direction(said) is Direction.UNKNOWN:
        kept["direction"] = said
    direction = _direction(said, row, did, caller_extension)
    outcome = codes.outcome(status, row, reader.truth("isAnswer"))
    custom = custom_data(reader)
    return Cdr(
        call_id=reader.required("ivruniqueid"),
        type=row.name,
        type_code=row.code,
        status=status,
        outcome=outcome,
        direction=direction,
        main=row.main,
        started_at=times.utc(
            _time(reader), account.time_zone, received - timedelta(seconds=duration)
        ),
        started_raw=reader.text("time"),
        caller=caller,
        target=target,
        did=did,
        customer=_customer(row, direction, outside, caller, target, extensions),
        # The duration of a call that nobody answered is waiting, an announcement or a recording.
        talk_seconds=talked if outcome is Outcome.ANSWERED else 0,
        duration_seconds=duration,
        ring_seconds=dialled if rang is None else rang,
        wait_seconds=waited,
        extension=_extension(direction, extensions),
        caller_extension=caller_extension,
        target_extension=target_extension,
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
        extra=kept | reader.left(),
    )


def acknowledge(written_as: WireFormat, receipt: Receipt, account: Account) -> Body:
    """`Err` and `Errdesc` in the format of the request; in lower case if the account's options say so."""
    names = ("err", "errdesc") if account.options.get("lowercase_answer") else ("Err", "Errdesc")
    answer = dict(zip(names, ERRORS[receipt], strict=True))
    if written_as is WireFormat.XML_RPC:
        text = xmlrpc.client.dumps((answer,), methodresponse=True, encoding="utf-8")
        return Body(text.encode(), "text/xml; charset=utf-8")
    if written_as is WireFormat.FORM:
        return Body(urlencode(answer).encode(), "application/x-www-form-urlencoded")
    return Body(orjson.dumps(answer), "application/json")


def _time(reader: FieldReader) -> int:
    epoch = reader.whole("time")
    if epoch is None or not times.is_time(epoch):
        raise BadPayload(
            "The field time is missing or no epoch time in seconds between 2000 and 2100."
        )
    return epoch


def _call_type(reader: FieldReader) -> tuple[codes.CallType, Json]:
    """The type as Voicenter's table prints it, so that every spelling names one leg; and the word if it differs."""
    word = reader.text("type")
    if len(word) > LONGEST_NAME:
        raise BadPayload(f"The field type has {len(word)} characters; {LONGEST_NAME} are taken.")
    row = codes.call_type(word)
    return row, {} if row.name == word else {"type": word}


def _direction(said: str, row: codes.CallType, did: str | None, caller_extension: str) -> Direction:
    """What the CDR says, else what its type says, else: `did` is empty on outgoing calls."""
    known = codes.direction(said)
    if known is Direction.UNKNOWN:
        known = row.direction
    if known is Direction.UNKNOWN and did:
        return Direction.INCOMING
    if known is Direction.UNKNOWN and caller_extension:
        return Direction.OUTGOING
    return known


def _customer(
    row: codes.CallType,
    direction: Direction,
    outside: str | None,
    caller: str | None,
    target: str | None,
    extensions: tuple[str, ...],
) -> str | None:
    """`callerPhone` where it is sent, else the party that the type or the direction tells; never an extension."""
    if direction is Direction.INTERNAL:
        return None
    parties = {"caller": caller, "target": target, "nobody": None}
    by_direction = "target" if direction is Direction.OUTGOING else "caller"
    customer = outside or parties[row.customer or by_direction]
    return None if customer in extensions else customer


def _extension(direction: Direction, extensions: tuple[str, str, str]) -> str:
    took_part, calling, called = extensions
    return took_part or (
        calling or called if direction is Direction.OUTGOING else called or calling
    )


def _original_call_id(reader: FieldReader, custom: Json) -> str | None:
    """The call that was transferred: a field of the CDR, elsewhere a part of the custom data."""
    name = "OriginalIvrUniqueID"
    return reader.text(name) or FieldReader(custom).text(name) or None


def _ivr(layers: list[Json]) -> tuple[IvrStep, ...]:
    steps = []
    for position, layer in enumerate(map(FieldReader, layers), start=1):
        order = layer.whole("dtmf_order")
        steps.append(
            IvrStep(
                order=position if order is None else order,
                layer_id=layer.whole("layer_id"),
                layer_name=layer.text("layer_name"),
                layer_number=layer.whole("layer_number"),
                digits=layer.text("Dtmf"),
            )
        )
    return tuple(sorted(steps, key=lambda step: step.order))


def _dialer(reader: FieldReader) -> Json:
    """`dialerData` in its documented spelling; the document also names its campaign as fields of the CDR."""
    spelled = {plain(key): key for key in DIALER_KEYS}
    dialer = {
        spelled.get(plain(key), key): value for key, value in reader.object("dialerData").items()
    }
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
)
