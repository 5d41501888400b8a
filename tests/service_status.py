"""Any state that the service may be in."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

from reconcile.service.status import AccountStatus, JobStatus, ServiceStatus

_TIMES = st.datetimes(timezones=st.just(UTC))
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_COUNTS = st.integers(0, 10**6)
_RESIDUALS = st.decimals(Decimal(0), Decimal(10**15), allow_nan=False, allow_infinity=False)


def statuses() -> st.SearchStrategy[ServiceStatus]:
    """Services with some accounts and jobs."""
    accounts = st.builds(
        AccountStatus,
        name=_NAMES,
        venue=_NAMES,
        environment=_NAMES,
        leading=st.booleans(),
        not_served=st.none() | _NAMES,
        stream=st.sampled_from(["off", "connecting", "catching_up", "live"]),
        stream_alive_at=st.none() | _TIMES,
        last_booked_at=st.none() | _TIMES,
        reconciled_at=st.none() | _TIMES,
        reconciliation=st.sampled_from(["ok", "findings", "degraded", None]),
        reason=st.none() | _NAMES,
        problems=st.dictionaries(_NAMES, _COUNTS, max_size=3),
        residual=_RESIDUALS,
        may_withdraw=st.none() | st.booleans(),
    )
    jobs = st.builds(
        JobStatus,
        name=_NAMES,
        account=st.none() | _NAMES,
        running=st.booleans(),
        last_started_at=st.none() | _TIMES,
        last_finished_at=st.none() | _TIMES,
        last_ok=st.none() | st.booleans(),
        last_error=st.none() | _NAMES,
        last_result=st.none() | _NAMES,
        next_at=st.none() | _TIMES,
    )
    return st.builds(
        ServiceStatus,
        started_at=_TIMES,
        draining=st.booleans(),
        database_ok=st.booleans(),
        accounts=st.lists(accounts, max_size=3).map(lambda found: {one.name: one for one in found}),
        jobs=st.lists(jobs, max_size=3).map(lambda found: {f"{one.account}:{one.name}": one for one in found}),
    )


def any_service() -> ServiceStatus:
    """One that leads for one account."""
    main = AccountStatus(name="main", venue="bybit", environment="mainnet", leading=True)
    return ServiceStatus(started_at=datetime.now(UTC), database_ok=True, accounts={"main": main})
