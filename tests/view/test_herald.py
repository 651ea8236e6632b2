"""Each alert is told once at each level, gathered with others, and once more when it is over."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from redistui.model import Alert, Fleet
from redistui.view.herald import Herald, News, sentence
from tests.alerts import AT, alert


def fleet(*alerts: Alert, at: float = AT) -> Fleet:
    return Fleet(at=at, period=1.0, groups=(), alerts=alerts)


def keys(alerts: tuple[Alert, ...]) -> list[str]:
    return [one.rule for one in alerts]


def test_an_alert_is_told_once() -> None:
    herald = Herald()
    assert keys(herald.news(fleet(alert())).worse) == ["node-down"]
    assert not herald.news(fleet(alert(), at=AT + 1))


def test_a_warning_that_becomes_bad_is_told_again_and_what_gets_better_is_not() -> None:
    herald = Herald()
    assert [
        len(herald.news(fleet(alert("memory", level))).worse) for level in ("warn", "bad", "warn", "bad", "bad")
    ] == [1, 1, 0, 1, 0]  # fmt: skip


def test_what_is_acknowledged_or_silenced_is_not_told_until_it_is_neither() -> None:
    herald = Herald()
    assert not herald.news(fleet(alert(acknowledged_at=AT), alert("memory", "warn", silenced_until=AT + 60)))
    assert keys(herald.news(fleet(alert(acknowledged_at=AT), alert("memory", "warn"))).worse) == ["memory"]


def test_an_acknowledged_alert_that_gets_worse_is_told() -> None:
    herald = Herald()
    herald.news(fleet(alert("memory", "warn")))
    assert not herald.news(fleet(alert("memory", "warn", acknowledged_at=AT)))
    assert herald.news(fleet(alert("memory", "bad"))).worse


def test_the_end_of_what_was_told_is_told_and_of_nothing_else() -> None:
    herald = Herald()
    herald.news(fleet(alert(), alert("memory", "warn", acknowledged_at=AT)))
    ended = fleet(replace(alert(), ended_at=AT), alert("memory", "warn", acknowledged_at=AT, ended_at=AT))
    assert keys(herald.news(ended).over) == ["node-down"]
    assert not herald.news(ended)


def test_the_end_of_what_is_silenced_is_not_told() -> None:
    herald = Herald()
    herald.news(fleet(alert()))
    assert not herald.news(fleet(alert(ended_at=AT, silenced_until=AT + 60)))


def test_of_several_bad_ones_the_cause_is_told_before_what_follows_from_it() -> None:
    news = Herald().news(fleet(alert("link-down"), alert("no-primary"), alert("node-down"), alert("tilt", "warn")))
    assert keys(news.worse) == ["node-down", "no-primary", "link-down", "tilt"]


def test_what_came_and_went_while_it_was_gathered_is_only_over() -> None:
    came, went = News((alert(),)), News(over=(alert(ended_at=AT),))
    assert came.then(went) == went
    assert went.then(came) == came


def test_bad_ones_are_told_first_and_the_others_counted() -> None:
    news = News((alert("tilt", "warn"),)).then(News((alert(), alert("quorum-lost"))))
    text, tone = sentence(news)
    assert tone == "bad"
    assert text == "(+1 bad, 1 warn) BAD node-down of cart: 10.30.0.3:7000 is not well"


def test_what_is_over_is_told_with_how_long_it_lasted() -> None:
    ended = alert(ended_at=AT)
    assert sentence(News(over=(ended,))) == ("over: node-down of 10.30.0.3:7000, after 40s", "ok")
    more = sentence(News(over=(ended, alert("tilt", node=None, ended_at=AT))))[0]
    assert more.endswith("after 40s, and 1 more is over")


def test_hostile_words_are_told_harmless() -> None:
    text, _ = sentence(News((alert(message="a\x1b[2J\u202eb"),)))
    assert "\\x1b[2J\\u202eb" in text


steps = some.lists(
    some.dictionaries(some.sampled_from("abc"), some.sampled_from(("warn", "bad")), max_size=3), max_size=20
)


@given(steps)
def test_whatever_comes_and_goes_each_rise_is_told_exactly_once(story: list[dict[str, str]]) -> None:
    herald = Herald()
    before: dict[str, str] = {}
    for levels in story:
        lasting = [alert(rule, level) for rule, level in levels.items()]  # type: ignore[arg-type]
        over = [alert(rule, ended_at=AT) for rule in before.keys() - levels.keys()]
        news = herald.news(fleet(*lasting, *over))
        risen = {
            rule for rule, level in levels.items() if rule not in before or (before[rule], level) == ("warn", "bad")
        }
        assert set(keys(news.worse)) == risen
        assert set(keys(news.over)) == before.keys() - levels.keys()
        before = levels
