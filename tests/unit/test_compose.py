"""The production files: valid by the Compose specification, and safe by rules of our own.

Each rule is also shown a file that breaks it, so that none can pass by checking nothing.
"""

import asyncio
import copy
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconcile.service.http import serving
from reconcile.service.metrics import Metrics
from reconcile.service.settings import ServiceSettings
from reconcile.service.status import ServiceStatus

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
SERVICE_LOGIN = "fifoledger_service"
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|AUTH|API_KEY")
REQUIRED_VARIABLE = re.compile(r"\$\{([A-Z_]+):\?[^}]+\}")
PASSWORD_IN_URL = re.compile(r"://[^/@\s]*:(?P<password>[^/\s]+)@")

Document = dict[str, Any]
Rule = Callable[[Document], Iterator[str]]
Change = Callable[[Document], object]


def load() -> Document:
    document: Document = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    return document


def long_running(document: Document) -> Iterator[tuple[str, Document]]:
    for name, service in document["services"].items():
        if service.get("restart") != "no":
            yield name, service


def environment_of(service: Document) -> Document:
    found: Document = service.get("environment", {})
    return found


def healthchecks(document: Document) -> Iterator[str]:
    for name, service in long_running(document):
        check = service.get("healthcheck", {})
        if not check.get("test") or check.get("disable"):
            yield f"{name} runs for long without a healthcheck"


def restarts(document: Document) -> Iterator[str]:
    for name, service in long_running(document):
        if service.get("restart") not in {"always", "unless-stopped", "on-failure"}:
            yield f"{name} does not come back after a crash"


def secrets(document: Document) -> Iterator[str]:
    for name, service in document["services"].items():
        for variable, value in environment_of(service).items():
            if SECRET_NAME.search(variable) and not REQUIRED_VARIABLE.fullmatch(str(value)):
                yield f"{name}.{variable} does not come from the environment"
        for match in PASSWORD_IN_URL.finditer(yaml.safe_dump(service, width=10_000)):
            if not REQUIRED_VARIABLE.fullmatch(match["password"]):
                yield f"{name} has a password written into a URL"


def users(document: Document) -> Iterator[str]:
    for name, service in document["services"].items():
        if str(service.get("user", "root")).split(":")[0] in {"root", "0", ""}:
            yield f"{name} runs as root"
        if service.get("privileged") or service.get("cap_add"):
            yield f"{name} is given privileges"


def hardening(document: Document) -> Iterator[str]:
    for name, service in document["services"].items():
        if service.get("read_only") is not True:
            yield f"{name} can write to its root filesystem"
        if service.get("cap_drop") != ["ALL"]:
            yield f"{name} keeps capabilities"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name} may gain privileges"


def volumes(document: Document) -> Iterator[str]:
    for name, service in document["services"].items():
        sources = [str(mount).split(":")[0] for mount in service.get("volumes", [])]
        yield from (
            f"{name} mounts {source}, which is no named volume"
            for source in sources
            if source not in document["volumes"]
        )
    for name in ("postgres", "redis"):
        if not document["services"][name].get("volumes"):
            yield f"{name} keeps its data in the container"


def ports(document: Document) -> Iterator[str]:
    for name, service in document["services"].items():
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                yield f"{name} is published to the network by {port}"


def dependencies(document: Document) -> Iterator[str]:
    services = document["services"]
    running = dict(long_running(document))
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            expected = "service_healthy" if other in running else "service_completed_successfully"
            if how["condition"] != expected:
                yield f"{name} waits for {other} until {how['condition']}, not {expected}"
        uses_database = "LEDGER_DATABASE_URL" in environment_of(service)
        if uses_database and "postgres" not in service.get("depends_on", {}):
            yield f"{name} does not wait for the database"
        if environment_of(service).get("PGUSER") == SERVICE_LOGIN and "service-login" not in service["depends_on"]:
            yield f"{name} does not wait for its login"
        if uses_database and name != "migrate" and "migrate" not in service.get("depends_on", {}):
            yield f"{name} does not wait for the migration"


def administrators(document: Document) -> Iterator[str]:
    for name, service in long_running(document):
        environment = environment_of(service)
        if "LEDGER_DATABASE_URL" in environment and environment.get("PGUSER", "postgres") == "postgres":
            yield f"{name} runs for long with the administrator's rights"


def drains(document: Document) -> Iterator[str]:
    least = ServiceSettings.model_fields["drain"].default
    for name, service in long_running(document):
        if "LEDGER_DATABASE_URL" in environment_of(service):
            given = re.fullmatch(r"(\d+)s", str(service.get("stop_grace_period")))
            if given is None or int(given[1]) <= least:
                yield f"{name} is killed before it has had its {least} seconds to end"


def secret_files(document: Document) -> Iterator[str]:
    for name, service in document["services"].items():
        environment = environment_of(service)
        given = [f"/run/secrets/{secret}" for secret in service.get("secrets", [])]
        if missing := set(service.get("secrets", [])) - set(document.get("secrets", {})):
            yield f"{name} has secrets that are declared nowhere: {missing}"
        if (path := environment.get("SERVICE_ACCOUNTS_FILE")) and path not in given:
            yield f"{name} reads its keys from {path}, which is no secret"
        if any(variable.startswith("BYBIT_API") for variable in environment):
            yield f"{name} has keys in its environment, which docker inspect shows"


def ways_out(document: Document) -> Iterator[str]:
    if document["networks"]["backend"] != {"internal": True}:
        yield "the network between the containers leads elsewhere"
    for name, service in document["services"].items():
        needs = service.get("command") == ["serve"]
        if ("exchange" in service.get("networks", [])) is not needs:
            yield f"{name} {'cannot' if needs else 'can'} reach the exchange"


def one_shots(document: Document) -> Iterator[str]:
    """`up --wait` takes the end of a program for a failure unless one that runs on has waited for it."""
    waited_for = {name for _, service in long_running(document) for name in service.get("depends_on", {})}
    for name, service in document["services"].items():
        if service.get("restart") == "no" and not service.get("profiles") and name not in waited_for:
            yield f"nothing that runs for long waits for {name}"


def persistence(document: Document) -> Iterator[str]:
    command = " ".join(document["services"]["redis"]["command"])
    if "--appendonly yes" not in command:
        yield "redis forgets everything at a restart"
    if "--requirepass" not in command:
        yield "redis asks for no password"


def migration(document: Document) -> Iterator[str]:
    service = document["services"].get("migrate", {})
    if service.get("command") != ["migrate"] or service.get("restart") != "no":
        yield "there is no one-shot migration"


def images(document: Document) -> Iterator[str]:
    for name, service in document["services"].items():
        _, _, tag = service["image"].partition(":")
        if tag in {"", "latest"}:
            yield f"{name} follows a moving image"


def in_service(name: str, **changes: object) -> Change:
    """Return a change that sets these keys of one service."""
    return lambda document: document["services"][name].update(changes)


def without(name: str, *path: str) -> Change:
    """Return a change that removes the value at the path below one service."""

    def change(document: Document) -> None:
        place = document["services"][name]
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return change


def set_environment(name: str, variable: str, value: str) -> Change:
    return lambda document: document["services"][name]["environment"].update({variable: value})


BROKEN: list[tuple[Rule, Change]] = [
    (healthchecks, without("postgres", "healthcheck")),
    (healthchecks, in_service("redis", healthcheck={"disable": True})),
    (healthchecks, in_service("verify", restart="unless-stopped")),
    (restarts, without("redis", "restart")),
    (secrets, set_environment("postgres", "POSTGRES_PASSWORD", "hunter2")),
    (secrets, set_environment("postgres", "POSTGRES_PASSWORD", "${POSTGRES_PASSWORD:-hunter2}")),
    (secrets, set_environment("redis", "REDISCLI_AUTH", "${REDIS_PASSWORD}")),
    (secrets, set_environment("verify", "LEDGER_REDIS_URL", "redis://:hunter2@redis:6379/0")),
    (secrets, in_service("migrate", command=["migrate", "--url", "postgresql://me:hunter2@postgres/x"])),
    (users, without("redis", "user")),
    (users, in_service("migrate", user="0:0")),
    (users, in_service("postgres", privileged=True)),
    (hardening, without("migrate", "read_only")),
    (hardening, in_service("redis", cap_drop=["NET_RAW"])),
    (hardening, without("postgres", "security_opt")),
    (volumes, in_service("postgres", volumes=["./data:/var/lib/postgresql"])),
    (volumes, in_service("postgres", volumes=["/var/lib/postgresql"])),
    (volumes, without("redis", "volumes")),
    (ports, in_service("postgres", ports=["5432:5432"])),
    (ports, in_service("redis", ports=["0.0.0.0:6379:6379"])),
    (dependencies, in_service("migrate", depends_on={"postgres": {"condition": "service_started"}})),
    (dependencies, without("migrate", "depends_on")),
    (dependencies, without("verify", "depends_on", "migrate")),
    (dependencies, without("verify", "depends_on", "postgres")),
    (administrators, set_environment("serve", "PGUSER", "postgres")),
    (administrators, without("serve", "environment", "PGUSER")),
    (drains, without("serve", "stop_grace_period")),
    (drains, in_service("serve", stop_grace_period="5s")),
    (secret_files, in_service("serve", secrets=["keys"])),
    (secret_files, without("serve", "secrets")),
    (secret_files, set_environment("serve", "SERVICE_ACCOUNTS_FILE", "/accounts.toml")),
    (secret_files, set_environment("serve", "BYBIT_API_KEY", "${BYBIT_API_KEY:?set it}")),
    (ways_out, in_service("serve", networks=["backend"])),
    (ways_out, in_service("postgres", networks=["backend", "exchange"])),
    (ways_out, lambda document: document["networks"].update(backend={})),
    (healthchecks, without("serve", "healthcheck")),
    (dependencies, without("serve", "depends_on", "service-login")),
    (one_shots, without("serve", "depends_on", "service-login")),
    (one_shots, without("verify", "profiles")),
    (persistence, in_service("redis", command=["redis-server", "--appendonly", "no"])),
    (migration, without("migrate", "command")),
    (migration, in_service("migrate", restart="always")),
    (images, in_service("redis", image="redis")),
    (images, in_service("postgres", image="postgres:latest")),
]
RULES = list(dict.fromkeys(rule for rule, _ in BROKEN))


@pytest.mark.parametrize("rule", RULES)
def test_the_file_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(load())) == []


@pytest.mark.parametrize(("rule", "change"), BROKEN)
def test_the_rule_finds_a_broken_file(rule: Rule, change: Change) -> None:
    document = copy.deepcopy(load())
    change(document)
    assert list(rule(document))


def check_schema(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_file_is_valid_by_the_compose_specification() -> None:
    result = check_schema(COMPOSE_FILE)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "change", [in_service("redis", helthcheck={}), in_service("redis", restart=3, tmpfs={"no": "list"})]
)
def test_the_specification_refuses_a_broken_file(change: Change, tmp_path: Path) -> None:
    document = load()
    change(document)
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert check_schema(broken).returncode == 1


async def test_the_service_s_healthcheck_finds_it_alive_or_not() -> None:
    service = load()["services"]["serve"]
    how, program, *arguments = service["healthcheck"]["test"]
    assert (how, program) == ("CMD", "python")
    assert environment_of(service)["SERVICE_PORT"] == "8801"
    assert "127.0.0.1:8801/healthz" in arguments[-1]

    async def check(port: int) -> int:
        command = [part.replace(":8801/", f":{port}/") for part in arguments]
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stderr=asyncio.subprocess.DEVNULL)
        return await asyncio.wait_for(process.wait(), 60)

    status = ServiceStatus(started_at=datetime.now(UTC))
    async with serving("127.0.0.1", 0, status, Metrics(status)) as port:
        assert await check(port) == 0
    assert await check(port) == 1


def test_the_service_s_login_is_made_for_services_with_the_password_that_it_uses() -> None:
    services = load()["services"]
    makes, uses = services["service-login"], environment_of(services["serve"])
    assert makes["command"] == ["login", SERVICE_LOGIN, "--for", "service"]
    assert uses["PGUSER"] == SERVICE_LOGIN
    assert environment_of(makes)["LEDGER_LOGIN_PASSWORD"] == uses["PGPASSWORD"]


def test_the_service_s_settings_exist() -> None:
    known = {f"SERVICE_{name.upper()}" for name in ServiceSettings.model_fields}
    given = {name for name in environment_of(load()["services"]["serve"]) if name.startswith("SERVICE_")}
    assert given <= known


def test_the_accounts_file_is_neither_committed_nor_sent_to_the_builder() -> None:
    path = load()["secrets"]["accounts"]["file"]
    assert path == "./accounts.toml"
    assert "/accounts.toml" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "!accounts.toml" not in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_each_secret_has_its_empty_place_in_the_example_environment() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    needed = set(REQUIRED_VARIABLE.findall(COMPOSE_FILE.read_text(encoding="utf-8")))
    assert {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "SERVICE_DATABASE_PASSWORD"} <= needed
    assert needed == set(re.findall(r"^([A-Z_]+)=$", example, flags=re.MULTILINE))
    assert not re.findall(r"^[A-Z_]+=.+$", example, flags=re.MULTILINE)


def stages(dockerfile: str) -> list[list[str]]:
    """Return the instructions of each stage, continuation lines joined."""
    lines = [line for line in dockerfile.replace("\\\n", " ").splitlines() if line and line[0] != "#"]
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("FROM "):
            found.append([])
        found[-1].append(line)
    return found


def test_the_image_is_built_in_stages_and_runs_the_program_as_nobody_special() -> None:
    build, final = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert any("pip install" in line for line in build)
    assert not any("pip install" in line for line in final)
    assert [line.split()[1] for line in final if line.startswith("USER ")] == ["10001:10001"]
    assert 'ENTRYPOINT ["fifoledger"]' in final
    assert all(line.startswith("COPY --from=build ") for line in final if line.startswith("COPY"))


def test_the_builder_is_sent_just_what_the_image_copies() -> None:
    build, _ = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    copied = {name for line in build if line.startswith("COPY ") for name in line.split()[1:-1]}
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore
    assert {line[1:] for line in ignore if line.startswith("!")} == copied
