"""Which key goes to which address, and what a client refuses to begin with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openft import AsyncClient, Client, ConfigError
from openft.config import LOCAL, OPENAI, Settings, address, checked_url, default_data_dir, is_loopback

FT_KEY = {"OPENFT_API_KEY": "sk-ft"}
FT_URL = {"OPENFT_BASE_URL": "http://ft.example/v1/"}
AI_KEY = {"OPENAI_API_KEY": "sk-ai"}
AI_URL = {"OPENAI_BASE_URL": "http://ai.example/v1"}
OLD_URL = {"OPENAI_API_BASE": "http://old.example/v1"}
FT, AI, OLD, MINE = "http://ft.example/v1", "http://ai.example/v1", "http://old.example/v1", "http://mine.example/v1"

FAMILIES: list[tuple[dict[str, str], dict[str, str], tuple[str, str] | str]] = [
    # environment, arguments, address and key (or the variable that the error names)
    ({}, {}, "OPENAI_API_KEY"),
    ({}, {"api_key": "sk-x"}, (OPENAI, "sk-x")),
    ({}, {"base_url": MINE}, "OPENFT_API_KEY"),
    ({}, {"base_url": MINE, "api_key": "sk-x"}, (MINE, "sk-x")),
    (AI_KEY, {}, (OPENAI, "sk-ai")),
    (AI_KEY, {"api_key": "sk-x"}, (OPENAI, "sk-x")),
    (AI_KEY, {"base_url": MINE}, "OPENFT_API_KEY"),
    (AI_KEY | AI_URL, {}, (AI, "sk-ai")),
    (AI_KEY | OLD_URL, {}, (OLD, "sk-ai")),
    (AI_KEY | OLD_URL | AI_URL, {}, (AI, "sk-ai")),
    (AI_URL, {}, "OPENAI_API_KEY"),
    (AI_URL, {"api_key": "sk-x"}, (AI, "sk-x")),
    (AI_KEY | FT_URL, {}, "OPENFT_API_KEY"),
    (FT_KEY, {}, (LOCAL, "sk-ft")),
    (FT_KEY | AI_KEY | AI_URL, {}, (LOCAL, "sk-ft")),
    (FT_KEY, {"base_url": MINE}, (MINE, "sk-ft")),
    (FT_KEY, {"base_url": MINE, "api_key": "sk-x"}, (MINE, "sk-x")),
    (FT_KEY, {"api_key": "sk-x"}, (OPENAI, "sk-x")),
    (FT_KEY | FT_URL, {}, (FT, "sk-ft")),
    (FT_KEY | FT_URL | AI_KEY | AI_URL, {}, (FT, "sk-ft")),
    (FT_KEY | FT_URL, {"base_url": MINE}, (MINE, "sk-ft")),
    (FT_URL, {"api_key": "sk-x"}, (FT, "sk-x")),
    (FT_URL, {}, "OPENFT_API_KEY"),
    ({"OPENFT_API_KEY": "", "OPENAI_API_KEY": ""}, {}, "OPENAI_API_KEY"),
]


@pytest.mark.parametrize(("environment", "arguments", "wanted"), FAMILIES, ids=str)
def test_address_and_key_come_from_one_family(
    environment: dict[str, str],
    arguments: dict[str, str],
    wanted: tuple[str, str] | str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if isinstance(wanted, str):
        with pytest.raises(ConfigError, match=rf"there is no API key for .*; pass api_key= or set {wanted}"):
            address(arguments.get("base_url"), arguments.get("api_key"))
    else:
        where = address(arguments.get("base_url"), arguments.get("api_key"))
        assert (where.base_url, where.api_key) == wanted


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_the_organization_belongs_to_the_family(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "OPENFT_API_KEY"):
        monkeypatch.setenv(name, f"from {name}".replace(" ", "-"))
    ours, theirs = make(), make(api_key="sk-x")
    assert (ours._settings.organization, ours._settings.project) == (None, None)
    assert theirs._settings.organization == "from-OPENAI_ORG_ID"
    assert theirs._settings.project == "from-OPENAI_PROJECT_ID"
    monkeypatch.delenv("OPENAI_ORG_ID")
    monkeypatch.setenv("OPENAI_ORGANIZATION", "old")
    assert make(api_key="sk-x")._settings.organization == "old"
    assert make(api_key="sk-x", organization="given", project="p")._settings.organization == "given"


@pytest.mark.parametrize(
    "url",
    [
        *("", "api.example/v1", "ftp://h/v1", "file:///etc/passwd", "http://", "http:///v1", "javascript:alert(1)"),
        *("http://h /v1", "http://h\n/v1", "http://h:99999/v1", "http://h:x/v1", "http://[::1/v1"),
        *("http://h/v1?x=1", "http://h/v1?", "http://h/v1#a", "http://h/v1#"),
        *("http://user:SECRET@h/v1", "http://:@h/v1", "ftp://user:SECRET@h/v1"),
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="the base URL") as caught:
        Client(base_url=url, api_key="sk-x")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://h", "https://h.example:8443/a/b/v1", "http://[::1]:8000/v1", "http://한글.example/v1"]
)
def test_an_address_loses_its_final_slash(url: str) -> None:
    assert checked_url(url + "/") == checked_url(url) == url


@pytest.mark.parametrize("key", ["", " ", "sk-a b", "sk-a\n", "sk-한", "sk-\0"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConfigError, match="the API key is empty or has blanks") as caught:
        Client(api_key=key)
    assert "sk-" not in str(caught.value)


def test_an_empty_key_is_not_made_up_for_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ai")
    with pytest.raises(ConfigError, match="the API key is empty"):
        Client(api_key="")


def test_a_key_that_is_no_text_is_refused() -> None:
    wrong: Any = 5
    with pytest.raises(ConfigError, match="must be a str, not int"):
        Client(api_key=wrong)


def test_settings_show_no_secrets() -> None:
    key: Callable[[], str] = lambda: "sk-x"  # noqa: E731 - a function by value
    settings = Settings(
        "http://h/v1", "sk-x", webhook_secret="whsec", default_headers={"a": "token"}, default_query={"b": "q-1"}
    )
    assert not any(secret in repr(settings) for secret in ("sk-x", "whsec", "token", "q-1"))
    assert "sk-x" not in repr(address("http://h/v1", "sk-x")) + repr(address("http://h/v1", key))


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:1/v1", True),
        ("http://LOCALHOST/v1", True),
        ("http://127.0.0.1/v1", True),
        ("http://127.8.9.1/v1", True),
        ("http://[::1]:5/v1", True),
        ("http://127.evil.example/v1", False),
        ("http://localhost.evil.example/v1", False),
        ("http://10.0.0.1/v1", False),
        ("nothing", False),
    ],
)
def test_which_addresses_are_on_this_machine(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


def test_the_data_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_data_dir() == Path("/home/somebody/.local/share/openft")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_data_dir() == Path("/data/openft")
    monkeypatch.setenv("OPENFT_DATA_DIR", "/mine")
    assert default_data_dir() == Path("/mine")


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_the_environment_says_nothing_about_a_local_client(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENFT_API_KEY", "OPENFT_BASE_URL"):
        monkeypatch.setenv(name, "http://evil.example/v1")
    client = make.local()
    assert (client._settings.base_url, client._settings.organization) == ("", None)
    assert repr(client) == f"<{make.__name__} of the embedded server>"


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_a_data_directory_cannot_be_temporary(make: Any) -> None:
    with pytest.raises(ConfigError, match=r"leave data_dir= out"):
        make.local("somewhere", temporary=True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"timeout": "x"}, "timeout must be a positive number of seconds, not 'x'"),
        ({"timeout": 0}, "timeout must be a positive number"),
        ({"max_retries": -1}, "max_retries must be a number of at least 0"),
        ({"default_headers": {"x-who": "한"}}, "x-who cannot be sent"),
        ({"default_headers": "x"}, "must be a mapping, not str"),
        ({"default_query": {"a": b"b"}}, "it takes texts and numbers, not bytes"),
        ({"on_response": "print"}, "on_response must be a function, not str"),
        ({"webhook_secret": 5}, "webhook_secret must be a str or several, not int"),
        ({"webhook_secret": b"whsec_abcdefgh"}, "webhook_secret must be a str or several, not bytes"),
        ({"webhook_secret": ["whsec_abcdefgh", None]}, "webhook_secret must be a str or several, and has a NoneType"),
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused_when_the_client_is_made(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Client(base_url="http://h/v1", api_key="sk-x", **settings)
    with Client(base_url="http://h/v1", api_key="sk-x") as client, pytest.raises(ConfigError, match=said):
        client.with_options(**settings)
