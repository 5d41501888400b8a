"""The ledger that bots write for themselves: an ORM, a lock on the open lots, a loop, a commit for each fill."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from sqlalchemy import DateTime, Engine, Numeric, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from ledger.database.url import to_conninfo


class Base(DeclarativeBase):
    """The tables of the naive ledger."""


class NaiveFill(Base):
    """A fill."""

    __tablename__ = "naive_fills"
    id: Mapped[int] = mapped_column(primary_key=True)
    bot_id: Mapped[str] = mapped_column(String, index=True)
    symbol: Mapped[str]
    side: Mapped[str]
    exec_price: Mapped[Decimal] = mapped_column(Numeric)
    exec_qty: Mapped[Decimal] = mapped_column(Numeric)
    order_id: Mapped[str] = mapped_column(String, unique=True)
    commission: Mapped[Decimal] = mapped_column(Numeric)
    exec_time: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class NaiveEntry(Base):
    """A lot."""

    __tablename__ = "naive_entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    bot_id: Mapped[str] = mapped_column(String, index=True)
    symbol: Mapped[str]
    side: Mapped[str]
    entry_price: Mapped[Decimal] = mapped_column(Numeric)
    remaining_qty: Mapped[Decimal] = mapped_column(Numeric)
    entry_time: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class NaiveTrade(Base):
    """A closed piece of a lot."""

    __tablename__ = "naive_trades"
    id: Mapped[int] = mapped_column(primary_key=True)
    bot_id: Mapped[str] = mapped_column(String, index=True)
    symbol: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric)
    entry_price: Mapped[Decimal] = mapped_column(Numeric)
    exit_price: Mapped[Decimal] = mapped_column(Numeric)
    pnl: Mapped[Decimal] = mapped_column(Numeric)
    exit_time: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class NaiveLedger:
    """Writes fills as a bot's own code does."""

    def __init__(self, database_url: str) -> None:
        conninfo = to_conninfo(database_url)
        self._engine: Engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo))

    def create(self) -> None:
        """Makes the tables."""
        Base.metadata.create_all(self._engine)

    def record(self, fill: Mapping[str, Any]) -> None:
        """One fill: journaled, matched and committed."""
        with Session(self._engine) as session:
            session.add(NaiveFill(**fill))
            left = fill["exec_qty"]
            wanted = (
                select(NaiveEntry)
                .where(NaiveEntry.bot_id == fill["bot_id"], NaiveEntry.symbol == fill["symbol"])
                .where(NaiveEntry.remaining_qty > 0, NaiveEntry.side != fill["side"])
                .order_by(NaiveEntry.entry_time, NaiveEntry.id)
                .with_for_update()
            )
            for entry in session.scalars(wanted):
                if not left:
                    break
                left -= self._close(session, entry, fill, min(left, entry.remaining_qty))
            if left:
                session.add(
                    NaiveEntry(
                        bot_id=fill["bot_id"],
                        symbol=fill["symbol"],
                        side=fill["side"],
                        entry_price=fill["exec_price"],
                        remaining_qty=left,
                        entry_time=fill["exec_time"],
                    )
                )
            session.commit()

    def _close(self, session: Session, entry: NaiveEntry, fill: Mapping[str, Any], quantity: Decimal) -> Decimal:
        entry.remaining_qty -= quantity
        gained = (fill["exec_price"] - entry.entry_price) * quantity * (1 if entry.side == "Buy" else -1)
        session.add(
            NaiveTrade(
                bot_id=fill["bot_id"],
                symbol=fill["symbol"],
                quantity=quantity,
                entry_price=entry.entry_price,
                exit_price=fill["exec_price"],
                pnl=gained,
                exit_time=fill["exec_time"],
            )
        )
        return quantity

    def dispose(self) -> None:
        """Closes the connections."""
        self._engine.dispose()
