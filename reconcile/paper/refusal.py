"""Refusals: answers with a retCode other than 0."""


class Refusal(Exception):
    """Bybit's way to say no: HTTP 200 with this retCode and retMsg."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} (retCode {code})")
        self.code = code
        self.message = message


def parameter_error(what: str) -> Refusal:
    """A request that lacks a parameter or has a wrong one: retCode 10001."""
    return Refusal(10001, f"params error: {what}")
