"""The seats: one process of all on a database has each, on PostgreSQL and on SQLite."""

from __future__ import annotations

import subprocess
import sys
import time

from sqlalchemy import make_url

from bot.store.db import Database
from tests.conftest import run_sql


def test_one_leads_and_the_next_after_it(any_url: str) -> None:
    """A seat is taken once, seats do not hinder each other, and a released one is free at once."""
    ours, theirs = Database(any_url), Database(any_url)
    lead = ours.lead("sends")
    assert lead
    assert lead.held()
    assert theirs.lead("sends") is None
    assert ours.lead("sends") is None
    other = theirs.lead("updates")
    assert other
    lead.release()
    taken = theirs.lead("sends")
    assert taken
    assert taken.held()
    for one in (taken, other):
        one.release()
    ours.close()
    theirs.close()


def test_a_seat_hinders_nobody_at_work(any_url: str) -> None:
    """Reading and writing go on while somebody leads, and a closed database keeps its seat."""
    ours, theirs = Database(any_url), Database(any_url)
    lead = ours.lead("sends")
    assert lead
    with theirs.begin(), theirs.read():
        pass
    ours.close()
    assert lead.held()
    assert theirs.lead("sends") is None
    lead.release()
    theirs.close()


def test_who_dies_leads_no_more(any_url: str) -> None:
    """A holder that is killed leaves its seat to the next who asks."""
    code = (
        "import sys, time\nfrom bot.store.db import Database\n"
        "lead = Database(sys.argv[1]).lead('sends')\n"
        "print(bool(lead), flush=True)\ntime.sleep(60)"
    )
    database = Database(any_url)
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", code, any_url], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline().strip() == "True"
        assert database.lead("sends") is None
        holder.kill()
    lead = None
    for _ in range(50):  # PostgreSQL notices that a connection ended a moment later
        if lead := database.lead("sends"):
            break
        time.sleep(0.1)
    assert lead
    lead.release()
    database.close()


def test_a_broken_connection_leads_no_more(postgres_url: str, postgres_server: str) -> None:
    """When the connection is cut, the seat is lost, which its holder sees, and free for others."""
    ours, theirs = Database(postgres_url), Database(postgres_url)
    lead = ours.lead("sends")
    assert lead
    name = make_url(postgres_url).database
    run_sql(
        postgres_server,
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608
    )
    assert not lead.held()
    lead.release()
    taken = theirs.lead("sends")
    assert taken
    taken.release()
    ours.close()
    theirs.close()
