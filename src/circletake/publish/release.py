"""What must hold at the moment of release, and what the film is called where it goes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath

from circletake.domain.cut import Cut, Master
from circletake.domain.ports import RightsCheck
from circletake.domain.rights import RightsContext
from circletake.domain.take import CircledTake, Take
from circletake.errors import HandoffInvalid, RightsError, UsageError
from circletake.publish.base import Channel

OPEN_TO_ALL = "folder"
"""The one channel for films that no person has approved: they stay in the house."""
_LONGEST_SLUG = 60


def takes_in(cut: Cut, *, shot: Sequence[Take], circled: Mapping[str, CircledTake]) -> tuple[Take, ...]:
    """Return the takes that the film is cut from, in story order.

    Raises:
        HandoffInvalid: a take of the cut is not there, or another one has been circled since.
    """
    by_id = {(take.slate, take.number): take for take in shot}
    used: list[Take] = []
    for event in cut.events:
        take = by_id.get((event.slate, event.take))
        choice = circled.get(event.slate)
        if take is None or choice is None or choice.number != event.take:
            now = f"{event.slate}-{choice.number} is circled" if choice else "no take of it is circled"
            raise HandoffInvalid(
                f"cut {cut.version} of {cut.production} uses take {event.slate}-{event.take}, but {now}: cut it again"
            )
        used.append(take)
    return tuple(used)


def question(rights: RightsContext) -> RightsContext:
    """Return what footage in a film is asked for: to be cut in and published, and what else the plan says.

    Steering the look is not asked: that is for footage which is not in the film.
    """
    return rights.for_cut_in()


def check_release(used: Sequence[Take], *, rights: RightsCheck, asked: RightsContext, today: date) -> None:
    """Refuse a release that a licence does not allow as the database of record stands now.

    Args:
        used: the takes that are cut in.
        rights: answers for clips.
        asked: the whole question, with the window of the release.
        today: day of the release, UTC.

    Raises:
        RightsError: today is not a day of the release, or a clip that is cut in may not be used; names clip, file, shot
            and every reason.
    """
    first, last = asked.window.first, asked.window.last
    if not first <= today <= last:
        when = f"from {first} on" if today < first else "under a new plan with another window"
        raise RightsError(f"the film may be released from {first} to {last} and today is {today}: publish it {when}")
    places = {name: (take.slate, file) for take in reversed(used) for name, file in _footage(take)}
    refused = {name: one for name, one in rights.check(list(places), asked).items() if not one.allowed}
    if refused:
        name, verdict = next(iter(refused.items()))
        slate, file = places[name]
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        raise RightsError(
            f"the film may not be released: clip {name} of {file} in shot {slate}{more}: {'; '.join(verdict.reasons)}"
        )


def _footage(take: Take) -> list[tuple[str, str]]:
    """Return clip id and file of what is cut into a take; a clip without a file stands under its id."""
    files = (*take.files, *take.clips[len(take.files) :])
    return list(zip(take.clips, files, strict=False))


def open_channels(channels: Mapping[str, Channel], *, by_person: bool) -> tuple[Channel, ...]:
    """Return where a film may go: everywhere once a person has approved it, else to the folder alone.

    Raises:
        UsageError: there is no such channel.
    """
    found = tuple(channel for name, channel in channels.items() if by_person or name == OPEN_TO_ALL)
    if not found:
        raise UsageError("a film that no person has approved goes to the folder channel only, and there is none")
    return found


def file_name(title: str, *, production: str, master: Master) -> str:
    """Return `<title>-<production>.mp4` in letters that every file system takes; later cuts say which they are."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain.lower()))[:_LONGEST_SLUG].strip("-") or "film"
    version = f"-cut{master.cut_version}" if master.cut_version > 1 else ""
    return f"{slug}-{production}{version}{PurePosixPath(master.uri).suffix}"
