"""The types of each stage of an entry's way, from feed to chat.

Every type is a frozen value; a stage hands the next one a complete value of its own type, so a
half-filled object cannot exist. All times are UTC-aware.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Stance(StrEnum):
    """What an entry says of a permission: the stage of the decision it reports."""

    GRANTED = "granted"
    REVOKED = "revoked"
    DENIED = "denied"
    SIGNALLED = "signalled"
    URGED = "urged"
    USED = "used"
    REACTION = "reaction"
    NONE = "none"


DECISIONS = frozenset({Stance.GRANTED, Stance.REVOKED})
THRESHOLD = 0.6
"""The score from which on an entry is a decision, where its topic says no other."""


class Matter(StrEnum):
    """What is permitted or restricted."""

    STRIKE = "strike"  # strikes with supplied weapons: targets, range, territory
    TRANSFER = "transfer"  # deliveries, exports, re-exports, licences, embargoes
    OWN = "own"  # a state's own forces: mandates, rules of engagement, own arsenal
    BASES = "bases"  # use of bases, ports and airspace for strikes or for arms
    INTELLIGENCE = "intelligence"  # targeting data
    OTHER = "other"  # what a topic with frames of its own is about


class Reach(StrEnum):
    """How far a permission goes, narrow to wide."""

    UNSAID = ""
    LIMITED = "limited"  # to an area, a purpose, certain targets
    DEEP = "deep"  # far behind the border
    UNLIMITED = "unlimited"


class Level(StrEnum):
    """How much a subscriber wants to hear."""

    DECISIONS = "decisions"  # granted, revoked
    SIGNALS = "signals"  # and signalled, denied
    EVERYTHING = "everything"


LEVEL_STANCES: dict[Level, frozenset[Stance]] = {
    Level.DECISIONS: DECISIONS,
    Level.SIGNALS: DECISIONS | {Stance.SIGNALLED, Stance.DENIED},
    Level.EVERYTHING: frozenset(Stance) - {Stance.NONE},
}


class Tier(StrEnum):
    """How close a feed is to the decision."""

    OFFICIAL = "official"
    AGENCY = "agency"
    OUTLET = "outlet"
    CHANNEL = "channel"


class FeedState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"  # kept as a row, so that feeds.yaml cannot bring it back
    GONE = "gone"  # the server said 410: not asked again until an admin resumes it


@dataclass(frozen=True, slots=True)
class Validators:
    """The pair a server gave with a body (RFC 9110, 8.8): sent back verbatim, never invented."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """A feed as somebody wishes it: a block of feeds.yaml, an OPML outline, an /addfeed."""

    url: str
    name: str
    language: str | None = None
    tier: Tier = Tier.OUTLET
    every: timedelta | None = None
    topics: tuple[str, ...] = ()  # empty: all


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as the database knows it."""

    id: int
    url: str
    name: str
    language: str | None = None
    tier: Tier = Tier.OUTLET
    every: timedelta | None = None
    topics: tuple[str, ...] = ()
    state: FeedState = FeedState.ACTIVE
    validators: Validators = Validators()
    body_hash: str | None = None
    item_hashes: frozenset[str] = frozenset()  # of the last parsed body: what is in here is seen
    next_poll_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    failures: int = 0  # in a row
    last_error: str | None = None
    moved_to: str | None = None  # a permanent redirect seen, not yet believed
    moved_times: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, cleaned: plain text, canonical address, UTC times.

    ``keys`` are its identities inside its feed, strongest first (guid, canonical link,
    title+day). It is known when its title and day are, when two keys are, or when one is, of an
    entry with the same title: some feeds give all their entries one guid or one link.
    """

    keys: tuple[str, ...]
    url: str
    title: str
    summary: str = ""
    published: datetime | None = None
    language: str | None = None  # of the feed or the entry itself: a hint
    source: str = ""  # the outlet's registrable domain
    tier: Tier = Tier.OUTLET


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the entry's own text and the concept it shows. ``part`` is title or summary.

    ``slot`` is what it fills (actor, beneficiary, weapon, without, territory, scope, when); empty
    for what decided the stance.
    """

    part: str
    start: int
    end: int
    text: str
    concept: str
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a stance and not its neighbour: the event that decided, and what bears on it.

    ``mode`` is one of ``reason.ORDER`` in core/detect, or asserted (nothing bears on the event),
    weighed (no single phrase decided) or vetoed (no phrase tells of a decision).
    """

    mode: str
    neighbour: Stance
    event: str = ""  # the entry's own words
    object: str = ""
    modifier: str = ""  # empty where the event's own form shows the mode


@dataclass(frozen=True, slots=True)
class Finding:
    """What the detector says of one decision that an entry speaks of."""

    stance: Stance
    score: float  # 0..1, the calibrated chance that this is a decision to wake somebody for
    matter: Matter
    topics: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()  # ISO 3166 alpha-2, or NATO, EU: whose policy it is
    inferred: tuple[str, ...] = ()  # those of them not named, but read off the weapon's supplier
    beneficiaries: tuple[str, ...] = ()
    weapons: tuple[str, ...] = ()  # systems by canonical name
    weapon_classes: tuple[str, ...] = ()
    territory: tuple[str, ...] = ()  # states on whose soil
    scope: tuple[str, ...] = ()  # limits and places, as the entry words them
    without: tuple[str, ...] = ()  # weapons expressly left out
    when: str = ""  # the first date or time told, as the entry words it
    standing: bool = False  # told as already in force, not as news
    event: str = ""  # the concept of the event that decided the stance
    language: str = "en"
    evidence: tuple[Evidence, ...] = ()
    rules: tuple[str, ...] = ()  # what decided, in the order in which it did
    features: tuple[tuple[str, float], ...] = ()  # heaviest first
    reason: Reason | None = None


class LedgerState(StrEnum):
    NONE = "none"
    SIGNALLED = "signalled"
    GRANTED = "granted"
    CONTESTED = "contested"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of the ledger: who allows whom what, against whom, with which limits, since when."""

    authority: str
    matter: Matter
    state: LedgerState
    since: datetime
    beneficiary: str = ""
    territory: str = ""
    weapons: tuple[str, ...] = ()  # empty: not said
    scope: tuple[str, ...] = ()
    story: str = ""
    without: tuple[str, ...] = ()  # weapons expressly left out
    reach: Reach = Reach.UNSAID
    sources: tuple[str, ...] = ()  # addresses of the reports that told it
    seeded: bool = False  # from the list of what was known before the bot began


@dataclass(frozen=True, slots=True)
class Difference:
    """What a permission has that the one in force before it had not, or has lost."""

    weapons: tuple[str, ...] = ()
    was: Reach = Reach.UNSAID
    now: Reach = Reach.UNSAID


@dataclass(frozen=True, slots=True)
class Report:
    """One entry's place in a story: what later entries are compared with."""

    title: str
    language: str
    source: str
    at: datetime
    url: str = ""
    tier: Tier = Tier.OUTLET
    weapons: tuple[str, ...] = ()  # that this one names
    reach: Reach = Reach.UNSAID
    copy: bool = False  # nearly word for word what another outlet of the story wrote


@dataclass(frozen=True, slots=True)
class Story:
    """One real-world decision, told by many entries. Slots are the union over its reports."""

    id: str
    stance: Stance
    matter: Matter
    topics: tuple[str, ...]
    actors: tuple[str, ...]
    first_at: datetime  # of the first report: windows are anchored here
    last_at: datetime
    beneficiaries: tuple[str, ...] = ()
    weapons: tuple[str, ...] = ()
    territory: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    reports: tuple[Report, ...] = ()
    undone: LedgerState | None = None  # contested or revoked by a later story
    waits: bool = False  # not told yet: one outlet says that what has long been in force is news


class Outcome(StrEnum):
    """What became of an entry."""

    NEWS = "news"  # a new story, or one that changed: somebody may be woken
    JOINED = "joined"  # told of a story already known
    KNOWN = "known"  # restates what the ledger holds
    BASELINE = "baseline"  # found on a feed's first poll, too old to be news
    STALE = "stale"  # slid back or published long ago
    IRRELEVANT = "irrelevant"  # nothing to say


class AlertKind(StrEnum):
    NEW = "new"
    UPDATE = "update"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of one entry, and why. The judge returns one for each entry handed in."""

    entry: Entry
    outcome: Outcome
    reason: str  # a key of the message catalogue under "reason."
    finding: Finding | None = None
    story: Story | None = None  # as it stands after this entry
    kind: AlertKind | None = None  # set when somebody is to be told
    push: bool = False  # with a sound; otherwise an edit in place
    change: str = ""  # new, widened, narrowed, confirmed …: what the ledger made of it
    difference: Difference | None = None  # for what was widened or narrowed
    follows: Story | None = None  # the earlier story that this one changes, marked as undone if so
    grants: tuple[Grant, ...] = ()  # ledger lines that this entry writes


@dataclass(frozen=True, slots=True)
class Alert:
    """News to tell, as stored and rendered."""

    id: int
    kind: AlertKind
    at: datetime
    story: Story
    finding: Finding
    entry: Entry
    change: str = ""
    push: bool = True
    difference: Difference | None = None
    follows: str = ""  # the id of the earlier story that this one changes


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A chat (or a topic of a forum) that wants alerts."""

    id: int
    messenger: str
    address: str  # the chat's id, as text
    thread: int | None = None
    language: str = "en"
    level: Level = Level.DECISIONS
    topics: tuple[str, ...] = ()  # empty: all
    confirmed: bool = False  # only what the authority itself or two independent outlets tell
    active: bool = True
    refusals: int = 0  # 403s in a row of the kind that comes and goes


class DeliveryState(StrEnum):
    PENDING = "pending"
    ATTEMPTED = "attempted"  # handed to the messenger: may have arrived
    SENT = "sent"
    UNKNOWN = "unknown"  # the answer was lost: not repeated
    FAILED = "failed"
    CANCELLED = "cancelled"  # the subscriber left


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert to one subscriber: the outbox row."""

    id: int
    alert: Alert
    subscriber: Subscriber
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_try_at: datetime | None = None
    message_id: str | None = None
    sound: bool = True  # a message of its own; otherwise an edit of an earlier one


@dataclass(frozen=True, slots=True)
class TopicTerms:
    """Words that a topic adds to a concept, or that make one of its own. No language: of all."""

    concept: str
    terms: tuple[str, ...]  # see pattern
    language: str = ""
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicFrame:
    """What a topic is about: an event (see frames.EVENTS) and its object, a concept of its own."""

    event: str
    object: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What a subscriber follows: which matters, or which frames; from which score on."""

    id: str
    title: dict[str, str] = field(default_factory=dict)  # by language
    matters: tuple[Matter, ...] = ()
    threshold: float = THRESHOLD
    enabled: bool = True
    terms: tuple[TopicTerms, ...] = ()
    frames: tuple[TopicFrame, ...] = ()  # then ``matters`` is OTHER
