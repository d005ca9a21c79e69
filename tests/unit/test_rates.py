"""How fast a provider may be called."""

from __future__ import annotations

from pipeline.rates import Bucket


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_second_worth_at_most() -> None:
    """A bucket gives a second's worth at once, then as much as time brings, and never saves up more."""
    clock = Clock()
    bucket = Bucket(10, clock)
    assert bucket.available() == 10
    bucket.take(10)
    assert bucket.available() == 0
    clock.now += 0.25
    assert bucket.available() == 2
    clock.now += 3600
    assert bucket.available() == 10


def test_slower_than_one_a_second() -> None:
    """A rate below one gives a call when it is earned."""
    clock = Clock()
    bucket = Bucket(0.1, clock)
    bucket.take(bucket.available())
    clock.now += 9.9
    assert bucket.available() == 0
    clock.now += 0.2
    assert bucket.available() == 1


def test_left_alone() -> None:
    """A provider that asks for patience is not called until it is over, and then not with a burst."""
    clock = Clock()
    bucket = Bucket(10, clock)
    bucket.pause(5)
    clock.now += 4.9
    assert bucket.available() == 0
    clock.now += 0.2
    assert bucket.available() == 1
