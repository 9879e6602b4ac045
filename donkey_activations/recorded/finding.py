"""What every question asked of a tub is: an accumulator of what a walk sees."""

from typing import Protocol, Self, TypeVar

from donkey_activations.recorded.walk import Seen

Result_co = TypeVar("Result_co", covariant=True)


class Finding(Protocol[Result_co]):
    """Accumulates what is seen, in parts that can be merged.

    Parts are made of different records, perhaps in other processes, so a finding can be pickled
    and refers to no pilot. The order in which parts are merged does not change the result.
    """

    def observe(self, seen: Seen) -> None:
        """Add one record.

        Args:
            seen: The record and its maps; left unchanged.
        """

    def merge(self, other: Self) -> None:
        """Add what another part has observed.

        Args:
            other: A part of the same question, made of other records; left unchanged.
        """

    def result(self) -> Result_co:
        """Return what was found in all that was observed so far."""
