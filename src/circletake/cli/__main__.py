"""`circletake`: run a command, and turn an error into one line and an exit code.

Exit codes: 0 done, 1 error, 2 usage, 3 waiting for a person, 4 shortfall or refused, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import json
import logging
import os
import sys

import click

from circletake.cli.commands import cli
from circletake.errors import CircletakeError, WaitingForPerson

STOPPED = 130


def main() -> None:
    """Run the command line and leave with its exit code."""
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s", stream=sys.stderr)
    as_json = "--json" in sys.argv
    try:
        code = cli.main(prog_name="circletake", standalone_mode=False)
    except click.exceptions.Abort:
        code = _stopped()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except CircletakeError as error:
        code = _told(error, as_json=as_json)
    except KeyboardInterrupt:
        code = _stopped()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    # Leave at once: a step that Ctrl-C interrupted still runs in its thread; everything it has finished is on disk.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)


def _told(error: CircletakeError, *, as_json: bool) -> int:
    from circletake.cli.settle import debugging

    if debugging() and not isinstance(error, WaitingForPerson):
        raise error
    if as_json and not isinstance(error, WaitingForPerson):
        told = {"error": {"class": type(error).__name__, "message": str(error), "exit_code": error.exit_code}}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    click.echo(f"circletake: {error}", err=True)
    return error.exit_code


def _stopped() -> int:
    click.echo(
        "circletake: stopped; what was finished is kept: circletake productions, then circletake resume ID", err=True
    )
    return STOPPED


if __name__ == "__main__":
    main()
