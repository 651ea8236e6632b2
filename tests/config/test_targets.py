"""Targets as they are written on a command line or in a config."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.config.targets import BadTarget, parse_address, parse_url

GOOD = [
    ("redis://h", "any", ("h:6379",), None, None, False),
    ("redis://h:7000", "any", ("h:7000",), None, None, False),
    ("redis://ann@h", "any", ("h:6379",), "ann", None, False),
    ("redis://ann%40corp@h", "any", ("h:6379",), "ann@corp", None, False),
    ("redis://a,b:2,[::1]:3", "any", ("a:6379", "b:2", "::1:3"), None, None, False),
    ("redis://[fd00::2]", "any", ("fd00::2:6379",), None, None, False),
    ("redis://h/0", "any", ("h:6379",), None, None, False),
    ("redis://h/", "any", ("h:6379",), None, None, False),
    ("REDIS://h", "any", ("h:6379",), None, None, False),
    ("redis://10.0.0.1:6379", "any", ("10.0.0.1:6379",), None, None, False),
    ("redis://my_host.corp-1", "any", ("my_host.corp-1:6379",), None, None, False),
    ("rediss://h", "any", ("h:6379",), None, None, True),
    ("unix:///run/redis.sock", "any", ("unix:/run/redis.sock",), None, None, False),
    ("unix:///tmp/a:b@c.sock", "any", ("unix:/tmp/a:b@c.sock",), None, None, False),
    ("unix://ann@/run/redis.sock", "any", ("unix:/run/redis.sock",), "ann", None, False),
    ("sentinel://a,b:5000", "sentinel", ("a:26379", "b:5000"), None, None, False),
    ("sentinel://a/orders", "sentinel", ("a:26379",), None, "orders", False),
    ("sentinel://a/orders?tls=yes", "sentinel", ("a:26379",), None, "orders", True),
    ("cluster://a,b", "cluster", ("a:6379", "b:6379"), None, None, False),
    ("cluster://a?ca=/etc/ca.pem", "cluster", ("a:6379",), None, None, True),
]


@pytest.mark.parametrize(("text", "wanted", "addresses", "user", "only", "tls"), GOOD)
def test_a_url_says_where_to_look(text, wanted, addresses, user, only, tls):
    url = parse_url(text)
    assert (url.wanted, url.addresses, url.user, url.only, url.tls) == (wanted, addresses, user, only, tls)


def test_certificates_come_with_the_url():
    url = parse_url("rediss://h:1?ca=/etc/x@y.pem&cert=/c.pem&key=/k%20.pem")
    assert url.options == {"ca": "/etc/x@y.pem", "cert": "/c.pem", "key": "/k .pem"}


BAD = [
    ("redis://", "the host is missing"),
    ("redis://a,,b", "the host is missing"),
    ("redis://h:", "port '' is no number"),
    ("redis://h:0", "port '0' is not from 1 to 65535"),
    ("redis://h:65536", "port '65536' is not from 1 to 65535"),
    ("redis://h:-1", "port '-1' is no number"),
    ("redis://h:6379 ", "port '6379 ' is no number"),
    ("redis://h:1e3", "port '1e3' is no number"),
    ("redis://h:\u0663", "is no number"),
    ("redis://h:" + "9" * 5000, "is not from 1 to 65535"),
    ("redis://a b", "has a space or line break"),
    ("redis://a\nb", "has a space or line break"),
    ("redis://-oProxyCommand=x", "begins with a dash"),
    ("redis://h\x1b[31m", "is no host name"),
    ("redis://h\u202e", "is no host name"),
    ("redis://" + "h" * 300, "is no host name"),
    ("redis://1.2.3.400", "is no IPv4 address"),
    ("redis://::1:6379", "stands in brackets"),
    ("redis://::1", "stands in brackets"),
    ("redis://[::1", "stands in brackets"),
    ("redis://[::1]x", "stands in brackets"),
    ("redis://[::g]", "is no IPv6 address"),
    ("redis://a,a:6379", "a:6379 is named twice"),
    ("redis://h/orders", "is for sentinel://"),
    ("redis://@h", "the user before @"),
    ("redis://h?ca=/x", "it must be rediss://"),
    ("redis://h?x=1", "no such option 'x'"),
    ("rediss://h?vreify=no", "no such option 'vreify'"),
    ("rediss://h?ca=/a&ca=/b", "ca= is given twice"),
    ("rediss://h?ca=", "ca= must name a file"),
    ("rediss://h?tls=yes", "is TLS already"),
    ("sentinel://h?tls=maybe", "must be tls=yes or tls=no"),
    ("sentinel://h?tls=no&ca=/x", "contradict each other"),
    ("sentinel://h/a%20b", "is no name that a Sentinel watches"),
    ("sentinel://h/a%1bb", "is no name that a Sentinel watches"),
    ("unix://redis.sock", "by its whole path"),
    ("unix:///", "not the path of a socket"),
    ("unix:///a\nb", "not the path of a socket"),
    ("unix:///" + "a" * 200, "at most 107 bytes"),
    ("redsi://h", "did you mean 'redis'?"),
    ("http://h", "no such kind of target"),
    ("h:6379", "is no URL"),
    ("", "is no URL"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD)
def test_a_bad_url_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(BadTarget) as caught:
        parse_url(text)
    assert sentence in str(caught.value)
    assert str(caught.value).isprintable()


SECRET = "hunter2"
WITH_PASSWORD = [
    "redis://ann:hunter2@h",
    "redis://:hunter2@h",
    "redis://ann:hunter2/x@h",
    "redis://ann:x/hunter2@h",
    "redis://ann:x?hunter2@h",
    "redis://ann:x#hunter2@h",
    "redis://ann:x@hunter2@h",
    "redis://ann:hunter2@h:99999",
    "rediss://ann:hunter2@h?ca=/x",
    "sentinel://ann:hunter2@a,b/orders",
    "cluster://ann:hunter2@",
    "unix://ann:hunter2@/run/x",
    "foo://ann:hunter2@h",
    "redis://h?password=hunter2",
    "redis://h?auth=hunter2",
    "redis://ann:@h",
]


@pytest.mark.parametrize("text", WITH_PASSWORD)
def test_a_password_in_a_url_is_refused_and_not_repeated(text):
    with pytest.raises(BadTarget) as caught:
        parse_url(text)
    said = str(caught.value)
    assert SECRET not in said
    assert "ann" not in said
    assert all(way in said for way in ("password_file", "REDISTUI_PASSWORD", "REDISTUI_SENTINEL_PASSWORD", "prompt"))


@given(st.text(alphabet="redis:/[]@?&=#,.%-ab1 \n\x1b\u202e", max_size=40))
def test_any_text_is_a_url_or_one_printable_sentence(rest):
    said = ""
    try:
        assert parse_url(f"redis://{rest}").addresses
    except BadTarget as error:
        said = str(error)
    assert said.isprintable()


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=12))
def test_no_password_ever_shows(password):
    with pytest.raises(BadTarget) as caught:
        parse_url(f"redis://user:{password}@host")
    with pytest.raises(BadTarget) as other:
        parse_url("redis://user:another-one@host")
    assert str(caught.value) == str(other.value)


@pytest.mark.parametrize(
    ("text", "address"), [("h:1", "h:1"), ("[::1]:2", "::1:2"), ("10.0.0.1:65535", "10.0.0.1:65535")]
)
def test_an_address_of_the_address_map_needs_a_port(text, address):
    assert parse_address(text) == address
    with pytest.raises(BadTarget, match="the port is missing"):
        parse_address(text.rpartition(":")[0])
