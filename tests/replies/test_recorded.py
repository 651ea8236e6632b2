"""The recorded replies are whole, tell nothing of the machine they come from, and are there for every version."""

from __future__ import annotations

import re

import hiredis
import pytest

from tests.replies import FOLDER, names, raw, recorded, replies, reply
from tests.replies.record import scrub
from tests.versions import VERSIONS

VALKEYS_OWN = {"slot-stats", "slot-stats-off", "slot-migrations-source", "slot-migrations-target"}
REFUSED_BY_REDIS = {"error-slot-stats", "error-slot-migrations"}
SINCE_7 = re.compile(r".*-(info-sections|cluster-shards|cluster-links|latency-histogram)$")
PATH = re.compile(rb"/(?:home|root|tmp|var|Users|private|work)/")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_file_holds_whole_replies(version: str) -> None:
    assert names(version)
    for name in names(version):
        reader = hiredis.Reader()
        reader.feed(raw(version, name))
        while reader.gets() is not False:
            pass
        assert not reader.has_data(), name
        assert replies(version, name), name


@pytest.mark.parametrize("version", VERSIONS)
def test_errors_are_errors_and_the_rest_is_not(version: str) -> None:
    spoken = {"error-masterdown-ping"}  # 6.2 says PONG there
    refused = {"sdown-ckquorum", "link-down-ping"}
    for name in set(names(version)) - spoken - refused:
        is_error = isinstance(replies(version, name)[0], hiredis.ReplyError)
        assert is_error == name.startswith("error-"), name


def test_every_version_has_the_same_replies_but_for_what_6_2_does_not_know() -> None:
    newest = set(names(VERSIONS[0])) - VALKEYS_OWN | REFUSED_BY_REDIS
    assert set(names("redis-7.0")) == newest
    assert set(names("redis-6.2")) == {name for name in newest if not SINCE_7.match(name)}
    assert recorded("primary-info-sections") == ["valkey-9.1", "redis-7.0"]


def test_nothing_tells_of_the_machine_it_was_recorded_on() -> None:
    for path in FOLDER.glob("*/*.resp"):
        assert not PATH.search(path.read_bytes()), path


def test_a_scrubbed_reply_is_still_whole() -> None:
    answer = b"# Server\r\nexecutable:/opt/x\r\nos:Linux 9 box x86_64\r\nport:1\r\n"
    reader = hiredis.Reader()
    reader.feed(scrub(b"$%d\r\n%s\r\n" % (len(answer), answer)))
    assert reader.gets() == b"# Server\r\nexecutable:/usr/local/bin/server\r\nos:Linux 6.1.0 x86_64\r\nport:1\r\n"
    assert scrub(b"$-1\r\n") == b"$-1\r\n"
    assert scrub(b"-ERR executable:/x\r\n") == b"-ERR executable:/x\r\n"


def test_a_reply_is_what_hiredis_makes_of_it() -> None:
    assert reply("redis-7.0", "primary-role")[0] == b"master"
