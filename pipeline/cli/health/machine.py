"""What stands on this machine: what runs, the rule sets, the profile, the disk, the history."""

from __future__ import annotations

from pipeline import embedded, halt, kept
from pipeline.cli.health.asking import Wrong
from pipeline.settings import Settings


def keeper(settings: Settings) -> str:
    """What runs, and whether with these settings: what is asked below is what they name."""
    last = kept.last(settings.data)
    if last is None:
        return "none: `entrega up` was not called, or it was stopped"
    if not last.keeper.alive():
        raise Wrong("it died and was not stopped; nothing is looked after until `entrega up`")
    if last.stranger:
        raise Wrong("what runs was started by another release; `entrega up` starts it anew")
    if last.silent:
        raise Wrong("; ".join(f"{name} gives no sign of life since {since}" for name, since in last.silent.items()))
    if names := kept.changed(settings, last):
        raise Wrong(f"what runs was started with other settings: {', '.join(names)}; `entrega up` starts it anew")
    return "runs with these settings"


def history(settings: Settings) -> str:
    """Whether the copy outside knows more than the database: the sealer compares them, and says so."""
    if (said := halt.rolled_back(settings.data)) is not None:
        raise Wrong(said)
    return "the sealer found nothing missing; `entrega verify` proves it"


def rules() -> str:
    """The jars of the official rule sets."""
    from pipeline import maven

    return ", ".join(path.name for path in maven.jars("rules"))


def profile(settings: Settings) -> str:
    """Its version; and what of the demonstration's it still has, for documents of any seller go out under it."""
    from pipeline import demo, wiring

    found = wiring.profiles(settings).current(settings.default_tenant)
    if left := demo.left_in(found):
        what = ", ".join(left)
        return (
            f"{found.version}; documents go out with the demonstration's {what}: change them in "
            f"{settings.profile_folder}"
        )
    return found.version


def disk(settings: Settings) -> str:
    """How much is free, at each place that is written to."""
    if (short := halt.low(settings)) is not None:
        raise Wrong(short)
    return "; ".join(f"{place}: {free >> 20} MiB free" for place, free in embedded.free_space(settings.data).items())
