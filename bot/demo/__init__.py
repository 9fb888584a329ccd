"""The archive that ``demo`` replays: six months of 2024 as thirteen feeds told them.

The events are real (who let Ukraine, Israel or others do what with whose weapons, from May to
November 2024, with the pleas, refusals, rumours and the ordinary news between); the outlets are
invented and every sentence was written for this archive. A file is named after its outlet and
language, ``<outlet>.<language>.xml``. Between them the files hold what real feeds hold: RSS 2.0,
Atom and RDF, windows-1251, entries without a guid, tracking parameters, markup in summaries and
titles escaped twice.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def list_feed_files() -> tuple[Path, ...]:
    """Return the archive's feed files, by name.

    The package is installed unpacked (setuptools never zips it), so its resources are files.
    """
    folder = resources.files(__name__)
    files = (Path(str(found)) for found in folder.iterdir() if found.name.endswith(".xml"))
    return tuple(sorted(files))
