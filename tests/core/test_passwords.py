"""Passwords in the URLs of stores: whatever a driver takes, no message shows."""

from __future__ import annotations

import pytest

from core.environment import Environment
from core.errors import StoreUnavailable
from core.passwords import passwords, without_password
from core.stores.inventory import connect_redis
from core.stores.postgres import connect

# No two parts of the password are alike, and none is in any other word.
PARTS = ("Zebra7", "Quagga8")
IN_USERINFO = [
    f"{PARTS[0]}{cut}{PARTS[1]}" for cut in ("", "?", "#", "[", "/", "@", " ", "%")
]
PLACE = "127.0.0.1:1"
URLS = [f"postgresql://u:{one}@{PLACE}/db" for one in IN_USERINFO] + [
    f"postgresql://u@{PLACE}/db?password=Zebra7@Quagga8",
    f"postgresql://{PLACE}/db?password=Zebra7%ZZQuagga8",
    f"postgresql://{PLACE}/db?application_name=x&sslpassword=Zebra7Quagga8",
    f"postgresql://u:Zebra7@{PLACE}/db?password=Quagga8",
]


@pytest.mark.parametrize("url", URLS)
def test_no_message_about_postgres_holds_a_part_of_the_password(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        connect(url, timeout_s=2)
    shown = f"{caught.value} {caught.value.__cause__}"
    assert [part for part in PARTS if part in shown] == []
    assert "cannot reach Postgres at postgresql://" in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "url",
    [
        *(f"redis://:{one}@{PLACE}" for one in IN_USERINFO),
        f"redis://{PLACE}?password=Zebra7Quagga8",
    ],
)
def test_no_message_about_redis_holds_a_part_of_the_password(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        connect_redis(url)
    shown = f"{caught.value} {caught.value.__cause__}"
    assert [part for part in PARTS if part in shown] == []
    assert "cannot reach Redis at redis://" in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://h:5432/db", "postgresql://h:5432/db"),
        ("postgresql:///db?host=/run/pg", "postgresql:///db?host=/run/pg"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql://u:aaaaaa@h/db?x=1", "postgresql://u:***@h/db?x=1"),
        ("postgresql://u@h/db?password=p@w&x=1", "postgresql://u@h/db?password=***&x=1"),
        ("redis://:p?w@h:6379/0", "redis://:***@h:6379/0"),
        ("not a url", "not a url"),
    ],
)  # fmt: skip
def test_all_else_of_a_url_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize("url", URLS)
def test_every_password_is_blotted_out_of_all_texts(url: str) -> None:
    found = Environment({"DATABASE_URL": url}).secrets()
    for secret in found:
        url = url.replace(secret, "***")
    assert [part for part in PARTS if part in url] == []


def test_a_password_is_found_as_it_stands_and_decoded() -> None:
    assert passwords("postgresql://u:a%40b@h/db") == ["a%40b", "a@b"]
    assert passwords("http://u:one@a http://u:two@b")[:2] == ["one", "two"]
