"""Settings: one strict parser, every key known, no secret in a message."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal
from pathlib import Path

import pytest

from architect.config import ModelSettings, WickSettings, load, read_config
from architect.route import JOBS, route_keys
from architect.secrets import Secrets
from architect.system.person import PersonSettings
from core.config import EXCHANGE_KEYS, ROOT_KEY, Settings, open_project, read_core
from core.environment import Environment, parse_env, read_environment
from core.errors import ConfigError, ModelError
from core.project import Project
from core.trading.config import TradingSettings
from core.trading.gateway import limits

CANARY = "sk-canary-0123456789abcdef"
EXAMPLE = Path(__file__).parent.parent / ".env.example"
LIVE = {
    "LLM_API_KEY": CANARY,
    "LLM_MODEL": "small",
    "LLM_PRICE_IN_USD": "0.5",
    "LLM_PRICE_OUT_USD": "2",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "specs").mkdir()
    (tmp_path / "manifest.yaml").write_text("")
    return Project(tmp_path)


def error(values: dict[str, str], project: Project) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_config(project, values)
    return caught.value


# --- .env ---------------------------------------------------------------------------


def test_env_takes_values_as_they_stand() -> None:
    text = "\ufeff# c\r\n\r\nA=1\r\nB = x=y \r\nC='a # $A \"'\r\nD=\r\n"
    assert parse_env(text.lstrip("\ufeff")) == {
        "A": "1",
        "B": "x=y",
        "C": 'a # $A "',
        "D": "",
    }


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (f"export A={CANARY}", "KEY=value"),
        (f"{CANARY}", "KEY=value"),
        (f"a={CANARY}", "KEY=value"),
        (f"A='{CANARY}", "quotes"),
        (f"A={CANARY} # mine", "comment"),
        (f"B={CANARY}", "twice"),
    ],
)
def test_a_wrong_line_is_an_error_that_hides_its_value(line: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=f"line 2.*{wrong}") as caught:
        parse_env(f"B=1\n{line}\n")
    assert "canary" not in str(caught.value)


def test_an_env_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_environment(tmp_path / ".env", {})


def test_an_env_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(ConfigError, match=r"\.env is a folder") as caught:
        read_environment(tmp_path / ".env", {})
    assert caught.value.hint == f"mv {tmp_path}/.env {tmp_path}/.env.folder"


def test_the_process_environment_wins_even_when_it_says_empty(project: Project) -> None:
    (project.root / ".env").write_text("REDIS_URL=redis://a\nARCHITECT_MODE=live\n")
    core = read_core(project, {"REDIS_URL": ""})
    assert core.settings.redis_url is None
    assert core.settings.mode == "live"


# --- .env.example -------------------------------------------------------------------


def test_the_example_lists_exactly_the_known_keys() -> None:
    listed = set(parse_env(EXAMPLE.read_text()))
    known = {
        *Settings.known(),
        *ModelSettings.known(),
        *TradingSettings.known(),
        *WickSettings.known(),
        *PersonSettings.known(),
    }
    known |= {*route_keys(JOBS), *EXCHANGE_KEYS, ROOT_KEY, *limits._VARIABLES}
    known.add(limits._FILE_VARIABLE)
    assert listed == known


def test_the_example_is_all_defaults(project: Project) -> None:
    plain = read_config(project, {})
    (project.root / ".env").write_text(EXAMPLE.read_text())
    copied = read_config(project, {})
    for part in ("settings", "models", "trading", "routes"):
        assert getattr(copied, part) == getattr(plain, part)
    assert not copied.routes


def test_every_line_of_the_example_is_explained() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [
        line
        for before, line in itertools.pairwise(lines)
        if "=" in line and not line.startswith("#") and not before.startswith("# ")
    ]
    assert bare == []


def test_the_example_of_a_file_of_limits_is_one(tmp_path: Path) -> None:
    text = EXAMPLE.read_text().partition("For example:\n")[2]
    lines = itertools.takewhile(lambda line: line[:1] == "#", text.splitlines())
    file = tmp_path / "limits.yaml"
    file.write_text("\n".join(line.removeprefix("#   ") for line in lines))
    found = limits.load(file, Environment({}))
    assert found.max_order_size == {"PF_XBTUSD": Decimal("0.5"), "PF_ETHUSD": 10}
    assert found.symbols == ("PF_XBTUSD", "PF_ETHUSD")


# --- what is wrong is said ----------------------------------------------------------


@pytest.mark.parametrize(
    ("typo", "nearest"),
    [
        ("LLM_CODE_MODLE", "LLM_CODE_MODEL"),
        ("LLM_API_KEYS", "LLM_API_KEY"),
        ("ARCHITECT_MOD", "ARCHITECT_MODE"),
        ("TRADING_SYMBOL", "TRADING_SYMBOLS"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(
    typo: str, nearest: str, project: Project
) -> None:
    assert f"{nearest}" in str(error({typo: CANARY}, project))
    (project.root / ".env").write_text(f"{typo}={CANARY}\n")
    caught = error({}, project)
    assert nearest in str(caught)
    assert ".env" in str(caught)
    assert "canary" not in str(caught)


def test_an_unknown_key_of_no_prefix_is_an_error_in_the_file_only(
    project: Project,
) -> None:
    assert read_config(project, {"HOME": "/x", "GATEWAY_INTERFACE": "CGI"})
    (project.root / ".env").write_text("DATABSE_URL=postgresql:///x\n")
    assert "DATABASE_URL" in str(error({}, project))


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"ARCHITECT_MODE": "papre"}, "ARCHITECT_MODE.*'papre'"),
        ({"DATABASE_URL": "mysql://u:canarypw@h/d"}, "DATABASE_URL.*postgresql://"),
        ({"EXCHANGE_URL": "ftp://x"}, "EXCHANGE_URL.*ftp"),
        ({"TRADING_INTERVAL": "7m"}, "TRADING_INTERVAL"),
        ({"LLM_BUDGET_DAY_USD": "-1"}, "LLM_BUDGET_DAY_USD"),
        ({"LLM_BUDGET_DAY_USD": "NaN"}, "LLM_BUDGET_DAY_USD"),
        ({"LLM_API_KEY": CANARY}, "no model for architect"),
        ({"LLM_MODEL": "m"}, "neither a key nor a URL"),
        ({**LIVE, "LLM_PRICE_OUT_USD": ""}, "price of LLM_MODEL is not set"),
        ({**LIVE, "LLM_PRICE_IN_USD": "-1"}, "LLM_PRICE_IN_USD"),
        ({**LIVE, "LLM_CODE_TEMPERATURE": "hot"}, "LLM_CODE_TEMPERATURE.*'hot'"),
        ({**LIVE, "LLM_API_KEY": "sk-canary\n1"}, "LLM_API_KEY"),
        ({**LIVE, "LLM_API_URL": "http://u:canarypw@h/v1"}, "LLM_API_URL"),
        ({**LIVE, "LLM_CODE_FALLBACKS": "local"}, "LLM_CODE_FALLBACKS: local"),
        ({"LLM_ROUTES": "api"}, "'api' cannot name a route"),
        ({"LLM_ROUTES": "Big"}, "'Big' cannot name a route"),
        ({**LIVE, "LLM_CODE_MODEL": "big"}, "price of LLM_CODE_MODEL"),
    ],
)
def test_a_wrong_value_names_its_key_and_hides_secrets(
    values: dict[str, str], wrong: str, project: Project
) -> None:
    caught = error(values, project)
    assert re.search(wrong, str(caught)), caught
    assert caught.hint
    assert "canary" not in f"{caught!r} {caught.hint} {caught.__context__!r}"


# --- routes -------------------------------------------------------------------------


def test_all_jobs_share_what_is_set_once(project: Project) -> None:
    config = read_config(project, {**LIVE, "LLM_WICK_TIMEOUT_S": "9"})
    assert set(config.routes) == set(JOBS)
    assert config.routes["wick"].timeout_s == 9
    assert config.routes["code"].timeout_s == 120
    assert config.routes["code"].price(1_000_000, 500_000) == Decimal("1.5")


def test_a_shared_key_is_not_sent_to_a_url_of_its_own(project: Project) -> None:
    own = {
        "LLM_CODE_API_URL": "http://127.0.0.1:1/v1",
        "LLM_CODE_PRICE_IN_USD": "0",
        "LLM_CODE_PRICE_OUT_USD": "0",
    }
    routes = read_config(project, {**LIVE, **own}).routes
    assert routes["code"].key is None
    assert routes["wick"].key is not None
    assert routes["code"].limit_field == "max_tokens"
    assert routes["wick"].limit_field == "max_completion_tokens"


def test_a_shared_list_of_fallbacks_leaves_out_the_route_itself(
    project: Project,
) -> None:
    more = {"LLM_ROUTES": "local, big", "LLM_FALLBACKS": "local big"}
    routes = read_config(project, {**LIVE, **more}).routes
    assert routes["code"].fallbacks == ("local", "big")
    assert routes["local"].fallbacks == ("big",)


# --- secrets ------------------------------------------------------------------------


def test_no_repr_shows_a_secret(project: Project) -> None:
    keys = {"DATABASE_URL": "postgresql://u:canarypw@h/d", "EXCHANGE_API_KEY": CANARY}
    (project.root / ".env").write_text(f"EXCHANGE_API_SECRET={CANARY}\n")
    config = read_config(project, {**LIVE, **keys})
    core = read_core(project, {**LIVE, **keys})
    shown = f"{config!r} {config.routes!r} {config.secrets!r} {config.environment!r} {core!r}"
    assert "canary" not in shown
    assert core.gateway_environment() == {
        "EXCHANGE_API_KEY": CANARY,
        "EXCHANGE_API_SECRET": CANARY,
    }


def test_secrets_are_found_and_blotted_out() -> None:
    environment = Environment({"LLM_API_KEY": CANARY, "REDIS_URL": "redis://:word99@h"})
    secrets = Secrets(tuple(environment.secrets()))
    scrubbed = secrets.scrub(f"key {CANARY}, word99, sk-abc***xyz1, Bearer abc")
    assert scrubbed == "key ***, ***, ***, ***"
    with pytest.raises(ModelError) as caught:
        secrets.refuse("the prompt", f"x{CANARY}x")
    assert "canary" not in str(caught.value)
    secrets.refuse("the prompt", "a short password is a word99")


# --- the project's root -------------------------------------------------------------


def test_the_root_is_named_or_found_upwards(project: Project, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert open_project(cwd=inner, process={}).root == tmp_path.resolve()
    named = {"ARCHITECT_ROOT": str(tmp_path)}
    assert open_project(cwd=Path("/"), process=named).root == tmp_path.resolve()
    assert load(tmp_path, process={}).relay_dir == tmp_path / ".architect/relay"
    with pytest.raises(ConfigError, match="no project"):
        open_project(cwd=Path("/"), process={})


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({"LLM_PRICE_OUT_USD": ""}, "LLM_PRICE_OUT_USD"),
        (
            {"LLM_PRICE_IN_USD": "", "LLM_PRICE_OUT_USD": ""},
            "LLM_PRICE_IN_USD and LLM_PRICE_OUT_USD",
        ),
        (
            {"LLM_CODE_MODEL": "big"},
            "LLM_CODE_PRICE_IN_USD and LLM_CODE_PRICE_OUT_USD",
        ),
        (
            {"LLM_CODE_API_URL": "http://127.0.0.1:1/v1"},
            "LLM_CODE_PRICE_IN_USD and LLM_CODE_PRICE_OUT_USD",
        ),
        (
            {"LLM_CODE_API_URL": "http://127.0.0.1:1/v1", "LLM_CODE_PRICE_IN_USD": "0"},
            "LLM_CODE_PRICE_OUT_USD",
        ),
        (
            {
                "LLM_CODE_API_URL": "http://127.0.0.1:1/v1",
                "LLM_CODE_MODEL": "big",
                "LLM_CODE_PRICE_OUT_USD": "0",
            },
            "LLM_CODE_PRICE_IN_USD",
        ),
    ],
)
def test_the_hint_names_the_prices_beside_the_model(
    project: Project, more: dict[str, str], missing: str
) -> None:
    told = error({**LIVE, **more}, project).hint
    assert told == f"set {missing}; 0 for a model that costs nothing"


def test_whoever_follows_the_hint_on_prices_has_a_route(project: Project) -> None:
    own = {**LIVE, "LLM_CODE_API_URL": "http://127.0.0.1:1/v1"}
    wrong = error(own, project)
    assert "the price of LLM_MODEL at LLM_CODE_API_URL is not set" in str(wrong)
    missing = re.findall(r"LLM_\w+", str(wrong.hint))
    routes = read_config(project, {**own, **dict.fromkeys(missing, "0")}).routes
    assert routes["code"].price(1000, 1000) == 0
    assert routes["wick"].price(1000, 1000) > 0


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("ARCHITECT_KEEP_DAYS", "3.5", "must be a whole number (got '3.5')"),
        ("LLM_RETRIES", "many", "must be a whole number (got 'many')"),
        ("LLM_TIMEOUT_S", "soon", "must be a number (got 'soon')"),
        ("LLM_STREAM", "perhaps", "must be true or false (got 'perhaps')"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(
    project: Project, key: str, value: str, told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(project, {**LIVE, key: value})
    assert str(caught.value).endswith(told)
    assert key in str(caught.value)
