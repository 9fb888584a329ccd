"""How well a story is attested: by the authority itself, by independent outlets, by one, by none.

Outlets are told apart by their registrable domains; one that wrote what another wrote, nearly word
for word, is no second witness (wire copy), and channels alone attest nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from bot.core.model import Story, Tier

ENOUGH = 2  # independent outlets that confirm a story


class Attested(StrEnum):
    """The words are catalogue keys under ``attested.``."""

    OFFICIAL = "official"
    CONFIRMED = "confirmed"  # by two independent outlets or more
    SINGLE = "single"  # one outlet's word
    UNVERIFIED = "unverified"  # channels only, or nobody named


class Corroboration(NamedTuple):
    """The label, and how many independent outlets stand behind the story."""

    attested: Attested
    outlets: int

    @property
    def confirmed(self) -> bool:
        """Whether it is enough for readers who wait for a second outlet."""
        return self.attested in (Attested.OFFICIAL, Attested.CONFIRMED)


def corroborate(story: Story) -> Corroboration:
    """What the reports of a story amount to, taken together."""
    outlets = {
        report.source
        for report in story.reports
        if report.source and not report.copy and report.tier is not Tier.CHANNEL
    }
    if any(report.tier is Tier.OFFICIAL for report in story.reports):
        attested = Attested.OFFICIAL
    elif len(outlets) >= ENOUGH:
        attested = Attested.CONFIRMED
    else:
        attested = Attested.SINGLE if outlets else Attested.UNVERIFIED
    return Corroboration(attested, len(outlets))
