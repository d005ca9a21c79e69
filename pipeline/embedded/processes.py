"""Processes we started: which one it is, whether it lives, how it is ended, what its log says.

A pid alone is no name: the kernel gives it to somebody else once its process is gone, and after a reboot at once.
So a process is known by pid, start time in clock ticks since boot, and the boot's id (proc(5)); a signal goes
through a pidfd that was opened before that identity was checked (pidfd_open(2)), so never to a stranger.
"""

from __future__ import annotations

import atexit
import os
import random
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOG_LIMIT = 16 * 1024 * 1024  # bytes; a log larger than this is set aside at the next start
PORTS = range(20_000, 32_000)  # below the range from which Linux takes the ports of outgoing connections

# Children stay here: a Popen that is collected while its process lives complains, and a dead child is a
# zombie until it is asked for.
_children: dict[Identity, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Identity:
    """One process of one boot of this machine."""

    pid: int
    ticks: int
    boot: str

    def alive(self) -> bool:
        """Whether that very process runs. One that has ended but was not yet asked for (a zombie) does not."""
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if self.boot != boot_id() or _ticks(self.pid) != self.ticks:
                return False
            # Not the state in /proc: it says "zombie" as soon as the first thread is gone, while the others still
            # hold files and ports. The pidfd becomes readable when the last one is.
            if not readable([handle], 0):
                return True
        finally:
            os.close(handle)
        child = _children.get(self)
        if child is not None:
            child.poll()
        return False

    def exit_code(self) -> int | None:
        """How a dead one ended, where that can be known: of our own children only; negative is a signal's number."""
        child = _children.get(self)
        if child is None:
            return None
        try:
            return child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal; False when the process is gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if not self.alive():
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True


def readable(handles: Iterable[int], timeout: float) -> set[int]:
    """Those of the file descriptors that are readable within `timeout` seconds; their numbers may be past 1024."""
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    return {handle for handle, _ in poll.poll(timeout * 1000)}


def identify(pid: int) -> Identity | None:
    """The identity of a running process, None if there is none."""
    ticks = _ticks(pid)
    return None if ticks is None else Identity(pid, ticks, boot_id())


def boot_id() -> str:
    """Drawn anew at each boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _ticks(pid: int) -> int | None:
    """Start time of a process in ticks since boot, None if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[19])  # field 22; the name in parentheses may hold anything


def launch(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str],
    uid: int | None = None,
    gid: int | None = None,
) -> Identity:
    """Start a program in a session of its own (a Ctrl-C at our terminal is not for it), its output in `log`."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(log.suffix + ".1"))
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=dict(env),
            start_new_session=True,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
        )
    identity = identify(child.pid)
    assert identity is not None, "a child keeps its pid until it is asked for, at least as a zombie"
    if not _children:
        atexit.register(_let_go)
    _children[identity] = child
    return identity


def _let_go() -> None:
    """Leave the living behind on purpose: a Popen takes that for an oversight, and would warn."""
    for child in _children.values():
        if child.poll() is None:
            child.returncode = 0


def wait_gone(processes: Sequence[Identity], timeout: float) -> list[Identity]:
    """Wait until all are gone; those that are left after `timeout` seconds."""
    end = time.monotonic() + timeout
    while left := [process for process in processes if process.alive()]:
        if time.monotonic() > end:
            break
        time.sleep(0.02)
    return left


def free_port(taken: set[int] | None = None) -> int:
    """A loopback port that nobody listens on, outside the kernel's range for outgoing connections.

    Inside that range a client that retries while the service is down can be given the service's own port, connect
    to itself, and keep the service from coming back.
    """
    for port in random.sample(PORTS, 200):  # not a secret
        if port not in (taken or set()) and port_is_free(port):
            return port
    raise OSError("no free port between 20000 and 32000")


def port_is_free(port: int) -> bool:
    """Whether a server could listen there now; connections of a former one that linger do not matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody accepts connections on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, at most 8 KB."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 8192))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def memory(process: Identity, *, children: bool = True) -> int:
    """Bytes of memory of a process and its children; pages they share are counted once (PSS)."""
    import psutil

    total = 0
    try:
        root = psutil.Process(process.pid)
        family = [root, *(root.children(recursive=True) if children else ())]
    except psutil.Error:
        return 0
    for member in family:
        try:
            total += member.memory_full_info().pss
        except psutil.AccessDenied:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total
