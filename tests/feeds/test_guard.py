"""The guard: no feed leads into a private network."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import UserError
from bot.feeds.guard import GuardedResolver, PrivateAddressError, check_url, is_public, redact

PRIVATE = """
127.0.0.1 127.255.0.1 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254
100.64.0.1 100.127.255.255 192.0.0.1 192.0.2.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255
:: ::1 fc00::1 fd12::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001:db8::1 ::ffff:127.0.0.1
::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::7f00:1 2002:7f00:1:: 2001::1
"""


class Names(AbstractResolver):
    """A resolver that answers from a table, a new answer each time it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0
            )
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses_are_not_public(address: str) -> None:
    """Whatever is private, reserved, local, or carries such an address, is refused."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2a00:1450:4001:800::200e", "64:ff9b::808:808"]
)
def test_public_addresses_are_public(address: str) -> None:
    """The internet is reachable, behind NAT64 as well."""
    assert is_public(address)


HOSTS = """
127.0.0.1 2130706433 0x7f000001 017700000001 0177.0.0.1 0x7f.1 127.1 ①②⑦.⓪.⓪.① localhost
LOCALHOST. sub.localhost printer.local db.internal router 192.168.1.1 100.64.1.1 169.254.169.254
[::1] [::] [::ffff:127.0.0.1] [::ffff:8.8.8.8] [64:ff9b::7f00:1] [64:ff9b::808:808] [fe80::1]
[fd00::1] 0.0.0.0 0
"""


@pytest.mark.parametrize("host", HOSTS.split())
def test_private_hosts_are_refused_before_the_network_is_asked(host: str) -> None:
    """Numbers in every notation, local names and IPv6 forms are seen through as text."""
    with pytest.raises(UserError) as caught:
        check_url(f"http://{host}/feed")
    assert caught.value.key == "feed.private_address"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "characters"),
        ("http://a.org/x\ny", "characters"),
        ("http://a.org/x y", "characters"),
        ("http://a.org\\@127.0.0.1/", "characters"),
        ("http://a.org/\x00", "characters"),
        ("https://a.org/" + "x" * 3_000, "length"),
        ("file:///etc/passwd", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("ftp://a.org/", "scheme"),
        ("http://user:secret@a.org/", "userinfo"),
        ("http://a.org@127.0.0.1/", "userinfo"),
        ("http://", "host"),
        ("http://[::1/", "host"),
        ("http://a..org/", "host"),
        ("http://999.1.1.1/", "host"),
        ("http://a_b!.org/", "host"),
        ("http://a.org:22/", "port"),
        ("http://a.org:0/", "port"),
        ("http://a.org:99999/", "host"),
    ],
)
def test_bad_addresses_are_refused_with_the_reason(url: str, why: str) -> None:
    """Each kind of bad address names its fault, and never repeats a password."""
    with pytest.raises(UserError) as caught:
        check_url(url, allow_private=True)
    assert (caught.value.key, caught.value.params["why"]) == ("feed.bad_url", why)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given_url", "checked"),
    [
        ("https://a.org", "https://a.org/"),
        (" HTTPS://A.ORG./Feed?b=1#x ", "https://a.org/Feed?b=1"),
        ("a.org/rss", "https://a.org/rss"),
        ("a.org:8080/rss", "https://a.org:8080/rss"),
        ("//a.org/rss", "https://a.org/rss"),
        ("feed://a.org/rss", "https://a.org/rss"),
        ("feed:http://a.org/rss", "http://a.org/rss"),
        ("https://українa.укр/стрічка", "https://xn--a-7sb3annq7l.xn--j1amh/стрічка"),
        ("http://8.8.8.8/rss", "http://8.8.8.8/rss"),
        ("http://[2a00:1450:4001:0800::200e]/", "http://[2a00:1450:4001:800::200e]/"),
    ],
)
def test_good_addresses_come_back_in_their_normal_form(given_url: str, checked: str) -> None:
    """What a person types is completed, and checking it again changes nothing."""
    assert check_url(given_url) == checked
    assert check_url(checked) == checked


def test_private_addresses_are_taken_where_they_are_allowed() -> None:
    """With the switch on, loopback and intranet names are addresses like others."""
    assert check_url("http://127.1:8000/feed", allow_private=True) == "http://127.0.0.1:8000/feed"
    assert check_url("http://intranet/feed", allow_private=True) == "http://intranet/feed"


@given(st.text(), st.booleans())
def test_check_url_gives_an_address_or_a_user_error(url: str, allow_private: bool) -> None:
    """No string makes the guard fall over."""
    try:
        checked = check_url(url, allow_private)
    except UserError as error:
        checked = error.key
    assert checked.startswith(("http://", "https://", "feed.bad_url", "feed.private_address"))


def test_redact_hides_credentials_and_parameters() -> None:
    """What goes into logs and replies is short and holds no secrets."""
    assert redact("https://u:p@a.org/x?token=1#y") == "https://a.org/x"
    assert redact("https:////u:p@a.org/x") == "https:////a.org/x"
    assert redact("u:p@a.org/x") == "a.org/x"
    assert len(redact("https://a.org/" + "x" * 5_000)) == 200


async def test_resolver_refuses_a_name_with_one_private_address() -> None:
    """One private address among public ones is enough."""
    resolver = GuardedResolver(Names(["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "1.1.1.1"]))
    with pytest.raises(PrivateAddressError):
        await resolver.resolve("mixed.example")
    found = await resolver.resolve("good.example", 80)
    assert [result["host"] for result in found] == ["8.8.8.8", "1.1.1.1"]


async def test_resolver_closes_the_one_within() -> None:
    """Closing reaches the resolver that does the asking."""
    names = Names()
    await GuardedResolver(names).close()
    assert names.closed
