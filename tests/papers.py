"""Certificates made for a test, and a pair of servers that speak TLS by them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from redistui.demo.fleet import DemoFleet
from redistui.demo.ports import Ports
from redistui.demo.servers import Server
from redistui.demo.shapes import replication

Start = Callable[..., DemoFleet]


class Papers:
    """A certificate authority, and what it signed."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder / name
        self._folder.mkdir()
        self.ca = str(self._folder / "ca.pem")
        key = self._folder / "ca.key"
        openssl("req", "-x509", *NEW_KEY, "-keyout", key, "-out", self.ca, "-days", "2", "-subj", f"/CN={name}")

    def sign(self, name: str, *names: str) -> tuple[str, str]:
        """A certificate and its key; `names` as openssl writes them: `IP:127.0.0.1`."""
        pem, key, asked = (self._folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        extra = self._folder / f"{name}.ext"
        extra.write_text(f"subjectAltName={','.join(names)}\n" if names else "basicConstraints=CA:FALSE\n")
        openssl("req", *NEW_KEY, "-keyout", key, "-out", asked, "-subj", f"/CN={name}")
        ca = ("-CA", self.ca, "-CAkey", self._folder / "ca.key", "-CAcreateserial")
        openssl("x509", "-req", "-in", asked, *ca, "-out", pem, "-days", "2", "-extfile", extra)
        return str(pem), str(key)


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*words: str | Path) -> None:
    run = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False, timeout=20)
    assert run.returncode == 0, run.stderr


class Guarded:
    """Two servers that speak TLS on a port beside their plain one; the second follows the first over TLS."""

    def __init__(self, start: Start, papers: Papers, *, clients: str = "yes") -> None:
        self.ports = Ports()
        pem, key = papers.sign("server", "IP:127.0.0.1", "DNS:localhost")
        self.client = papers.sign("operator")
        self.servers: list[Server] = []
        for name in ("one", "two"):
            settings = {
                "tls-port": str(self.ports.take()), "tls-cert-file": pem, "tls-key-file": key,
                "tls-ca-cert-file": papers.ca, "tls-auth-clients": clients, "tls-replication": "yes",
            }  # fmt: skip
            group = start((replication(name, 0).with_settings(settings),)).groups[name]
            self.servers.append(group.nodes[0])
        self.first, self.second = (f"127.0.0.1:{one.ask('CONFIG', 'GET', 'tls-port')[1]}" for one in self.servers)
        self.servers[1].ask("REPLICAOF", *self.first.split(":"))
