"""The embedded services: a real Apache Kafka and a real PostgreSQL on this machine, nobody's account needed.

    from pipeline import embedded

    running = embedded.start(data)        # idempotent; a second start finds the first
    running.kafka, running.database       # bootstrap servers; URL of the owner, a superuser
    embedded.status(data)                 # running, stopped or crashed, with the log's tail
    embedded.stop(data)

Everything lies under one data directory: `run/` (state, password), `kafka/`, `postgres/`, `log/`. Both listen on
loopback only, on ports that stay the same over restarts. Both outlive the process that started them.
`kafka.py` and `postgres.py` know their program, `placement.py` who runs the database and where it lies,
`processes.py` what a process is, `supervisor.py` puts it together.
"""

from __future__ import annotations

from pipeline.embedded.space import free_space, free_space_guard
from pipeline.embedded.supervisor import Running, ServiceStatus, crashed, erase, prepare, running, start, status, stop
from pipeline.embedded.watch import Death, Watch

__all__ = [
    "Death",
    "Running",
    "ServiceStatus",
    "Watch",
    "crashed",
    "erase",
    "free_space",
    "free_space_guard",
    "prepare",
    "running",
    "start",
    "status",
    "stop",
]
