"""What the Compose file says, compared with the Compose schema, with our settings and with what it promises."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.security import check_exposure
from api.settings import ApiSettings
from tests.deployment.compose import COMPOSE_FILE, VARIABLE, environment_of, read_compose, seconds_of
from tests.deployment.image import ROOT, read_dockerfile
from tuner.secret_files import read_secret
from worker.settings import WorkerSettings

SERVICES: dict[str, Any] = read_compose()["services"]
OURS = ("migrate", "api", "worker")


def variables_of(kind: type[ApiSettings] | type[WorkerSettings]) -> set[str]:
    prefix = kind.model_config["env_prefix"]
    return {str(field.validation_alias or f"{prefix}{name.upper()}") for name, field in kind.model_fields.items()}


def networks_of(name: str) -> set[str]:
    return set(SERVICES[name]["networks"])


def test_it_keeps_to_the_compose_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE_FILE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_would_notice(tmp_path: Path) -> None:
    path = tmp_path / "docker-compose.yml"
    path.write_text(COMPOSE_FILE.read_text().replace("stop_grace_period", "stop_grace_time"))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60).returncode == 1


def test_every_variable_has_a_default_and_is_explained() -> None:
    head, _, body = COMPOSE_FILE.read_text().partition("\nname:")
    explained = set(re.findall(r"^#   (TUNER_\w+) ", head, re.MULTILINE))
    used = VARIABLE.findall(body)
    assert {name for name, _, _ in used} == explained
    # What is left of a dollar sign would be something else than such a variable.
    assert "$" not in VARIABLE.sub("", body)
    read_compose({})


def test_the_documentation_names_the_same_variables_and_defaults() -> None:
    text = (ROOT / "docs" / "how-to" / "deploy.md").read_text()
    told = dict(re.findall(r"^\| `(TUNER_\w+)` \| (.*?) ?\|", text, re.MULTILINE))
    used = {name: default for name, default, _ in VARIABLE.findall(COMPOSE_FILE.read_text())}
    assert set(told) == set(used)
    assert {name: told[name].strip("`") for name, default in used.items() if default} == {
        name: default for name, default in used.items() if default
    }


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/deploy.md"])
def test_the_documented_commands_make_secrets_that_containers_can_read(page: str, tmp_path: Path) -> None:
    commands = re.search(r"^mkdir -m 700 secrets\n.*\nchmod .*$", (ROOT / page).read_text(), re.MULTILINE)
    assert commands is not None
    script = f"umask 077\n{commands.group()}"
    subprocess.run(["sh", "-eu", "-c", script], cwd=tmp_path, check=True)
    folder = tmp_path / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == set(read_compose()["secrets"])
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        settings = ApiSettings(key=read_secret(path, "TUNER_API_KEY_FILE"), host="0.0.0.0")
        check_exposure(settings)


def test_only_the_port_of_the_api_is_published() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "proxy": ["127.0.0.1:8000:8000"]
    }
    assert all("network_mode" not in service for service in SERVICES.values())
    published = read_compose({"TUNER_PUBLISH": "0.0.0.0:80"})["services"]["proxy"]["ports"]
    assert published == ["0.0.0.0:80:8000"]


def test_only_the_proxy_touches_a_network_that_is_not_internal() -> None:
    networks = read_compose()["networks"]
    for name in SERVICES:
        outside = [network for network in networks_of(name) if not networks[network].get("internal")]
        assert outside == (["published"] if name == "proxy" else [])


def test_only_the_database_the_migration_and_the_api_know_the_database() -> None:
    for name, service in SERVICES.items():
        knows = name in ("db", "migrate", "api")
        assert ("database_password" in service.get("secrets", [])) is knows
        assert ("database" in networks_of(name)) is knows
        said = " ".join(f"{key}={value}" for key, value in environment_of(service).items())
        assert bool(re.search("DATABASE|POSTGRES", said)) is knows


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in environment_of(service).items():
            if re.search("KEY|PASSWORD|SECRET", name):
                assert name.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    assert SERVICES["api"]["environment"]["TUNER_DATABASE_URL"] == "postgresql://tuner@db:5432/tuner"


def test_secrets_and_data_are_kept_out_of_git() -> None:
    folder = read_compose()["secrets"]["api_key"]["file"].removeprefix(".").removesuffix("api_key")
    assert {folder, ".env"} <= set((ROOT / ".gitignore").read_text().splitlines())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] not in ("", "root", "0", "0:0")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service)
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")


@pytest.mark.parametrize("name", ["db", "proxy"])
def test_images_of_others_are_of_a_known_version(name: str) -> None:
    assert re.fullmatch(r"[a-z]+:\d[\w.\-]*", SERVICES[name]["image"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_the_image_that_is_built_here(name: str) -> None:
    service = SERVICES[name]
    assert service["image"] == "tuner"
    assert service["init"] is True
    (user,) = next(each.words for each in reversed(read_dockerfile()[-1]) if each.name == "USER")
    assert service["user"] == user


def test_the_image_is_built_once() -> None:
    assert {name: service["build"] for name, service in SERVICES.items() if "build" in service} == {
        "api": {"context": "."}
    }


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_a_service_is_a_setting_of_its(name: str) -> None:
    known = {
        "migrate": {"TUNER_DATABASE_URL", "TUNER_DATABASE_PASSWORD_FILE"},
        "api": variables_of(ApiSettings) | {"TUNER_URL"},
        "worker": variables_of(WorkerSettings),
    }
    assert set(SERVICES[name]["environment"]) <= known[name]


def test_services_start_in_an_order_that_can_work() -> None:
    depends = {name: service.get("depends_on") for name, service in SERVICES.items()}
    assert depends["migrate"] == {"db": {"condition": "service_healthy"}}
    assert depends["api"] == depends["migrate"] | {"migrate": {"condition": "service_completed_successfully"}}
    assert set(depends["worker"]) == {"proxy"}
    assert set(depends["proxy"]) == {"api"}


def test_replicas_can_be_chosen() -> None:
    chosen = read_compose({"TUNER_API_REPLICAS": "5", "TUNER_WORKER_REPLICAS": "7"})["services"]
    for services, counts in ((SERVICES, ("2", "1")), (chosen, ("5", "7"))):
        assert (services["api"]["deploy"]["replicas"], services["worker"]["deploy"]["replicas"]) == counts
    # A name or a port of its own would forbid a second replica.
    for name in ("api", "worker"):
        assert not {"container_name", "ports", "hostname"} & set(SERVICES[name])


def test_replicas_of_the_api_share_the_files_and_workers_share_none() -> None:
    assert SERVICES["api"]["volumes"] == ["files:/data"]
    assert SERVICES["worker"]["volumes"] == [{"type": "volume", "target": "/data"}]
    assert set(read_compose()["volumes"]) == {"database", "files"}


def test_containers_wait_longer_than_processes_take_to_stop() -> None:
    api, worker = (environment_of(SERVICES[name]) for name in ("api", "worker"))
    grace = {name: seconds_of(service.get("stop_grace_period", "10s")) for name, service in SERVICES.items()}
    assert grace["api"] >= int(api["TUNER_API_SHUTDOWN_SECONDS"]) + 20
    cancelling = WorkerSettings.model_fields["cancel_seconds"].default
    assert grace["worker"] >= int(worker["TUNER_WORKER_GRACE_SECONDS"]) + cancelling + 10
    (hard_stop,) = re.findall(r"hard-stop-after (\d+)s", (ROOT / "deploy" / "haproxy.cfg").read_text())
    assert grace["proxy"] > int(hard_stop) >= int(api["TUNER_API_SHUTDOWN_SECONDS"])


def test_the_proxy_waits_longer_than_the_api() -> None:
    text = (ROOT / "deploy" / "haproxy.cfg").read_text()
    timeouts = {name: int(seconds) for name, seconds in re.findall(r"timeout (\S+) (\d+)s", text)}
    assert timeouts["client"] > ApiSettings().upload_silence_seconds
    assert timeouts["server"] > 600


def test_the_proxy_looks_for_the_service_and_the_port_of_the_api() -> None:
    text = (ROOT / "deploy" / "haproxy.cfg").read_text()
    port = environment_of(SERVICES["api"])["TUNER_API_PORT"]
    assert re.search(rf"server-template replica \d+ api:{port}$", text, re.MULTILINE)
    assert environment_of(SERVICES["worker"])["TUNER_URL"].startswith("http://proxy:")
    assert "proxy" in environment_of(SERVICES["api"])["TUNER_API_ALLOWED_HOSTS"].split(",")
    (config,) = SERVICES["proxy"]["configs"]
    assert (ROOT / read_compose()["configs"][config["source"]]["file"]).exists()


def test_yaml_has_no_merge_that_loses_a_variable() -> None:
    raw = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    assert {"TUNER_DATABASE_URL", "TUNER_DATABASE_PASSWORD_FILE"} <= set(raw["api"]["environment"])
