"""EXAMPLES: for each verb, command lines as they are typed, with what they do. Tests take every one of them apart."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "dashboard": (
        ("redistui", "the config's default fleet, else the server on this machine"),
        ("redistui redis://10.0.0.7", "any node; everything behind it is found"),
        ("redistui --write orders", "a fleet of the config, with actions armed"),
    ),
    "demo": (
        ("redistui demo", "try everything; it is gone when you quit"),
        ("redistui demo --write --shape sentinel", "one group, to fail over"),
    ),
    "status": (
        ("redistui status redis://10.0.0.7", "as text"),
        ("redistui status --json --watch --period 5 orders", "a document every 5 s, one a line"),
        ("redistui status --replay orders.recording --at -90s", "as it was"),
    ),
    "check": (
        ("redistui check orders", "for a monitoring system"),
        ("redistui check --strict --new orders", "warnings count; what somebody sees to does not"),
    ),
    "report": (
        ("redistui report orders --trend 10m", "watches for ten minutes first"),
        ("redistui report --replay FILE --from -5m --to end --markdown", "an incident, for a ticket"),
    ),
    "record": (("redistui record orders.recording orders --keep 7d --at-most 2GB", "the last week, as a service"),),
    "replay": (
        ("redistui replay orders.recording --at 12:03:07", "every screen at that time"),
        ("redistui replay orders.recording --diff -10m end", "what is different, in words"),
    ),
    "plan": (
        ("redistui plan failover orders", "the commands of a failover; none is sent"),
        ("redistui plan rebalance --by memory cluster://10.1.0.1", "which slots would move"),
    ),
    "do": (
        ("redistui do failover orders", "shows the plan, asks, and runs it"),
        ("redistui do failover --to 10.0.0.8:6379 orders --yes --reason 'kernel update'", "without asking"),
    ),
    "drill": (
        ("redistui drill --kill primary --yes", "at a demo fleet of the drill's own"),
        ("redistui drill failover orders --yes --max-lost 0 --max-outage 2s", "at real servers"),
    ),
    "canary": (
        ("redistui canary orders --seconds 30", "reads only"),
        ("redistui canary orders --writes 20 --yes", "one call in five is a write"),
    ),
    "whatif": (
        ("redistui whatif orders --kill 10.0.0.7:6379", "one server"),
        ("redistui whatif orders --site east --json", "a whole site"),
    ),
    "key": (
        ("redistui key user:7 '{user:7}:cart'", "both are in one slot"),
        ("redistui key user:7 --target cluster://10.1.0.1", "and who serves it"),
    ),
    "export": (("redistui export orders", "http://127.0.0.1:9121/metrics"),),
    "journal": (
        ("redistui journal --last 5", "what was done, by whom"),
        ("redistui journal --verify", "exit code 4 where a line was changed"),
    ),
    "acl": (
        ("redistui acl orders", "for the servers of that fleet"),
        ("redistui acl --server redis-7.0 --role watch", "one user, one version"),
    ),
    "config": (("redistui config validate", "every mistake at once, with its line"),),
    "completion": (
        ("source <(redistui completion bash)", "in ~/.bashrc; zsh the same in ~/.zshrc"),
        ("redistui completion fish | source", "in config.fish"),
    ),
}
