"""All borders of the product at which hostile input is tried."""

from tests.faults.hostile.client import CLIENT
from tests.faults.hostile.commands import COMMANDS
from tests.faults.hostile.environment import ENVIRONMENT
from tests.faults.hostile.files import FILES
from tests.faults.hostile.payloads import PAYLOADS
from tests.faults.hostile.target import Target

TARGETS: dict[str, Target] = {target.name: target for target in (*CLIENT, *COMMANDS, *FILES, *PAYLOADS, *ENVIRONMENT)}
