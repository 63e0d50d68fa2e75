"""What all tables share: their base, and the columns that recur."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

from leadtracker.domain import Touchpoint
from leadtracker.records.database import TouchpointJson, UtcDateTime

Big = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER columns
Numbered = Annotated[int, mapped_column(Big, primary_key=True)]
OfCall = Annotated[int, mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))]
KeyOfSite = Annotated[
    int, mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
]

Arrived = Annotated[Touchpoint | None, mapped_column(TouchpointJson, nullable=False)]

# Without this, None would be stored as the JSON null, which is not NULL.
NULLABLE = JSON(none_as_null=True)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {
        dict[str, Any]: JSON,
        list[str]: JSON,
        datetime: UtcDateTime,
        str: Text,
        bytes: LargeBinary,
    }
