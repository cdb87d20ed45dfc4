"""Where a commit is waited for: what the last ones tell."""

from __future__ import annotations

from bot.store.disk import Disk


def quick_after(disk: Disk, *, seconds: float) -> int:
    """Return how many commits of such a length it takes until the disk is quick, at most 100."""
    for count in range(100):
        if disk.is_quick:
            return count
        disk.note(seconds)
    return 100


def test_a_disk_has_to_prove_itself() -> None:
    """Nothing is believed at first, and a slow disk never is."""
    assert 10 < quick_after(Disk(), seconds=0.0005) < 30
    assert quick_after(Disk(), seconds=0.005) == 100


def test_one_long_commit_is_remembered_the_longer_the_longer_it_was() -> None:
    """A hiccup is forgiven, a stall of a tenth of a second sends the next commits elsewhere."""
    disk = Disk()
    quick_after(disk, seconds=0.0005)
    for _ in range(50):
        disk.note(0.0005)
    disk.note(0.005)
    assert disk.is_quick
    disk.note(0.1)
    after_a_tenth = quick_after(disk, seconds=0.0005)
    disk.note(1.0)
    assert 5 < after_a_tenth < quick_after(disk, seconds=0.0005) < 100
