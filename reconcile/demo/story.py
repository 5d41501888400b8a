"""What the bot does until it dies, and what happens while it is away."""

from decimal import Decimal
from typing import Any

from ledger.order_ids import create_client_order_id
from reconcile.demo.scene import BOT, BotProcess, Scene, moment

BITCOIN, ETHER, SOLANA, RIPPLE = "BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"
STOP, TARGET = "58000", "2900"


def trade_and_die(scene: Scene) -> None:
    """A long with a stop on the exchange, a short with a take-profit order, and a death at the worst moment."""
    report, control = scene.stage.report, scene.control
    with BotProcess(scene) as bot:
        words = [bot.trade(**_order(scene, BITCOIN, "Buy", "0.2", "entry", stopLoss=STOP))]
        control.set_time(moment(6, 9, 40))
        words.append(bot.trade(**_order(scene, ETHER, "Sell", "4", "entry")))
        target = {"orderType": "Limit", "price": TARGET, "reduceOnly": True}
        words.append(bot.trade(**_order(scene, ETHER, "Buy", "4", "target", **target)))
        report.expect("it trades, and books what it trades", words, ["booked"] * 3)
        control.set_time(moment(6, 10, 15))
        control.move_price(BITCOIN, Decimal(60_500))
        ending = bot.die_trading(**_order(scene, BITCOIN, "Buy", "0.1", "entry", stopLoss=STOP))
    report.expect("killed by signal 9 when its last order was filled, and not booked", ending, -9)


def _order(scene: Scene, symbol: str, side: str, qty: str, reason: str, **more: Any) -> dict[str, Any]:
    return {
        "category": "linear",
        "symbol": symbol,
        "side": side,
        "orderType": "Market",
        "qty": qty,
        "orderLinkId": create_client_order_id(scene.stage.bot_id(BOT), reason),
        **more,
    }


def meanwhile(scene: Scene) -> None:
    """Almost a day without the bot."""
    control, person = scene.control, scene.credentials.uid
    control.set_time(moment(6, 16))
    _charge_funding(scene, "0.0001")
    control.set_time(moment(6, 17, 30))
    control.trade_by_hand(person, SOLANA, "Buy", Decimal(20))
    control.set_time(moment(6, 21, 10))
    control.move_price(SOLANA, Decimal("153.5"))
    control.trade_by_hand(person, SOLANA, "Sell", Decimal(20))
    control.set_time(moment(7, 0))
    _charge_funding(scene, "-0.00005")
    # The market is thin: 0.2 at each price. A stop is a market order, and gets what is there.
    control.set_time(moment(7, 2, 47))
    control.set_depth(BITCOIN, Decimal("0.2"), levels=2)
    control.move_price(BITCOIN, Decimal("57912.4"))
    # Of the 4 that the take-profit order waits for, 2 are offered.
    control.set_time(moment(7, 4, 20))
    control.set_depth(ETHER, Decimal(2))
    control.move_price(ETHER, Decimal(TARGET))
    control.set_time(moment(7, 6, 5))
    control.trade_by_hand(person, RIPPLE, "Buy", Decimal(1000))
    control.set_time(moment(7, 8))
    _charge_funding(scene, "0.0001")
    control.set_time(moment(7, 9, 30))


def _charge_funding(scene: Scene, rate: str) -> None:
    for symbol in (BITCOIN, ETHER, SOLANA, RIPPLE):
        scene.control.charge_funding(symbol, Decimal(rate))
