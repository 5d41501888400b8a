"""What the service needs besides, and that nobody else needs it."""

import subprocess
import sys

import pytest

from ledger.errors import ConfigurationError
from reconcile.service.extra import require_extra


def test_with_the_extra_there_is_nothing_to_say() -> None:
    require_extra()


@pytest.mark.parametrize("missing", ["apprise", "prometheus_client"])
def test_without_the_extra_the_error_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=rf"{missing}; .* pip install 'fifoledger\[service\]'"):
        require_extra()


def test_the_command_says_so_before_anything_else() -> None:
    code = (
        "import sys; sys.modules['apprise'] = None\n"
        "from ledger.cli import main; sys.argv = ['fifoledger', 'serve']; main()\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error [configuration]: the service needs apprise; install its extra")


def test_bots_and_other_commands_load_none_of_it() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['apprise', 'prometheus_client']))\n"
        "import ledger.cli, reconcile, reconcile.bybit\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
