"""A strict local Bybit: a real HTTP and WebSocket server that unmodified clients can trade against."""

from reconcile.paper.control import Control, Credentials
from reconcile.paper.faults import HttpFault, StreamFault
from reconcile.paper.instruments import Instrument, default_instruments
from reconcile.paper.server import PaperBybit, application, new_venue, paper_bybit, serve
from reconcile.paper.venue import Policy, Venue

__all__ = [
    "Control",
    "Credentials",
    "HttpFault",
    "Instrument",
    "PaperBybit",
    "Policy",
    "StreamFault",
    "Venue",
    "application",
    "default_instruments",
    "new_venue",
    "paper_bybit",
    "serve",
]
