"""Options that several commands share."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import click

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


def day(_context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """Read a day such as 2026-12-31."""
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a day such as 2026-12-31", param=parameter) from error


def span(_context: click.Context, parameter: click.Parameter, value: str | None) -> timedelta | None:
    """Read a number of days such as 90d, or of weeks such as 12w."""
    if value is None:
        return None
    number, unit = value[:-1], value[-1:]
    if unit not in ("d", "w") or not number.isdigit() or len(number) > 5:
        raise click.BadParameter(
            f"{value!r} is not a number of days such as 90d, or of weeks such as 12w", param=parameter
        )
    return timedelta(days=int(number) * (7 if unit == "w" else 1))


def seconds(_context: click.Context, parameter: click.Parameter, value: str | None) -> Fraction | None:
    """Read a number of seconds, exactly."""
    try:
        return None if value is None else Fraction(value.removesuffix("s").strip())
    except (ValueError, ZeroDivisionError) as error:
        raise click.BadParameter(f"{value!r} is not a number of seconds", param=parameter) from error


def dollars(_context: click.Context, parameter: click.Parameter, value: str | None) -> Decimal | None:
    """Read an amount in USD."""
    try:
        amount = None if value is None else Decimal(value)
    except InvalidOperation as error:
        raise click.BadParameter(f"{value!r} is not an amount such as 5.00", param=parameter) from error
    if amount is not None and (not amount.is_finite() or amount < 0):
        raise click.BadParameter(f"{value!r} is not an amount such as 5.00", param=parameter)
    return amount


def listed(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Read a comma-separated list."""
    return None if value is None else tuple(part.strip() for part in value.split(",") if part.strip())


def between(
    _context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[float | None, float | None]:
    """Read a range such as 2-6, 2- or -6; a single number is both ends."""
    if value is None:
        return None, None
    low, dash, high = value.partition("-")
    try:
        least = float(low) if low.strip() else None
        most = float(high) if high.strip() else None
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a range such as 2-6, 2- or -6", param=parameter) from error
    if (least is None and most is None) or (least is not None and most is not None and least > most):
        raise click.BadParameter(f"{value!r} is not a range such as 2-6, 2- or -6", param=parameter)
    return least, most if dash else least
